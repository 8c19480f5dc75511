"""One sound of any length through an encoder and a dictionary: the active features of every frame, as a frame of rows.

For a file in a notebook, not for a corpus: the selection is that of `dictionaries/selection.py`, window by window, and
nothing is accumulated.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import soxr
import torch

from atlas.audio.samples import Samples, read_pieces
from atlas.dictionaries.base import Dictionary, Selection
from atlas.dictionaries.selection import active_values
from atlas.encoders.base import Encoder, EncoderSource
from atlas.encoders.catalogue import find_source
from atlas.errors import AtlasError, AudioProblem

Windows = Callable[[EncoderSource], Iterator[Samples]]
"""the sound, cut into windows of an encoder, at its rate"""

COLUMNS = {"frame": pl.UInt32, "start_s": pl.Float64, "feature": pl.UInt32, "value": pl.Float32}


def above(dictionary: Dictionary, threshold: float) -> Dictionary:
    """The same dictionary, whose features are active above one threshold."""
    if bool(dictionary.addend.any()):
        raise AtlasError(f"encode: {dictionary.kind} decides by gates of its own; leave out threshold=")
    limits = torch.full((dictionary.n,), threshold)
    return replace(dictionary, selection=Selection("threshold", dictionary.selection.k, limits))


def windows_of(audio: str | Path | Samples, rate_hz: int | None, source: EncoderSource) -> Iterator[Samples]:
    """A file, or samples of some rate, cut into windows."""
    grid = source.grid
    if isinstance(audio, str | Path):
        try:
            yield from (piece.sound.at(grid.rate_hz) for piece in read_pieces(audio, source.window_s, grid.shortest_s))
        except AudioProblem as problem:
            raise AtlasError(f"{audio}: {problem}") from None
        return
    samples = np.asarray(audio, np.float32)
    if rate_hz is None or samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
        raise AtlasError("encode: samples are one row of finite numbers (mono) with their rate; give rate_hz=")
    if rate_hz != grid.rate_hz:
        samples = soxr.resample(samples, rate_hz, grid.rate_hz)
    size = round(source.window_s * grid.rate_hz)
    yield from (samples[start : start + size] for start in range(0, len(samples), size))


def encode_sound(model: str, dictionary: Dictionary, tap: str, windows: Windows, device: torch.device) -> pl.DataFrame:
    """frame, start_s, feature, value of every active feature, ascending."""
    source = find_source(model)
    width = source.widths([tap])[tap]
    if width != dictionary.d:
        raise AtlasError(
            f"encode: the dictionary takes activations of width {dictionary.d}, but the tap {tap} of {source.name} has"
            f" width {width}; name the tap, or the model, that it was trained on"
        )
    encoder = source.load(device, torch.float32)
    placed = dictionary.to(device)
    frames, first = [pl.DataFrame(schema=COLUMNS)], 0
    per_s = source.grid.frames_per_s
    for samples in windows(source):
        if source.grid.frames_of(len(samples)):
            frames.append(_codes(encoder, placed, tap, samples).with_columns(pl.col("frame") + first))
        first += round(source.window_s * per_s)
    return pl.concat(frames).with_columns((pl.col("frame") / per_s).alias("start_s"))


def _codes(encoder: Encoder, dictionary: Dictionary, tap: str, samples: Samples) -> pl.DataFrame:
    """The codes of one window, frames counted from its beginning."""
    x = encoder.activations(encoder.prepare(samples)[None], [tap])[tap][0]
    valid = encoder.grid.frames_of(len(samples))
    with torch.inference_mode():
        z = dictionary.pre_activations(dictionary.normalise(x)[0])
        values = active_values(dictionary, z, valid)[:valid].cpu()
    rows, features = values.nonzero(as_tuple=True)
    columns = {"frame": rows, "start_s": torch.zeros(len(rows)), "feature": features, "value": values[rows, features]}
    return pl.DataFrame({name: column.numpy() for name, column in columns.items()}, schema_overrides=COLUMNS)
