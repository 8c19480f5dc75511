"""What may be said of a feature, each with its evidence: a clip label, a phone or word, a domain.

A clip label is the best of `labels`. A phone or word is the one that holds most of the feature's active frames, of
those that hold significantly more than expected, over twice as many as under any shift of the alignment, and at least
a fifth; so a feature that merely prefers a phone is not named after it. A domain is one that it is specialised to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from atlas.analyse.testing.labels import best_labels
from atlas.analyse.testing.timed import UNLABELLED
from atlas.formatting import counted, figure, fraction, percent, q_value
from atlas.schema.thresholds import NAMED_SHARE, NAMED_TIMES, SIGNIFICANT_Q

Homes = Mapping[tuple[str, str], str]
"""(kind, label) -> the domain that most of its recordings lie in, where there is one"""
NO_HOMES: Homes = MappingProxyType({})

_WORDS = MappingProxyType({"label": "", "language": "language ", "speaker": "speaker ", "word": "word "})


@dataclass(frozen=True, slots=True)
class ClipLabel:
    """A feature's best label of clips."""

    kind: str
    label: str
    auroc: float
    lift: float
    lift_low: float
    q: float
    recordings: int

    @property
    def name(self) -> str:
        return _WORDS.get(self.kind, f"{self.kind} ") + self.label

    def home(self, homes: Homes) -> str | None:
        """The domain of the label, if it has one."""
        return homes.get((self.kind, self.label))

    @property
    def times(self) -> float:
        """How many times more than expected, at least."""
        return self.lift_low

    @property
    def brief(self) -> str:
        return f"{self.name}, AUROC {fraction(self.auroc)}, q {q_value(self.q)}"

    @property
    def evidence(self) -> str:
        lift = f"lift {figure(self.lift)} (≥ {figure(self.lift_low)})"
        held = f"{counted(self.recordings, 'recording')} have it"
        return f"AUROC {fraction(self.auroc)}, {lift}, q {q_value(self.q)}, {held}"


@dataclass(frozen=True, slots=True)
class TimedLabel:
    """The phone or word that holds most of a feature's active frames."""

    tier: str
    label: str
    share: float
    expected: float
    share_shifted_max: float
    q: float
    recordings: int

    @property
    def name(self) -> str:
        return f"{self.tier.removesuffix('s')} {self.label}"

    @property
    def times(self) -> float:
        """How many times more than under any shift of the alignment."""
        return self.share / self.share_shifted_max if self.share_shifted_max else float("inf")

    @property
    def brief(self) -> str:
        return f"{self.name}, {percent(self.share)} of its aligned frames, q {q_value(self.q)}"

    @property
    def evidence(self) -> str:
        chance = f"{percent(self.expected)} expected, {percent(self.share_shifted_max)} at most when shifted"
        share = f"{percent(self.share)} of its active frames in aligned clips"
        return f"{share} ({chance}), q {q_value(self.q)}, {counted(self.recordings, 'recording')}"


@dataclass(frozen=True, slots=True)
class Specialised:
    """The domain that a feature is specialised to."""

    domain: str
    auroc: float
    auroc_worst: float
    q: float
    datasets: int

    @property
    def name(self) -> str:
        return self.domain

    @property
    def brief(self) -> str:
        return f"specialised to {self.domain}, AUROC {fraction(self.auroc)}, q {q_value(self.q)}"

    @property
    def evidence(self) -> str:
        worst = f"{fraction(self.auroc_worst)} for the worst pair of datasets"
        held = f"AUROC {fraction(self.auroc)} against other domains ({worst})"
        return f"{held}, q {q_value(self.q)}, {counted(self.datasets, 'dataset')}"


def homes_of(clips: pl.DataFrame) -> Homes:
    """Where the labels of clips, their languages and their speakers are at home."""
    usable = clips.filter(pl.col("problem").is_null())
    of_kind = {"label": pl.col("labels"), "language": pl.col("language"), "speaker": pl.col("speaker")}
    found: dict[tuple[str, str], str] = {}
    for kind, column in of_kind.items():
        rows = usable.select("recording", "domain", label=column)
        rows = rows.explode("label") if kind == "label" else rows
        counts = rows.drop_nulls().unique().group_by("label", "domain").len().sort("label", "domain")
        most = counts.filter(2 * pl.col("len") > pl.col("len").sum().over("label"))
        found |= {(kind, label): domain for label, domain in most.select("label", "domain").iter_rows()}
    return found


def clip_labels(labels: pl.DataFrame) -> dict[int, ClipLabel]:
    """feature -> its best label, from the table `labels` of one dictionary."""
    columns = ("feature", *ClipLabel.__dataclass_fields__)
    return {feature: ClipLabel(*row) for feature, *row in best_labels(labels).select(columns).iter_rows()}


def timed_labels(timed: pl.DataFrame) -> dict[int, TimedLabel]:
    """feature -> the phone or word that it is named after, from the table `timed_labels` of one dictionary."""
    named = (pl.col("q") < SIGNIFICANT_Q) & (pl.col("label") != UNLABELLED) & (pl.col("share") >= NAMED_SHARE)
    most = timed.filter(named, pl.col("share") > NAMED_TIMES * pl.col("share_shifted_max"))
    most = most.sort("feature", "share", "tier", "label", descending=[False, True, False, False])
    columns = ("feature", *TimedLabel.__dataclass_fields__)
    first = most.unique("feature", keep="first", maintain_order=True)
    return {feature: TimedLabel(*row) for feature, *row in first.select(columns).iter_rows()}


def specialisations(domains: pl.DataFrame) -> dict[int, Specialised]:
    """feature -> the domain that it is specialised to, the surest where there are two."""
    said = domains.filter(pl.col("specialised")).sort("feature", "q", "domain")
    columns = ("feature", *Specialised.__dataclass_fields__)
    first = said.unique("feature", keep="first", maintain_order=True)
    return {feature: Specialised(*row) for feature, *row in first.select(columns).iter_rows()}


def named_after(
    clip: Mapping[int, ClipLabel], timed: Mapping[int, TimedLabel], feature: int
) -> ClipLabel | TimedLabel | None:
    """Of a feature's clip label and its phone or word, the one found more often above its chance."""
    found = [one for one in (clip.get(feature), timed.get(feature)) if one is not None]
    return max(found, key=lambda one: one.times, default=None)
