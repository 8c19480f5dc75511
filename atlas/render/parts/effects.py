"""What a feature does, beside what it hears: its effect among controls, the tokens that change, doses, transcripts.

All effects of the chart are of one outcome and on one axis, so that the feature, its decoy and every control direction
can be held against each other by eye.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from atlas.formatting import counted
from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.effects import EffectExample, FeatureEffects, OutcomeEffect, TokenChange
from atlas.render import numbers
from atlas.render.effect_columns import COSINE, NATS
from atlas.render.parts import doing
from atlas.render.parts.dosecurve import DoseCurve, dose_curve
from atlas.render.parts.rewording import TextPart, reworded
from atlas.render.parts.snippets import Snippet, snippet
from atlas.render.parts.spoken import may_be_read
from atlas.render.parts.withheld import hidden_clips, may_be_shown
from atlas.render.site import SiteAtlas
from atlas.schema.effects import (
    ABLATE,
    COVARIANCE,
    DOWNSTREAM,
    ISOTROPIC,
    KL,
    LABEL,
    LANGUAGE,
    LARGEST,
    LOCAL,
    MEDIAN,
    NO_SPEECH,
    OF_FEATURE,
    REFERENCE,
    REFERENCE_WER,
    SILENT_EDITS,
    SMALLEST_DOSE,
    TAG,
    TRANSCRIPT,
    WER,
)
from atlas.schema.thresholds import SILENT_STRETCH_S

WIDTH, MARGIN = 200, 8
"of the chart, in steps that are finer than its pixels; and what is left free on each side of it"
_KINDS = {
    OF_FEATURE: ("effect_rank_features", "features"),
    ISOTROPIC: ("effect_rank_isotropic", "isotropic"),
    COVARIANCE: ("effect_rank_covariance", "covariance"),
}
_OUTCOMES: Mapping[str, tuple[str, str]] = {
    TRANSCRIPT: ("whole transcript", NATS),
    REFERENCE: ("reference text", NATS),
    LABEL: ("its label near it, less the rest", NATS),
    KL: ("KL divergence", NATS),
    LANGUAGE: ("language token", "nats"),
    TAG: ("likeliest tag", "nats"),
    NO_SPEECH: ("no-speech probability", ""),
    WER: ("words that change, a share", ""),
    REFERENCE_WER: ("word error rate, against the text", ""),
    DOWNSTREAM: ("last block", COSINE),
}
"every outcome but the primary one -> what it is called, and its unit"
_WHY = {
    LARGEST: "largest effect",
    MEDIAN: "median effect",
    SMALLEST_DOSE: "smallest dose that changes a transcript",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectLine:
    """A line of the chart: what was done, dots and an interval on the common axis, and the figure in digits."""

    key: str
    "of its definition"
    called: str
    style: str
    "`own`, `decoy` or `control`"
    dots: str
    span: str
    "a path from end to end; empty where it has no interval"
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectChart:
    """Effects of one outcome on one axis, from the path of each."""

    lines: tuple[EffectLine, ...]
    zero: str
    own: str
    "where the feature's effect lies on the recordings that have controls; empty where there are none"
    unseen: str
    "where nothing was found: a path along what is too small to be seen; else empty"
    caption: str


@dataclass(frozen=True, slots=True)
class EffectFact:
    """A figure beside the chart, by the key of its definition."""

    key: str
    called: str
    value: str


@dataclass(frozen=True, slots=True)
class ShownToken:
    """A token that changes."""

    text: str
    change: str
    recordings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherOutcome:
    """A line of the table of outcomes."""

    called: str
    unit: str
    effect: str
    interval: str
    decoy: str
    q: str
    smallest: str
    passes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownExample:
    """A transcript before and after, in parts of which some are marked as changed."""

    why: str
    edit: str
    snippet: Snippet
    clip: str
    before: tuple[TextPart, ...]
    after: tuple[TextPart, ...]
    "empty where it is the same"
    control: tuple[TextPart, ...] | None
    "after the control's edit, likewise; None where that was not written out"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsView:
    """The panel of a feature that was measured exactly."""

    unit: str
    tested: bool
    "by the primary outcome"
    passes: bool
    sentences: tuple[str, ...]
    chart: EffectChart | None
    "None where there is no primary outcome"
    facts: tuple[EffectFact, ...]
    down: tuple[ShownToken, ...]
    up: tuple[ShownToken, ...]
    doses: DoseCurve | None
    outcomes: tuple[OtherOutcome, ...]
    examples: tuple[ShownExample, ...]
    readout: str
    stretch: str
    "seconds on which doses were tried where it never fires"

    @property
    def detailed(self) -> bool:
        """Whether there is more than the chart and its tokens."""
        return bool(self.doses or self.outcomes or self.examples)


def effects_view(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int, tokens: int) -> EffectsView | None:
    """What the page of a feature shows of its effects; None where it was not measured exactly.

    tokens: how many of each direction there is room for.
    """
    effects = dictionary.effects(feature)
    if effects is None or not effects.outcomes:
        return None
    primary = effects.primary
    label = doing.label_sentence(effects, dictionary.row("findings", feature) or {})
    return EffectsView(
        unit=COSINE if effects.run.primary == DOWNSTREAM else NATS,
        tested=primary is not None and primary.q is not None,
        passes=primary is not None and primary.passes,
        sentences=(label,) if label else (),
        chart=effect_chart(primary) if primary else None,
        facts=tuple(_facts(primary)) if primary else (),
        down=_tokens(atlas, effects.down, tokens),
        up=_tokens(atlas, effects.up, tokens),
        doses=dose_curve(primary) if primary else None,
        outcomes=tuple(_others(effects)),
        examples=tuple(_example(atlas, one) for one in effects.examples if _may_be_read(atlas, one.clip)),
        readout=effects.run.readout or "",
        stretch=f"{SILENT_STRETCH_S:g}",
    )


def effect_chart(one: OutcomeEffect) -> EffectChart:
    """The effect of one outcome beside its decoy and its controls."""
    singles = [
        ("effect_decoy", "its decoy", "decoy", one.decoy),
        ("effect_shifted", "shifted in time", "control", one.shifted),
        ("effect_scaled", "plain scaling", "control", one.scaled),
        ("effect_mean_difference", "difference of means", "control", one.mean_difference),
    ]
    seen = None if one.passes else one.smallest_seen
    told = [value for *_, value in singles if value is not None] + [one.low, one.high, one.effect, 0.0]
    told += [value for kind in one.controls.values() for value in kind]
    told += [one.control_effect] if one.control_effect is not None else []
    told += [-seen, seen] if seen is not None else []
    axis = _Axis(min(told), max(told))
    own = _line(axis, ("effect", "this feature", "own"), one.effect, axis.span(one.low, one.high))
    decoy, *others = [
        _line(axis, (key, called, style), value)
        for key, called, style, value in singles
        if value is not None or style == "decoy"
    ]
    measured = one.control_recordings
    beside = f"; controls on {measured}, with how many are smaller" if measured else ""
    return EffectChart(
        lines=(own, decoy, *_strips(one, axis), *others),
        zero=str(axis.place(0.0)),
        own=str(axis.place(one.control_effect)) if one.control_effect is not None else "",
        unseen=axis.span(-seen, seen) if seen is not None else "",
        caption=f"On {counted(one.recordings, 'recording')}{beside}.",
    )


def _line(axis: "_Axis", named: tuple[str, str, str], value: float | None, span: str = "") -> EffectLine:
    """A line of one effect; named: the key of its definition, what it is called, and its style."""
    key, called, style = named
    dots = axis.dots([value])
    return EffectLine(key=key, called=called, style=style, dots=dots, span=span, value=numbers.signed_nats(value))


def _strips(one: OutcomeEffect, axis: "_Axis") -> Iterator[EffectLine]:
    """A line a kind of control direction, all of its effects as dots."""
    for kind, (key, called) in _KINDS.items():
        effects, rank = one.controls[kind], one.ranks[kind]
        if effects and rank is not None:
            yield EffectLine(
                key=key,
                called=f"{len(effects)} {called}",
                style="control",
                dots=axis.dots(effects),
                span="",
                value=f"{int(rank * len(effects))} of {len(effects)}",
            )


@dataclass(frozen=True, slots=True)
class _Axis:
    """From effects to places across the chart."""

    low: float
    high: float

    def place(self, value: float) -> int:
        return MARGIN + round((WIDTH - 2 * MARGIN) * (value - self.low) / ((self.high - self.low) or 1.0))

    def dots(self, values: Sequence[float | None]) -> str:
        """Lines without length, which round ends make dots; a place is drawn once."""
        places = sorted({self.place(value) for value in values if value is not None})
        return "".join(f"M{place} 8h0" for place in places)

    def span(self, low: float, high: float) -> str:
        return f"M{self.place(low)} 8H{self.place(high)}"


def _facts(one: OutcomeEffect) -> Iterator[EffectFact]:
    yield EffectFact("effect_q", "q", numbers.probability(one.q))
    yield EffectFact("effect_smallest_seen", "smallest seen", numbers.nats(one.smallest_seen))
    if one.outcome == LOCAL:
        yield EffectFact("effect_local", "near it", numbers.signed_nats(one.local))
        yield EffectFact("effect_elsewhere", "elsewhere", numbers.signed_nats(one.elsewhere))
    yield EffectFact("effect_same_sign", "same direction", numbers.percent(one.same_sign))
    yield EffectFact("effect_statistic", "beyond its decoy", numbers.signed_nats(one.statistic))


def _tokens(atlas: SiteAtlas, tokens: Sequence[TokenChange], most: int) -> tuple[ShownToken, ...]:
    """As far as they may be shown."""
    shown = [one for one in tokens if may_be_shown(atlas, one.token)]
    return tuple(
        ShownToken(one.token.strip(), numbers.signed_nats(one.change), str(one.recordings)) for one in shown[:most]
    )


def _others(effects: FeatureEffects) -> Iterator[OtherOutcome]:
    for outcome, (called, unit) in _OUTCOMES.items():
        one = effects.outcomes.get(outcome)
        if one is None or outcome == effects.run.primary:
            continue
        yield OtherOutcome(
            called=called,
            unit=unit,
            effect=numbers.signed_nats(one.effect),
            interval=f"{numbers.signed_nats(one.low)} to {numbers.signed_nats(one.high)}",
            decoy=numbers.signed_nats(one.decoy),
            q=numbers.probability(one.q),
            smallest=numbers.nats(one.smallest_seen),
            passes=one.passes,
        )


def _may_be_read(atlas: SiteAtlas, clip: int) -> bool:
    """Whether what is said in a clip may be shown: as its media were made, or, where it has none, by its licence."""
    row = atlas.clip_rows[clip]
    return may_be_read(row) if row["key"] is not None else clip not in hidden_clips(atlas)


def _example(atlas: SiteAtlas, one: EffectExample) -> ShownExample:
    clip = atlas.clip_rows[one.clip]
    before, after = reworded(one.before, one.after)
    why = _WHY.get(one.why, one.why)
    return ShownExample(
        why=why,
        edit=_edit_words(one),
        snippet=snippet(clip, 0.0, clip["duration_s"], 0.0, f"the clip of the {why}"),
        clip=clip["path"].rpartition("/")[2],
        before=before,
        after=after if one.after != one.before else (),
        control=_of_control(one),
    )


def _edit_words(one: EffectExample) -> str:
    if one.edit == ABLATE:
        return "ablated"
    where = f"on {SILENT_STRETCH_S:g} s in which it never fires" if one.edit in SILENT_EDITS else "where it fires"
    return f"set to {one.dose:g} × its 90th percentile {where}"


def _of_control(one: EffectExample) -> tuple[TextPart, ...] | None:
    if one.control_after is None:
        return None
    return reworded(one.before, one.control_after)[1] if one.control_after != one.before else ()
