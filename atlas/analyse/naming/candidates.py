"""What may be said of a feature, each with its evidence: a word or phone, a label of clips, a domain.

**Word, phone or class**: where the strongest peaks of a feature stand at one, held out and above chance, the narrowest
is what it may be named after, unless most of its strongest recordings of the whole corpus hold no speech: a feature of
all sounds has its peaks somewhere in speech, too. Where fewer than three peaks in four do so, but half, it leans to it.

**Label of clips**: on each half of the recordings, the significant label of largest phi is chosen, and read on the
other half. Where the halves choose alike, the feature may be named after the label if that is held out and what a
listener would say: see `_reason`. Else it leans to the label, or to that of the larger held-out phi, unless shuffled
labels do as well. Words as labels of clips name nothing where words have times: a peak says which word it is. Two
labels may name a feature together: see `pairs.py`.

**Domain**: one that it is specialised to, which loudness and length do not explain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import polars as pl

from atlas.schema.analysed import (
    AT_EDGES,
    BY_LENGTH,
    BY_LOUDNESS,
    HALVES_DIFFER,
    IMPURE,
    OTHERS_STRONGER,
    WEAK,
    WITHIN_CHANCE,
)
from atlas.schema.thresholds import (
    CHANCE_AUROC,
    LEANING_PURITY,
    NAMED_F1,
    NAMED_PHI,
    NAMED_PRECISION,
    NAMED_PURITY,
    SIGNIFICANT_Q,
    WIDEST_BASE,
)
from atlas.speech.tiers import PHONES, WORDS

Homes = Mapping[tuple[str, str], str]
"""(kind, label) -> the domain that most of its recordings lie in, where there is one"""
NO_HOMES: Homes = MappingProxyType({})
WORD = "word"
"the kind of label that a word of a clip's text is"
Candidate = TypeVar("Candidate", "PeakLabel", "ClipLabel", "Specialised")

PASSES = ""
"the reason of a label that a feature may be named after"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakLabel:
    """The word, phone or class at which a feature's strongest peaks stand."""

    tier: str
    label: str
    purity: float
    base: float
    q: float
    peaks: int
    mass_share: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLabel:
    """The label of clips that a feature finds best, and why it is not named after it."""

    kind: str
    label: str
    f1_heldout: float
    phi_heldout: float
    q: float
    recordings: int
    mass_share: float | None
    mass_base: float | None
    confound: float | None
    "AUROC of loudness alone or of length alone, the larger, whichever way it tells"
    reason: str

    def home(self, homes: Homes) -> str | None:
        """The domain of the label, if it has one."""
        return homes.get((self.kind, self.label))


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialised:
    """The domain that a feature is specialised to."""

    domain: str
    auroc: float
    auroc_low: float
    auroc_high: float
    q: float
    recordings: int


def homes_of(clips: pl.DataFrame) -> Homes:
    """Where the labels of clips, their languages and their speakers are at home."""
    usable = clips.filter(pl.col("problem").is_null())
    of_kind = {"label": pl.col("labels"), "language": pl.col("language"), "speaker": pl.col("speaker")}
    homes: dict[tuple[str, str], str] = {}
    for kind, column in of_kind.items():
        rows = usable.select("recording", "domain", label=column)
        rows = rows.explode("label") if kind == "label" else rows
        counts = rows.drop_nulls().unique().group_by("label", "domain").len().sort("label", "domain")
        most = counts.filter(2 * pl.col("len") > pl.col("len").sum().over("label"))
        homes |= {(kind, label): domain for label, domain in most.select("label", "domain").iter_rows()}
    return homes


def peak_labels(rows: pl.DataFrame, strongest: pl.DataFrame) -> dict[int, PeakLabel]:
    """feature -> what its peaks name it, or lean to, from the table `peak_labels` of one dictionary.

    strongest: `feature, spoken_share`. Names go before leanings; then word, phone, rarest class.
    """
    tier = pl.when(pl.col("tier") == WORDS).then(0).when(pl.col("tier") == PHONES).then(1).otherwise(2)
    impure = pl.when(~is_peak_name()).then(pl.lit(IMPURE))
    elsewhere = pl.when(pl.col("spoken_share") < NAMED_PRECISION).then(pl.lit(OTHERS_STRONGER))
    leaning = _above_chance() & (pl.col("purity") >= LEANING_PURITY)
    beside = rows.filter(leaning).join(strongest, on="feature", how="left", maintain_order="left")
    ranked = beside.with_columns(reason=pl.coalesce(impure, elsewhere, pl.lit(PASSES))).sort(
        "feature", "reason", tier, "base", "tier"
    )
    return _by_feature(ranked.unique("feature", keep="first", maintain_order=True), PeakLabel)


def is_peak_name() -> pl.Expr:
    """Whether a row of `peak_labels` may name its feature."""
    return _above_chance() & (pl.col("purity") >= NAMED_PURITY)


def _above_chance() -> pl.Expr:
    narrow = pl.col("label").is_not_null() & (pl.col("base") <= WIDEST_BASE)
    return narrow & (pl.col("purity") > pl.col("purity_shifted_max")) & (pl.col("q") < SIGNIFICANT_Q)


def clip_labels(labels: pl.DataFrame, index: pl.DataFrame, at_edges: pl.Series) -> dict[int, ClipLabel]:
    """feature -> the label that it finds best, from rows of `labels` and the table `label_index` of one dictionary.

    at_edges: the features that peak where clips begin or end.
    """
    able = labels.filter(is_searched())
    by_a, by_b = _chosen(able, "phi_chosen_a"), _chosen(able, "phi_chosen_b")
    both = pl.concat([by_a.with_columns(held=pl.col("phi_a")), by_b.with_columns(held=pl.col("phi_b"))])
    alike = pl.struct("kind", "label").n_unique().over("feature") == 1
    ranked = both.with_columns(alike=alike).sort(
        "feature", "held", "kind", "label", descending=[False, True] + 2 * [False]
    )
    best = ranked.unique("feature", keep="first", maintain_order=True)
    return _by_feature(judged(best, index, at_edges), ClipLabel)


def judged(rows: pl.DataFrame, index: pl.DataFrame, at_edges: pl.Series) -> pl.DataFrame:
    """Rows of `labels` with `reason` and `confound`; `alike`: whether the halves choose alike."""
    confounds = index.select("kind", "label", "auroc_loudness", "auroc_length")
    beside = rows.join(confounds, on=["kind", "label"], how="left", maintain_order="left")
    confound = pl.max_horizontal(_either_way("auroc_loudness"), _either_way("auroc_length"))
    return beside.with_columns(reason=_reason(at_edges), confound=confound)


def is_searched() -> pl.Expr:
    """Whether a row of `labels` may be chosen: significant, more often with the label than without, and searched."""
    above = (pl.col("auroc") > CHANCE_AUROC) & pl.col("phi_heldout").is_not_null()
    return (pl.col("q") < SIGNIFICANT_Q) & above


def is_held_out() -> pl.Expr:
    """Whether a searched row of `labels` is strong enough, held out, for a name."""
    strong = (pl.col("f1_heldout") >= NAMED_F1) & (pl.col("phi_heldout") >= NAMED_PHI)
    return strong & (pl.col("f1_heldout") > pl.col("f1_permuted_max"))


def _chosen(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """The label of each feature that one half chooses."""
    ranked = rows.sort("feature", by, "p", "kind", "label", descending=[False, True, False, False, False])
    return ranked.unique("feature", keep="first", maintain_order=True)


def _reason(at_edges: pl.Series) -> pl.Expr:
    """Why a feature is not named after its best label; empty where it is.

    In this order: shuffled labels reach as much; the halves choose differently; held-out F1 or phi is too small; fewer
    than six of its ten strongest recordings of the whole corpus have the label, or of the first so many as there are;
    loudness alone, or length alone, tells the label as well; it peaks where clips begin or end.
    """
    checks = {
        WITHIN_CHANCE: pl.col("f1_heldout") <= pl.col("f1_permuted_max"),
        HALVES_DIFFER: ~pl.col("alike"),
        WEAK: (pl.col("f1_heldout") < NAMED_F1) | (pl.col("phi_heldout") < NAMED_PHI),
        OTHERS_STRONGER: pl.min_horizontal("precision10", "r_precision") < NAMED_PRECISION,
        BY_LOUDNESS: _either_way("auroc_loudness") >= pl.col("auroc"),
        BY_LENGTH: _either_way("auroc_length") >= pl.col("auroc"),
        AT_EDGES: pl.col("feature").is_in(at_edges.implode()),
    }
    return pl.coalesce(*(pl.when(holds).then(pl.lit(reason)) for reason, holds in checks.items()), pl.lit(PASSES))


def _either_way(column: str) -> pl.Expr:
    """An AUROC whichever way it tells: .05 tells as well as .95."""
    return pl.max_horizontal(pl.col(column), 1 - pl.col(column))


def specialisations(domains: pl.DataFrame) -> dict[int, Specialised]:
    """feature -> the domain that it is specialised to, the surest where there are two."""
    specialised = domains.filter(pl.col("specialised")).sort("feature", "q", "domain")
    return _by_feature(specialised.unique("feature", keep="first", maintain_order=True), Specialised)


def confounded(domains: pl.DataFrame) -> dict[int, str]:
    """feature -> what explains that it tells a domain, where no domain is left that it is specialised to."""
    left = pl.col("specialised").fill_null(False).any().over("feature")
    rows = domains.filter(~left, pl.col("confounded").is_not_null()).sort("feature", "q", "domain")
    return dict(rows.unique("feature", keep="first", maintain_order=True).select("feature", "confounded").iter_rows())


def _by_feature(rows: pl.DataFrame, candidate: type[Candidate]) -> dict[int, Candidate]:
    columns = rows.select("feature", *candidate.__dataclass_fields__.keys())
    return {row.pop("feature"): candidate(**row) for row in columns.iter_rows(named=True)}
