"""The tables that experiment writes."""

from collections.abc import Mapping

from atlas.schema.figures.entry import DICTIONARY, FEATURE, Figure, Figures
from atlas.schema.thresholds import (
    FEWEST_RECORDINGS,
    FEWEST_STEERED_RECORDINGS,
    FEWEST_TEXT_RECORDINGS,
    LANGUAGE_RECORDINGS,
    LONGEST_STEERED_S,
    RANDOM_SETS,
    SILENCE_LOGPROB,
    SILENCE_NO_SPEECH,
    SILENT_RECORDINGS,
    SILENT_RECORDINGS_A,
    STEERED_SPEECH_RECORDINGS,
    STEERED_TOKENS,
    TAKEN_FOR_SPEECH,
)

_UNTOUCHED = "0 where no feature is changed"
_VERSION = Figure(
    "Version",
    "How a clip was heard: unedited; by the dictionary's reconstruction, its error dropped; with the chosen"
    " features changed; or moved as far, frame by frame, along the difference of means of the two groups of"
    " recordings, or along the sum of as many random features.",
)
_K = Figure("k", f"How many features are changed together; {_UNTOUCHED}.")
_DRAW = Figure("Draw", f"The number of the random set, from 1 to {RANDOM_SETS}; 0 for every other version.")
_SIZE = Figure(
    "Size of the change",
    "The norm of what is added to a frame over the norm of its activations, as root mean squares over the clips.",
)
_READOUT = Figure("Readout", "The part of the model that says something.")
_IDENTITY = Figure("Identity", "Of the dictionary that it was made with: a short name for its weights and its tap.")
_BASIS = Figure(
    "Basis",
    "A short name for the clips, their languages and texts, the encoder, the readout and the domains of speech that it"
    " was made on.",
)
_NO_SPEECH_HEARD = "there is no speech in half B to look at"

EXPERIMENTS: Mapping[str, Figures] = {
    "hallucination": {
        **DICTIONARY,
        "version": _VERSION,
        "k": _K,
        "dose": Figure(
            "Dose",
            "Each feature is shifted, on all valid frames, against the sign of its weight by its mean active value"
            f" times this; {_UNTOUCHED}.",
        ),
        "draw": _DRAW,
        "size": _SIZE,
        "recordings": Figure(
            "Recordings without speech",
            f"Of half B, one clip each; at most {SILENT_RECORDINGS} unless more are asked for, by content hash.",
        ),
        "texts": Figure(
            "Hallucinated texts",
            "Recordings without speech of which something is written. A text counts unless its no-speech probability"
            f" is above {SILENCE_NO_SPEECH:g} and its mean log-probability below {SILENCE_LOGPROB:g} nats a token;"
            f" decoding is greedy, and stops at {STEERED_TOKENS} tokens.",
        ),
        "rate": Figure("Hallucination rate", "Hallucinated texts over recordings without speech."),
        "rate_low": Figure(
            "Rate, lower end", "Of the 95 % interval of the rate, by Wilson's score, as recordings are independent."
        ),
        "rate_high": Figure("Rate, upper end", "Of the 95 % interval of the rate."),
        "no_speech": Figure(
            "No-speech probability",
            "What the model gives for nobody speaking: the mean over recordings without speech.",
        ),
        "commonest": Figure(
            "Commonest text",
            "Among the hallucinated texts of recordings without speech, of those that are written of"
            f" {FEWEST_TEXT_RECORDINGS} recordings or more; of equally common ones the first by alphabet.",
            null="no text is written of so many recordings",
        ),
        "speech_recordings": Figure(
            "Recordings of speech",
            f"Of half B, one clip each of at most {LONGEST_STEERED_S:g} s; at most {STEERED_SPEECH_RECORDINGS} unless"
            f" more are asked for. Where {FEWEST_STEERED_RECORDINGS} of these or more have a text, only those.",
        ),
        "words": Figure("Words", "Of the references that the transcripts of speech are held against."),
        "wer": Figure(
            "WER",
            "Words of speech that are wrong, missing or too many, over the words of the references: the corpus's texts,"
            f" of the clips that have one, if {FEWEST_STEERED_RECORDINGS} do; else the unedited transcripts of all,"
            " beside which the unedited WER is 0. Both are normalised as Whisper's authors do.",
            null=_NO_SPEECH_HEARD,
        ),
        "wer_low": Figure(
            "WER, lower end", "Of the 95 % interval of WER, with recordings drawn again.", null=_NO_SPEECH_HEARD
        ),
        "wer_high": Figure("WER, upper end", "Of the 95 % interval of WER.", null=_NO_SPEECH_HEARD),
    },
    "hallucination_features": {
        **DICTIONARY,
        "rank": Figure("Rank", "By size of the weight, from 1."),
        "feature": FEATURE["feature"],
        "weight": Figure(
            "Weight",
            "In a logistic regression, on half A, of whether the model takes a recording without speech for speech"
            f" (no-speech probability below {TAKEN_FOR_SPEECH:g}), on each feature's mean activation over valid frames,"
            f" standardised; above zero: such recordings have more of it. Features that fire in fewer than"
            f" {FEWEST_RECORDINGS} of these recordings are left out.",
        ),
        "shift": Figure("Shift", "What dose 1 adds to the feature's value: its mean active value, against the weight."),
    },
    "hallucination_runs": {
        **DICTIONARY,
        "identity": _IDENTITY,
        "basis": _BASIS,
        "readout": _READOUT,
        "domains": Figure("Domains", "Those without speech whose recordings were used, between commas."),
        "recordings_a": Figure(
            "Recordings of half A",
            f"Without speech, on which the features were chosen, one clip each; at most {SILENT_RECORDINGS_A}.",
        ),
        "taken_for_speech_a": Figure(
            "Taken for speech, half A",
            f"Of these, recordings whose no-speech probability is below {TAKEN_FOR_SPEECH:g} unedited.",
        ),
        "recordings_b": Figure("Recordings of half B", "Without speech, on which the rates were measured."),
        "taken_for_speech_b": Figure("Taken for speech, half B", "Of these, likewise."),
        "probe_auroc": Figure(
            "AUROC of the regression",
            "How well, on half B, the regression tells recordings that the model takes for speech from others.",
            null="all recordings of half B are alike in this",
        ),
        "speech_recordings": Figure("Recordings of speech", "Of half B, on which WER was measured."),
        "with_text": Figure("With a text", "Recordings of speech that were heard and have a text in the corpus."),
        "reference": Figure(
            "Reference",
            f"What transcripts of speech are held against: the corpus's text if {FEWEST_STEERED_RECORDINGS} recordings"
            " have one, else the unedited transcript.",
            null=_NO_SPEECH_HEARD,
        ),
        "features_tested": Figure("Features in the regression", "Features that fire often enough to have a weight."),
    },
    "language_steering": {
        **DICTIONARY,
        "language": Figure("Language", "Of the clips."),
        "other": Figure("Other language", "The one that it is held against."),
        "edit": Figure(
            "Edit",
            "Removed: features of the clips' language are taken away where they are active; added: on all valid"
            " frames, features of the other language are raised by their mean active value; empty for the"
            " reconstruction.",
        ),
        "version": _VERSION,
        "k": _K,
        "draw": _DRAW,
        "size": _SIZE,
        "recordings": Figure(
            "Recordings", f"Of the language, in half B, one clip each; at most {LANGUAGE_RECORDINGS}."
        ),
        "own": Figure(
            "Own language",
            "The change of the log-probability of the clips' language: the median over recordings.",
            "nats",
        ),
        "own_low": Figure("Own language, lower end", "Of the 95 % interval, with recordings drawn again.", "nats"),
        "own_high": Figure("Own language, upper end", "Of the 95 % interval, with recordings drawn again.", "nats"),
        "target": Figure(
            "Other language, change",
            "The change of the log-probability of the other language: the median over recordings.",
            "nats",
        ),
        "target_low": Figure("Other language, lower end", "Of the 95 % interval, with recordings drawn again.", "nats"),
        "target_high": Figure(
            "Other language, upper end", "Of the 95 % interval, with recordings drawn again.", "nats"
        ),
        "changed": Figure("Language changed", "The share of recordings whose likeliest language is not what it was."),
        "to_other": Figure(
            "Now the other language",
            "The share of recordings whose likeliest language is the other one and was not so unedited; of the unedited"
            " version, the share that is heard so from the beginning.",
        ),
    },
    "language_runs": {
        **DICTIONARY,
        "language": Figure("Language", "Of the clips; empty where no pair of languages could be looked at."),
        "other": Figure("Other language", "The one that it is held against; empty likewise."),
        "recordings_a": Figure("Recordings of half A", "Of the language, on which the features were chosen."),
        "recordings_b": Figure("Recordings of half B", "Of the language, on which the shifts were measured."),
        "removed": Figure(
            "Removed",
            "The features whose mean activation in half A exceeds that in the other language most, the farthest first.",
        ),
        "added": Figure("Added", "Those whose mean activation in the other language exceeds that in this one most."),
        "identity": _IDENTITY,
        "basis": _BASIS,
        "readout": _READOUT,
        "null_reason": Figure("Reason", "Why there are no figures.", null="there are figures"),
    },
}
