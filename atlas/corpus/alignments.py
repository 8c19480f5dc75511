"""Timed labels: a TSV or a folder of TextGrids -> spans of files -> spans of clips.

Spans are checked file by file before any audio is read; a span beyond a file's end shows only afterwards. A span goes
to each clip that it overlaps, cut at the clip's borders and counted from its start. Tiers whose names end in
`_untimed` carry no times and are left out, as are spans without length or label.
"""

import logging
import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

import polars as pl

from atlas.audio.samples import SLACK_S
from atlas.corpus.entries import with_mistakes
from atlas.corpus.presets.folder import scan
from atlas.corpus.textgrids import read_textgrid
from atlas.errors import AtlasError
from atlas.formatting import counted
from atlas.schema import ALIGNMENTS

LOG = logging.getLogger(__name__)

UNTIMED = "_untimed"
OVERLAP_S = 0.001  # an overlap of no more than this is a rounded border
_COLUMNS = ("path", "tier", "start_s", "end_s", "label")
_SPANS = {
    "row": pl.UInt32,  # of the TSV, or the number of the interval in its TextGrid
    "path": pl.String,
    "tier": pl.String,
    "start_s": pl.Float64,
    "end_s": pl.Float64,
    "label": pl.String,
}


def read_spans(alignments: Path | None, paths: Collection[str]) -> pl.DataFrame:
    """The checked spans of the files of a corpus; unknown files are counted in a note."""
    if alignments is None:
        return pl.DataFrame(schema=_SPANS)
    spans = _from_textgrids(alignments, paths) if alignments.is_dir() else _from_tsv(alignments, paths)
    _refuse(spans.filter(pl.col("start_s") < 0), alignments, "starts before the file")
    _refuse(spans.filter(pl.col("end_s") < pl.col("start_s")), alignments, "ends before it starts")
    spans = spans.filter(pl.col("end_s") > pl.col("start_s"), pl.col("label") != "")
    spans = spans.sort("path", "tier", "start_s", "end_s")
    follows = (pl.col("path") == pl.col("path").shift()) & (pl.col("tier") == pl.col("tier").shift())
    overlaps = pl.col("start_s") < pl.col("end_s").shift() - OVERLAP_S
    _refuse(spans.filter(follows & overlaps), alignments, "overlaps the one before it in its tier")
    return spans


def place_spans(spans: pl.DataFrame, clips: pl.DataFrame, alignments: Path | None) -> pl.DataFrame:
    """Spans of files -> the alignments table of the clips (clip, path, offset_s, duration_s, file_s)."""
    lengths = clips.select("path", "file_s").unique()
    ends = spans.join(lengths, on="path")
    beyond = ends.filter(pl.col("end_s") > pl.col("file_s") + SLACK_S)
    _refuse(beyond, alignments, "ends after the recording")
    offset, duration = pl.col("offset_s"), pl.col("duration_s")
    placed = (
        spans.lazy()
        .join(clips.lazy().select("clip", "path", "offset_s", "duration_s"), on="path")
        .with_columns(
            (pl.col("start_s") - offset).clip(lower_bound=0).round(6),
            pl.min_horizontal(pl.col("end_s") - offset, duration).round(6),
        )
        .filter(pl.col("start_s") < pl.col("end_s"))
        .select(*ALIGNMENTS.columns)
        .collect(engine="streaming")  # a long file's spans meet all of its clips
    )
    return placed.sort(*ALIGNMENTS.key)


def _refuse(spans: pl.DataFrame, alignments: Path | None, reason: str) -> None:
    if spans.is_empty():
        return
    mistakes = [
        f'{path}, row {row}: {tier} "{label}" from {start_s:g} to {end_s:g} s {reason}'
        for row, path, tier, start_s, end_s, label in spans.select(*_SPANS).sort("path", "row").iter_rows()
    ]
    raise AtlasError(with_mistakes(f"{alignments}: {counted(len(mistakes), 'timed label')} cannot be used", mistakes))


def _from_tsv(alignments: Path, paths: Collection[str]) -> pl.DataFrame:
    try:
        rows = pl.read_csv(alignments, separator="\t", quote_char=None, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise AtlasError(f"{alignments}: not a table of timed labels ({error})") from None
    absent = [name for name in _COLUMNS if name not in rows.columns]
    if absent:
        raise AtlasError(f"{alignments}: no column {', '.join(absent)}; its columns: {', '.join(rows.columns)}")
    timed = (
        rows.select(*_COLUMNS)
        .fill_null("")
        .with_row_index("row", offset=1)
        .filter(~pl.col("tier").str.ends_with(UNTIMED))
        .with_columns(pl.col("start_s", "end_s").cast(pl.Float64, strict=False))
    )
    unclear = timed.filter(~(pl.col("start_s").is_finite() & pl.col("end_s").is_finite()).fill_null(False))
    if not unclear.is_empty():
        mistakes = [f"row {row}: start_s and end_s are not two times in seconds" for row in unclear["row"]]
        raise AtlasError(with_mistakes(f"{alignments}: {counted(len(mistakes), 'row')} cannot be used", mistakes))
    known = timed.filter(pl.col("path").is_in(list(paths)))
    _note_unknown(alignments, set(timed["path"]) - set(known["path"]), known.is_empty() and not timed.is_empty())
    return known.select(*_SPANS).cast(_SPANS)  # type: ignore[arg-type]


def _from_textgrids(folder: Path, paths: Collection[str]) -> pl.DataFrame:
    grids = textgrids_in(folder)
    audio: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        audio[posixpath.splitext(path)[0]].append(path)
    unknown = [grid for grid in grids if posixpath.splitext(grid)[0] not in audio]
    _note_unknown(folder, unknown, len(unknown) == len(grids))
    frames = (_from_textgrid(folder / grid, audio.get(posixpath.splitext(grid)[0], [])) for grid in grids)
    return pl.concat([pl.DataFrame(schema=_SPANS), *frames])


def textgrids_in(folder: Path) -> list[str]:
    """The TextGrid files below a folder, by their paths relative to it."""
    return [path for path in scan(folder) if PurePosixPath(path).suffix.lower() == ".textgrid"]


def _from_textgrid(grid: Path, paths: Iterable[str]) -> pl.DataFrame:
    return pl.DataFrame(list(_rows(grid, paths)), schema=_SPANS, orient="row")


def _rows(grid: Path, paths: Iterable[str]) -> Iterator[tuple[int, str, str, float, float, str]]:
    for path in paths:
        for interval in read_textgrid(grid):
            yield interval.number, path, interval.tier, interval.start_s, interval.end_s, interval.label


def _note_unknown(alignments: Path, unknown: Collection[str], all_of_them: bool) -> None:
    if all_of_them:
        example = f"; it has {min(unknown)}" if unknown else ""
        raise AtlasError(f"{alignments}: names no file of the corpus, whose paths it should give{example}")
    if unknown:
        LOG.warning("%s: timed labels of %s that the corpus lacks", alignments, counted(len(unknown), "file"))
