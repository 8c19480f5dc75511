"""The scan: every clip of a shard through the encoder once, and through every dictionary; shard by shard.

A shard leaves its peaks, the states of its dictionaries and its sampled codes, and last its marker. Shards know
nothing of each other, so any number of processes on any number of machines may share them.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import polars as pl

from atlas.audio import draws
from atlas.formatting import counted, duration
from atlas.measure.calibrate import readers
from atlas.measure.listening import ClipActivations, ClipSource, listen
from atlas.measure.run import Run
from atlas.measure.shard import WORK, CorpusScan, DictionaryScan, shard_name
from atlas.measure.states import ClipView, CorpusContext
from atlas.measure.threads import Threads
from atlas.measure.tiers import AlignedTier, read_tiers
from atlas.progress import Advance, bar
from atlas.schema import PEAKS
from atlas.store import Facts

STAGE = "scan"


@dataclass(frozen=True, slots=True)
class Draws:
    """What is drawn by content, fixed for the corpus."""

    code_rate: float
    matched_frames: int  # the length of the stretch that domains are tested in
    cell_frames: Sequence[int]  # [clips]: of the one that labels are tested in


def shards(run: Run) -> list[int]:
    """The numbers of the shards that hold usable clips."""
    return draws.usable(run.clips)["shard"].unique().sort().to_list()


def discard(run: Run, names: Sequence[str] | None) -> None:
    """Throw away scanned shards: some, whose files are written anew, or all."""
    for name in run.folder.marked(STAGE) if names is None else names:
        run.folder.unmark(STAGE, name)
    if names is None:
        for folder in (WORK, PEAKS.name):
            shutil.rmtree(run.folder.root / folder, ignore_errors=True)


def scan(run: Run, names: Sequence[str], kept: int, scan_shards: Callable[[Sequence[int], Advance], None]) -> str:
    """Have an engine scan shards, beside which others were done before; returns the closing line."""
    numbers = [int(name) for name in names]
    sizes = dict(draws.usable(run.clips).group_by("shard").len().iter_rows())
    windows = sum(sizes[number] for number in numbers)
    started = time.monotonic()
    with bar("scan", windows) as advance:
        scan_shards(numbers, advance)
    before = f" ({kept} more were done before)" if kept else ""
    took = duration(time.monotonic() - started)
    return f"scan       {counted(windows, 'window')} in {counted(len(numbers), 'shard')}{before}, in {took}"


class Scanner:
    """Encoder and dictionaries in memory, ready for one shard after another; `facts` are what shards depend on."""

    def __init__(self, run: Run, facts: Facts) -> None:
        self.run = run
        self.facts = facts
        self.threads = Threads(run.threads)
        self.encoder = run.encoder()
        self.readers = readers(run, self.threads)
        self.draws = Draws(
            draws.code_rate(run.clips, run.config.scan.code_frames),
            draws.matched_frames(run.clips),
            draws.cell_frames(run.clips).tolist(),
        )
        self.recordings = np.array(run.clips["recording"].rle_id(), np.int32)

    def scan(self, shard: int, advance: Advance) -> None:
        """Scan one shard and leave its marker."""
        started = time.monotonic()
        within = set(self.run.clips.filter(pl.col("shard") == shard)["clip"].to_list())
        clips = [clip for clip in self.run.usable if clip.number in within]
        context = CorpusContext(
            recordings=self.recordings,
            tiers=self._tiers(within),
            top=self.run.config.examples.top,
            grid=self.run.grid,
            threads=self.threads,
        )
        corpus, scans = CorpusScan(context), [DictionaryScan(reader, context) for reader in self.readers]
        parts: list[CorpusScan | DictionaryScan] = [corpus, *scans]
        for recording, members in self._recordings(clips):
            for part in parts:
                part.begin_recording(recording)
            for clip, row, batch in members:
                self._add(corpus, scans, clip, row, batch)
                advance(1)
            for part in parts:
                part.end_recording()
        outputs = [path for part in parts for path in part.write(self.run.folder, shard)]
        notes = {"build": self.run.build, "seconds": f"{time.monotonic() - started:.1f}"}
        self.run.folder.mark((STAGE, shard_name(shard)), self.facts, outputs, notes)

    def _tiers(self, within: set[int]) -> Sequence[AlignedTier]:
        return read_tiers(self.run.alignments, self.run.clips, self.run.counted_labels, self.run.grid, within)

    def _recordings(
        self, clips: Sequence[ClipSource]
    ) -> Iterator[tuple[list[int], Iterator[tuple[ClipSource, int, ClipActivations]]]]:
        """The clips of each recording, and each with its row of a batch, one after another."""
        members = {
            recording: [clip.number for clip in group]
            for recording, group in groupby(clips, key=lambda clip: clip.recording)
        }
        stream = (
            (clip, row, batch)
            for batch in listen(self.encoder, clips, self.run.config.taps(), self.run.threads)
            for row, clip in enumerate(batch.clips)
        )
        for recording, rows in groupby(stream, key=lambda row: row[0].recording):
            yield members[recording], rows

    def _add(
        self,
        corpus: CorpusScan,
        scans: Sequence[DictionaryScan],
        clip: ClipSource,
        row: int,
        batch: ClipActivations,
    ) -> None:
        view = ClipView(
            number=clip.number,
            hash64=clip.hash64,
            valid=clip.valid,
            mel=batch.mels[row],
            matched=_stretch(clip, self.draws.matched_frames),
            matched_in_cell=_stretch(clip, self.draws.cell_frames[clip.number]),
        )
        sampled = draws.sampled_frames(clip.hash64, clip.valid, self.draws.code_rate)
        corpus.add(view)
        for scan in scans:
            scan.add(batch.activations[scan.reader.tap][row], view, sampled)


def _stretch(clip: ClipSource, length: int) -> tuple[int, int]:
    """The frames of a clip's stretch of a length; (-1, -1) if the clip is shorter."""
    start = draws.matched_start(clip.hash64, clip.valid, length)
    return (start, start + length) if start >= 0 else (-1, -1)
