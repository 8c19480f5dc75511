"""The corpus as a stream of windows: decoded ahead of the encoder, in the order of the clips.

Decoding and both mels run in threads of their own while the encoder works; a few windows wait ready, no more.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas import audio
from atlas.encoders.whisper import WhisperEncoder
from atlas.errors import AtlasError, AudioProblem

_AHEAD = 3  # batches that wait ready


@dataclass(frozen=True, slots=True)
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
class Heard:
    """A batch of clips with their activations at each tap: [windows, frames, d]."""

    clips: Sequence[ClipSource]
    mels: Sequence[NDArray[np.float32]]  # each [valid, 80], the display mel
    activations: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class _Decoded:
    mel: NDArray[np.float32]
    input: Tensor


def decode(clip: ClipSource) -> audio.Samples:
    """A clip's samples; they must be those that `index` saw."""
    try:
        samples = audio.read(clip.file, clip.offset_s, clip.duration_s).samples
    except AudioProblem as problem:
        raise AtlasError(f"{clip.path}: {problem}, though it was fine at `atlas index`; run it again") from None
    if audio.frames_of(len(samples)) != clip.valid:
        raise AtlasError(f"{clip.path}: its length has changed since `atlas index`; run it again")
    return samples


def listen(encoder: WhisperEncoder, clips: Sequence[ClipSource], taps: Sequence[str], threads: int) -> Iterator[Heard]:
    """The clips' activations, batch by batch; a batch is one window on a CPU."""

    def prepare(clip: ClipSource) -> _Decoded:
        samples = decode(clip)
        return _Decoded(audio.display_mel(samples), encoder.prepare(samples))

    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[tuple[Sequence[ClipSource], list[Future[_Decoded]]]] = deque()
        batches = _batches(clips, encoder.batch)
        try:
            for batch in batches:
                waiting.append((batch, [pool.submit(prepare, clip) for clip in batch]))
                if len(waiting) > _AHEAD:
                    yield _heard(encoder, taps, *waiting.popleft())
            while waiting:
                yield _heard(encoder, taps, *waiting.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _heard(
    encoder: WhisperEncoder, taps: Sequence[str], clips: Sequence[ClipSource], futures: Iterable[Future[_Decoded]]
) -> Heard:
    decoded = [future.result() for future in futures]
    inputs = torch.stack([one.input for one in decoded])
    if len(inputs) < encoder.batch:  # one shape for every batch, so that a window's bits do not depend on its company
        inputs = torch.cat([inputs, inputs.new_zeros(encoder.batch - len(inputs), *inputs.shape[1:])])
    activations = encoder.activations(inputs, taps)
    for tap, x in activations.items():
        if not bool(x[: len(clips)].isfinite().all()):
            raise AtlasError(f"{clips[0].path}: the encoder gives NaN or infinity at tap {tap!r}; try precision fp32")
    return Heard(clips, [one.mel for one in decoded], activations)


def _batches(clips: Sequence[ClipSource], size: int) -> Iterator[Sequence[ClipSource]]:
    for start in range(0, len(clips), size):
        yield clips[start : start + size]
