"""How many features do something: by outcome, of all that were measured and of some; and how the measuring went."""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
from scipy.stats import rankdata

from atlas.effects.design import RunFacts
from atlas.effects.statistics import Floats, threshold
from atlas.schema.analysed import BY_LABEL, BY_PEAKS
from atlas.schema.effects import (
    ABLATE,
    ALL_MEASURED,
    CHOSEN_BY,
    EFFECT_RUNS,
    EFFECT_SHARES,
    NAMED_MEASURED,
    TRANSCRIPT,
    passing,
)
from atlas.schema.thresholds import SIGNIFICANT_Q

_FEWEST_AGREEING = 3
"features of which a correlation says anything at all"


def shares(effects: pl.DataFrame, screening: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """EFFECTS, SCREENING and FINDINGS of a dictionary -> EFFECT_SHARES."""
    groups = dict(_groups(screening, findings))
    rows = []
    for (dictionary, outcome), family in effects.filter(pl.col("q").is_not_null()).group_by("dictionary", "outcome"):
        reached = threshold(family["statistic"].to_numpy(), SIGNIFICANT_Q)
        parts = {ALL_MEASURED: family} | {of: _of(family, features) for of, features in groups.items()}
        rows += [(dictionary, outcome, of, *_counts(part, reached)) for of, part in parts.items() if len(part)]
    return pl.DataFrame(rows, dict(EFFECT_SHARES.columns), orient="row").sort(EFFECT_SHARES.key)


def _groups(screening: pl.DataFrame, findings: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    """Features by what they are named after, and by why they were chosen."""
    named = findings.filter(pl.col("named_by").is_in((BY_PEAKS, BY_LABEL)))
    for kind in named["kind"].drop_nulls().unique():
        yield kind, named.filter(kind=kind)["feature"]
    for by in CHOSEN_BY:
        yield by, screening.filter(chosen_by=by)["feature"]
    yield NAMED_MEASURED, named["feature"]


def _of(family: pl.DataFrame, features: pl.Series) -> pl.DataFrame:
    return family.filter(pl.col("feature").is_in(features.to_list()))


def _counts(part: pl.DataFrame, reached: float) -> tuple[int, int, int | None, int, float, float]:
    """Where no statistic suffices, nothing can be asked of decoys either."""
    return (
        len(part),
        len(part.filter(passing())),
        int((part["statistic"] <= -reached).sum()) if np.isfinite(reached) else None,
        int((part["statistic"] > 0).sum()),
        float(np.median(np.abs(part["effect"].to_numpy()))),
        float(np.median(np.abs(part["decoy"].to_numpy()))),
    )


def run_row(facts: RunFacts, measured: pl.DataFrame, screening: pl.DataFrame, effects: pl.DataFrame) -> pl.DataFrame:
    """EFFECT_RUNS of one dictionary."""
    made = measured.filter(pl.col("frames_edited") > 0)
    primary = effects.filter(pl.col("outcome") == (facts.primary or ""), pl.col("q").is_not_null())
    reached = threshold(primary["statistic"].to_numpy(), SIGNIFICANT_Q)
    rank, pearson = _agreement(screening, effects)
    ablated = made.filter(edit=ABLATE)["feature"].n_unique()
    row: Mapping[str, object] = {
        "dictionary": facts.dictionary,
        "readout": facts.readout,
        "primary": facts.primary,
        "null_reason": facts.null_reason,
        "clips": facts.clips,
        "recordings_a": facts.recordings_a,
        "recordings_b": facts.recordings_b,
        "groups_b": facts.groups_b,
        "passes": len(made),
        "screened": int(screening["gradient_effect"].is_not_null().sum()),
        "measured": ablated,
        "untested": ablated - len(primary),
        "screening_rank": rank,
        "screening_pearson": pearson,
        "threshold": reached if np.isfinite(reached) else None,
    }
    return EFFECT_RUNS.frame({column: [value] for column, value in row.items()})


def _agreement(screening: pl.DataFrame, effects: pl.DataFrame) -> tuple[float | None, float | None]:
    """Spearman's and Pearson's correlation of first-order effects with exact ones on what the gradient is of."""
    exact = effects.filter(outcome=TRANSCRIPT).select("feature", "effect")
    both = exact.join(screening.select("feature", "gradient_effect"), "feature").drop_nulls().sort("feature")
    first, second = both["gradient_effect"].to_numpy(), both["effect"].to_numpy()
    if len(both) < _FEWEST_AGREEING or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None, None
    return _correlation(rankdata(first), rankdata(second)), _correlation(first, second)


def _correlation(first: Floats, second: Floats) -> float:
    return float(np.corrcoef(first, second)[0, 1])
