"""Activations for training: heard from the corpus, held in memory where all fit, kept on disk where that is asked for.

All taps come from one encoder pass, valid frames only. Which of the ways is taken changes nothing in the batches.
"""

import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from atlas.digests import digest_of
from atlas.encoders.base import Encoder
from atlas.measure.listening import ClipSource, listen
from atlas.measure.run import Run
from atlas.progress import Advance
from atlas.train.config import CourseConfig

CACHE = "activations"

Activations = dict[str, Tensor]  # tap -> [frames, d]


class ActivationReader:
    """Hears clips, or reads what an earlier hearing kept of them."""

    def __init__(self, run: Run, taps: Sequence[str], *, cache: bool) -> None:
        self.run = run
        self.taps = tuple(taps)
        self.cache = cache

    @cached_property
    def _encoder(self) -> Encoder:
        return self.run.encoder()

    def load(self, clips: Sequence[ClipSource], advance: Advance = lambda _: None) -> Activations:
        """The valid frames of the clips, one clip after another."""
        frames = sum(clip.valid for clip in clips)
        loaded = {tap: torch.empty(frames, self.run.widths[tap]) for tap in self.taps}
        kept = {clip.number for clip in clips if self.cache and self._path(clip).exists()}
        encoded = self._encode([clip for clip in clips if clip.number not in kept])
        start = 0
        for clip in clips:
            pieces = self._read(clip) if clip.number in kept else next(encoded)
            for tap, piece in pieces.items():
                loaded[tap][start : start + clip.valid] = piece
            start += clip.valid
            advance(1)
        return loaded

    def _encode(self, clips: Sequence[ClipSource]) -> Iterator[Activations]:
        if not clips:
            return
        for batch in listen(self._encoder, clips, self.taps, self.run.threads):
            for row, clip in enumerate(batch.clips):
                pieces = {tap: batch.activations[tap][row, : clip.valid].cpu() for tap in self.taps}
                if self.cache:
                    self._keep(clip, pieces)
                yield pieces

    @cached_property
    def _folder(self) -> Path:
        """Kept activations are of no use to another encoder, precision or list of taps."""
        key = (self.run.source.sha256, self.run.precision, *self.taps)
        return self.run.folder.root / CACHE / digest_of("\n".join(key))

    def _path(self, clip: ClipSource) -> Path:
        return self._folder / f"{clip.hash64:016x}.npy"

    def _keep(self, clip: ClipSource, pieces: Activations) -> None:
        file = io.BytesIO()
        np.save(file, torch.cat([pieces[tap] for tap in self.taps], dim=1).numpy())
        self.run.folder.write_bytes(self._path(clip), file.getbuffer())

    def _read(self, clip: ClipSource) -> Activations:
        joined = torch.from_numpy(np.load(self._path(clip)))  # [valid, the widths of all taps]
        return dict(
            zip(self.taps, torch.split(joined, [self.run.widths[tap] for tap in self.taps], dim=1), strict=True)
        )


class Stock:
    """The frames of the clips that are trained on: all in memory where they fit the buffer, else loaded by rounds."""

    def __init__(self, listener: ActivationReader, clips: Sequence[ClipSource], buffer_frames: int) -> None:
        self._listener = listener
        self._clips = clips
        ends = np.cumsum([clip.valid for clip in clips])
        self._rows = [torch.arange(end - clip.valid, end) for clip, end in zip(clips, ends, strict=True)]
        self.fits = bool(ends[-1] <= buffer_frames)
        self._held: Activations | None = None

    def fill(self, advance: Advance) -> None:
        self._held = self._listener.load(self._clips, advance)

    def frames(self, places: Sequence[int]) -> int:
        return sum(self._clips[place].valid for place in places)

    def shuffled(self, places: Sequence[int], order: Tensor, batch_frames: int) -> Iterator[Activations]:
        """Whole batches of the frames of some clips; order: [frames], a permutation."""
        if self._held is None:
            pool, rows = self._listener.load([self._clips[place] for place in places]), order
        else:
            pool, rows = self._held, torch.cat([self._rows[place] for place in places])[order]
        for chosen in torch.split(rows, batch_frames)[: len(rows) // batch_frames]:
            yield {tap: x[chosen] for tap, x in pool.items()}


def batches(stock: Stock, planned: Iterator[Sequence[int]], course: CourseConfig, first: int) -> Iterator[Activations]:
    """Batches without end, from step `first` on; rounds that lie before it are not loaded."""
    step = 0
    for number, places in enumerate(planned):
        frames = stock.frames(places)
        count = frames // course.batch_frames  # what is left over of a round waits for a later one
        if step + count > first:
            order = np.random.default_rng([course.seed, 1, number]).permutation(frames)
            shuffled = stock.shuffled(places, torch.from_numpy(order), course.batch_frames)
            yield from islice(shuffled, max(0, first - step), None)
        step += count
