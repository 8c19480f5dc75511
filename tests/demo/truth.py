"""How well features find what is known of the clips: areas under the curve, chosen on one half and told of the other.

A clip's value is a feature's largest activation in it, 0 where it never fires. A feature is chosen for a label on half
of the recordings; what is told is how it does on the other half, against all other clips of that half. Both halves take
both parts, and the mean of the two is told. Every other recording is in the same half, so that each class is in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from atlas.audio.samples import display_mel, read_sound

SMALLEST = 5  # clips with a label in each half
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """The clips of an atlas: what is audible in each, and the half that it belongs to."""

    clips: pl.DataFrame
    half: NDArray[np.bool_]  # [clips]

    def labels(self) -> Mapping[str, Flags]:
        """label -> which clips have it; those that are common enough in both halves."""
        rows = self.clips.select("clip", pl.col("labels").alias("label")).explode("label").drop_nulls()
        labels = {}
        for (label,), group in rows.group_by("label", maintain_order=True):
            has = np.isin(self.clips["clip"].to_numpy(), group["clip"].to_numpy())
            if min(has[self.half].sum(), has[~self.half].sum()) >= SMALLEST:
                labels[str(label)] = has
        return labels


def truth_of(atlas: Path) -> Truth:
    clips = pl.read_parquet(atlas / "clips.parquet").filter(pl.col("problem").is_null())
    return Truth(clips, clips["recording"].rle_id().to_numpy() % 2 == 0)


def clip_peaks(atlas: Path, dictionary: str, truth: Truth) -> Floats:
    """[clips, features]"""
    features = pl.read_parquet(atlas / f"features/{dictionary}.parquet").height
    peaks = pl.read_parquet(atlas / f"peaks/{dictionary}/*.parquet")
    values = np.zeros((truth.clips["clip"].max() + 1, features))
    values[peaks["clip"].to_numpy(), peaks["feature"].to_numpy()] = peaks["peak"].to_numpy()
    return values[truth.clips["clip"].to_numpy()]


def mel_bands(truth: Truth, corpus: Path) -> Floats:
    """[clips, 4 x bands]: mean and maximum of each band, and their negatives, as a band may be quiet for a label."""
    rows = []
    for path, offset_s, duration_s in truth.clips.select("path", "offset_s", "duration_s").iter_rows():
        mel = display_mel(read_sound(str(corpus / path), offset_s, duration_s).samples)
        rows.append(np.concatenate([mel.mean(axis=0), mel.max(axis=0)]))
    values = np.array(rows, np.float64)
    return np.concatenate([values, -values], axis=1)


def aurocs(values: Floats, has: Flags) -> Floats:
    """[columns]: how often a clip with the label has a larger value than one without; ties count half."""
    ranks = rankdata(values, axis=0)
    positive = int(has.sum())
    below = ranks[has].sum(axis=0) - positive * (positive + 1) / 2
    return np.asarray(below / (positive * (len(has) - positive)))


def held_out(values: Floats, has: Flags, truth: Truth) -> float:
    """The area of the best column of one half on the other half; the mean of both ways."""
    areas = []
    for chosen in (truth.half, ~truth.half):
        best = int(aurocs(values[chosen], has[chosen]).argmax())
        areas.append(aurocs(values[~chosen][:, [best]], has[~chosen])[0])
    return float(np.mean(areas))


def phone_shares(atlas: Path, dictionary: str) -> pl.DataFrame:
    """phone, feature, share: of all the frames on which a feature is active, those in its best phone; the largest."""
    active = pl.read_parquet(atlas / f"features/{dictionary}.parquet", columns=["feature", "frames_active"])
    counts = pl.read_parquet(atlas / f"timed_counts/{dictionary}.parquet")
    counts = counts.filter((pl.col("tier") == "phones") & (pl.col("label") != ""))  # no label: between phones
    shares = counts.select("feature", "label", pl.col("frames_active").alias("inside")).join(active, on="feature")
    shares = shares.filter(pl.col("frames_active") >= 50).with_columns(share=pl.col("inside") / pl.col("frames_active"))
    return shares.sort("share", descending=True).group_by("label", maintain_order=True).first()
