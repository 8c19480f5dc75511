"""Entries -> clips: every file is decoded once, cut into windows and measured.

Threads suffice, as hashing, decoding and resampling let go of the interpreter; a thread holds one window at a time.
What cannot be read becomes a clip with a problem. Nothing here compares files with one another.
"""

import itertools
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from atlas.audio.files import sha256
from atlas.audio.samples import Piece, energy_db, read_pieces
from atlas.corpus.entries import CorpusEntry
from atlas.errors import AudioProblem
from atlas.progress import bar
from atlas.schema.grid import FrameGrid

BATCH_FILES = 1024
"so many files wait for a thread at a time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """At most one window of an entry's audio, or the problem with it."""

    entry: CorpusEntry
    offset_s: float
    duration_s: float = 0.0
    file_s: float = 0.0
    valid_frames: int = 0
    sha256: str | None = None
    codec: str | None = None
    sample_rate: int | None = None
    energy_db: float | None = None
    problem: str | None = None


def listen(entries: Iterable[CorpusEntry], window_s: float, grid: FrameGrid, workers: int) -> list[Clip]:
    """Read every file once, by as many threads as there are workers; frames are counted by the encoder's grid."""
    ordered = sorted(entries, key=lambda entry: (entry.file, entry.start_s or 0.0))
    files = [tuple(group) for _, group in itertools.groupby(ordered, key=lambda entry: entry.file)]
    clips: list[Clip] = []
    with ThreadPoolExecutor(workers) as pool, bar("index", len(files), unit="files") as advance:
        for start in range(0, len(files), BATCH_FILES):
            batch = files[start : start + BATCH_FILES]
            for file_clips in pool.map(_clips_of_file, batch, itertools.repeat(window_s), itertools.repeat(grid)):
                clips += file_clips
                advance(1)
    return clips


def _clips_of_file(entries: Sequence[CorpusEntry], window_s: float, grid: FrameGrid) -> list[Clip]:
    try:
        digest = sha256(entries[0].file)
    except AudioProblem as problem:
        return [_broken(entry, None, problem) for entry in entries]
    return [clip for entry in entries for clip in _clips(entry, digest, window_s, grid)]


def _clips(entry: CorpusEntry, digest: str, window_s: float, grid: FrameGrid) -> list[Clip]:
    pieces = read_pieces(entry.file, window_s, grid.shortest_s, entry.start_s or 0.0, entry.end_s)
    try:
        return [_clip(entry, digest, piece, grid) for piece in pieces]
    except AudioProblem as problem:
        return [_broken(entry, digest, problem)]


def _clip(entry: CorpusEntry, digest: str, piece: Piece, grid: FrameGrid) -> Clip:
    samples, shown = piece.sound.for_encoder(grid.rate_hz)
    frames = grid.frames_of(len(samples))
    return Clip(
        entry=entry,
        offset_s=piece.offset_s,
        duration_s=piece.duration_s,
        file_s=piece.file_s,
        valid_frames=frames,
        sha256=digest,
        codec=piece.sound.codec,
        sample_rate=piece.sound.source_rate_hz,
        energy_db=energy_db(shown),
        problem=None if frames else f"shorter than a frame of the encoder, {1000 * grid.shortest_s:g} ms",
    )


def _broken(entry: CorpusEntry, digest: str | None, problem: AudioProblem) -> Clip:
    return Clip(entry=entry, offset_s=entry.start_s or 0.0, sha256=digest, problem=str(problem))
