"""What halves, bootstraps and trainings never cut: a recording, or the group of recordings that it belongs to.

Recordings of one speaker, author or text are no independent evidence, where the corpus says so (the column `group`). In
a domain with enough groups these are the units; with fewer, halves would be uneven and intervals would rest on a
handful, so recordings are. A recording whose group is not known is a unit of its own.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.audio.draws import Hashes, clip_hashes, usable
from atlas.schema.thresholds import FEWEST_GROUPS

Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


def sizes_of_groups(clips: pl.DataFrame) -> Mapping[str, tuple[int, ...]]:
    """domain -> the usable recordings of each known group; domains without one are left out."""
    known = usable(clips).select("domain", "group", "recording").drop_nulls("group")
    sizes = known.group_by("domain", "group").agg(pl.col("recording").n_unique())
    by_domain = sizes.group_by("domain").agg(pl.col("recording").sort())
    return {domain: tuple(counts) for domain, counts in by_domain.iter_rows()}


def unit_numbers(clips: pl.DataFrame) -> Longs:
    """[clips]: the same number for what is never cut; a recording of two domains goes by its group if either does."""
    return clips.select(pl.struct(*_units(clips)).rank("dense")).to_series().to_numpy().astype(np.int64)


def unit_names(clips: pl.DataFrame) -> pl.Series:
    """[clips]: the name of the recording, or of the group where that is never cut."""
    return clips.select(_units(clips)[1]).to_series()


def _units(clips: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """Whether a clip goes by its group, and the name of what it goes by."""
    enough = [domain for domain, sizes in sizes_of_groups(clips).items() if len(sizes) >= FEWEST_GROUPS]
    by_group = pl.col("domain").is_in(enough).any().over("recording") & pl.col("group").is_not_null()
    name = pl.when(by_group).then("group").otherwise("recording")
    return by_group.alias("by_group"), name.alias("name")


def in_half_a(hashes: Hashes) -> Flags:
    """Which units make half A where all labels share it: a bit of the hash that places no stretch."""
    in_a: Flags = (hashes & np.uint64(1)) == 0
    return in_a


def clips_in_half_a(clips: pl.DataFrame) -> Flags:
    """[clips]: dealt by unit, by the smallest hash of its usable clips; a unit without one is in A."""
    usable = pl.col("problem").is_null()
    hashed = clips.select("problem", unit=pl.Series(unit_numbers(clips)), hash=pl.Series(clip_hashes(clips)))
    smallest = hashed.select(pl.when(usable).then("hash").min().over("unit")).to_series().fill_null(0)
    return in_half_a(smallest.to_numpy())
