"""What is known of a corpus without listening to it: its windows, how long they are, and what may be published.

Lengths come from the headers of files; of a very large corpus a part is looked at, and the others are taken to be as
long. A file whose header does not tell is taken to be as long as the others; one that is not there is left out.
Where an atlas has been indexed, its table `clips` says all of this exactly.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import soundfile

from atlas.audio.draws import usable
from atlas.audio.files import SUFFIXES_FOR_FFMPEG, TAR_MARK, content, suffix
from atlas.config.settings import Config
from atlas.corpus.alignments import read_spans
from atlas.corpus.entries import CorpusEntry
from atlas.corpus.sources import read_entries
from atlas.errors import AtlasError, AudioProblem
from atlas.schema.grid import FrameGrid
from atlas.schema.thresholds import FEWEST_RECORDINGS

MOST_HEADERS = 20_000
"files whose headers are read: of more, so many evenly over the listing"
MOST_MEMBERS = 1_000
"members of tar files, each of which is read whole"
_THREADS = 16
_WINDOW = {"recording": pl.String, "domain": pl.String, "licence": pl.String, "duration_s": pl.Float64}


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusOutline:
    """A corpus as far as it is known."""

    windows: pl.DataFrame
    "a row a window: recording, domain, licence, duration_s"
    files: int
    lost: tuple[str, ...] = ()
    "files that are not there, or are no audio"
    unknown: int = 0
    "files whose headers do not tell how long they are"
    unread: int = 0
    "files whose headers were not looked at"
    labels: int = 0
    "labels, languages and speakers that enough recordings have to be tested"
    spans: int = 0
    "stretches of the corpus that have a timed label"
    timed_labels: int = 0
    "different ones"
    exact: bool = False
    "whether the corpus has been indexed"

    @property
    def count(self) -> int:
        """Windows."""
        return self.windows.height

    @property
    def seconds(self) -> float:
        return float(self.windows["duration_s"].sum())

    @property
    def recordings(self) -> int:
        return self.windows["recording"].n_unique()

    def seconds_of(self, domains: Sequence[str]) -> float:
        """How much audio there is of some domains."""
        return float(self.windows.filter(pl.col("domain").is_in(domains))["duration_s"].sum())


def outline_corpus(config: Config, window_s: float, grid: FrameGrid) -> CorpusOutline:
    """What the listing and the headers of the files say."""
    entries = read_entries(config.corpus)
    by_file: dict[str, list[CorpusEntry]] = {}
    for entry in entries:
        by_file.setdefault(entry.file, []).append(entry)
    files = list(by_file)
    looked_at = _evenly(files, MOST_MEMBERS if TAR_MARK in files[0] else MOST_HEADERS)
    with ThreadPoolExecutor(_THREADS) as pool:
        lengths = dict(zip(looked_at, pool.map(length_of, looked_at), strict=True))
    lost = tuple(by_file[file][0].path for file, length in lengths.items() if length == LOST)
    if len(lost) == len(files):
        raise AtlasError(
            f"none of the {len(files):,} files that the corpus lists can be read; the first was looked for as"
            f" {files[0]}: set corpus.root to the folder that paths are relative to"
        )
    known = [length for length in lengths.values() if length is not None and length != LOST] or [window_s]
    rows: list[tuple[str, str, str | None, float]] = []
    for number, file in enumerate(files):
        length = lengths.get(file)
        if length != LOST:
            rows += _windows(by_file[file], known[number % len(known)] if length is None else length, window_s, grid)
    if not rows:
        raise AtlasError(f"no file of the corpus is as long as a frame of the encoder, {1000 * grid.shortest_s:g} ms")
    spans = read_spans(config.corpus.alignments, {entry.path for entry in entries})
    return CorpusOutline(
        windows=pl.DataFrame(rows, schema=_WINDOW, orient="row"),
        files=len(files),
        lost=lost,
        unknown=sum(length is None for length in lengths.values()),
        unread=len(files) - len(looked_at),
        labels=_tested_labels((entry.recording, _labels_of(entry)) for entry in entries),
        spans=spans.height,
        timed_labels=_counted_labels(spans, config.scan.timed_labels),
    )


def outline_clips(clips: pl.DataFrame, alignments: pl.DataFrame, timed_labels: int) -> CorpusOutline:
    """The same of an atlas that has been indexed."""
    kept = usable(clips)
    columns = kept.select("recording", "labels", "language", "speaker").iter_rows()
    named = ((recording, [*(labels or ()), language, speaker]) for recording, labels, language, speaker in columns)
    return CorpusOutline(
        windows=kept.select("recording", "domain", "licence", pl.col("duration_s").cast(pl.Float64)),
        files=clips["path"].n_unique(),
        labels=_tested_labels(named),
        spans=alignments.height,
        timed_labels=_counted_labels(alignments, timed_labels),
        exact=True,
    )


LOST = -1.0
"the length of a file that is not there, or is no audio"


def length_of(file: str) -> float | None:
    """How long a file is by its header; None where that does not tell, and ffmpeg would have to."""
    try:
        info = soundfile.info(io.BytesIO(content(file)) if TAR_MARK in file else file)
    except (soundfile.LibsndfileError, AudioProblem):
        return None if suffix(file) in SUFFIXES_FOR_FFMPEG and Path(file.partition(TAR_MARK)[0]).is_file() else LOST
    return info.frames / info.samplerate if 0 < info.frames < _UNKNOWN else None


_UNKNOWN = 2**62  # frames; libsndfile gives 2^63 - 1 where it does not know


def _windows(
    entries: Sequence[CorpusEntry], length_s: float, window_s: float, grid: FrameGrid
) -> Iterator[tuple[str, str, str | None, float]]:
    """The windows that a file's entries are cut into, as `index` cuts them."""
    for entry in entries:
        start_s = entry.start_s or 0.0
        left_s = (length_s if entry.end_s is None else min(entry.end_s, length_s)) - start_s
        while left_s >= grid.shortest_s:
            yield entry.recording, entry.domain, entry.licence, min(window_s, left_s)
            left_s -= window_s


def _labels_of(entry: CorpusEntry) -> list[str | None]:
    return [*entry.labels, entry.language, entry.speaker]


def _tested_labels(named: Iterable[tuple[str, Sequence[str | None]]]) -> int:
    """How many labels enough recordings have."""
    recordings: dict[str, set[str]] = {}
    for recording, labels in named:
        for label in labels:
            if label:
                recordings.setdefault(label, set()).add(recording)
    return sum(len(having) >= FEWEST_RECORDINGS for having in recordings.values())


def _counted_labels(spans: pl.DataFrame, most: int) -> int:
    """Of each tier the most frequent are counted."""
    return int(spans.group_by("tier").agg(pl.col("label").n_unique().clip(0, most))["label"].sum())


def _evenly(files: Sequence[str], most: int) -> list[str]:
    return list(files[:: max(1, -(-len(files) // most))])
