"""The table `findings`: the short label that a feature gets, the evidence for it, its flags and its verdict.

The label is the first of these that is so:
1. dead on this corpus: it never fires ("padding", if it does so on padding alone).
2. padding: it fires on more than half of all padded frames.
3. onset: it is positional and not rare (the few frames of a rare feature may all lie early by chance); labels are
   then in doubt, as short clips show their beginning to the test more often.
4. the best clip label, phone or word: of those that are significant (see `candidates.py`), the one found more often
   above its chance: a clip label by the lower bound of its lift, a phone by the largest share under shifts. Not a clip
   label of another domain than the one that the feature is specialised to: of all sounds, a feature of speech may find
   crying babies best, and is no feature of crying babies.
5. the domain that it is specialised to.
6. padding: it fires on over twice as large a share of padded frames as of others.
7. unlabelled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isinf

import numpy as np
import polars as pl

from atlas.analyse.naming.candidates import (
    NO_HOMES,
    ClipLabel,
    Homes,
    Specialised,
    TimedLabel,
    clip_labels,
    named_after,
    specialisations,
    timed_labels,
)
from atlas.analyse.naming.flags import ALIVE, FLAGS, PADDING, POSITIONAL, flag_rates
from atlas.analyse.naming.verdict import (
    NO_LABEL,
    NONE_STANDS_OUT,
    NOT_TESTED,
    NOTHING_TO_TEST,
    Figures,
    Raised,
    verdict,
)
from atlas.formatting import counted, figure, percent
from atlas.schema import FINDINGS
from atlas.schema.thresholds import PADDING_SHARE, PADDING_TIMES, SIGNIFICANT_Q

DEAD = "dead on this corpus"
ONSET = "onset"
UNLABELLED = "unlabelled"


@dataclass(frozen=True, slots=True)
class Analysed:
    """The tables of one dictionary that findings and controls are made of."""

    name: str
    features: pl.DataFrame
    datasets: pl.DataFrame
    domains: pl.DataFrame
    labels: pl.DataFrame
    label_index: pl.DataFrame
    timed_labels: pl.DataFrame
    flags: pl.DataFrame  # as `flags_frame` gives them


@dataclass(frozen=True, slots=True)
class _Named:
    """What a dictionary's features may be named after."""

    clip: Mapping[int, ClipLabel]
    timed: Mapping[int, TimedLabel]
    domain: Mapping[int, Specialised]
    tested: frozenset[int]
    significant: Mapping[int, int]  # feature -> labels, phones and words of q < .05
    labels: int  # that were tested
    homes: Homes

    def after(self, feature: int) -> ClipLabel | TimedLabel | Specialised | None:
        """What a feature is named after."""
        best, domain = self.best(feature), self.domain.get(feature)
        if domain is not None and isinstance(best, ClipLabel) and best.home(self.homes) not in (None, domain.domain):
            return domain
        return best or domain

    def best(self, feature: int) -> ClipLabel | TimedLabel | None:
        return named_after(self.clip, self.timed, feature)

    def nothing(self, feature: int) -> str:
        """Why a feature has no label."""
        if feature not in self.tested:
            return NOT_TESTED if self.labels else NOTHING_TO_TEST
        return f"{NONE_STANDS_OUT}{self._though(feature)}" if feature in self.significant else NO_LABEL

    def none(self, feature: int) -> str:
        """The same with the number of labels, as evidence."""
        labels = f"of up to {counted(self.labels, 'label')}"
        if feature not in self.tested:
            return self.nothing(feature)
        if feature in self.significant:
            return f"none {labels} stands out{self._though(feature)}"
        return f"none significant {labels}"

    def _though(self, feature: int) -> str:
        number = self.significant[feature]
        return f", though {number} {'has' if number == 1 else 'have'} q < .05"


@dataclass(frozen=True, slots=True)
class _Feature:
    """A feature's own figures, and its flags."""

    feature: int
    state: str
    density: float
    pad_rate: float | None
    onset_share: float | None
    onset_ratio: float | None
    clips_active: int
    recordings_active: int
    datasets: int
    flags: list[str]


def findings_frame(
    mine: Analysed, control: pl.DataFrame | None, places: pl.DataFrame | None, homes: Homes = NO_HOMES
) -> pl.DataFrame:
    """The table `findings` of one dictionary.

    control: the table `features` of its random control; places: `feature, map_x, map_y`; each may be missing.
    """
    named = _named(mine, homes)
    rates = flag_rates(mine.features, mine.flags)
    features = [_Feature(*row) for row in _figures(mine).iter_rows()]
    found = [_finding(one, named) for one in features]
    denser = _denser(mine.features, mine.features)
    denser_control = _denser(mine.features, control)
    all_datasets = mine.datasets["dataset"].n_unique()
    verdicts = [
        verdict(
            Figures(
                *(one.state, one.density, share, share_control, one.pad_rate),
                *(one.clips_active, one.recordings_active, one.datasets, all_datasets),
                _told(named, one.feature),
                [Raised(flag, rates[flag] if one.state in ALIVE else None) for flag in one.flags],
            )
        )
        for one, share, share_control in zip(features, denser, denser_control, strict=True)
    ]
    columns = {
        "dictionary": [mine.name] * len(features),
        "feature": [one.feature for one in features],
        "label": [label for label, _ in found],
        "evidence": [evidence for _, evidence in found],
        "verdict": verdicts,
        "flags": [one.flags for one in features],
    }
    return _placed(pl.DataFrame(columns, schema_overrides=dict(FINDINGS.columns)), places)


def _placed(frame: pl.DataFrame, places: pl.DataFrame | None) -> pl.DataFrame:
    if places is None:
        places = pl.DataFrame(schema={name: FINDINGS.columns[name] for name in ("feature", "map_x", "map_y")})
    return frame.join(places, on="feature", how="left").select(FINDINGS.columns.keys()).sort(FINDINGS.key)


def _named(mine: Analysed, homes: Homes) -> _Named:
    timed = mine.timed_labels.filter(pl.col("q").is_not_null())
    tested = {*mine.labels["feature"].to_list(), *timed["feature"].to_list()}
    labels = mine.label_index.filter(pl.col("tests") > 0).height + timed.select("tier", "label").n_unique()
    every = pl.concat([frame.select("feature", "q") for frame in (mine.labels, timed)])
    return _Named(
        clip_labels(mine.labels),
        timed_labels(mine.timed_labels),
        specialisations(mine.domains),
        frozenset(tested),
        dict(every.filter(pl.col("q") < SIGNIFICANT_Q).group_by("feature").len().iter_rows()),
        labels,
        homes,
    )


def _figures(mine: Analysed) -> pl.DataFrame:
    """The columns of _Feature."""
    reached = mine.datasets.group_by("feature").agg((pl.col("clips_active") > 0).sum().alias("datasets"))
    raised = pl.concat_list(pl.when(pl.col(flag)).then(pl.lit(flag)) for flag in FLAGS).list.drop_nulls()
    return (
        mine.features.join(reached, on="feature", how="left")
        .join(mine.flags.with_columns(raised.alias("flags")), on="feature", how="left")
        .with_columns(pl.col("datasets").fill_null(0))
        .sort("feature")
        .select(_Feature.__dataclass_fields__.keys())
    )


def _denser(features: pl.DataFrame, among: pl.DataFrame | None) -> list[float] | list[None]:
    """For each feature, the share of live features (of itself or of a control) that fire on fewer frames."""
    live = np.empty(0) if among is None else among.filter(pl.col("state").is_in(ALIVE))["density"].sort().to_numpy()
    if not len(live):
        return [None] * len(features)
    place = np.searchsorted(live, features.sort("feature")["density"].to_numpy(), side="left")
    shares: list[float] = (place / len(live)).tolist()
    return shares


def _told(named: _Named, feature: int) -> str:
    """What the verdict says of labels."""
    best, domain = named.best(feature), named.domain.get(feature)
    if best is not None:
        return f"best label {best.brief}"
    return f"{named.nothing(feature)}, {domain.brief}" if domain else named.nothing(feature)


def _finding(one: _Feature, named: _Named) -> tuple[str, str]:
    """The label and its evidence, by the order above."""
    padding = f"fires on {percent(one.pad_rate or 0)} of padded frames, {percent(one.density)} of others"
    if one.state == "dead":
        return (PADDING, padding) if PADDING in one.flags else (DEAD, "no active frame on this corpus")
    if (one.pad_rate or 0) > PADDING_SHARE:
        return PADDING, padding
    if POSITIONAL in one.flags and one.state in ALIVE:
        return ONSET, _onset(one)
    best = named.after(one.feature)
    if best is not None:
        return best.name, best.evidence
    if (one.pad_rate or 0) > PADDING_TIMES * one.density:
        return PADDING, padding
    return UNLABELLED, named.none(one.feature)


def _onset(one: _Feature) -> str:
    share = f"{percent(one.onset_share or 0)} of its active frames lie in the first 0.5 s of a window"
    ratio = one.onset_ratio or 0
    return share if isinf(ratio) else f"{share}, {figure(ratio)} times the rate elsewhere"
