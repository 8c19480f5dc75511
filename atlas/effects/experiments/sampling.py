"""The clips that an experiment hears: one a recording of each half, by content hash, so that a larger sample adds."""

import polars as pl

from atlas.audio.draws import clip_hashes
from atlas.audio.units import clips_in_half_a
from atlas.config.effects import EffectsConfig
from atlas.config.settings import Config


def speech_domains(config: Config) -> tuple[str, ...]:
    """The domains in which somebody speaks."""
    return (config.effects or EffectsConfig()).domains


def halved(clips: pl.DataFrame) -> pl.DataFrame:
    """The usable clips of a corpus, with `half_a` and `hash`."""
    dealt = clips.with_columns(half_a=pl.Series(clips_in_half_a(clips)), hash=pl.Series(clip_hashes(clips)))
    return dealt.filter(pl.col("problem").is_null())


def one_a_recording(clips: pl.DataFrame, half_a: bool, most: int) -> pl.DataFrame:
    """Of one half; the recordings of smallest hash, at most so many."""
    half = clips.filter(pl.col("half_a") == half_a).sort("hash", "clip")
    return half.unique("recording", keep="first", maintain_order=True).head(most)
