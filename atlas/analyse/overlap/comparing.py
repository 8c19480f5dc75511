"""Two finished atlases over the same clips: how much of each one's dictionaries the other's have too.

Clips are the same if their content and offset are; the file names, the order and what else lies in either corpus do not
matter. The frames compared are those whose codes both atlases kept: as frames are sampled by content, those are the
frames of the smaller sample. The figures are those of the table `comparisons`. Nothing is written into the atlases.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from atlas.analyse.overlap.overlaps import comparisons_frame, overlap
from atlas.analyse.overlap.samples import CodeSample, sample_of
from atlas.audio import draws
from atlas.errors import AtlasError
from atlas.formatting import counted
from atlas.progress import Echo, bar
from atlas.reading.opening import open_atlas
from atlas.reading.tables import Atlas
from atlas.schema import CODES, COMPARISONS
from atlas.schema.thresholds import FEWEST_COMMON_FRAMES

CSV, PARQUET = SUFFIXES = (".csv", ".parquet")
FEW_FRAMES = f"fewer than {FEWEST_COMMON_FRAMES:,} sampled frames in common"
_FRAME = ["clip", "frame"]
_COLUMNS = {"atlas": pl.String(), **COMPARISONS.columns}


@dataclass(frozen=True, slots=True)
class Common:
    """What two atlases share: the first one's clips and frames, and the second one's number of each clip."""

    clips: pl.DataFrame  # clip, recording, theirs
    frames: pl.DataFrame  # clip, frame

    def sample(self, atlas: Atlas, name: str, numbers: str) -> CodeSample:
        """The codes of a dictionary on the common frames; its atlas numbers the clips by the column `numbers`."""
        codes = _codes(atlas, name, self.clips.select(pl.col("clip"), pl.col(numbers).alias("own")))
        shared = codes.join(self.frames, on=_FRAME, how="semi")
        if len(shared) != len(self.frames):
            raise AtlasError(
                f"{atlas.folder.path(CODES, name)}: not sampled on the same frames as the other dictionaries of this"
                " atlas; run `atlas merge` again"
            )
        return sample_of(name, atlas.feature_count(name), shared, self.clips)


def compare(folder_a: Path, folder_b: Path, echo: Echo) -> pl.DataFrame:
    """The rows of `comparisons` between the dictionaries of two atlases; `atlas` is that of `dictionary`, A or B."""
    a, b = open_atlas(folder_a), open_atlas(folder_b)
    common = _common(a, b)
    echo(
        f"A {a.title}\nB {b.title}\n"
        f"{counted(len(common.clips), 'clip')} and {counted(len(common.frames), 'sampled frame')} in common"
    )
    rows = pl.concat(list(_rows(a, b, common)))
    few = len(common.frames) < FEWEST_COMMON_FRAMES
    return (blanked(rows) if few else rows).sort("atlas", *COMPARISONS.key)


def blanked(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose figures are withheld, as they are of too few frames."""
    nothing = [pl.lit(None, rows.schema[name]).alias(name) for name in ("matched", "coverage", "overlaps")]
    return rows.with_columns(*nothing, pl.lit(FEW_FRAMES).alias("null_reason"))


def table_lines(rows: pl.DataFrame) -> list[str]:
    """A small table for the terminal: coverage, matched of those compared, and where the best χ lie."""
    heads = ("", "dictionary", "in", "coverage", "matched", "compared", "best χ 0 to 1")
    cells = [heads, *(_cells(row) for row in rows.iter_rows(named=True))]
    widths = [max(len(row[place]) for row in cells) for place in range(len(heads))]
    left = {0, 1, 2, 6}
    return [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def check_suffix(path: Path) -> None:
    """Refuse a name that `write_rows` cannot write, before anything is compared."""
    if path.suffix not in SUFFIXES:
        raise AtlasError(f"{path}: a comparison is saved as .csv or .parquet; give --out such a name")


def write_rows(rows: pl.DataFrame, path: Path) -> None:
    """Save what `compare` found, as CSV or Parquet by the name's suffix."""
    check_suffix(path)
    try:
        if path.suffix == CSV:
            rows.with_columns(pl.col("overlaps").cast(pl.List(pl.String)).list.join(" ")).write_csv(path)
        else:
            rows.write_parquet(path)
    except OSError as error:
        raise AtlasError(f"{path}: cannot be written: {error.strerror or error}") from None


def _rows(a: Atlas, b: Atlas, common: Common) -> Iterator[pl.DataFrame]:
    with bar("compare", len(a.names) * len(b.names), "pairs") as advance:
        for name in a.names:
            own = common.sample(a, name, "clip")
            for other in b.names:
                theirs = common.sample(b, other, "theirs")
                for label, pair in (("A", overlap(own, theirs)), ("B", overlap(theirs, own))):
                    yield comparisons_frame([pair]).select(pl.lit(label).alias("atlas"), pl.all())
                advance(1)


def _common(a: Atlas, b: Atlas) -> Common:
    theirs = _contents(b).select("hash", pl.col("clip").alias("theirs"))
    clips = _contents(a).join(theirs, on="hash", maintain_order="left").drop("hash")
    if clips.is_empty():
        raise AtlasError(
            f"{a.folder.root} and {b.folder.root}: no clip is in both (by content and offset);"
            " a comparison needs two atlases over the same corpus"
        )
    first = _codes(a, a.names[0], clips.select("clip", pl.col("clip").alias("own")))
    second = _codes(b, b.names[0], clips.select("clip", pl.col("theirs").alias("own")))
    return Common(clips, first.select(_FRAME).join(second.select(_FRAME), on=_FRAME, how="semi"))


def _contents(atlas: Atlas) -> pl.DataFrame:
    """clip, recording and hash of the usable clips, a row for each content."""
    clips = draws.usable(atlas.clips)
    hashes = pl.Series("hash", draws.clip_hashes(clips))
    return clips.select("clip", "recording", hashes).unique("hash", keep="first", maintain_order=True)


def _codes(atlas: Atlas, name: str, numbers: pl.DataFrame) -> pl.DataFrame:
    """clip, frame, features of some clips, renumbered. numbers: clip, own (the number that the atlas gives it)."""
    codes = atlas.codes(name)
    if codes.is_empty():
        raise AtlasError(
            f"{atlas.folder.root}: keeps no codes of {name}, which are what is compared; build it again with"
            " [scan] code_frames above 0"
        )
    known = codes.rename({"clip": "own"}).join(numbers, on="own")
    return known.select("clip", "frame", "features")


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    names = (str(row["atlas"]), str(row["dictionary"]), str(row["other_dictionary"]))
    coverage, matched, compared, overlaps = (row[name] for name in ("coverage", "matched", "compared", "overlaps"))
    if not isinstance(coverage, float) or not isinstance(overlaps, list):
        return (*names, "-", "-", f"{compared:,}", str(row["null_reason"]))
    return (*names, f"{coverage:.1%}", f"{matched:,}", f"{compared:,}", _bars(overlaps))


def _bars(counts: list[int]) -> str:
    """A histogram in a word: a column a bin, as high as its count is beside the largest."""
    most = max(counts)
    return "".join("▁▂▃▄▅▆▇█"[(8 * count - 1) // most] if count else "·" for count in counts)
