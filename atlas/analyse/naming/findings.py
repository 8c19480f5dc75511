"""The table `findings`: what each feature is named by, what it leans to, its flags and its percentiles.

The decision is made here and once; whoever shows a feature reads these columns, and makes the words. What names a
feature (`named_by`) is the first of these that is so (see `candidates.py` for what each of them asks):
1. dead on this corpus: it never fires (padding, if it does so on padding alone).
2. the word, phone or class of phones at which its strongest peaks stand.
3. a label of clips that is held out, and that its strongest recordings have.
4. the domain that it is specialised to.
5. leaning: nothing names it, but a word, phone, class or label of clips comes close; `null_reason` says how far.
6. a flag, where nothing else is true of it: padding (it fires on more than half of all padded frames, or over twice as
   densely there as on sound), onset (it is positional, and not rare), the edge of clips, silence.
7. none.

A second part stands beside the name where it is true as well: a label of clips beside a word or phone, a second label
of clips beside one (see `pairs.py`), and the domain beside either, unless that is the label's own. `kind`, `label`,
`value` (held-out purity, held-out F1, AUROC of a domain), `phi`, `low`, `high`, `q` and `recordings` are those of the
name, or of what the feature leans to. The best label of clips (`clip_kind`, `clip_label`), what stands at the peaks and
the domain stand beside it whatever named the feature, as keys into `labels`, `peak_labels` and `domains`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import polars as pl

from atlas.analyse.naming.apart import told_apart
from atlas.analyse.naming.beside import beside_columns
from atlas.analyse.naming.candidates import (
    NO_HOMES,
    PASSES,
    WORD,
    ClipLabel,
    Homes,
    PeakLabel,
    Specialised,
    clip_labels,
    confounded,
    peak_labels,
    specialisations,
)
from atlas.analyse.naming.flags import ALIVE, CLIP_EDGE, FLAGS, PADDING, POSITIONAL, SILENCE
from atlas.analyse.naming.pairs import NO_CARRIERS, Carriers, clip_pairs, with_pairs
from atlas.analyse.testing.kinds import DOMAIN
from atlas.analyse.testing.shifts import ShiftReach
from atlas.schema import FINDINGS
from atlas.schema.analysed import (
    BESIDE,
    BY_DOMAIN,
    BY_LABEL,
    BY_PEAKS,
    DEAD,
    LEANING,
    NAMELESS,
    NO_LABELS,
    NONE_SIGNIFICANT,
    NONE_STANDS_OUT,
    ONSET,
    UNTESTED,
    WITHIN_CHANCE,
)
from atlas.schema.thresholds import PADDING_SHARE, PADDING_TIMES, SIGNIFICANT_Q
from atlas.speech.tiers import WORDS


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
    shifts: pl.DataFrame
    shift_reach: tuple[ShiftReach, ...]
    strongest: pl.DataFrame  # as `strongest_shares` gives them
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
    second_clip: Mapping[int, ClipLabel]  # beside `clip`, where two labels are true
    peak: Mapping[int, PeakLabel]
    domain: Mapping[int, Specialised]
    confounded: Mapping[int, str]  # feature -> what explains that it tells a domain
    tested: frozenset[int]
    significant: Mapping[int, int]  # feature -> labels of q < .05
    any_labels: bool
    homes: Homes

    def name_giving(self, feature: int) -> PeakLabel | ClipLabel | Specialised | None:
        """What a feature is named after."""
        labels = (self.peak.get(feature), self.clip.get(feature))
        passing = [label for label in labels if label is not None and label.reason == PASSES]
        return passing[0] if passing else self.domain.get(feature)

    def second(self, feature: int) -> ClipLabel | Specialised | None:
        """What is true of a named feature as well."""
        first, clip, domain = self.name_giving(feature), self.clip.get(feature), self.domain.get(feature)
        if isinstance(first, PeakLabel) and clip is not None and clip.reason == PASSES and not self._is_domain(clip):
            return clip
        if isinstance(first, ClipLabel) and feature in self.second_clip:
            return self.second_clip[feature]
        if domain is None or domain is first:
            return None
        return None if isinstance(first, ClipLabel) and first.home(self.homes) == domain.domain else domain

    def _is_domain(self, label: ClipLabel) -> bool:
        """Whether a label of clips says no more than its domain does: speech among sounds and music."""
        return label.label == label.home(self.homes)

    def leaning(self, feature: int) -> PeakLabel | ClipLabel | None:
        """What comes closest to a name, where no word, phone, class or label of clips is one."""
        peak, clip = self.peak.get(feature), self.clip.get(feature)
        known = [label for label in (peak, clip) if label is not None]
        if any(label.reason == PASSES for label in known):
            return None
        return next((label for label in known if label.reason != WITHIN_CHANCE), None)

    def null_reason(self, feature: int) -> str | None:
        """Why no word, phone, class or label of clips names a feature, nor a domain that it tells."""
        known = [label for label in (self.peak.get(feature), self.clip.get(feature)) if label is not None]
        if any(label.reason == PASSES for label in known):
            return None
        if known:
            return known[0].reason
        if feature in self.confounded:
            return self.confounded[feature]
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
    phi: float | None = None
    q: float | None = None
    recordings: int | None = None
    mass_share: float | None = None
    mass_base: float | None = None


def findings_frame(
    mine: Analysed,
    control: pl.DataFrame | None,
    places: pl.DataFrame | None,
    homes: Homes = NO_HOMES,
    carriers: Carriers = NO_CARRIERS,
) -> pl.DataFrame:
    """The table `findings` of one dictionary.

    control: the table `features` of its random control; places: `feature, map_x, map_y`; each may be missing.
    """
    candidates = _candidates(mine, homes, carriers)
    features = [_Feature(**row) for row in _figures(mine).iter_rows(named=True)]
    rows = [{"dictionary": mine.name, **_finding(feature, candidates)} for feature in features]
    shares = {
        "denser": pl.Series(_denser(mine.features, mine.features), dtype=pl.Float64),
        "denser_control": pl.Series(_denser(mine.features, control), dtype=pl.Float64),
    }
    compared = [name for kind in BESIDE for name in beside_columns(kind)]  # see beside.py
    later = (*shares, "map_x", "map_y", "apart_kind", "apart_label", *compared)
    own = {name: kind for name, kind in FINDINGS.columns.items() if name not in later}
    named = pl.DataFrame(rows, schema=own).with_columns(**shares)
    apart = told_apart(named, mine.labels, mine.peak_labels, mine.shifts)
    beside = {name: pl.lit(None, FINDINGS.columns[name]) for name in compared}
    return _placed(named.join(apart, on="feature", how="left", maintain_order="left").with_columns(**beside), places)


def _finding(own: _Feature, candidates: _Candidates) -> dict[str, object]:
    """The columns of one feature, less its percentiles, its place and what tells it apart."""
    clip, peak = candidates.clip.get(own.feature), candidates.peak.get(own.feature)
    domain, leaning = candidates.domain.get(own.feature), candidates.leaning(own.feature)
    name = _name(own, candidates)
    second = candidates.second(own.feature) if name.named_by in (BY_PEAKS, BY_LABEL) else None
    leans = _named_after(leaning) if leaning is not None else None
    return {
        "feature": own.feature,
        **asdict(name),
        "second_kind": DOMAIN if isinstance(second, Specialised) else second.kind if second else None,
        "second_label": second.domain if isinstance(second, Specialised) else second.label if second else None,
        "leans_kind": leans.kind if leans else None,
        "leans_to": leans.label if leans else None,
        "confound": clip.confound if clip else None,
        "clip_kind": clip.kind if clip else None,
        "clip_label": clip.label if clip else None,
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
    if own.state == "dead":
        only_padding = PADDING in own.flags
        return _Name(named_by=PADDING, value=own.pad_rate) if only_padding else _Name(named_by=DEAD)
    name_giving = candidates.name_giving(own.feature)
    if name_giving is not None:
        return _named_after(name_giving)
    leaning = candidates.leaning(own.feature)
    if leaning is not None:
        return _leaning_to(leaning)
    if (own.pad_rate or 0) > min(PADDING_SHARE, PADDING_TIMES * own.density):
        return _Name(named_by=PADDING, value=own.pad_rate)
    if POSITIONAL in own.flags and own.state in ALIVE:  # the few frames of a rare one may all lie early by chance
        return _Name(named_by=ONSET, value=own.onset_share)
    for flag in (CLIP_EDGE, SILENCE):
        if flag in own.flags and own.state in ALIVE:
            return _Name(named_by=flag)
    return _Name(named_by=NAMELESS)


def _leaning_to(label: PeakLabel | ClipLabel) -> _Name:
    return _Name(**{**asdict(_named_after(label)), "named_by": LEANING})


def _named_after(label: PeakLabel | ClipLabel | Specialised) -> _Name:
    name = partial(_Name, q=label.q)
    if isinstance(label, Specialised):
        name = partial(name, named_by=BY_DOMAIN, kind=DOMAIN, label=label.domain, recordings=label.recordings)
        return name(value=label.auroc, low=label.auroc_low, high=label.auroc_high)
    name = partial(name, label=label.label, mass_share=label.mass_share)
    if isinstance(label, PeakLabel):  # the peaks are of one recording each
        name = partial(name, named_by=BY_PEAKS, kind=label.tier, value=label.purity, recordings=label.peaks)
        return name(mass_base=label.base)
    name = partial(name, named_by=BY_LABEL, kind=label.kind, value=label.f1_heldout, phi=label.phi_heldout)
    return name(recordings=label.recordings, mass_base=label.mass_base)


def _placed(frame: pl.DataFrame, places: pl.DataFrame | None) -> pl.DataFrame:
    if places is None:
        places = pl.DataFrame(schema={name: FINDINGS.columns[name] for name in ("feature", "map_x", "map_y")})
    return frame.join(places, on="feature", how="left").select(FINDINGS.columns.keys()).sort(FINDINGS.key)


def _candidates(mine: Analysed, homes: Homes, carriers: Carriers) -> _Candidates:
    timed_words = mine.peak_labels.filter(pl.col("tier") == WORDS).height > 0
    able = mine.labels.filter((pl.col("kind") != WORD) | pl.lit(not timed_words))
    at_edges, peak = mine.flags.filter(CLIP_EDGE)["feature"], peak_labels(mine.peak_labels, mine.strongest)
    at_peaks = [feature for feature, label in peak.items() if label.reason == PASSES]
    unnamed = able.filter(~pl.col("feature").is_in(at_peaks))
    clip, second_clip = with_pairs(
        clip_labels(able, mine.label_index, at_edges),
        clip_pairs(unnamed, mine.label_index, at_edges, mine.strongest, carriers),
    )
    return _Candidates(
        clip=clip,
        second_clip=second_clip,
        peak=peak,
        domain=specialisations(mine.domains),
        confounded=confounded(mine.domains),
        tested=frozenset(mine.labels["feature"]) | frozenset(mine.peak_labels["feature"]),
        significant=dict(able.filter(pl.col("q") < SIGNIFICANT_Q).group_by("feature").len().iter_rows()),
        any_labels=mine.label_index.filter(pl.col("tests") > 0).height > 0 or len(mine.peak_labels) > 0,
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
