"""What sampled codes say of the label that a feature's peaks stand at: its mass, and precision and recall.

Of the sampled frames of clips that have the tier. `mass_share` is the share of the feature's activation under the
label; the other two are of calling a frame the label's where the feature reaches half of the median of its strongest
peaks. A feature that is active on fewer than 30 of these frames has none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.framelabels import NO_LABEL, FrameLabels, Longs
from atlas.schema.thresholds import FEWEST_SAMPLED_FRAMES

Doubles = NDArray[np.float64]

FIGURES = ("mass_share", "precision", "recall")


@dataclass(frozen=True, slots=True)
class ActiveValues:
    """Sampled codes, value by value: [values], and the frames that they lie in: [frames]."""

    clip: Longs  # [frames]
    frame: Longs  # [frames]
    place: Longs  # [values]: which of the frames
    feature: Longs  # [values]
    value: Doubles  # [values]

    @classmethod
    def of(cls, codes: pl.DataFrame) -> Self:
        """From rows of the table `codes` of one dictionary."""
        counts = codes["features"].list.len().to_numpy()
        clip, frame = (codes[name].to_numpy().astype(np.int64) for name in ("clip", "frame"))
        feature, value = (codes[name].explode().drop_nulls() for name in ("features", "values"))
        return cls(
            clip,
            frame,
            np.repeat(np.arange(len(codes)), counts),
            feature.to_numpy().astype(np.int64),
            value.cast(pl.Float64).to_numpy(),
        )


def with_masses(rows: pl.DataFrame, values: ActiveValues, features: int, tiers: Sequence[FrameLabels]) -> pl.DataFrame:
    """rows: feature, tier, label and height, with whatever else -> the same with FIGURES."""
    found = [_of_tier(rows.filter(pl.col("tier") == tier.tier), values, features, tier) for tier in tiers]
    schema = {"feature": pl.UInt32, "tier": pl.String, **dict.fromkeys(FIGURES, pl.Float64)}
    return rows.join(pl.concat([pl.DataFrame(schema=schema), *found]), on=["feature", "tier"], how="left")


def _of_tier(rows: pl.DataFrame, values: ActiveValues, features: int, tier: FrameLabels) -> pl.DataFrame:
    named = rows.drop_nulls("label")
    numbers = {label: number for number, label in enumerate(tier.labels)}
    mine = named["feature"].to_numpy()
    label, height = np.full(features, NO_LABEL, np.int64), np.full(features, np.inf)
    label[mine] = [numbers[name] for name in named["label"]]
    height[mine] = named["height"].to_numpy() / 2
    has = tier.has(values.clip)
    labels = np.full((len(tier.layers), len(has)), NO_LABEL, np.int64)
    labels[:, has] = tier.at(values.clip[has], values.frame[has])
    asked = has[values.place] & (label[values.feature] != NO_LABEL)
    place, feature, value = values.place[asked], values.feature[asked], values.value[asked]
    under = (labels[:, place] == label[feature]).any(axis=0)
    high = value >= height[feature]

    def total(weights: NDArray[np.generic]) -> Doubles:
        sums: Doubles = np.bincount(feature, weights, features)[mine]
        return sums

    hits, of_label = total(high & under), np.bincount(labels[labels != NO_LABEL], minlength=len(tier.labels))
    figures = (total(value * under) / total(value), hits / total(high), hits / of_label[label[mine]])
    enough = total(np.ones(len(feature))) >= FEWEST_SAMPLED_FRAMES
    columns = {name: np.where(enough, figure, np.nan) for name, figure in zip(FIGURES, figures, strict=True)}
    frame = pl.DataFrame({"feature": named["feature"], "tier": named["tier"], **columns})
    return frame.with_columns(pl.col(FIGURES).fill_nan(None))
