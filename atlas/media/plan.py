"""Which windows are shown, and which of them may be heard.

A picture is made of every window that some example lies in, whatever its licence: like a trace, it tells of a
measurement. A sound is made where the licence is one of [media] redistribute, until the budget is full: rank by rank
over all features of all dictionaries, the top examples before the others, the controls after everything. At
equal ranks the window that serves most features comes first, then the smaller key, so that no dictionary and no
feature is preferred.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import polars as pl

from atlas.config.settings import Config
from atlas.config.site import MediaConfig
from atlas.media.sounds import most_bytes
from atlas.reading.controls import cited
from atlas.schema import EXAMPLES
from atlas.schema.media import BUDGET, LICENCE, window_key
from atlas.store import AtlasFolder

MB = 1_000_000

_OTHERS = 1_000  # places: the top ranks, the ranks of the other groups, then both once more for the controls
_CONTROLS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A clip that is shown."""

    clip: int
    key: str
    path: str
    offset_s: float
    duration_s: float
    valid_frames: int
    energy_db: float
    licence: str
    reason: str | None
    "why it may not be heard"


def windows_shown(clips: pl.DataFrame, places: pl.DataFrame, media: MediaConfig) -> list[Window]:
    """The windows that examples lie in, and which of them may be heard; in the order in which they were cut."""
    keys = [window_key(*row) for row in clips.select("sha256", "offset_s", "duration_s").iter_rows()]
    sizes = [most_bytes(duration_s) for duration_s in clips["duration_s"]]
    allowed = (
        pl.col("licence").fill_null("").is_in(allowed_of(clips["licence"].drop_nulls().unique(), media.redistribute))
    )
    ranked = (
        clips.with_columns(pl.Series("key", keys), pl.Series("size", sizes, pl.Int64), allowed.alias("allowed"))
        .join(places, on="clip")
        .sort("place", "features", "key", descending=[False, True, False])
        .with_columns(used=(pl.col("size") * pl.col("allowed")).cum_sum())
    )
    reason = (
        pl.when(~pl.col("allowed"))
        .then(pl.lit(LICENCE))
        .when(pl.col("used") > media.budget_mb * MB)
        .then(pl.lit(BUDGET))
    )
    shown = ranked.with_columns(pl.col("licence").fill_null(""), reason=reason).sort("path", "offset_s")
    return [Window(**row) for row in shown.select(Window.__slots__).iter_rows(named=True)]


def allowed_of(licences: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """The licences that allow publishing, by the patterns of `[media] redistribute`."""
    return [licence for licence in licences if licence and any(fnmatchcase(licence, pattern) for pattern in patterns)]


def places_of(folder: AtlasFolder, config: Config) -> pl.DataFrame:
    """Each clip that examples lie in: its first place, and how many features show it there.

    Of a control, those are counted that have a page.
    """
    shown = {} if config.site.control_pages else cited(folder, config.controls())
    shares = []
    for entry in config.dictionaries():
        examples = folder.read_table(EXAMPLES, entry.name)
        if entry.name in shown:
            examples = examples.filter(pl.col("feature").is_in(list(shown[entry.name])))
        shares.append(_places(examples, _CONTROLS * entry.is_control))
    return _first(pl.concat(shares).group_by("clip", "place").agg(pl.col("features").sum()))


def _places(examples: pl.DataFrame, base: int) -> pl.DataFrame:
    place = pl.col("rank").cast(pl.Int64) + pl.when(pl.col("group") == "top").then(base).otherwise(base + _OTHERS)
    return _first(examples.group_by("clip", place.alias("place")).agg(features=pl.len()))


def _first(counted: pl.DataFrame) -> pl.DataFrame:
    return counted.filter(pl.col("place") == pl.col("place").min().over("clip"))
