"""The table `timed_labels`: how a feature's active frames spread over phones and words.

`share`, `expected` and `share_shifted_max` are shares of the feature's active frames in clips that have the tier: those
under the label; those that it would have there, were it blind to labels within each recording; and the largest under
five circular shifts of the alignment. `mean` and `sd` are of its values over all frames of the label, zeros included.

`q` asks whether the label holds more than expected, recording by recording: the sum of the differences over the root of
the sum of their squares, or of the expected count where that is larger (a recording or two without a hit are no
evidence). This is robust to bursts, which fill a recording, and never exceeds the root of the number of recordings.
The family is dictionary × tier; fewer than 20 recordings, and frames without a label, have no q.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from atlas.analyse.testing.exact import q_values
from atlas.schema import TIMED_LABELS
from atlas.schema.thresholds import FEWEST_TIMED_RECORDINGS

Doubles = NDArray[np.float64]

UNLABELLED = ""
"the label of frames without a counted one"


def timed_labels_frame(timed_counts: pl.DataFrame) -> pl.DataFrame:
    """The table `timed_labels` from the table `timed_counts` of one dictionary."""
    counts = timed_counts.sort(TIMED_LABELS.key)
    of_tier = pl.col("frames_active").sum().over("feature", "tier")
    active = counts["frames_active"].to_numpy().astype(np.float64)
    total = counts.select(of_tier).to_series().to_numpy()
    frames = counts["frames_label"].to_numpy()
    difference, squares = (counts["recording_moments"].list.get(i).to_numpy() for i in (0, 1))
    mean = _over(counts["sum"].to_numpy(), frames)
    p = enrichment_p(difference, squares, active - difference)
    fit = (counts["recordings"].to_numpy() >= FEWEST_TIMED_RECORDINGS) & (counts["label"] != UNLABELLED).to_numpy()
    frame = TIMED_LABELS.frame(
        {
            **{column: counts[column] for column in (*TIMED_LABELS.key, "recordings")},
            "share": _over(active, total),
            "expected": _over(active - difference, total),
            "share_shifted_max": _over(counts["shifted"].list.max().to_numpy(), total),
            "mean": mean,
            "sd": np.sqrt(np.maximum(_over(counts["sum_squares"].to_numpy(), frames) - mean**2, 0)),
            "q": _family_q(np.where(fit, p, np.nan), counts["tier"]),
        }
    )
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))


def enrichment_p(difference: Doubles, squares: Doubles, expected: Doubles) -> Doubles:
    """One-sided p from the sum of observed - expected over recordings, that of its squares, and the sum expected."""
    p: Doubles = norm.sf(_over(difference, np.sqrt(np.maximum(squares, expected))))
    return p


def _family_q(p: Doubles, tiers: pl.Series) -> Doubles:
    q = np.full(len(p), np.nan)
    names = np.array(tiers.to_list(), dtype=object)
    for tier in tiers.unique().to_list():
        q[names == tier] = q_values(p[names == tier])
    return q


def _over(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Doubles:
    """part / whole, and NaN where there is no whole."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Doubles = np.where(np.asarray(whole) > 0, np.divide(part, whole), np.nan)
    return ratio
