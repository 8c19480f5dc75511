"""The table `findings`: what each feature is named by, the labels that it finds best, its flags and its percentiles.

The decision is made here and once; whoever shows a feature reads these columns, and makes the words. What names a
feature (`named_by`) is the first of these that is so:
1. dead on this corpus: it never fires (padding, if it does so on padding alone).
2. padding: it fires on more than half of all padded frames.
3. onset: it is positional and not rare (the few frames of a rare feature may all lie early by chance); labels are
   then in doubt, as short clips show their beginning to the test more often.
4. the word, phone or class of phones at which its strongest peaks stand (see `candidates.py`).
5. the best clip label, phone or word: of those that are significant (see `candidates.py`), the one found more often
   above its chance: a clip label by the lower bound of its lift, a phone by the largest share under shifts. Not a clip
   label of another domain than the one that the feature is specialised to: of all sounds, a feature of speech may find
   crying babies best, and is no feature of crying babies.
6. the domain that it is specialised to.
7. padding: it fires on over twice as large a share of padded frames as of others.
8. none.

`kind`, `label`, `value` (the effect that named it: AUROC; the share of its active frames that a phone holds, or that
lie at the onset; its rate on padding), `low`, `high`, `q` and `recordings` are those of the name. The best label of
clips (`clip_kind`, `clip_label`), the phone or word (`tier`, `timed_label`) and the domain stand beside it whatever
named the feature, as keys into `labels`, `timed_labels` and `domains`; `best_by` says which of the two labels is the
better one, `null_reason` why there is none.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import polars as pl

from atlas.analyse.naming.candidates import (
    NO_HOMES,
    ClipLabel,
    Homes,
    PeakLabel,
    Specialised,
    TimedLabel,
    best_of,
    clip_labels,
    peak_labels,
    specialisations,
    timed_labels,
)
from atlas.analyse.naming.flags import ALIVE, FLAGS, PADDING, POSITIONAL
from atlas.analyse.testing.shifts import ShiftReach
from atlas.schema import FINDINGS
from atlas.schema.analysed import (
    BY_DOMAIN,
    BY_LABEL,
    BY_PEAKS,
    BY_TIMED,
    DEAD,
    NAMELESS,
    NO_LABELS,
    NONE_SIGNIFICANT,
    NONE_STANDS_OUT,
    ONSET,
    UNTESTED,
)
from atlas.schema.thresholds import PADDING_SHARE, PADDING_TIMES, SIGNIFICANT_Q


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """The tables of one dictionary that findings and controls are made of."""

    name: str
    features: pl.DataFrame
    datasets: pl.DataFrame
    domains: pl.DataFrame
    labels: pl.DataFrame
    label_index: pl.DataFrame
    timed_labels: pl.DataFrame
    peak_labels: pl.DataFrame
    shift_reach: tuple[ShiftReach, ...]
    flags: pl.DataFrame  # as `flags_frame` gives them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feature:
    """A feature's own figures, and its flags."""

    feature: int
    state: str
    density: float
    pad_rate: float | None
    onset_share: float | None
    flags: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidates:
    """What a dictionary's features may be named after."""

    clip: Mapping[int, ClipLabel]
    timed: Mapping[int, TimedLabel]
    peak: Mapping[int, PeakLabel]
    domain: Mapping[int, Specialised]
    tested: frozenset[int]
    significant: Mapping[int, int]  # feature -> labels, phones and words of q < .05
    any_labels: bool
    homes: Homes

    def best(self, feature: int) -> ClipLabel | TimedLabel | None:
        return best_of(self.clip.get(feature), self.timed.get(feature))

    def name_giving(self, feature: int) -> PeakLabel | ClipLabel | TimedLabel | Specialised | None:
        if feature in self.peak:
            return self.peak[feature]
        best, domain = self.best(feature), self.domain.get(feature)
        if domain is not None and isinstance(best, ClipLabel) and best.home(self.homes) not in (None, domain.domain):
            return domain
        return best or domain

    def null_reason(self, feature: int) -> str | None:
        """Why a feature has no best label."""
        if self.best(feature) is not None:
            return None
        if feature not in self.tested:
            return UNTESTED if self.any_labels else NO_LABELS
        return NONE_STANDS_OUT if feature in self.significant else NONE_SIGNIFICANT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """What a feature is named by, and the figures of that."""

    named_by: str
    kind: str | None = None
    label: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    q: float | None = None
    recordings: int | None = None


def findings_frame(
    mine: Analysed, control: pl.DataFrame | None, places: pl.DataFrame | None, homes: Homes = NO_HOMES
) -> pl.DataFrame:
    """The table `findings` of one dictionary.

    control: the table `features` of its random control; places: `feature, map_x, map_y`; each may be missing.
    """
    candidates = _candidates(mine, homes)
    features = [_Feature(**row) for row in _figures(mine).iter_rows(named=True)]
    rows = [{"dictionary": mine.name, **_finding(feature, candidates)} for feature in features]
    shares = {
        "denser": pl.Series(_denser(mine.features, mine.features), dtype=pl.Float64),
        "denser_control": pl.Series(_denser(mine.features, control), dtype=pl.Float64),
    }
    placeless = {name: kind for name, kind in FINDINGS.columns.items() if name not in (*shares, "map_x", "map_y")}
    return _placed(pl.DataFrame(rows, schema=placeless).with_columns(**shares), places)


def _finding(own: _Feature, candidates: _Candidates) -> dict[str, object]:
    """The columns of one feature, less its percentiles and its place."""
    best = candidates.best(own.feature)
    clip, timed = candidates.clip.get(own.feature), candidates.timed.get(own.feature)
    domain, peak = candidates.domain.get(own.feature), candidates.peak.get(own.feature)
    return {
        "feature": own.feature,
        **asdict(_name(own, candidates)),
        "best_by": None if best is None else BY_LABEL if best is clip else BY_TIMED,
        "clip_kind": clip.kind if clip else None,
        "clip_label": clip.label if clip else None,
        "tier": timed.tier if timed else None,
        "timed_label": timed.label if timed else None,
        "peak_tier": peak.tier if peak else None,
        "peak_label": peak.label if peak else None,
        "purity": peak.purity if peak else None,
        "domain": domain.domain if domain else None,
        "null_reason": candidates.null_reason(own.feature),
        "significant": candidates.significant.get(own.feature, 0),
        "flags": own.flags,
    }


def _name(own: _Feature, candidates: _Candidates) -> _Name:
    """What names a feature, by the order above."""
    padding = _Name(named_by=PADDING, value=own.pad_rate)
    if own.state == "dead":
        return padding if PADDING in own.flags else _Name(named_by=DEAD)
    if (own.pad_rate or 0) > PADDING_SHARE:
        return padding
    if POSITIONAL in own.flags and own.state in ALIVE:
        return _Name(named_by=ONSET, value=own.onset_share)
    name_giving = candidates.name_giving(own.feature)
    if name_giving is not None:
        return _named_after(name_giving)
    if (own.pad_rate or 0) > PADDING_TIMES * own.density:
        return padding
    return _Name(named_by=NAMELESS)


def _named_after(label: PeakLabel | ClipLabel | TimedLabel | Specialised) -> _Name:
    if isinstance(label, PeakLabel):
        named = partial(_Name, named_by=BY_PEAKS, kind=label.tier, label=label.label)
        return named(value=label.purity, q=label.q, recordings=label.peaks)  # the peaks are of one recording each
    name = partial(_Name, q=label.q, recordings=label.recordings)
    match label:
        case ClipLabel(kind=kind, auroc=auroc, auroc_low=low):
            return name(named_by=BY_LABEL, kind=kind, label=label.label, value=auroc, low=low)
        case TimedLabel(tier=tier, share=share):
            return name(named_by=BY_TIMED, kind=tier, label=label.label, value=share)
        case Specialised(domain=domain, auroc=auroc, auroc_low=low, auroc_high=high):
            return name(named_by=BY_DOMAIN, label=domain, value=auroc, low=low, high=high)


def _placed(frame: pl.DataFrame, places: pl.DataFrame | None) -> pl.DataFrame:
    if places is None:
        places = pl.DataFrame(schema={name: FINDINGS.columns[name] for name in ("feature", "map_x", "map_y")})
    return frame.join(places, on="feature", how="left").select(FINDINGS.columns.keys()).sort(FINDINGS.key)


def _candidates(mine: Analysed, homes: Homes) -> _Candidates:
    timed = mine.timed_labels.filter(pl.col("q").is_not_null())
    every = pl.concat([frame.select("feature", "q") for frame in (mine.labels, timed)])
    return _Candidates(
        clip=clip_labels(mine.labels),
        timed=timed_labels(mine.timed_labels),
        peak=peak_labels(mine.peak_labels),
        domain=specialisations(mine.domains),
        tested=frozenset(every["feature"]),
        significant=dict(every.filter(pl.col("q") < SIGNIFICANT_Q).group_by("feature").len().iter_rows()),
        any_labels=mine.label_index.filter(pl.col("tests") > 0).height > 0 or len(timed) > 0,
        homes=homes,
    )


def _figures(mine: Analysed) -> pl.DataFrame:
    """The columns of _Feature."""
    raised = pl.concat_list(pl.when(pl.col(flag)).then(pl.lit(flag)) for flag in FLAGS).list.drop_nulls()
    flagged = mine.features.join(mine.flags.with_columns(raised.alias("flags")), on="feature", how="left")
    return flagged.sort("feature").select(_Feature.__dataclass_fields__.keys())


def _denser(features: pl.DataFrame, among: pl.DataFrame | None) -> list[float] | list[None]:
    """For each feature, the share of live features (of itself or of a control) that fire on fewer frames."""
    live = np.empty(0) if among is None else among.filter(pl.col("state").is_in(ALIVE))["density"].sort().to_numpy()
    if not len(live):
        return [None] * len(features)
    place = np.searchsorted(live, features.sort("feature")["density"].to_numpy(), side="left")
    shares: list[float] = (place / len(live)).tolist()
    return shares
