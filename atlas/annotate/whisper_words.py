"""Words by OpenAI Whisper: what is spoken in clips, and when; written by the model where the corpus has no text.

The model is any Whisper that has its decoder. Each clip is encoded once; how it is transcribed is in `transcribing.py`,
how words get their times in `aligning.py`. Weights are held in single precision. A text of the corpus is aligned as it
stands; if it cannot be, the alignment has a problem and the transcript none.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import torch
import whisper
from torch import Tensor
from whisper.model import ModelDimensions, Whisper
from whisper.tokenizer import Tokenizer, get_tokenizer

from atlas.annotate.aligning import LATE_FRAMES, TextAligner
from atlas.annotate.base import MISFIT, NO_LANGUAGE, SILENT, Alignment, SpeechClip, Transcript
from atlas.annotate.languages import ENGLISH, language_code
from atlas.annotate.sounding import has_sound
from atlas.annotate.transcribing import equal_batches, languages_of, rows_at_once, transcribe
from atlas.audio.samples import Samples
from atlas.encoders.base import EncoderSource
from atlas.encoders.whisper import GPU_BATCH, HOP, WhisperSource, find_source, log_mel
from atlas.encoders.whisper_resume import PREFIX
from atlas.errors import AtlasError

VOCABULARIES = (51864, 51865, 51866)  # English alone, 99 and 100 languages; there are tokenizers for no others
HEAD_WIDTH = 64  # of all models that OpenAI has published
FAMILIES = {
    (4, 6): "tiny",
    (6, 8): "base",
    (12, 12): "small",
    (24, 16): "medium",
    (32, 20): "large-v2",
    (4, 20): "large-v3-turbo",
}
"(layers, heads) of the decoder -> whose alignment heads serve, as files do not say theirs"


class MissingDecoder(AtlasError):
    """A checkpoint that holds an encoder alone."""


@dataclass(frozen=True, slots=True)
class WriterSource:
    """A complete Whisper checkpoint, checked but not loaded."""

    name: str
    path: Path
    sha256: str

    def encodes_like(self, encoder: EncoderSource) -> bool:
        """Whether an encoder is this model's own, in whatever file it lies."""
        if not isinstance(encoder, WhisperSource):
            return False
        return self.sha256 == encoder.sha256 or _encode_alike((self.path, self.sha256), (encoder.path, encoder.sha256))

    def load(self, device: torch.device) -> "WhisperWords":
        checkpoint = _read(self.path)
        state: Mapping[str, Tensor] = checkpoint["model_state_dict"]
        bad = [name for name, value in state.items() if not value.isfinite().all()]
        if bad:
            raise AtlasError(f"{self.path}: NaN or infinite weights in {', '.join(sorted(bad)[:3])}; use another file")
        dimensions = ModelDimensions(
            **{name: int(checkpoint["dims"][name]) for name in ModelDimensions.__dataclass_fields__}
        )
        model = Whisper(dimensions)
        try:
            model.load_state_dict({name: value.float() for name, value in state.items()})
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1].strip()
            raise AtlasError(
                f"{self.path}: its tensors do not fit its own `dims`: {reason}; use another file"
            ) from None
        published = alike(self.name, dimensions)
        if published:
            model.set_alignment_heads(whisper._ALIGNMENT_HEADS[published])
        return WhisperWords(model.to(device).eval().requires_grad_(False), LATE_FRAMES.get(published, 0))


class WhisperWords:
    """A Whisper that writes, on a device."""

    def __init__(self, model: Whisper, late_frames: int = 0) -> None:
        self.model = model
        with warnings.catch_warnings():  # whisper leaves the file of its vocabulary open
            warnings.simplefilter("ignore", ResourceWarning)
            self.languages: tuple[str, ...] = (ENGLISH,)
            if model.is_multilingual:
                self.languages = self.tokenizer(ENGLISH).all_language_codes
            self.tokenizer(ENGLISH)
        self.aligner = TextAligner(model, late_frames)

    @property
    def batch(self) -> int:
        """How many clips are decoded at once: it takes least time where it is given some multiple of these."""
        return rows_at_once(self.model)

    @torch.inference_mode()
    def annotate(self, clips: Sequence[SpeechClip]) -> list[tuple[Transcript, Alignment]]:
        """In the clips' order; what is found in a clip does not depend on the others.

        The encoder's outputs of all are held in memory: 2.3 MB a clip for tiny, 7.7 MB for large.
        """
        refusals = [self._refusal(clip) for clip in clips]
        found = [_refused(clip, refusal) for clip, refusal in zip(clips, refusals, strict=True)]
        known = [number for number, refusal in enumerate(refusals) if refusal is None]
        if not known:
            return found
        known.sort(key=lambda number: len(clips[number].samples))  # stable, and equal lengths decode together soonest
        understood = [clips[number] for number in known]
        features = self._encode([clip.samples for clip in understood])
        languages = self._languages(understood, features)
        transcripts = self._transcripts(understood, features, languages)
        for place, (number, transcript) in enumerate(zip(known, transcripts, strict=True)):
            found[number] = self._align(understood[place], transcript, languages[place], features[place])
        return found

    def _refusal(self, clip: SpeechClip) -> str | None:
        """What speaks against a clip before the model hears it."""
        if clip.language and not self.code(clip.language):
            return NO_LANGUAGE
        if not has_sound(clip.samples):
            return SILENT if clip.text is None else MISFIT
        return None

    def _encode(self, sounds: Sequence[Samples]) -> Tensor:
        """-> [clips, frames, width]"""
        dims = self.model.dims
        mels = torch.stack([torch.from_numpy(log_mel(each, dims.n_audio_ctx * HOP, dims.n_mels)) for each in sounds])
        batches = equal_batches(mels, 1 if self.model.device.type == "cpu" else GPU_BATCH)
        return torch.cat([self.model.encoder(batch.to(self.model.device)) for batch in batches])[: len(sounds)]

    def _languages(self, clips: Sequence[SpeechClip], features: Tensor) -> list[str]:
        """Codes of the languages that the corpus names; of others the likeliest."""
        codes = [self.code(clip.language) if clip.language else None for clip in clips]
        open_ = [place for place, code in enumerate(codes) if code is None]
        found = [ENGLISH] * len(open_)
        if self.model.is_multilingual and open_:
            found = languages_of(self.model, self.tokenizer(ENGLISH), features[open_])
        detected = dict(zip(open_, found, strict=True))
        return [code or detected[place] for place, code in enumerate(codes)]

    def _transcripts(self, clips: Sequence[SpeechClip], features: Tensor, languages: Sequence[str]) -> list[Transcript]:
        """Those of the corpus, and made ones where it has none."""
        mute = [place for place, clip in enumerate(clips) if clip.text is None]
        made = transcribe(self.model, features[mute], [languages[place] for place in mute]) if mute else []
        by_place = dict(zip(mute, made, strict=True))
        return [
            by_place.get(place) or Transcript(text=clip.text, language=clip.language or languages[place])
            for place, clip in enumerate(clips)
        ]

    def _align(
        self, clip: SpeechClip, transcript: Transcript, language: str, features: Tensor
    ) -> tuple[Transcript, Alignment]:
        if transcript.problem is not None:
            return transcript, Alignment(problem=transcript.problem)
        tokenizer = self.tokenizer(language)
        alignment = self.aligner.align(transcript.text or "", tokenizer, features, clip.samples)
        if clip.text is None:  # what was made and does not fit was made up
            transcript = replace(transcript, problem=alignment.problem)
        return transcript, alignment

    def code(self, language: str) -> str | None:
        """The code of a language, if the model knows it."""
        code = language_code(language)
        return code if code in self.languages else None

    def tokenizer(self, language: str) -> Tokenizer:
        return get_tokenizer(
            self.model.is_multilingual, num_languages=self.model.num_languages, language=language, task="transcribe"
        )


def find_writer(model: str, key: str = "annotate.model") -> WriterSource:
    """A complete checkpoint by path, or by a name that openai-whisper knows; `key` of the config for its messages."""
    try:
        source = find_source(model)
        source.dimensions()
    except AtlasError as error:
        raise AtlasError(f"{key}: {str(error).removeprefix('encoder.model: ')}") from None
    mend = f"name a complete Whisper checkpoint in {key}, or one of {', '.join(whisper.available_models())}"
    checkpoint = _read(source.path)
    embedding = checkpoint["model_state_dict"].get("decoder.token_embedding.weight")
    if embedding is None:
        raise MissingDecoder(f"{source.path}: an encoder alone, without decoder.* tensors, cannot write words; {mend}")
    dims = checkpoint["dims"]
    absent = sorted(ModelDimensions.__dataclass_fields__.keys() - dims.keys())
    if absent:
        raise AtlasError(f"{source.path}: its `dims` lack {', '.join(absent)}; {mend}")
    expected = (int(dims["n_vocab"]), int(dims["n_text_state"]))
    if tuple(embedding.shape) != expected:
        found = tuple(embedding.shape)
        raise AtlasError(
            f"{source.path}: `dims` say {expected} (tokens, width), its token embedding has {found}; {mend}"
        )
    if expected[0] not in VOCABULARIES:
        known = ", ".join(map(str, VOCABULARIES))
        raise AtlasError(f"{source.path}: no tokenizer has {expected[0]} tokens, those of Whisper have {known}; {mend}")
    return WriterSource(source.name, source.path, source.sha256)


def alike(name: str, dims: ModelDimensions) -> str:
    """The published model whose alignment heads serve: that of the name, or else of the same shape; or no name."""
    if name in whisper._ALIGNMENT_HEADS:
        return name
    shape = (dims.n_text_layer, dims.n_text_head)
    if shape not in FAMILIES or dims.n_text_state != HEAD_WIDTH * dims.n_text_head:
        return ""
    family = "large-v3" if shape == (32, 20) and dims.n_vocab == VOCABULARIES[2] else FAMILIES[shape]
    return family + ("" if dims.n_vocab > VOCABULARIES[0] else ".en")


@lru_cache
def _encode_alike(*checkpoints: tuple[Path, str]) -> bool:
    """Whether two checkpoints (path, sha256) hold the same encoder; asked by several stages, and it takes a while."""
    mine, other = (_read(path)["model_state_dict"] for path, _ in checkpoints)
    names = {name for name in mine if name.startswith(PREFIX)}
    same = names == {name for name in other if name.startswith(PREFIX)}
    return same and all(torch.equal(mine[name].float(), other[name].float()) for name in names)


def _refused(clip: SpeechClip, problem: str | None) -> tuple[Transcript, Alignment]:
    of_text = problem if clip.text is None else None
    return Transcript(text=clip.text, language=clip.language, problem=of_text), Alignment(problem=problem)


def _read(path: Path) -> Mapping[str, Any]:
    """`find_source` has shown that it can be read."""
    return cast(Mapping[str, Any], torch.load(path, map_location="cpu", weights_only=True, mmap=True))
