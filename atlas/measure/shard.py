"""What one dictionary gathers over one shard: states, peaks, sampled codes and tracks, and the files they go to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import Tensor

from atlas.dictionaries.base import Dictionary
from atlas.measure import catalogue
from atlas.measure.codes import ClipCodes, Coder, Rows
from atlas.measure.counts import Counts
from atlas.measure.dense import DenseCounts, dense_distances
from atlas.measure.kernels import topk as kernels
from atlas.measure.reconstruction import Rebuilder
from atlas.measure.scales import Scales
from atlas.measure.serialise import list_column, pack
from atlas.measure.states import (
    ClipPeaks,
    ClipView,
    CodedClip,
    CorpusContext,
    DictionaryContext,
    Distances,
    empty_states,
)
from atlas.schema import CODES, TRACKS, peaks_table
from atlas.schema.thresholds import ONSET_S, TRACKED_FEATURES
from atlas.store import AtlasFolder

TRACK_FRAMES = 2  # frames a column of a track
FEATURES_A_ROW_GROUP = 256
WORK = "work"  # the folder of what only the merge reads
CORPUS_FILE = "sounds.zip"
STATES_FILE, CODES_FILE, TRACKS_FILE = ".states.zip", ".codes.parquet", ".tracks.parquet"  # behind a dictionary's name
_LARGEST_HALF = 65504.0  # the largest 16-bit float


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryReader:
    """A dictionary made ready for a device: what turns a window's activations into codes."""

    name: str
    tap: str
    dictionary: Dictionary
    scales: Scales
    coder: Coder
    rebuilder: Rebuilder | None  # None where the codes do not stand for the input


class CorpusScan:
    """Adds a shard's clips to the states that need no dictionary."""

    def __init__(self, context: CorpusContext) -> None:
        self._context = context
        self._states = empty_states(catalogue.CORPUS_STATES, context)

    def begin_recording(self, clips: Sequence[int]) -> None:
        for state in self._states.values():
            state.begin(clips, self._context)

    def end_recording(self) -> None:
        for state in self._states.values():
            state.end(self._context)

    def add(self, clip: ClipView) -> None:
        for state in self._states.values():
            state.add(clip, self._context)

    def write(self, folder: AtlasFolder, shard: int) -> list[Path]:
        """Write the shard's file; the caller puts the marker in place afterwards."""
        return [folder.write_bytes(work_file(folder, shard, CORPUS_FILE), pack(self._states))]


@dataclass(slots=True)
class _Gathered:
    """Rows of a shard, a piece a clip, until the shard ends."""

    clips: list[NDArray[np.uint32]] = field(default_factory=list)
    seen: list[ClipPeaks] = field(default_factory=list)
    codes: list["SampledCodes"] = field(default_factory=list)
    tracks: list["ClipTracks"] = field(default_factory=list)


class DictionaryScan:
    """Adds a shard's clips, recording by recording, and writes what they leave."""

    def __init__(self, reader: DictionaryReader, corpus: CorpusContext) -> None:
        self.reader = reader
        self._context = dictionary_context(corpus, reader.dictionary, reader.scales)
        self._counts = Counts.empty(self._context)
        self._states = empty_states(catalogue.kinds(), self._context) | {catalogue.COUNTS: self._counts}
        self._dense: DenseCounts | None = None  # what was counted on a GPU
        self._gathered = _Gathered()

    def begin_recording(self, clips: Sequence[int]) -> None:
        for state in self._states.values():
            state.begin(clips, self._context)

    def end_recording(self) -> None:
        for state in self._states.values():
            state.end(self._context)

    def add(self, x: Tensor, clip: ClipView, sampled: NDArray[np.int64]) -> None:
        """x: [frames, d], the raw activations of a window; sampled: the frames whose codes are kept."""
        reader = self.reader
        normal, scale, shift = reader.dictionary.normalise(x)
        codes = reader.coder.encode(normal, clip.valid)
        seen = self._count(codes, clip)
        coded = CodedClip(clip, codes, seen, self._distances(x[: clip.valid], codes, scale, shift))
        for name, state in self._states.items():
            if name != catalogue.COUNTS:  # has it: `seen` comes from the same pass
                state.add(coded, self._context)
        self._gather(coded, sampled)

    def _count(self, codes: ClipCodes, clip: ClipView) -> ClipPeaks:
        if codes.dense is None:
            return self._counts.count(codes, clip, self._context)
        if self._dense is None:
            self._dense = DenseCounts(self.reader.dictionary.n, codes.dense.device)
        return self._dense.update(codes.dense, codes, clip, self.reader.scales, self._context.grid.first_from(ONSET_S))

    def _distances(self, x: Tensor, codes: ClipCodes, scale: Tensor | None, shift: Tensor | None) -> Distances | None:
        rebuilder = self.reader.rebuilder
        if rebuilder is None:
            return None
        if codes.dense is None:
            return rebuilder.distances(np.ascontiguousarray(x.numpy()), codes.rows, scale, shift)
        return dense_distances(self.reader.dictionary, x, codes.dense, scale, shift)

    def _gather(self, clip: CodedClip, sampled: NDArray[np.int64]) -> None:
        gathered, seen, number = self._gathered, clip.seen, clip.view.number
        gathered.clips.append(np.full(len(seen.fired), number, np.uint32))
        gathered.seen.append(seen)
        if len(sampled):
            gathered.codes.append(sampled_codes(clip.codes.rows, number, sampled))
        if len(seen.fired):
            gathered.tracks.append(tracks_of(clip.codes, seen, clip.view))

    def write(self, folder: AtlasFolder, shard: int) -> list[Path]:
        """Write the shard's files; the caller puts the marker in place afterwards."""
        name, gathered = self.reader.name, self._gathered
        if self._dense is not None:
            self._counts.merge(self._dense.counts(), self._context)
        return [
            self._write_peaks(folder, shard),
            folder.write_bytes(work_file(folder, shard, f"{name}{STATES_FILE}"), pack(self._states)),
            folder.write_parquet(work_file(folder, shard, f"{name}{CODES_FILE}"), codes_frame(gathered.codes)),
            folder.write_parquet(work_file(folder, shard, f"{name}{TRACKS_FILE}"), tracks_frame(name, gathered.tracks)),
        ]

    def _write_peaks(self, folder: AtlasFolder, shard: int) -> Path:
        n = self.reader.dictionary.n
        frame = peaks_frame(self._gathered.clips, self._gathered.seen, n)
        row_group = max(1, len(frame) * FEATURES_A_ROW_GROUP // n)
        return folder.write_table(peaks_table(n), frame, self.reader.name, shard_name(shard), row_group=row_group)


def shard_name(shard: int) -> str:
    return f"{shard:05d}"


def work_file(folder: AtlasFolder, shard: int, name: str) -> Path:
    """Where a shard leaves a file for the merge."""
    return folder.root / WORK / shard_name(shard) / name


def dictionary_context(corpus: CorpusContext, dictionary: Dictionary, scales: Scales) -> DictionaryContext:
    """What the states of a dictionary may need to know."""
    return DictionaryContext(
        recordings=corpus.recordings,
        tiers=corpus.tiers,
        top=corpus.top,
        grid=corpus.grid,
        threads=corpus.threads,
        features=dictionary.n,
        width=dictionary.d,
        scales=scales,
    )


def peaks_frame(clips: Sequence[NDArray[np.uint32]], seen: Sequence[ClipPeaks], features: int) -> pl.DataFrame:
    """The rows of `peaks`, sorted by feature, then clip (the order in which the clips come)."""
    table = peaks_table(features)
    fired = _joined([clip.fired for clip in seen], np.dtype(np.int32))
    small = fired.astype(np.uint16) if features <= 2**16 else fired.astype(np.uint32)
    order = np.argsort(small, kind="stable")
    matched = _joined([clip.matched for clip in seen], np.dtype(np.float32))[order]
    matched_in_cell = _joined([clip.matched_in_cell for clip in seen], np.dtype(np.float32))[order]
    return table.frame(
        {
            "feature": small[order],
            "clip": _joined(clips, np.dtype(np.uint32))[order],
            "peak": _joined([clip.peaks for clip in seen], np.dtype(np.float32))[order],
            "peak_frame": _joined([clip.frames for clip in seen], np.dtype(np.int32))[order].astype(np.uint16),
            "frames_active": _joined([clip.active for clip in seen], np.dtype(np.int32))[order].astype(np.uint16),
            "sum": _joined([clip.sums for clip in seen], np.dtype(np.float32))[order],
            "peak_matched": pl.Series(matched).fill_nan(None),
            "peak_cell": pl.Series(matched_in_cell).fill_nan(None),
        }
    )


@dataclass(frozen=True, slots=True)
class SampledCodes:
    """The codes of some frames of one clip, end to end, as small as they are written."""

    clip: int
    frames: NDArray[np.uint16]
    lengths: NDArray[np.int32]
    features: NDArray[np.uint32]
    values: NDArray[np.float16]


def sampled_codes(rows: Rows, clip: int, frames: NDArray[np.int64]) -> SampledCodes:
    lengths = rows.counts[frames]
    filled = np.arange(rows.values.shape[1])[None, :] < lengths[:, None]
    return SampledCodes(
        clip,
        frames.astype(np.uint16),
        lengths,
        rows.features[frames][filled].astype(np.uint32),
        np.minimum(rows.values[frames][filled], _LARGEST_HALF).astype(np.float16),
    )


def codes_frame(pieces: Sequence[SampledCodes]) -> pl.DataFrame:
    """The rows of `codes` from the sampled frames of some clips."""
    if not pieces:
        return CODES.empty()
    lengths = np.concatenate([piece.lengths for piece in pieces])
    return CODES.frame(
        {
            "clip": np.concatenate([np.full(len(piece.frames), piece.clip, np.uint32) for piece in pieces]),
            "frame": np.concatenate([piece.frames for piece in pieces]),
            "features": list_column(np.concatenate([piece.features for piece in pieces]), lengths),
            "values": list_column(np.concatenate([piece.values for piece in pieces]), lengths),
        }
    )


@dataclass(frozen=True, slots=True)
class ClipTracks:
    """The features of largest sum in one clip, best first, and their traces: [features, columns]."""

    clip: int
    features: NDArray[np.int32]
    peaks: NDArray[np.float32]
    traces: NDArray[np.uint8]


def tracks_of(codes: ClipCodes, seen: ClipPeaks, clip: ClipView) -> ClipTracks:
    """One clip's tracks; ties go to the smaller feature."""
    floor = np.partition(seen.sums, -TRACKED_FEATURES)[-TRACKED_FEATURES] if len(seen.sums) > TRACKED_FEATURES else -1.0
    near = np.flatnonzero(seen.sums >= floor)
    chosen = near[np.lexsort((near, -seen.sums[near]))][:TRACKED_FEATURES].astype(np.int32)
    traces = np.zeros((len(chosen), -(-clip.valid // TRACK_FRAMES)), np.uint8)
    kernels.strongest_tracks(chosen, codes.starts, codes.frames, codes.values, seen.peaks, traces)
    return ClipTracks(clip.number, seen.fired[chosen], seen.peaks[chosen], traces)


def tracks_frame(dictionary: str, pieces: Sequence[ClipTracks]) -> pl.DataFrame:
    """The rows of `tracks` of some clips."""
    if not pieces:
        return TRACKS.empty()
    sizes = [len(piece.features) for piece in pieces]
    lengths = np.repeat([piece.traces.shape[1] for piece in pieces], sizes)
    return TRACKS.frame(
        {
            "clip": np.repeat(np.array([piece.clip for piece in pieces], np.uint32), sizes),
            "dictionary": [dictionary] * sum(sizes),
            "rank": np.concatenate([np.arange(1, size + 1, dtype=np.uint8) for size in sizes]),
            "feature": np.concatenate([piece.features for piece in pieces]).astype(np.uint32),
            "peak": np.concatenate([piece.peaks for piece in pieces]),
            "trace": list_column(np.concatenate([piece.traces.ravel() for piece in pieces]), lengths),
        }
    )


def _joined(pieces: Sequence[NDArray[np.generic]], dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    return np.concatenate(pieces) if pieces else np.empty(0, dtype)
