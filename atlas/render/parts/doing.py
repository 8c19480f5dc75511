"""What a feature does in words: the second sentence of its page, as detecting and doing are different claims.

"Taking it away makes what is said near it less probable, by .021 nats a token more than the rest, and does more than
its decoy (95 % .015 to .029; its decoy .0003; q .010)." Where nothing is found, the sentence says what would have been;
where nothing was measured, why.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from atlas.formatting import counted
from atlas.reading.effects import FeatureEffects, OutcomeEffect
from atlas.render import numbers
from atlas.schema.effects import (
    BEYOND_BUDGET,
    DOWNSTREAM,
    LABEL,
    NEVER_FIRES,
    NO_GRADIENT,
    SILENT_IN_A,
    TOO_FEW_RECORDINGS,
)
from atlas.schema.thresholds import FEWEST_EFFECT_RECORDINGS
from atlas.speech.tiers import PHONES, kind_of

CORRELATION = "All of this is correlation on one corpus: nothing was ablated or steered."
_UNMEASURED = "All of this is correlation on one corpus: this feature was neither ablated nor steered."
_MEASURED = (
    "What it hears is correlation on one corpus. What it does was measured: it was taken away, with the rest of the"
    " activation kept."
)
_WHY_NOT: Mapping[str, str] = MappingProxyType(
    {
        NEVER_FIRES: "What it does was not measured: it never fires in the clips that were listened to.",
        SILENT_IN_A: (
            "What it does was not measured: it never fires in the half of the recordings that chooses what is measured."
        ),
        TOO_FEW_RECORDINGS: (
            "What it does was not measured: it fires in {recordings} of the half that is measured on, and a median of"
            f" fewer than {FEWEST_EFFECT_RECORDINGS} says little."
        ),
        NO_GRADIENT: "What it does was not measured: nothing of what is said has a gradient that reaches it.",
        BEYOND_BUDGET: (
            "What it does was screened only, by a gradient that finds features and not sizes: the budget of exact edits"
            " went to others."
        ),
    }
)


def caveat(effects: FeatureEffects | None) -> str:
    """What kind of evidence the page holds."""
    if effects is None:
        return CORRELATION
    return _MEASURED if effects.primary else _UNMEASURED


def sentence(effects: FeatureEffects) -> str:
    """What taking the feature away does, or why nobody knows."""
    primary = effects.primary
    if primary is None:
        recordings = counted(effects.recordings_b, "recording") if effects.recordings_b else "no recording"
        return _WHY_NOT[effects.null_reason or BEYOND_BUDGET].format(recordings=recordings)
    if primary.q is None:
        return f"What it does was measured on {counted(primary.recordings, 'recording')}, too few for a test."
    if primary.outcome == DOWNSTREAM:
        return _downstream(primary)
    if not primary.passes:
        return _nothing_seen(primary)
    less = "less" if primary.effect < 0 else "more"
    size = f"by {numbers.nats(abs(primary.effect))} nats a token more than the rest"
    more = "and does more than its decoy"
    return f"Taking it away makes what is said near it {less} probable, {size}, {more} ({_beside(primary)})."


def _nothing_seen(primary: OutcomeEffect) -> str:
    """With the smallest effect that would have been seen, unless it is larger: then too few others do as much."""
    held = f"{_against(primary)} nats a token; q {numbers.probability(primary.q)}"
    smallest = primary.smallest_seen
    if smallest is None:
        return f"Taking it away is not seen to do more than its decoy does ({held})."
    if abs(primary.effect) >= smallest:
        return (
            f"Taking it away does more than its decoy does ({held}), but too few features do to tell that from chance."
        )
    seen = f"an effect of {numbers.nats(smallest)} nats a token would have been seen"
    return f"Taking it away is not seen to do more than its decoy does ({held}): {seen}."


def _against(one: OutcomeEffect) -> str:
    return f"{numbers.signed_nats(one.effect)} against {numbers.signed_nats(one.decoy)}"


def _downstream(primary: OutcomeEffect) -> str:
    """Where nothing is said, because there is no decoder."""
    size, decoy = numbers.nats(primary.effect), numbers.nats(primary.decoy)
    if primary.passes:
        moved = f"turns what the last block gives by {size} (1 less the cosine)"
        return f"Taking it away {moved}, more than its decoy does ({_beside(primary)})."
    return (
        "Taking it away turns what the last block gives no more than its decoy does"
        f" ({size} against {decoy}, 1 less the cosine; q {numbers.probability(primary.q)})."
    )


def _beside(one: OutcomeEffect) -> str:
    """Its interval, its decoy and its q, in the direction of the effect."""
    sign = -1 if one.effect < 0 else 1
    low, high = sorted((sign * one.low, sign * one.high))
    told = [f"95 % {numbers.nats(low)} to {numbers.nats(high)}"]
    told += [f"its decoy {numbers.nats(sign * one.decoy)}"] if one.decoy is not None else []
    return "; ".join([*told, f"q {numbers.probability(one.q)}"])


def label_sentence(effects: FeatureEffects, finding: Mapping[str, Any]) -> str:
    """Whether it takes away the phone or word that names it; empty where none does, or it was not measured."""
    one = effects.outcomes.get(LABEL)
    tier = kind_of(finding.get("kind") or "")
    if one is None or tier is None:
        return ""
    label = f"/{finding['label']}/" if tier == PHONES else f"“{finding['label']}”"
    if not one.passes:
        beside = f"{_against(one)} nats; q {numbers.probability(one.q)}"
        return f"It is not seen to change what is said with {label} at that place more than its decoy does ({beside})."
    verb = "lowers" if one.effect < 0 else "raises"
    size = f"by {numbers.nats(abs(one.effect))} nats more than the rest, and more than its decoy does"
    return f"Taking it away {verb} what is said with {label} at that place {size} ({_beside(one)})."
