"""The tables of clips: what was listened to, what stands in it when, and what of it can be heard."""

from collections.abc import Mapping

from atlas.schema.figures.entry import CLIP, Figure, Figures
from atlas.schema.thresholds import FEWEST_GROUPS

_UNREAD = "the clip has a problem"
_UNSAID = "the corpus does not say"
_UNASKED = "no model was asked"
_SILENT = "its sound is not published"

CORPUS: Mapping[str, Figures] = {
    "clips": {
        "clip": Figure("Clip", "The number of the clip, from 0; other tables name it by this."),
        "path": Figure("Path", "The file, relative to the corpus; the same in every clip that is cut from it."),
        "offset_s": Figure("Offset", "Where the clip begins in its file.", "s"),
        "sha256": Figure("Content", "SHA-256 of the file.", null="the file cannot be read"),
        "domain": Figure("Domain", "Speech, music or sound, or another that the config names."),
        "dataset": Figure("Dataset", "The collection that the clip comes from; labels are compared within it."),
        "recording": Figure("Recording", "What the clip was cut from or belongs with; statistics count these."),
        "group": Figure(
            "Group",
            "What the recording shares with others, such as its speaker, where the config asks for it; halves and"
            f" bootstraps keep it together in a domain with {FEWEST_GROUPS} groups or more.",
            null="the config does not ask, or the corpus does not say",
        ),
        "speaker": Figure("Speaker", "Who speaks or sings.", null=_UNSAID),
        "labels": Figure("Labels", "What can be heard, in the corpus's own words; an empty list for none."),
        "language": Figure("Language", "The language that is spoken or sung.", null=_UNSAID),
        "text": Figure("Text", "What is said; its words are tested as labels.", null=_UNSAID),
        "licence": Figure("Licence", "What the sound may be used for; decides whether it is published.", null=_UNSAID),
        "attribution": Figure("Attribution", "Who is to be named with it.", null=_UNSAID),
        "source_url": Figure("Source", "The address where the recording was found.", null=_UNSAID),
        "codec": Figure("Codec", "How the file is coded.", null=_UNREAD),
        "sample_rate": Figure("Sample rate", "Of the file, before it is resampled.", "Hz", _UNREAD),
        "duration_s": Figure("Duration", "Of the clip; 0 if it cannot be read.", "s"),
        "valid_frames": Figure("Valid frames", "Frames of the clip that cover more than padding.", "frames"),
        "energy_db": Figure("Level", "Mean power, relative to full scale.", "dB", _UNREAD),
        "shard": Figure("Shard", "The part of the corpus that the clip is scanned with."),
        "problem": Figure("Problem", "Why the clip is left out of everything.", null="it has none"),
    },
    "alignments": {
        **CLIP,
        "tier": Figure("Tier", "The kind of timed label, such as `phones` or `words`."),
        "start_s": Figure("Start", "Where the label begins in the clip.", "s"),
        "end_s": Figure("End", "Where it ends.", "s"),
        "label": Figure("Label", "The phone, word or other label."),
    },
    "transcripts": {
        **CLIP,
        "text": Figure("Text", "What is spoken: the corpus's text, or a model's.", null="nothing was written"),
        "language": Figure("Language", "The corpus's, or what the model detected.", null="nobody says"),
        "source": Figure(
            "Source",
            "`corpus`, or `whisper:` and the model that wrote it; `studied:` where that is the model under study.",
            null="nobody wrote one",
        ),
        "avg_logprob": Figure(
            "Mean log-probability", "Of the text's tokens, to the model that wrote or aligned them.", "nats", _UNASKED
        ),
        "no_speech": Figure("No speech", "The model's probability that nobody speaks.", "probability", _UNASKED),
        "problem": Figure(
            "Problem",
            "Why the text that a model wrote is not used, such as `no speech`.",
            null="it is used, or is the corpus's, which always is",
        ),
        "aligned_by": Figure("Aligned by", "Who placed the words in time.", null="nobody did"),
        "alignment_problem": Figure(
            "Alignment's problem",
            "Why the forced aligner placed no phones in a text that is used, such as `misfit`; or, where it was not"
            " asked, why nobody could place the words.",
            null="they are placed, or nobody was asked",
        ),
        "content": Figure("Content", "A hash of the sound and of what the corpus says of it; a later run reuses it."),
    },
    "annotations": {
        **CLIP,
        "tier": Figure("Tier", "`words` or `phones`."),
        "start_s": Figure("Start", "Where the label begins in the clip.", "s"),
        "end_s": Figure("End", "Where it ends.", "s"),
        "label": Figure("Label", "The word, without case and marks; or the phone, in the IPA."),
        "score": Figure("Score", "How sure its source is, from 0 to 1.", null="the source does not say"),
        "source": Figure("Source", "Who placed it: `pocketsphinx`, or a model as in `transcripts`."),
    },
    "media": {
        **CLIP,
        "key": Figure("Key", "Names the files of the clip's sound and picture; follows from its content alone."),
        "gain_db": Figure("Gain", "What was added to the level of the source.", "dB", _SILENT),
        "seconds": Figure("Length", "Of the clip.", "s"),
        "audio_bytes": Figure("Sound", "Size of the sound's file.", "bytes", _SILENT),
        "reason": Figure(
            "Reason", "Why the sound is not published: `licence` or `budget`.", null="the sound is published"
        ),
        "picture_bytes": Figure("Picture", "Size of the spectrogram's file.", "bytes"),
    },
}
