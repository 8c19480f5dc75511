"""What may be said of a feature, each with its evidence: a clip label, a phone or word, a domain.

Where the strongest peaks of a feature stand at one word, phone or class, held out and above chance, the narrowest of
these is what it is named after. A clip label is the best of `labels`. A phone or word of frames is the one that holds
most of the feature's active frames, of those that hold significantly more than expected, over twice as many as under
any shift of the alignment, and at least a fifth; so a feature that merely prefers a phone is not named after it. A
domain is one that it is specialised to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import polars as pl

from atlas.analyse.testing.labels import best_labels
from atlas.analyse.testing.timed import UNLABELLED
from atlas.schema.thresholds import NAMED_PURITY, NAMED_SHARE, NAMED_TIMES, SIGNIFICANT_Q
from atlas.speech.tiers import PHONES, WORDS

Homes = Mapping[tuple[str, str], str]
"""(kind, label) -> the domain that most of its recordings lie in, where there is one"""
NO_HOMES: Homes = MappingProxyType({})
Candidate = TypeVar("Candidate", "PeakLabel", "ClipLabel", "TimedLabel", "Specialised")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakLabel:
    """The word, phone or class at which a feature's strongest peaks stand."""

    tier: str
    label: str
    purity: float
    q: float
    peaks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLabel:
    """A feature's best label of clips."""

    kind: str
    label: str
    auroc: float
    auroc_low: float
    lift_low: float
    q: float
    recordings: int

    def home(self, homes: Homes) -> str | None:
        """The domain of the label, if it has one."""
        return homes.get((self.kind, self.label))

    @property
    def times(self) -> float:
        """How many times more than expected, at least."""
        return self.lift_low


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedLabel:
    """The phone or word that holds most of a feature's active frames."""

    tier: str
    label: str
    share: float
    share_shifted_max: float
    q: float
    recordings: int

    @property
    def times(self) -> float:
        """How many times more than under any shift of the alignment."""
        return self.share / self.share_shifted_max if self.share_shifted_max else float("inf")


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


def peak_labels(rows: pl.DataFrame) -> dict[int, PeakLabel]:
    """feature -> what its peaks name it, from the table `peak_labels` of one dictionary: word, phone, rarest class."""
    order = pl.when(pl.col("tier") == WORDS).then(0).when(pl.col("tier") == PHONES).then(1).otherwise(2)
    named = rows.filter(is_peak_name()).sort("feature", order, "base", "tier")
    return _by_feature(named.unique("feature", keep="first", maintain_order=True), PeakLabel)


def is_peak_name() -> pl.Expr:
    """Whether a row of `peak_labels` names its feature."""
    pure = (pl.col("purity") >= NAMED_PURITY) & (pl.col("purity") > pl.col("purity_shifted_max"))
    return pl.col("label").is_not_null() & pure & (pl.col("q") < SIGNIFICANT_Q)


def clip_labels(labels: pl.DataFrame) -> dict[int, ClipLabel]:
    """feature -> its best label, from the table `labels` of one dictionary."""
    return _by_feature(best_labels(labels), ClipLabel)


def timed_labels(timed: pl.DataFrame) -> dict[int, TimedLabel]:
    """feature -> the phone or word that it is named after, from the table `timed_labels` of one dictionary."""
    named = (pl.col("q") < SIGNIFICANT_Q) & (pl.col("label") != UNLABELLED) & (pl.col("share") >= NAMED_SHARE)
    most = timed.filter(named, pl.col("share") > NAMED_TIMES * pl.col("share_shifted_max"))
    most = most.sort("feature", "share", "tier", "label", descending=[False, True, False, False])
    return _by_feature(most.unique("feature", keep="first", maintain_order=True), TimedLabel)


def specialisations(domains: pl.DataFrame) -> dict[int, Specialised]:
    """feature -> the domain that it is specialised to, the surest where there are two."""
    specialised = domains.filter(pl.col("specialised")).sort("feature", "q", "domain")
    return _by_feature(specialised.unique("feature", keep="first", maintain_order=True), Specialised)


def best_of(clip: ClipLabel | None, timed: TimedLabel | None) -> ClipLabel | TimedLabel | None:
    """Of a feature's clip label and its phone or word, the one that is found more often above its chance."""
    known = [label for label in (clip, timed) if label is not None]
    return max(known, key=lambda label: label.times, default=None)


def _by_feature(rows: pl.DataFrame, kind: type[Candidate]) -> dict[int, Candidate]:
    figures = rows.select(kind.__dataclass_fields__.keys()).rows(named=True)
    return {feature: kind(**row) for feature, row in zip(rows["feature"], figures, strict=True)}
