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
from typing import Protocol

import polars as pl

from atlas.audio.draws import cell_frames, usable
from atlas.audio.files import TAR_MARK
from atlas.config.settings import Config, CorpusConfig
from atlas.corpus.alignments import place_spans, read_spans, textgrids_in
from atlas.corpus.decode import Clip, listen
from atlas.corpus.entries import COLUMNS, with_mistakes
from atlas.corpus.sharing import warn_of_sharing
from atlas.corpus.sources import read_entries
from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.formatting import counted, duration
from atlas.pool import processes
from atlas.schema import ALIGNMENTS, CLIPS
from atlas.schema.grid import FrameGrid
from atlas.stages import Options, Outcome, Stage, Workspace, noted_input
from atlas.store import AtlasFolder, opaque

PROBLEMS = "problems.txt"
NOT_FOUND = "file not found"
_OF_ENTRY = (*COLUMNS, "group")
_SETTINGS = (
    *("columns", "separator", "domains", "domain", "dataset", "licence"),
    *("recording_pattern", "group", "group_pattern"),
)
CONTENT_NOTE = "heard"  # in markers, so it keeps its first name: another would make atlases run again
CLIP_CONTENT = noted_input("audio of the clips", "index", CONTENT_NOTE)
"the decoded content of the clips, and how it is cut; what the corpus says of them does not enter"
STRETCHES_NOTE = "stretches"
CLIP_STRETCHES = noted_input("stretch length of each dataset", "index", STRETCHES_NOTE)
"all that a scan depends on of how the corpus names domains and datasets"


class IndexWorkspace(Workspace, Protocol):
    """What the stage works on: the encoder's window and frames come to a config and a folder."""

    @property
    def config(self) -> Config: ...
    @property
    def window_s(self) -> float: ...
    @property
    def grid(self) -> FrameGrid: ...


@dataclass(frozen=True, slots=True, kw_only=True)
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

    def closing_lines(self) -> str:
        problems = f"{self.problems} with a `problem` in clips.parquet" if self.problems else "0 with a problem"
        counts = (
            f"{counted(self.clips, 'clip')} of {counted(self.recordings, 'recording')}, {self.hours:.2f} h, {problems}"
        )
        shares = ", ".join(f"{domain} {clips:,}" for domain, clips in self.domains)
        labels = f"{self.labelled:,} clips with labels, {self.spans:,} timed labels"
        return (
            f"index      {counts}, in {counted(self.shards, 'shard')}, in {duration(self.seconds)}\n"
            f"           {shares}; {counted(self.datasets, 'dataset')}, {labels}"
        )


def corpus_facts(workspace: IndexWorkspace) -> dict[str, str]:
    """What the corpus is, as the stage finds it; no audio is read for it."""
    corpus = workspace.config.corpus
    entries = read_entries(corpus)
    rows = (_json([getattr(entry, name) for name in _OF_ENTRY]) for entry in entries)
    return {
        "window of the encoder": f"{workspace.window_s:g} s",
        "frames of the encoder": str(workspace.grid),
        "rows of the corpus": opaque(_digest(rows)),
        "audio files": opaque(_digest(_states({entry.file: entry.path for entry in entries}))),
        "timed labels of corpus.alignments": opaque(_alignments_digest(corpus)),
    }


def index(
    config: Config,
    folder: AtlasFolder,
    window_s: float,
    grid: FrameGrid,
    workers: int,
    listing: AtlasFolder | None = None,
) -> Indexed:
    """Read the corpus once, and write its clips and their timed labels.

    Too many problems are listed in the folder, or in `listing`, where the folder is one that does not last.
    """
    started = time.monotonic()
    entries = read_entries(config.corpus)
    spans = read_spans(config.corpus.alignments, {entry.path for entry in entries})
    decoded = _without_copies(listen(entries, window_s, grid, workers))
    _refuse_problems(decoded, config.corpus.max_problem_share, listing or folder)
    ordered = sorted(decoded, key=lambda clip: (clip.entry.recording, clip.entry.path, clip.offset_s))
    clips = clips_table(ordered, config.scan.shard_windows)
    lengths = clips.with_columns(file_s=pl.Series([clip.file_s for clip in ordered], dtype=pl.Float64))
    alignments = place_spans(spans, usable(lengths), config.corpus.alignments)
    folder.write_table(CLIPS, clips)
    folder.write_table(ALIGNMENTS, alignments)
    return _summary(clips, alignments, config.corpus.domains, started)


def _run(workspace: IndexWorkspace, options: Options) -> Outcome:
    done = index(workspace.config, workspace.folder, workspace.window_s, workspace.grid, processes(options.workers))
    outputs = [workspace.folder.path(CLIPS), workspace.folder.path(ALIGNMENTS)]
    clips = workspace.folder.read_table(CLIPS)
    if workspace.config.corpus.group_word is None:
        warn_of_sharing(clips)
    return Outcome(done.closing_lines(), outputs, notes=clip_notes(clips))


INDEX: Stage[IndexWorkspace] = Stage(
    name="index",
    run=_run,
    writes=(CLIPS, ALIGNMENTS),
    keys=(*(f"corpus.{name}" for name in _SETTINGS), "scan.shard_windows"),
    finds=corpus_facts,
)
"corpus -> clips"


def clip_notes(clips: pl.DataFrame) -> dict[str, str]:
    """What the marker says of the clips, for stages that depend on less than the table."""
    stretches = digest_of(",".join(map(str, cell_frames(clips))))
    return {CONTENT_NOTE: content_digest(clips), STRETCHES_NOTE: stretches}


def content_digest(clips: pl.DataFrame) -> str:
    """A fingerprint of the decoded content of the clips, and of how it is cut."""
    content = clips.select(
        "clip",
        "offset_s",
        "sha256",
        pl.col("recording").rle_id(),
        "duration_s",
        "valid_frames",
        "shard",
        pl.col("problem").is_null(),
    )
    return digest_of(content.write_csv())


def clips_table(clips: Sequence[Clip], shard_windows: int) -> pl.DataFrame:
    """Clips in order -> the rows of the table, numbered and cut into shards."""
    entry_columns = {name: [getattr(clip.entry, name) for clip in clips] for name in _OF_ENTRY if name in CLIPS.columns}
    measured = ("offset_s", "duration_s", "valid_frames", "sha256", "codec", "sample_rate", "energy_db", "problem")
    clip_columns = {name: [getattr(clip, name) for clip in clips] for name in measured}
    return CLIPS.frame(
        {**entry_columns, **clip_columns, "clip": range(len(clips)), "shard": shards_of(clips, shard_windows)}
    )


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
            content = (clip.sha256, round(clip.offset_s * 1000))  # as precise as the hash that draws samples
            if content in first:
                clip = replace(clip, problem=f"same content as {first[content]}")
            first.setdefault(content, clip.entry.path)
        kept.append(clip)
    return kept


def _refuse_problems(clips: Sequence[Clip], allowed_share: float, folder: AtlasFolder) -> None:
    broken = [clip for clip in clips if clip.problem is not None]
    problems = [f"{clip.entry.path}: {clip.problem}" for clip in broken]
    having = f"{len(problems):,} of {len(clips):,} clips have a problem"
    if len(problems) > allowed_share * len(clips):
        listed = folder.write_bytes(folder.root / PROBLEMS, "".join(f"{line}\n" for line in problems).encode())
        remedy = f"mend these files, leave them out, or raise corpus.max_problem_share; all are listed in {listed}"
        lost = [clip.entry.file for clip in broken if clip.problem == NOT_FOUND]
        if 2 * len(lost) > len(clips):
            remedy = f"the first was looked for as {lost[0]}: set corpus.root to the folder that paths are relative to"
        raise AtlasError(
            with_mistakes(f"{having}, more than the allowed share of {allowed_share:g}; {remedy}", problems)
        )
    if len(problems) == len(clips):
        raise AtlasError(with_mistakes(f"{having}; at least one must be without", problems))


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
    usable_clips = usable(clips)
    sizes = dict(usable_clips.group_by("domain").len().iter_rows())
    return Indexed(
        clips=clips.height,
        files=clips["path"].n_unique(),
        recordings=usable_clips["recording"].n_unique(),
        shards=usable_clips["shard"].n_unique(),
        problems=clips.height - usable_clips.height,
        domains=tuple((domain, sizes[domain]) for domain in domains if domain in sizes),
        datasets=usable_clips["dataset"].n_unique(),
        labelled=usable_clips.filter(pl.col("labels").list.len() > 0).height,
        spans=alignments.height,
        hours=float(usable_clips["duration_s"].sum()) / 3600,
        seconds=time.monotonic() - started,
    )
