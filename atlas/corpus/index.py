"""The index stage: corpus -> the tables `clips` and `alignments`.

The order of the corpus's own listing does not matter: clips are sorted by recording, path and offset, and numbered in
that order, so that the clips of a recording are neighbours. A recording is never split over shards. A clip that cannot
be used stays in the table, with its problem.
"""

import hashlib
import itertools
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from atlas.audio.draws import usable
from atlas.audio.files import TAR_MARK
from atlas.config.settings import Config, CorpusConfig
from atlas.corpus.alignments import place_spans, read_spans, textgrids_in
from atlas.corpus.decode import Clip, listen
from atlas.corpus.entries import COLUMNS, CorpusEntry, told
from atlas.corpus.sources import read_entries
from atlas.errors import AtlasError
from atlas.schema import ALIGNMENTS, CLIPS
from atlas.store import AtlasFolder

STAGE = ("index",)
PROBLEMS = "problems.txt"
NOT_FOUND = "file not found"
_SETTINGS = ("columns", "separator", "domains", "domain", "dataset", "licence", "recording_pattern")


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the stage found."""

    clips: int
    files: int
    recordings: int
    shards: int
    problems: int
    domains: tuple[tuple[str, int], ...]
    "those that have clips, and how many"
    datasets: int
    labelled: int
    "clips with at least one label"
    spans: int
    hours: float
    seconds: float


def index_facts(config: Config, window_s: float) -> dict[str, str]:
    """What the stage depends on; no audio is read for it."""
    return _facts(config, window_s, read_entries(config.corpus))


def index(config: Config, folder: AtlasFolder, window_s: float, workers: int) -> Indexed:
    """Read the corpus once, and write its clips and their timed labels."""
    started = time.monotonic()
    entries = read_entries(config.corpus)
    facts = _facts(config, window_s, entries)  # before the audio is read: whatever changes meanwhile shows next time
    spans = read_spans(config.corpus.alignments, {entry.path for entry in entries})
    found = _without_copies(listen(entries, window_s, workers))
    _refuse_problems(found, config.corpus.max_problem_share, folder)
    ordered = sorted(found, key=lambda clip: (clip.entry.recording, clip.entry.path, clip.offset_s))
    clips = clips_table(ordered, config.scan.shard_windows)
    lengths = clips.with_columns(file_s=pl.Series([clip.file_s for clip in ordered], dtype=pl.Float64))
    alignments = place_spans(spans, usable(lengths), config.corpus.alignments)
    folder.unmark(*STAGE)
    outputs = [folder.write_table(CLIPS, clips), folder.write_table(ALIGNMENTS, alignments)]
    folder.mark(STAGE, facts, outputs)
    return _summary(clips, alignments, config.corpus.domains, started)


def clips_table(clips: Sequence[Clip], shard_windows: int) -> pl.DataFrame:
    """Clips in order -> the rows of the table, numbered and cut into shards."""
    said = {name: [getattr(clip.entry, name) for clip in clips] for name in COLUMNS if name in CLIPS.columns}
    measured = ("offset_s", "duration_s", "valid_frames", "sha256", "codec", "sample_rate", "energy_db", "problem")
    heard = {name: [getattr(clip, name) for clip in clips] for name in measured}
    return CLIPS.frame({**said, **heard, "clip": range(len(clips)), "shard": shards_of(clips, shard_windows)})


def shards_of(clips: Iterable[Clip], shard_windows: int) -> list[int]:
    """The shard of each clip: recordings in order, a new shard where the next one would not fit.

    A recording longer than a shard has one to itself. A clip with a problem takes no room in its recording's shard.
    """
    shards: list[int] = []
    shard = filled = 0
    for _, group in itertools.groupby(clips, key=lambda clip: clip.entry.recording):
        recording = list(group)
        size = sum(clip.problem is None for clip in recording)
        if filled and filled + size > shard_windows:
            shard, filled = shard + 1, 0
        filled += size
        shards += [shard] * len(recording)
    return shards


def _without_copies(clips: Iterable[Clip]) -> list[Clip]:
    """Of the clips of one content, the first by path is kept; the others get a problem."""
    first: dict[tuple[str, int], str] = {}
    kept = []
    for clip in sorted(clips, key=lambda clip: (clip.entry.path, clip.entry.start_s or 0.0, clip.offset_s)):
        if clip.problem is None and clip.sha256 is not None:
            place = (clip.sha256, round(clip.offset_s * 1000))  # as precise as the hash that draws samples
            if place in first:
                clip = replace(clip, problem=f"same content as {first[place]}")
            first.setdefault(place, clip.entry.path)
        kept.append(clip)
    return kept


def _refuse_problems(clips: Sequence[Clip], allowed_share: float, folder: AtlasFolder) -> None:
    found = [clip for clip in clips if clip.problem is not None]
    problems = [f"{clip.entry.path}: {clip.problem}" for clip in found]
    having = f"{len(problems):,} of {len(clips):,} clips have a problem"
    if len(problems) > allowed_share * len(clips):
        listed = folder.write_bytes(folder.root / PROBLEMS, "".join(f"{line}\n" for line in problems).encode())
        remedy = f"mend these files, leave them out, or raise corpus.max_problem_share; all are listed in {listed}"
        lost = [clip.entry.file for clip in found if clip.problem == NOT_FOUND]
        if 2 * len(lost) > len(clips):
            remedy = f"the first was looked for as {lost[0]}: set corpus.root to the folder that paths are relative to"
        raise AtlasError(told(f"{having}, more than the allowed share of {allowed_share:g}; {remedy}", problems))
    if len(problems) == len(clips):
        raise AtlasError(told(f"{having}; at least one must be without", problems))


def _facts(config: Config, window_s: float, entries: Sequence[CorpusEntry]) -> dict[str, str]:
    settings = {f"corpus.{name}": _json(getattr(config.corpus, name)) for name in _SETTINGS}
    rows = (_json([getattr(entry, name) for name in COLUMNS]) for entry in entries)
    return {
        **settings,
        "window_s": f"{window_s:g}",
        "scan.shard_windows": str(config.scan.shard_windows),
        "rows": _digest(rows),
        "audio": _digest(_states({entry.file: entry.path for entry in entries})),
        "alignments": _alignments_digest(config.corpus),
    }


def _alignments_digest(corpus: CorpusConfig) -> str:
    path = corpus.alignments
    if path is None:
        return "none"
    if path.is_dir():
        return _digest(_states({str(path / name): name for name in textgrids_in(path)}))
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise AtlasError(f"{path}: cannot be read ({error.strerror or error}); corpus.alignments names it") from None


def _states(paths: dict[str, str]) -> Iterator[str]:
    """A line a file: its name, size and time; those of the tar file for its members."""
    for file, name in paths.items():
        try:
            state = os.stat(file.partition(TAR_MARK)[0])
            yield f"{name} {state.st_size} {state.st_mtime_ns}"
        except OSError:
            yield f"{name} -1 0"


def _digest(lines: Iterable[str]) -> str:
    """A fingerprint of lines in any order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _summary(clips: pl.DataFrame, alignments: pl.DataFrame, domains: Sequence[str], started: float) -> Indexed:
    heard = usable(clips)
    sizes = dict(heard.group_by("domain").len().iter_rows())
    return Indexed(
        clips=clips.height,
        files=clips["path"].n_unique(),
        recordings=heard["recording"].n_unique(),
        shards=heard["shard"].n_unique(),
        problems=clips.height - heard.height,
        domains=tuple((domain, sizes[domain]) for domain in domains if domain in sizes),
        datasets=heard["dataset"].n_unique(),
        labelled=heard.filter(pl.col("labels").list.len() > 0).height,
        spans=alignments.height,
        hours=float(heard["duration_s"].sum()) / 3600,
        seconds=time.monotonic() - started,
    )
