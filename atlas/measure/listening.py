"""The corpus as a stream of clips with their activations, in the order of the clips.

Files are decoded a few windows at a time by a pool of threads. On a CPU the encoder waits meanwhile, as both would
fight for the same cores; beside a GPU the next windows are decoded while it works.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.audio.samples import MEL_BANDS, Samples, columns_at, display_mel, read_sound
from atlas.config.dictionaries import LOG_MEL
from atlas.encoders.base import Encoder
from atlas.errors import AtlasError, AudioProblem
from atlas.schema.grid import FrameGrid

_WINDOWS_A_THREAD = 4  # decoded at a time
_CHUNKS_AHEAD = 2

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSource:
    """One usable row of `clips`, and where its audio lies."""

    number: int
    path: str
    file: str
    offset_s: float
    duration_s: float
    valid: int
    hash64: int
    recording: int


@dataclass(frozen=True, slots=True)
class ClipActivations:
    """A batch of clips with their activations at each tap: [clips, frames, d]."""

    clips: Sequence[ClipSource]
    mels: Sequence[NDArray[np.float32]]  # each [valid, 80], the display mel at the clip's frames
    activations: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class _Decoded:
    clip: ClipSource
    mel: NDArray[np.float32]
    input: Tensor


def decode(clip: ClipSource, grid: FrameGrid) -> tuple[Samples, Samples]:
    """A clip's samples at the encoder's rate, and at that of the display mel; they must be those that `index` saw."""
    try:
        samples, shown = read_sound(clip.file, clip.offset_s, clip.duration_s).for_encoder(grid.rate_hz)
    except AudioProblem as problem:
        raise AtlasError(f"{clip.path}: {problem}, though it was fine at `atlas index`; run it again") from None
    if grid.frames_of(len(samples)) != clip.valid:
        raise AtlasError(f"{clip.path}: its length has changed since `atlas index`; run it again")
    return samples, shown


def listen(
    encoder: Encoder, clips: Sequence[ClipSource], taps: Sequence[str], threads: int
) -> Iterator[ClipActivations]:
    """The clips' activations, batch by batch; a batch is one window on a CPU."""
    ahead = _CHUNKS_AHEAD if encoder.device.type == "cuda" else 0
    size = max(encoder.batch, _WINDOWS_A_THREAD * threads)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[list[Future[_Decoded]]] = deque()
        chunks = list(_batches(clips, size))
        for number in range(len(chunks)):
            while len(waiting) <= ahead and number + len(waiting) < len(chunks):
                waiting.append([pool.submit(_decoded, clip, encoder) for clip in chunks[number + len(waiting)]])
            decoded = [future.result() for future in waiting.popleft()]
            for _, alike in groupby(decoded, key=lambda row: row.input.shape):
                for batch in _batches(list(alike), encoder.batch):
                    yield _encoded(encoder, taps, batch)


def _decoded(clip: ClipSource, encoder: Encoder) -> _Decoded:
    if clip.valid > encoder.frames:
        raise AtlasError(f"{clip.path}: longer than the encoder's window; run `atlas index` again")
    samples, shown = decode(clip, encoder.grid)
    mel = columns_at(display_mel(shown), encoder.grid, clip.valid)
    return _Decoded(clip, mel, encoder.prepare(samples))


def _encoded(encoder: Encoder, taps: Sequence[str], batch: Sequence[_Decoded]) -> ClipActivations:
    inputs = torch.stack([decoded.input for decoded in batch])
    if len(inputs) < encoder.batch:  # always one shape, so that a clip's bits do not depend on its company
        inputs = torch.cat([inputs, inputs.new_zeros(encoder.batch - len(inputs), *inputs.shape[1:])])
    modules = [tap for tap in taps if tap != LOG_MEL]
    activations = encoder.activations(inputs, modules) if modules else {}
    mels = [decoded.mel for decoded in batch]
    if LOG_MEL in taps:
        frames = next((x.shape[1] for x in activations.values()), encoder.frames)
        activations[LOG_MEL] = _stacked(mels, len(inputs), frames).to(encoder.device)
    for tap, x in activations.items():
        if not bool(x[: len(batch)].isfinite().all()):
            raise AtlasError(
                f"{batch[0].clip.path}: the encoder gives NaN or infinity at tap {tap!r}; try precision fp32"
            )
    return ClipActivations([decoded.clip for decoded in batch], mels, activations)


def _stacked(mels: Sequence[NDArray[np.float32]], clips: int, frames: int) -> Tensor:
    """[clips, frames, bands], silent where there is no sound."""
    stacked = torch.zeros(clips, frames, MEL_BANDS)
    for row, mel in zip(stacked, mels, strict=False):
        row[: len(mel)] = torch.from_numpy(mel)
    return stacked


def _batches(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
