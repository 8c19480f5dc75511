"""The table `column_shifts`: how far a column lies from its mean where a feature is active.

A column is a number a frame, such as loudness or f0; any column of the table `columns` is taken. For a feature that
fires seldom its correlation says little. So the shift is the mean of the column on the feature's active frames less
that over all sampled frames of the domain, in standard deviations of the domain: on either half of the recordings, each
against the mean of its own half. Halves are dealt as for labels, by the smallest content hash of a recording's clips.

What chance can do is the largest shift of either half under five rotations of each clip's active frames against its
column, over the sampled frames of the clip, by sixths of their number and one frame at least. So it keeps what is true
of the whole clip, and the excess is what is true of the moment. Clips with a single sampled frame cannot be rotated,
and are left out of it. A shift is held out where both halves have one sign, and each is large and larger than chance.

Everything follows from sums over active frames: one sparse product a column.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from atlas.analyse.naming.flags import ALIVE
from atlas.audio.units import clips_in_half_a
from atlas.schema import COLUMN_SHIFTS, COLUMNS
from atlas.schema.thresholds import FEWEST_SAMPLED_FRAMES, FEWEST_SHIFT_FRAMES, HELD_SHIFT, LEAST_SHIFT, SHIFTS

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

_HALVES = 2


@dataclass(frozen=True, slots=True)
class ShiftReach:
    """How many live and dense features a column shifts in a domain, of those that could be held out there."""

    column: str
    domain: str
    eligible: int
    held_out: int


@dataclass(frozen=True, slots=True)
class ColumnShifts:
    """The shifts of one dictionary."""

    rows: pl.DataFrame  # the table `column_shifts`
    reach: tuple[ShiftReach, ...]  # of each column in each domain


@dataclass(frozen=True, slots=True)
class SampledFrames:
    """Sampled frames in the order of clip and frame, with the features that are active on them."""

    domains: tuple[str, ...]  # those that occur
    group: Longs  # [frames]: domain, then half
    turned: Longs  # [frames, SHIFTS]: the frame that each rotation puts in its place, itself in a clip of one frame
    turnable: NDArray[np.bool_]  # [frames]
    active: csr_array  # [frames, features x groups]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of a column over active frames that have a value."""

    frames: Doubles  # [features, domains, halves, 1 + SHIFTS]: as they are, then by rotation
    values: Doubles  # the same shape
    squares: Doubles  # [features, domains, halves]


def shifts_of(
    name: str, codes: pl.DataFrame, columns: pl.DataFrame, clips: pl.DataFrame, states: pl.Series
) -> ColumnShifts:
    """The shifts of one dictionary, from its `codes`; columns, clips: the tables; states: [features]."""
    ordered = codes.select("clip", "frame", "features").sort("clip", "frame")
    if ordered.is_empty():
        return ColumnShifts(COLUMN_SHIFTS.empty(), ())
    ordered = ordered.join(columns, on=("clip", "frame"), how="left", maintain_order="left")
    sampled = _sampled_frames(ordered, clips, len(states))
    alive = np.flatnonzero(states.is_in(ALIVE).to_numpy())
    rows = [COLUMN_SHIFTS.empty()]
    reach: list[ShiftReach] = []
    for column in columns.columns:
        if column not in COLUMNS.key:
            values = ordered[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
            shifts = _shifts_of_column(name, column, sampled, values, alive)
            rows.append(shifts.rows)
            reach.extend(shifts.reach)
    return ColumnShifts(pl.concat(rows).sort(COLUMN_SHIFTS.key), tuple(reach))


def _sampled_frames(ordered: pl.DataFrame, clips: pl.DataFrame, features: int) -> SampledFrames:
    known = clips.select("clip", "domain").with_columns(half=pl.Series((~clips_in_half_a(clips)).astype(np.int64)))
    placed = ordered.select("clip").join(known, on="clip", how="left", maintain_order="left")
    domains = tuple(sorted(placed["domain"].unique().to_list()))
    numbers = placed["domain"].replace_strict(domains, range(len(domains)), return_dtype=pl.Int64).to_numpy()
    group = numbers * _HALVES + placed["half"].to_numpy()
    turned, turnable = _turned(ordered["clip"].to_numpy())
    groups = len(domains) * _HALVES
    lengths = ordered["features"].list.len().to_numpy().astype(np.int64)
    listed = ordered["features"].explode().drop_nulls().to_numpy().astype(np.int64)
    cells = listed * groups + np.repeat(group, lengths)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    active = csr_array((np.ones(len(cells)), cells, starts), shape=(len(group), features * groups))
    return SampledFrames(domains, group, turned, turnable, active)


def _turned(clip: NDArray[np.uint32]) -> tuple[Longs, NDArray[np.bool_]]:
    """clip: [frames], ascending."""
    _, first, which, counts = np.unique(clip, return_index=True, return_inverse=True, return_counts=True)
    start, length = first[which, None], counts[which, None]
    steps = np.maximum(length * np.arange(1, SHIFTS + 1) // (SHIFTS + 1), 1)
    places = np.arange(len(clip))[:, None] - start
    return start + (places + steps) % length, length[:, 0] > 1


def _shifts_of_column(name: str, column: str, sampled: SampledFrames, values: Doubles, alive: Longs) -> ColumnShifts:
    units, means = _units(values, sampled)
    totals = _totals(units, sampled)
    shifts = _over(totals.values, totals.frames, FEWEST_SHIFT_FRAMES) - means[..., None]
    frames = totals.frames[..., 0].sum(axis=2)  # [features, domains]
    mean, square = (
        _over(total.sum(axis=2), frames, FEWEST_SAMPLED_FRAMES) for total in (totals.values[..., 0], totals.squares)
    )
    halves, chance = shifts[..., 0], np.fmax.reduce(np.abs(shifts[..., 1:]), axis=(2, 3), initial=np.nan)
    enough = (frames >= FEWEST_SAMPLED_FRAMES) & np.isin(np.arange(len(frames)), alive)[:, None]
    eligible = enough & ~np.isnan(halves).any(axis=2) & ~np.isnan(chance)
    held_out = eligible & _is_held_out(halves, chance)
    feature, domain = at = np.nonzero(enough & (np.fmax.reduce(np.abs(halves), axis=2) >= LEAST_SHIFT))
    rows = {
        "dictionary": [name] * len(feature),
        "feature": feature,
        "column": [column] * len(feature),
        "domain": [sampled.domains[number] for number in domain],
        "shift_a": halves[*at, 0],
        "shift_b": halves[*at, 1],
        "sd": np.sqrt(np.maximum(square[at] - mean[at] ** 2, 0)),
        "frames": frames[at].astype(np.uint32),
        "shifted_max": chance[at],
        "held_out": held_out[at],
    }
    reach = (
        ShiftReach(column, domain, int(eligible[:, number].sum()), int(held_out[:, number].sum()))
        for number, domain in enumerate(sampled.domains)
    )
    return ColumnShifts(COLUMN_SHIFTS.frame(rows).with_columns(pl.col(pl.Float64).fill_nan(None)), tuple(reach))


def _is_held_out(halves: Doubles, chance: Doubles) -> NDArray[np.bool_]:
    """halves: [features, domains, halves]; chance: [features, domains]."""
    smaller = np.abs(halves).min(axis=2)
    alike = np.sign(halves[..., 0]) == np.sign(halves[..., 1])
    held_out: NDArray[np.bool_] = alike & (smaller >= HELD_SHIFT) & (smaller > chance)
    return held_out


def _units(values: Doubles, sampled: SampledFrames) -> tuple[Doubles, Doubles]:
    """The values in standard deviations from their domain's mean, and the mean of these by [domains, halves].

    NaN in a domain in which all are alike.
    """
    known = ~np.isnan(values)
    domain = sampled.group // _HALVES
    units = np.full(len(values), np.nan)
    means = np.full(len(sampled.domains) * _HALVES, np.nan)
    for number in range(len(sampled.domains)):
        here = known & (domain == number)
        if len(np.unique(values[here])) > 1:  # alike ones may differ from their own mean by rounding
            units[here] = (values[here] - values[here].mean()) / values[here].std()
    for group in range(len(means)):
        here = ~np.isnan(units) & (sampled.group == group)
        if here.any():
            means[group] = units[here].mean()
    return units, means.reshape(-1, _HALVES)


def _totals(units: Doubles, sampled: SampledFrames) -> Totals:
    turned = np.where(sampled.turnable[:, None], units[sampled.turned], np.nan)
    every = np.concatenate([units[:, None], turned], axis=1)  # [frames, 1 + SHIFTS]
    filled = np.nan_to_num(every)
    table = np.concatenate([~np.isnan(every), filled, filled[:, :1] ** 2], axis=1)
    sums = (sampled.active.T @ table).reshape(-1, len(sampled.domains), _HALVES, table.shape[1])
    width = 1 + SHIFTS
    return Totals(frames=sums[..., :width], values=sums[..., width : 2 * width], squares=sums[..., -1])


def _over(total: Doubles, frames: Doubles, fewest: int) -> Doubles:
    """A mean, and NaN where there are fewer frames than that."""
    mean: Doubles = np.where(frames >= fewest, total / np.maximum(frames, 1), np.nan)
    return mean
