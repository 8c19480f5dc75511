"""What a feature does in words: the second sentence of its page, as detecting and doing are different claims.

"Taking it away makes what is said near it less probable, by .025 nats a token and by .021 more than the rest, and does
more than its decoy (−.021, 95 % −.029 to −.015; its decoy −.0003; q .010)." Where nothing is found, the sentence says
what would have been; where nothing was measured, why.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from atlas.formatting import counted
from atlas.reading.effects import EffectRun, FeatureEffects, OutcomeEffect
from atlas.render import numbers
from atlas.schema.analysed import BY_LABEL
from atlas.schema.effects import (
    BEYOND_BUDGET,
    DOWNSTREAM,
    FEWEST_BEYOND,
    LABEL,
    LANGUAGE,
    NEVER_FIRES,
    NOTHING_ELSEWHERE,
    NOTHING_NEAR,
    SILENT_IN_A,
    TOO_FEW_RECORDINGS,
    TRANSCRIPT,
)
from atlas.schema.thresholds import FEWEST_EFFECT_RECORDINGS, SIGNIFICANT_Q
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
        BEYOND_BUDGET: (
            "What it does was screened only, by a gradient that finds features and not sizes: the budget of exact edits"
            " went to others."
        ),
        NOTHING_NEAR: (
            f"What it does was measured and not tested: in fewer than {FEWEST_EFFECT_RECORDINGS} recordings something"
            " is said both near where it fires and elsewhere; near it, little is."
        ),
        NOTHING_ELSEWHERE: (
            f"What it does was measured and not tested: in fewer than {FEWEST_EFFECT_RECORDINGS} recordings something"
            " is said both near where it fires and elsewhere; elsewhere, little is."
        ),
    }
)


def caveat(effects: FeatureEffects | None) -> str:
    """What kind of evidence the page holds."""
    if effects is None:
        return CORRELATION
    return _MEASURED if effects.outcomes else _UNMEASURED


def sentence(effects: FeatureEffects) -> str:
    """What taking the feature away does, or why nobody knows."""
    primary = effects.primary
    if primary is None:
        return f"{_without(effects)}{_whole(effects.outcomes.get(TRANSCRIPT))}"
    if primary.q is None:
        return f"What it does was measured on {counted(primary.recordings, 'recording')}, too few for a test."
    if primary.outcome == DOWNSTREAM:
        return _downstream(primary)
    if not primary.passes:
        return _nothing_seen(primary, effects.run)
    return f"Taking it away makes {_near(primary)}, and does more than its decoy ({_beside(primary)})."


def _without(effects: FeatureEffects) -> str:
    """Why there is no primary outcome."""
    if effects.null_reason is None:
        return f"What it does was measured in fewer than {FEWEST_EFFECT_RECORDINGS} recordings, too few for a test."
    if effects.null_reason == BEYOND_BUDGET and not effects.screened:
        return "What it does was not measured: the budget of exact edits went to others."
    recordings = counted(effects.recordings_b, "recording") if effects.recordings_b else "no recording"
    return _WHY_NOT[effects.null_reason].format(recordings=recordings)


def _whole(transcript: OutcomeEffect | None) -> str:
    """What is known of the whole transcript, where its parts cannot be held against each other."""
    if transcript is None:
        return ""
    return f" The whole transcript changes by {_against(transcript)} nats a token with its decoy."


def _near(primary: OutcomeEffect) -> str:
    """What becomes of what is said near it: in itself, and beside the rest."""
    near = primary.effect if primary.local is None else primary.local
    less = "less" if near < 0 else "more"
    beyond = "more" if (near < 0) == (primary.effect < 0) else "less"
    sizes = f"by {numbers.nats(abs(near))} nats a token and by {numbers.nats(abs(primary.effect))} {beyond}"
    return f"what is said near it {less} probable, {sizes} than the rest"


def _nothing_seen(primary: OutcomeEffect, run: EffectRun) -> str:
    """With the smallest effect that would have been seen; or why none could, or what else is lacking."""
    held = f"{_against(primary)} nats a token; q {numbers.probability(primary.q)}"
    if primary.q is not None and primary.q < SIGNIFICANT_Q:
        interval = f"95 % {numbers.signed_nats(primary.low)} to {numbers.signed_nats(primary.high)}"
        return f"Taking it away does more than its decoy does ({held}), but its interval reaches zero ({interval})."
    smallest = primary.smallest_seen
    if smallest is None:
        few = "too few features stand out for a test"
        least = f"with {run.measured - run.untested} measured at least {FEWEST_BEYOND} must"
        return f"What taking it away does cannot be told from what its decoy does ({held}): {few}; {least}."
    told = f"Taking it away is not seen to do more than its decoy does ({held})"
    if abs(primary.effect) >= smallest:
        return f"{told}."
    return f"{told}: an effect of {numbers.nats(smallest)} nats a token would have been seen."


def _against(one: OutcomeEffect) -> str:
    return f"{numbers.signed_nats(one.effect)} against {numbers.signed_nats(one.decoy)}"


def _downstream(primary: OutcomeEffect) -> str:
    """Where nothing is said, because there is no decoder."""
    if primary.passes:
        moved = f"turns what the last block gives by {numbers.nats(primary.effect)} (1 less the cosine)"
        return f"Taking it away {moved}, more than its decoy does ({_beside(primary)})."
    return (
        "Taking it away is not seen to turn what the last block gives more than its decoy does"
        f" ({_against(primary)}, 1 less the cosine; q {numbers.probability(primary.q)})."
    )


def _beside(one: OutcomeEffect) -> str:
    """It, its interval, its decoy and its q, with the signs that the chart has."""
    interval = f"95 % {numbers.signed_nats(one.low)} to {numbers.signed_nats(one.high)}"
    told = [f"{numbers.signed_nats(one.effect)}, {interval}"]
    told += [f"its decoy {numbers.signed_nats(one.decoy)}"] if one.decoy is not None else []
    return "; ".join([*told, f"q {numbers.probability(one.q)}"])


def label_sentence(effects: FeatureEffects, finding: Mapping[str, Any]) -> str:
    """Whether it takes away the phone, word or language that names it; empty where none does, or none was measured."""
    if finding.get("kind") == LANGUAGE and finding.get("named_by") == BY_LABEL:
        return _language_sentence(effects.outcomes.get(LANGUAGE), finding["label"])
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


def _language_sentence(one: OutcomeEffect | None, label: str) -> str:
    """Of the language that names it: what becomes of its token."""
    if one is None:
        return ""
    if not one.passes:
        beside = f"{_against(one)} nats; q {numbers.probability(one.q)}"
        return f"It is not seen to change how probable the language “{label}” is more than its decoy does ({beside})."
    verb = "lowers" if one.effect < 0 else "raises"
    size = f"by {numbers.nats(abs(one.effect))} nats, more than its decoy does"
    return f"Taking it away {verb} the log-probability of the language “{label}” {size} ({_beside(one)})."
