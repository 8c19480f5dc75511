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
from atlas.measure.calibrate import RESULT, readers
from atlas.measure.listening import ClipActivations, ClipSource, listen
from atlas.measure.run import Run, content_digest, file_digest
from atlas.measure.shard import WORK, CorpusScan, DictionaryScan, shard_name
from atlas.measure.states import ClipView, CorpusContext
from atlas.measure.threads import Threads
from atlas.measure.tiers import AlignedTier, read_tiers
from atlas.schema import ALIGNMENTS, PEAKS

STAGE = "scan"

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Draws:
    """What is drawn by content, fixed for the corpus."""

    code_rate: float
    matched_frames: int


def scan_facts(run: Run) -> dict[str, str]:
    """What every shard of the scan depends on."""
    return {
        "clips": content_digest(run.clips),
        "alignments": file_digest(run.folder.path(ALIGNMENTS)),
        "calibration": file_digest(run.folder.root / RESULT),
        "encoder.model": f"{run.source.model} {run.source.sha256[:16]}",
        "encoder.precision": run.precision,
        "examples.top": str(run.config.examples.top),
        "scan.code_frames": str(run.config.scan.code_frames),
        "scan.timed_labels": str(run.config.scan.timed_labels),
        **run.dictionary_facts(),
    }


def shards(run: Run) -> list[int]:
    """The numbers of the shards that hold usable clips."""
    return draws.usable(run.clips)["shard"].unique().sort().to_list()


def unfinished(run: Run) -> list[int]:
    """The shards that have no marker that fits."""
    facts = scan_facts(run)
    markers = ((shard, run.folder.marker(STAGE, shard_name(shard))) for shard in shards(run))
    return [shard for shard, marker in markers if marker is None or dict(marker.facts) != facts]


def discard(run: Run, numbers: Sequence[int] | None = None) -> None:
    """Throw away scanned shards: some, whose files are written anew, or all; and what was merged from them."""
    run.folder.unmark("merge")
    names = run.folder.marked(STAGE) if numbers is None else [shard_name(number) for number in numbers]
    for name in names:
        run.folder.unmark(STAGE, name)
    if numbers is None:
        for folder in (WORK, PEAKS.name):
            shutil.rmtree(run.folder.root / folder, ignore_errors=True)


class Scanner:
    """Encoder and dictionaries in memory, ready for one shard after another."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.facts = scan_facts(run)
        self.threads = Threads(run.threads)
        self.encoder = run.encoder()
        self.readers = readers(run, self.threads)
        self.draws = Draws(draws.code_rate(run.clips, run.config.scan.code_frames), draws.matched_frames(run.clips))
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
        return read_tiers(self.run.alignments, self.run.clips, self.run.counted_labels, within)

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
        start = draws.matched_start(clip.hash64, clip.valid, self.draws.matched_frames)
        matched = (start, start + self.draws.matched_frames) if start >= 0 else (-1, -1)
        view = ClipView(clip.number, clip.hash64, clip.valid, batch.mels[row], matched)
        sampled = draws.sampled_frames(clip.hash64, clip.valid, self.draws.code_rate)
        corpus.add(view)
        for scan in scans:
            scan.add(batch.activations[scan.reader.tap][row], view, sampled)
