"""What the stage `effects` would do and take: the edits that a budget buys, clips that are listened to, time and bytes.

Edits are counted by the stage's own budget, as if every feature that is measured passed: so there are at most as many.
Time follows from the rates of a trial alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from atlas.config.dictionaries import LOG_MEL, UNTRAINED
from atlas.effects.budget import (
    control_clips,
    control_edits,
    controlled_features,
    dose_edits,
    dosed_features,
    held_back,
    written_edits,
)
from atlas.effects.design import Chosen, ablations
from atlas.planning.constants import ATLAS, SITE
from atlas.planning.contents import Contents, DictionaryContents
from atlas.planning.rates import EffectRates
from atlas.schema.effects import BY_DRAW, BY_WISH, OUTCOMES, PARTS_OF_LOCAL
from atlas.schema.thresholds import (
    ABLATION_SHARE,
    CONTROL_DIRECTIONS,
    EFFECT_RECORDINGS,
    EFFECT_TOKENS_KEPT,
    FEWEST_EFFECT_RECORDINGS,
)

EDITS_A_BATCH = 7
"edits of a batch of eight rows, whose first is unedited, as `effects/passes.py` has it"
_EXAMPLES = 3
"of transcripts: the largest effect, the median one, the smallest dose that changes one"
EDITS_A_PIECE = 112
"for which a clip is encoded once, as `effects/pieces.py` has it, which needs torch"
_TOLD_OUTCOMES = len(OUTCOMES) - 4
"outcomes of an edit that a corpus and a model usually have: not each has a label, a language, tags and a text"


@dataclass(frozen=True, slots=True)
class EditSteps:
    """Edits of one step of a dictionary: how many, on how many clips of half B."""

    edits: int
    clips: float

    @property
    def batches(self) -> float:
        """Of each clip the last one is not full, half of it on the mean."""
        return self.edits / EDITS_A_BATCH + self.clips / 2 if self.edits else 0.0

    @property
    def encoded(self) -> float:
        """A clip is encoded once for so many of its edits."""
        return max(self.clips, self.edits / EDITS_A_PIECE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryEffects:
    """What is done of one dictionary, at most."""

    name: str
    features: int
    "of the dictionary, all of which are screened"
    active: float
    "of them in a clip"
    measured: int
    "features"
    displayed: int
    "of these, with full sets of controls and transcripts"
    steps: tuple[EditSteps, ...]
    "ablations with their decoys, doses, controls, and what is passed again to be written out"
    written: int
    "of all these"

    @property
    def passes(self) -> int:
        return sum(step.edits for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsContents:
    """What is done of all dictionaries."""

    clips: int
    "that are listened to"
    seconds: float
    "of them"
    recordings: float
    "of half B"
    affordable: int
    "features that the budget has ablations for"
    dictionaries: tuple[DictionaryEffects, ...]

    @property
    def passes(self) -> int:
        return sum(one.passes for one in self.dictionaries)


def effects_contents(contents: Contents) -> EffectsContents | None:
    """None where the config asks for no effects."""
    settings = contents.config.effects
    if settings is None:
        return None
    windows = contents.outline.windows.filter(contents.outline.windows["domain"].is_in(settings.domains))
    recordings = windows["recording"].n_unique() / 2
    names = effect_names(contents)
    some = [one for one in contents.dictionaries if one.shape.name in names]
    return EffectsContents(
        clips=windows.height,
        seconds=float(windows["duration_s"].sum()),
        recordings=recordings,
        affordable=_affordable(settings.budget_passes),
        dictionaries=tuple(_of_dictionary(one, contents, windows.height / 2, recordings) for one in some),
    )


def effect_names(contents: Contents) -> list[str]:
    """The dictionaries whose features are edited: those of the config, or all but controls, on taps of the model."""
    settings = contents.config.effects
    asked = settings.dictionaries if settings is not None else ()
    return [
        one.shape.name
        for one in contents.dictionaries
        if (not one.shape.is_control if asked is None else one.shape.name in asked)
        and not one.shape.tap.startswith((LOG_MEL, UNTRAINED))
    ]


def _of_dictionary(one: DictionaryContents, contents: Contents, clips: float, recordings: float) -> DictionaryEffects:
    """As the stage plans it, by made-up features, each of which passes and is measured on as many clips as it can."""
    settings = contents.config.effects
    assert settings is not None, "it was asked for"
    budget, each = settings.budget_passes, min(EFFECT_RECORDINGS, int(recordings))
    able = round(one.shape.features * one.firing.tested) if each >= FEWEST_EFFECT_RECORDINGS else 0
    count = min(able, _affordable(budget))
    wishes = sum(name.rpartition("/")[0] == one.shape.name for name in settings.features)
    chosen = [Chosen(number, BY_WISH if number < wishes else BY_DRAW, tuple(range(each))) for number in range(count)]
    wished, others = chosen[:wishes], chosen[wishes:]
    dosed = dosed_features(chosen, budget)
    displayed = controlled_features(wished, others, settings.displayed, budget)
    told, sets = {one.feature for one in displayed}, control_clips(len(wished) + settings.displayed, budget)
    clips_of = {one.feature: held_back(one, one.clips)[:sets] for one in displayed}
    beside = {(feature, clip): range(CONTROL_DIRECTIONS) for feature, some in clips_of.items() for clip in some}
    wanted = (dose_edits(dosed, told), control_edits(clips_of, beside, told), written_edits(displayed))
    counts = (len(ablations(chosen)), *map(len, wanted))
    return DictionaryEffects(
        name=one.shape.name,
        features=one.shape.features,
        active=one.shape.features * one.firing.clips / max(1, contents.outline.count),
        measured=count,
        displayed=len(displayed),
        written=sum(one.written for some in wanted for one in some),
        steps=tuple(EditSteps(count, min(clips, float(count))) for count in counts),
    )


def _affordable(budget: int) -> int:
    """As `effects/choosing.py` reckons it: each ablation has a decoy."""
    return int(round(ABLATION_SHARE * budget, 6) / (2 * EFFECT_RECORDINGS))


def effects_s(planned: EffectsContents, rates: EffectRates, workers: int) -> float:
    """Seconds of the stage; each clip is work of one process on one thread."""
    core_s = planned.clips * (rates.encode_s + rates.listen_s)
    core_s += planned.clips / 2 * (rates.encode_s + rates.screen_s)
    for one in planned.dictionaries:
        batch_s = rates.batch_s.get(one.name, 0.0)
        core_s += sum(step.batches * batch_s + step.encoded * rates.encode_s for step in one.steps)
        core_s += one.written * rates.write_s
    return core_s / max(1, workers)


def effects_mib(rates: EffectRates, workers: int) -> float:
    """Every process holds the whole model, and what a batch of edits takes."""
    return workers * rates.memory_mib


def effects_tables(planned: EffectsContents) -> dict[str, float]:
    """Bytes of each table, all dictionaries together."""
    some = planned.dictionaries
    screened, measured = sum(one.features for one in some), sum(one.measured for one in some)
    return {
        "screening": ATLAS.screened * screened,
        "effects": ATLAS.effect_row * (_TOLD_OUTCOMES - len(PARTS_OF_LOCAL)) * measured,
        "effect_pairs": ATLAS.effect_pair * _TOLD_OUTCOMES * planned.passes,
        "effect_tokens": ATLAS.effect_token * 2 * EFFECT_TOKENS_KEPT * measured,
        "effect_examples": ATLAS.effect_example * _EXAMPLES * sum(one.displayed for one in some),
    }


def kept_bytes(planned: EffectsContents) -> float:
    """What is kept while measuring: what is said of each clip, its slopes, and a row an edit."""
    slopes = ATLAS.slope * sum(one.active for one in planned.dictionaries) * planned.clips / 2
    return ATLAS.utterance * planned.clips + slopes + ATLAS.edit_kept * planned.passes


def panel_bytes(contents: Contents) -> float:
    """What panels and verdicts add to the pages of features."""
    planned = effects_contents(contents)
    if planned is None:
        return 0.0
    return sum(
        SITE.page_screened * one.features + SITE.page_effect * one.measured + SITE.page_controls * one.displayed
        for one in planned.dictionaries
    )


def effects_json_bytes(contents: Contents) -> float:
    """What effects add to the JSON of features."""
    planned = effects_contents(contents)
    if planned is None:
        return 0.0
    return sum(SITE.json_screened * one.features + SITE.json_effect * one.measured for one in planned.dictionaries)


def effects_lines(planned: EffectsContents, rates: EffectRates | None) -> Iterator[str]:
    """What a plan says of effects, beside their time and their bytes."""
    if rates is not None and rates.problem:
        yield f"effects: {rates.problem}"
    if planned.recordings < FEWEST_EFFECT_RECORDINGS:
        yield (
            f"effects: {int(planned.recordings)} recordings of half B at most, of which a feature needs"
            f" {FEWEST_EFFECT_RECORDINGS} to be measured; name more domains, or more recordings"
        )
    if not planned.affordable:
        least = ceil(2 * EFFECT_RECORDINGS / ABLATION_SHARE)
        yield f"effects: effects.budget_passes is too small for a single feature; give {least} or more"
    took = f", {1000 * rates.listen_s:.0f} ms a clip" if rates is not None and not rates.problem else ""
    yield f"effects: {planned.clips:,} clips listened to{took}, half of them screened" + (
        f", {1000 * rates.screen_s:.0f} ms a clip" if took and rates is not None else ""
    )
    for one in planned.dictionaries:
        batch_s = rates.batch_s.get(one.name) if rates is not None else None
        each = "" if batch_s is None else f" of {1000 * batch_s / EDITS_A_BATCH:.0f} ms on one core"
        yield (
            f"effects of {one.name}: at most {one.passes:,} passes{each}, {one.measured:,} of {one.features:,} features"
            f" measured, {one.displayed} of them with all controls"
        )
