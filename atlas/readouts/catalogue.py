"""Which readout a config means: a complete Whisper's decoder, a file of heads, or none, with the reason.

What `effects.readout` names has to fit the encoder. Where it names nothing, `annotate.model` is taken if it holds the
same encoder, else the encoder's own file; a file without a decoder is no mistake then, but less can be measured.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from atlas.annotate.whisper_words import MissingDecoder, WriterSource, find_writer
from atlas.config.settings import Config
from atlas.encoders.base import EncoderSource
from atlas.encoders.whisper import WhisperSource
from atlas.errors import AtlasError
from atlas.readouts.base import ReadoutSource
from atlas.readouts.heads import SUFFIX, find_heads
from atlas.readouts.whisper_decoder import WhisperDecoder

KEY = "effects.readout"


@dataclass(frozen=True, slots=True)
class DecoderSource:
    """A complete Whisper, for its decoder."""

    writer: WriterSource
    problem: None = None

    @property
    def name(self) -> str:
        return self.writer.name

    @property
    def sha256(self) -> str:
        return self.writer.sha256

    def load(self, device: torch.device) -> WhisperDecoder:
        return WhisperDecoder(self.writer.load(device))


@dataclass(frozen=True, slots=True)
class NoReadout:
    """Nothing says anything of what the encoder gives."""

    problem: str
    name: str = ""
    sha256: str = ""

    def load(self, device: torch.device) -> None:
        return None


def find_readout(config: Config, source: EncoderSource) -> ReadoutSource:
    """The readout of an encoder, by the settings; cheap, as no model is built."""
    wished = config.effects.readout if config.effects else None
    if wished is not None:
        return _fitting(wished, source)
    beside = config.annotate.model
    if beside is not None and beside != config.encoder.model:
        writer = find_writer(beside, "annotate.model")
        if writer.encodes_like(source):
            return DecoderSource(writer)
    return _own(config.encoder.model, source)


def _fitting(wished: str, source: EncoderSource) -> ReadoutSource:
    if wished.endswith(SUFFIX):
        return find_heads(Path(wished), KEY, source)
    writer = find_writer(wished, KEY)
    if not writer.encodes_like(source):
        raise AtlasError(
            f"{KEY}: {writer.name} does not hold the encoder that encoder.model names ({source.name}), so it cannot"
            " say what that one hears; name the complete checkpoint that the encoder is of"
        )
    return DecoderSource(writer)


def _own(model: str, source: EncoderSource) -> ReadoutSource:
    """The encoder's own file, where it is a whole one; a decoder that is there and broken is a mistake."""
    lost = "no transcript, language or tag can be measured, only how far the encoder's output moves"
    if not isinstance(source, WhisperSource):
        return NoReadout(f"{source.name} is an encoder without a readout: {lost}; name one in {KEY}")
    try:
        return DecoderSource(find_writer(model, KEY))
    except MissingDecoder as error:
        return NoReadout(f"{lost}: {error}")
