"""What is said of the effects of a dictionary's features: how many pass beside their decoys, and what was measured how.

Sentences are made of the tables `effect_runs` and `effect_shares`; the list of strongest effects of `effects`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from scipy.stats import binomtest

from atlas.formatting import counted, fraction
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.columns import readable_tokens
from atlas.render.effect_columns import losing, primary_of, unit_of
from atlas.render.parts.effectsizes import Sizes, sizes_beside_decoys
from atlas.render.parts.listed import Listed, Lister
from atlas.render.site import SiteAtlas
from atlas.schema import EFFECT_SHARES
from atlas.schema.effects import (
    ALL_MEASURED,
    BY_DRAW,
    BY_NAME,
    BY_SCREENING,
    BY_WISH,
    DOWNSTREAM,
    LOCAL,
    NAMED_MEASURED,
    NO_READOUT,
    NO_SPEECH_HEARD,
    NOT_TRAINED,
    NOTHING_FOLLOWS,
    passing,
)
from atlas.schema.thresholds import (
    EFFECT_RECORDINGS,
    FEWEST_DRAWN,
    FEWEST_EFFECT_RECORDINGS,
    INTERVAL,
    NEAR_S,
    SIGNIFICANT_Q,
)

MOST_LISTED = 10
WORDS_SHOWN = 3
"tokens beside a feature in the list of strongest effects"
GROUPS: Mapping[str, str] = {
    ALL_MEASURED: "all measured",
    NAMED_MEASURED: "named",
    BY_SCREENING: "chosen by screening",
    BY_NAME: "chosen for their name",
    BY_DRAW: "drawn at random",
    BY_WISH: "asked for",
}
"`effect_shares.of` -> which features these are; others are kinds of name"
TESTED: Mapping[str, str] = {
    LOCAL: f"the log-probability of what the model says by itself within {NEAR_S:g} s of the edited frames, less that"
    " of the rest",
    DOWNSTREAM: "how far the frames of the last block turn",
}
"a primary outcome -> what is held against decoys"
WHY_LESS: Mapping[str, str] = {
    NO_READOUT: "Nothing was there to read what the model says, such as a decoder in its file, so that only how far the"
    " last block's frames turn was measured.",
    NOTHING_FOLLOWS: "Nothing of the model follows the place that it reads, so that there is nothing to change.",
    NOT_TRAINED: "It does not read the model's own activations, so that nothing can be put back into the model.",
    NO_SPEECH_HEARD: "No clip holds speech that the model writes down, so that what it says could not be measured.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectShare:
    """How many features of a group pass, beside their decoys."""

    of: str
    measured: str
    passing: str
    decoys: str
    size: str
    decoy_size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrongEffect:
    """A feature whose ablation changes most."""

    feature: Listed
    effect: str
    interval: str
    q: str
    lowers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectCard:
    """What the page of a dictionary says of effects."""

    sentences: tuple[str, ...]
    how: tuple[str, ...]
    "how it was measured"
    shares: tuple[EffectShare, ...]
    sizes: Sizes | None
    unit: str
    "of effects"
    strongest: tuple[StrongEffect, ...]


def effect_card(atlas: SiteAtlas, name: str, lister: Lister) -> EffectCard | None:
    """None where the stage was not run for this dictionary."""
    runs = atlas.effect_runs.filter(dictionary=name).rows(named=True)
    if not runs:
        return None
    effects, unit = effects_of(atlas, name), unit_of(primary_of(atlas, name))
    return EffectCard(
        sentences=tuple(effect_sentences(atlas, name)),
        how=tuple(_how(runs[0])),
        shares=tuple(_share(row) for row in shares_of(atlas, name).iter_rows(named=True)),
        sizes=sizes_beside_decoys(effects, unit),
        unit=unit,
        strongest=tuple(_strongest(atlas, name, effects, lister)),
    )


def effects_of(atlas: Atlas, name: str) -> pl.DataFrame:
    """feature, effect, low, high, statistic, q, decoy: of the features that were measured, by the primary outcome."""
    columns = ("feature", "outcome", "effect", "low", "high", "statistic", "q", "decoy")
    return atlas.column(name, "effects", *columns).filter(outcome=primary_of(atlas, name)).drop("outcome")


def shares_of(atlas: Atlas, name: str) -> pl.DataFrame:
    """The rows of `effect_shares` that are of the primary outcome, the whole first; none where nothing was measured."""
    if not atlas.folder.path(EFFECT_SHARES).exists():
        return EFFECT_SHARES.empty()
    order = {of: place for place, of in enumerate(GROUPS)}
    place = pl.col("of").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    mine = atlas.table(EFFECT_SHARES.name).filter(pl.col("measured") > 0, dictionary=name)
    return mine.filter(outcome=primary_of(atlas, name)).sort(place, "of")


def effect_sentences(atlas: Atlas, name: str) -> Iterator[str]:
    """How many features pass beside their decoys, how many do more than theirs, and what is true of those not measured.

    The last is said of those that were drawn, where they are enough to say something.
    """
    shares = {row["of"]: row for row in shares_of(atlas, name).iter_rows(named=True)}
    for of, called in ((NAMED_MEASURED, "named feature"), (ALL_MEASURED, "measured feature")):
        if of in shares:
            known = shares[of]["decoys"] is not None
            beside = f"; of their decoys {_part(shares[of], 'decoys')}" if known else ""
            yield f"{_passing(shares[of], called)} the causal test at q < {fraction(SIGNIFICANT_Q)}{beside}."
            break
    if (every := shares.get(ALL_MEASURED)) and every["beyond"] is not None:
        yield (
            f"In {every['beyond']:,} of {every['measured']:,} the feature does more than its decoy"
            f" ({_interval(every, 'beyond')}, by a 95 % interval); half would by chance."
        )
    if (drawn := shares.get(BY_DRAW)) and drawn["measured"] >= FEWEST_DRAWN:
        yield (
            f"{_passing(drawn, 'feature', ' drawn at random')} it: of all features that fire in"
            f" {FEWEST_EFFECT_RECORDINGS} recordings of half B, {_interval(drawn, 'passing')} are to be expected to"
            " (95 % interval)."
        )


def _interval(share: Mapping[str, Any], column: str) -> str:
    """Of a share of features, by Wilson's score."""
    found = binomtest(share[column], share["measured"]).proportion_ci(INTERVAL[1] - INTERVAL[0], method="wilson")
    return f"{numbers.percent(found.low)} to {numbers.percent(found.high)}"


def _passing(share: Mapping[str, Any], noun: str, drawn: str = "") -> str:
    measured = counted(share["measured"], noun) + drawn
    if not share["passing"]:
        return f"None of {measured} passes"
    return f"{_part(share, 'passing')} of {measured} {'passes' if share['passing'] == 1 else 'pass'}"


def _part(share: Mapping[str, Any], column: str) -> str:
    return numbers.percent(None if share[column] is None else share[column] / share["measured"])


def _how(run: Mapping[str, Any]) -> Iterator[str]:
    if run["null_reason"]:
        yield WHY_LESS[run["null_reason"]]
    if run["measured"]:
        groups = f" of {counted(run['groups_b'], 'speaker or group', 'speakers or groups')}" if run["groups_b"] else ""
        yield (
            f"{counted(run['measured'], 'feature')} were ablated on half B of the recordings"
            f" ({counted(run['recordings_b'], 'recording')}{groups}), each in at most {EFFECT_RECORDINGS} of them,"
            f" beside a decoy of the same frames and the same size; {counted(run['passes'], 'pass', 'passes')} in all."
        )
    if run["untested"]:
        yield (
            f"{run['untested']:,} of them could not be tested: too little is said near where they fire, or elsewhere."
        )
    if run["primary"] in TESTED:
        by = f", as {run['readout']} reads it" if run["readout"] else ""
        yield f"Tested is {TESTED[run['primary']]}{by}."
    if run["screened"]:
        agreement = (
            f" Its order agrees with exact ablation by a rank correlation of {numbers.unit(run['screening_rank'])}"
            f" (Pearson's {numbers.unit(run['screening_pearson'])})."
            if run["screening_rank"] is not None
            else ""
        )
        yield (
            f"{counted(run['screened'], 'feature')} were screened, on half A"
            f" ({counted(run['recordings_a'], 'recording')}), which chooses what is measured and is no effect itself."
            f"{agreement}"
        )


def _share(row: Mapping[str, Any]) -> EffectShare:
    return EffectShare(
        of=GROUPS.get(row["of"], f"named after {row['of']}"),
        measured=numbers.count(row["measured"]),
        passing=_part(row, "passing"),
        decoys=_part(row, "decoys"),
        size=numbers.nats(row["median_size"]),
        decoy_size=numbers.nats(row["median_decoy"]),
    )


def _strongest(atlas: SiteAtlas, name: str, effects: pl.DataFrame, lister: Lister) -> Iterator[StrongEffect]:
    """The features that pass, those of largest effect first."""
    lost = losing(readable_tokens(atlas, name), effects).sort("value", "label", descending=[True, False])
    words = dict(lost.group_by("feature").agg(pl.col("label").head(WORDS_SHOWN)).iter_rows())
    ranked = effects.filter(passing()).sort(pl.col("effect").abs(), "feature", descending=[True, False])
    for row in ranked.head(MOST_LISTED).iter_rows(named=True):
        known = row["low"] is not None and row["high"] is not None
        yield StrongEffect(
            feature=lister.listed(name, row["feature"], "among the strongest effects"),
            effect=numbers.nats(row["effect"]),
            interval=f"{numbers.nats(row['low'])} to {numbers.nats(row['high'])}" if known else "",
            q=numbers.probability(row["q"]),
            lowers=tuple(words.get(row["feature"], ())),
        )
