"""Made-up effects, written into a finished atlas: every case that a page of a feature or of a dictionary may meet.

    with_effects(folder: Path, texts: Sequence[str] = ()) -> Cases

The figures were measured nowhere, but they follow from the pairs by the statistics that real ones follow by. Equal
atlases get equal bytes. Of the first dictionary everything is there, for some feature or other; the second, where there
is one, has no decoder after it, so that only downstream change is known; no other has any of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from atlas.effects.statistics import interval, q_values, rank_among, smallest_seen, statistic, threshold
from atlas.schema import ALIGNMENTS, CLIPS, FEATURES, FINDINGS
from atlas.schema import effects as schema
from atlas.schema.card import read_card
from atlas.schema.effects import (
    ABLATE,
    CAUSES,
    COVARIANCE,
    DECOY,
    DOSE_DECOYS,
    DOSE_EDITS,
    DOWN,
    DOWNSTREAM,
    ELSEWHERE,
    ISOTROPIC,
    KL,
    LABEL,
    LANGUAGE,
    LOCAL,
    MEANS,
    NEAR,
    NO_SPEECH,
    OF_FEATURE,
    PARTS_OF_LOCAL,
    REFERENCE,
    SCALED,
    SHIFTED,
    SILENT_DECOYS,
    SILENT_EDITS,
    TRANSCRIPT,
    UP,
    control_edit,
)
from atlas.schema.table import Table
from atlas.schema.thresholds import (
    CONTROL_DIRECTIONS,
    DOSE_RECORDINGS,
    DOSES,
    EFFECT_RECORDINGS,
    FEWEST_EFFECT_RECORDINGS,
    SIGNIFICANT_Q,
)
from atlas.speech.tiers import kind_of
from atlas.store import AtlasFolder
from tests.synthetic import LICENCES

STRONG, WEAK, NOTHING = 0.05, 0.02, 0.0
"effects, in nats a token"
MOST_MEASURED = 120
MORE_PASSING = 20
"others that are taken to have passed, so that one of few may"
SIZES: Mapping[str, float] = {
    NEAR: 1.1,
    ELSEWHERE: 0.1,
    TRANSCRIPT: 0.3,
    REFERENCE: 0.35,
    LABEL: 2.4,
    KL: -0.2,
    NO_SPEECH: -0.04,
    LANGUAGE: 0.05,
    DOWNSTREAM: -0.4,
}
"outcome -> its size beside the primary one's"
SAID = "said"
WORDS = {DOWN: ("six", "seas", "this", "sells", "s"), UP: ("thick", "fix", "the", "on")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Features of one dictionary, a kind each; None where the atlas has no such feature."""

    dictionary: str
    passing: int
    "with full controls, doses, tokens and transcripts"
    passing_alone: int
    "without full controls"
    inert: int
    beyond_budget: int
    too_few: int | None
    dead: int | None
    downstream: str | None
    "a dictionary of which nothing but downstream change is known"


@dataclass(frozen=True, slots=True)
class _Measured:
    """A feature that was measured exactly, and how large its effect is to be."""

    feature: int
    size: float
    by: str
    whole: bool
    named: bool
    "after a word or phone"


def with_effects(folder: Path, texts: Sequence[str] = ()) -> Cases:
    """Write all tables of effects into an atlas; texts: to stand among tokens and in transcripts."""
    atlas, card = AtlasFolder(folder), read_card(folder)
    own = [name for name, one in card.dictionaries.items() if not one.control_of]
    clips = atlas.read_table(CLIPS).filter(pl.col("problem").is_null())
    spoken = clips.filter(domain="speech") if "speech" in clips["domain"] else clips
    say(atlas, spoken, [*(word for words in WORDS.values() for word in words), *texts])
    clips = spoken.unique("recording", keep="first", maintain_order=True)
    features = {name: atlas.read_table(FEATURES, name) for name in own[:2]}
    eligible, by_name = _eligible(atlas, own[0], features[own[0]])
    tested = _tested(eligible, by_name)
    _write(atlas, own[0], _whole(own[0], features[own[0]], tested, clips, [*texts]))
    runs, shares = [_run(own[0], LOCAL, None, tested)], _shares(own[0], tested)
    if own[1:]:
        some = _tested(_eligible(atlas, own[1], features[own[1]])[0], {})
        _write(atlas, own[1], _downstream(own[1], features[own[1]], some, clips))
        runs.append(_run(own[1], DOWNSTREAM, schema.NO_READOUT, some))
    atlas.write_table(schema.EFFECT_RUNS, _frame(schema.EFFECT_RUNS, runs))
    atlas.write_table(schema.EFFECT_SHARES, _frame(schema.EFFECT_SHARES, shares))
    few = features[own[0]].filter(pl.col("recordings_active").is_between(1, FEWEST_EFFECT_RECORDINGS - 1))["feature"]
    dead = features[own[0]].filter(state="dead")["feature"]
    return Cases(
        dictionary=own[0],
        passing=tested[0].feature,
        passing_alone=tested[2].feature,
        inert=tested[1].feature,
        beyond_budget=next(one for one in eligible if one not in {each.feature for each in tested}),
        too_few=few[0] if len(few) else None,
        dead=dead[0] if len(dead) else None,
        downstream=own[1] if own[1:] else None,
    )


def say(atlas: AtlasFolder, clips: pl.DataFrame, words: Sequence[str]) -> None:
    """Let the words among the tokens be said in each clip that may be read, in a tier that no page shows."""
    written = atlas.read_table(ALIGNMENTS) if atlas.path(ALIGNMENTS).exists() else ALIGNMENTS.empty()
    rows = [
        (clip, SAID, 100.0 + place, 101.0 + place, word)
        for clip in clips.filter(licence=LICENCES[0])["clip"]
        for place, word in enumerate(words)
    ]
    said = pl.DataFrame(rows, schema=dict(ALIGNMENTS.columns), orient="row")
    atlas.write_table(ALIGNMENTS, pl.concat([written, said]).sort(ALIGNMENTS.key))


def _eligible(atlas: AtlasFolder, name: str, features: pl.DataFrame) -> tuple[list[int], dict[int, str]]:
    """The features that fire in enough recordings, and those of them that carry a name with its kind, words first."""
    often = features.filter(pl.col("recordings_active") >= FEWEST_EFFECT_RECORDINGS)["feature"].to_list()
    if not atlas.path(FINDINGS, name).exists():
        return often, {}
    named = atlas.read_table(FINDINGS, name).filter(pl.col("named_by").is_in(["peaks", "label"]))
    ordered = named.sort(~pl.col("kind").is_in(["words", "phones"]), "feature").select("feature", "kind")
    return often, {feature: kind for feature, kind in ordered.iter_rows() if feature in set(often)}


def _tested(eligible: Sequence[int], names: Mapping[int, str]) -> list[_Measured]:
    """One that has everything, an inert one, one without controls, and on in turns; every fourth is not measured.

    names: the features that carry one, in order, and the kind of each.
    """
    named, spoken = [*names], {one for one, kind in names.items() if kind_of(kind)}
    first = [*named[:1], *(one for one in eligible if one not in named[:1])]
    chosen = [one for place, one in enumerate(first) if place % 4 != 3][:MOST_MEASURED]
    sizes, reasons = (STRONG, NOTHING, WEAK), (schema.BY_SCREENING, schema.BY_NAME, schema.BY_DRAW)
    return [
        _Measured(
            one,
            sizes[place % 3],
            schema.BY_NAME if one in named else reasons[place % 3 * 2 % 4],
            place == 0,
            one in spoken,
        )
        for place, one in enumerate(chosen)
    ]


def _write(atlas: AtlasFolder, name: str, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    for table, mine in rows.items():
        atlas.write_table(CAUSES[table], _frame(CAUSES[table], mine), name)


def _frame(table: Table, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(table.columns), orient="row", strict=False).sort(table.key)


def _whole(
    name: str, features: pl.DataFrame, tested: Sequence[_Measured], clips: pl.DataFrame, texts: list[str]
) -> dict[str, list[dict[str, Any]]]:
    pairs = [pair for one in tested for pair in _pairs(one, clips)]
    passing = [one for one in tested if one.size]
    return {
        schema.SCREENING.name: list(_screened(name, features, tested)),
        schema.EFFECT_PAIRS.name: pairs,
        schema.EFFECTS.name: _summed(name, pairs, LOCAL),
        schema.EFFECT_TOKENS.name: [row for one in tested for row in _tokens(name, one, texts)],
        schema.EFFECT_EXAMPLES.name: [row for one in passing[:3] for row in _examples(name, one, clips, texts)],
    }


def _downstream(
    name: str, features: pl.DataFrame, tested: Sequence[_Measured], clips: pl.DataFrame
) -> dict[str, list[dict[str, Any]]]:
    """Without a decoder: no tokens, no transcripts, one outcome, and no first-order effect either."""
    pairs = [pair for one in tested for pair in _pairs(one, clips) if pair["outcome"] == DOWNSTREAM]
    unscreened = {"recordings": 0, "gradient_effect": None, "control_share_below": None}
    return {
        schema.SCREENING.name: [row | unscreened for row in _screened(name, features, tested)],
        schema.EFFECT_PAIRS.name: pairs,
        schema.EFFECTS.name: _summed(name, pairs, DOWNSTREAM),
        schema.EFFECT_TOKENS.name: [],
        schema.EFFECT_EXAMPLES.name: [],
    }


def _screened(name: str, features: pl.DataFrame, tested: Sequence[_Measured]) -> Iterator[dict[str, Any]]:
    measured = {one.feature: one for one in tested}
    for feature, recordings in features.select("feature", "recordings_active").iter_rows():
        one = measured.get(feature)
        reason = None if one else schema.BEYOND_BUDGET
        if recordings < FEWEST_EFFECT_RECORDINGS:
            reason = schema.TOO_FEW_RECORDINGS if recordings else schema.NEVER_FIRES
        rng = np.random.default_rng([feature, 1])
        yield {
            "dictionary": name,
            "feature": feature,
            "recordings": recordings // 2,
            "gradient_effect": float(-(one.size if one else 0) - rng.exponential(0.002)) if recordings else None,
            "control_share_below": float(rng.integers(0, 17) / 16) if recordings else None,
            "recordings_b": recordings - recordings // 2,
            "chosen_by": one.by if one else None,
            "null_reason": reason,
        }


_DOSED = (*DOSE_EDITS, *SILENT_EDITS, *DOSE_DECOYS, *SILENT_DECOYS)


def _pairs(one: _Measured, clips: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Each edit of a feature on each clip, outcome by outcome."""
    rng = np.random.default_rng([one.feature, 2])
    kinds = (OF_FEATURE, ISOTROPIC, COVARIANCE)
    decoy = 0.0003 if one.size else 0.006  # more than an inert feature does, so that none passes by chance
    edits = [(ABLATE, one.size, EFFECT_RECORDINGS), (DECOY, decoy, EFFECT_RECORDINGS)]
    if one.size:
        edits += [(edit, one.size * dose, DOSE_RECORDINGS) for edit, dose in zip(DOSE_EDITS, DOSES, strict=True)]
        edits += [
            (edit, 0.2 * one.size * dose, DOSE_RECORDINGS) for edit, dose in zip(SILENT_EDITS, DOSES, strict=True)
        ]
        edits += [(edit, 0.1 * one.size, DOSE_RECORDINGS) for edit in (*DOSE_DECOYS, *SILENT_DECOYS)]
    if one.whole:
        edits += [
            (control_edit(kind, number), share * one.size * rng.exponential(), DOSE_RECORDINGS)
            for kind, share in zip(kinds, (0.2, 0.04, 0.1), strict=True)
            for number in range(CONTROL_DIRECTIONS)
        ]
        edits += [(SHIFTED, 0.004, 8), (SCALED, 0.002, 8), (MEANS, 0.6 * one.size, 8)]
    for edit, size, recordings in edits:
        every = edit in (ABLATE, DECOY, *_DOSED)
        outcomes = [key for key in SIZES if key != LABEL or one.named] if every else [*PARTS_OF_LOCAL, TRANSCRIPT]
        for clip in clips["clip"].head(recordings):
            frames, norm = int(rng.integers(3, 40)), float(rng.uniform(0.5, 2))
            values = {key: -size * SIZES[key] * rng.uniform(0.6, 1.4) + rng.normal(0, 0.004) for key in outcomes}
            values |= {key: abs(values[key]) for key in (KL, DOWNSTREAM) if key in values}
            values[LOCAL] = values[NEAR] - values[ELSEWHERE]
            for outcome, value in values.items():
                keys = {"feature": one.feature, "clip": clip, "edit": edit, "outcome": outcome}
                yield keys | {"value": float(value), "frames_edited": frames, "norm": norm}


def _summed(name: str, pairs: Sequence[Mapping[str, Any]], primary: str) -> list[dict[str, Any]]:
    """A row a feature and outcome, by the statistics that real effects are tested by."""
    values: dict[str, dict[int, dict[str, list[float]]]] = {}
    for pair in pairs:
        by_feature = values.setdefault(pair["outcome"], {}).setdefault(pair["feature"], {})
        by_feature.setdefault(pair["edit"], []).append(pair["value"])
    return [
        {"dictionary": name, "feature": feature, "outcome": outcome, **row}
        for outcome, by_feature in values.items()
        if outcome not in PARTS_OF_LOCAL
        for feature, row in _tests(by_feature)
        for parts in [{key: values[key][feature][ABLATE] for key in PARTS_OF_LOCAL if outcome == primary == LOCAL}]
        for row in [row | {"local": _median(parts.get(NEAR)), "elsewhere": _median(parts.get(ELSEWHERE))}]
    ]


def _tests(by_feature: Mapping[int, Mapping[str, list[float]]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Of one outcome, each feature's row; q is told as if MORE_PASSING others had passed."""
    pairs = [(np.array(edits[ABLATE]), np.array(edits[DECOY])) for edits in by_feature.values()]
    statistics = np.append([statistic(*pair) for pair in pairs], np.full(MORE_PASSING, np.inf))
    needed, q = threshold(statistics, SIGNIFICANT_Q), q_values(statistics)
    for place, (feature, edits) in enumerate(by_feature.items()):
        mine, decoy = pairs[place]
        low, high = interval(mine, np.random.default_rng([feature, 3]))
        yield (
            feature,
            {
                "pairs": len(mine),
                "recordings": len(mine),
                "effect": float(np.median(mine)),
                "low": low,
                "high": high,
                "same_sign": float((np.sign(mine) == np.sign(np.median(mine))).mean()),
                "statistic": float(statistics[place]),
                "decoy": _median(decoy),
                "q": float(q[place]),
                "smallest_seen": smallest_seen(mine, decoy, needed),
                **_beside(edits),
                **{edit: _median(edits.get(edit)) for edit in _DOSED},
            },
        )


def _beside(mine: Mapping[str, Any]) -> dict[str, Any]:
    """What a full set of controls adds to a row; nulls where there is none."""
    drawn: dict[str, list[float]] = {}
    for edit, some in mine.items():
        if ":" in edit:
            drawn.setdefault(edit.partition(":")[0], []).append(float(np.median(some)))
    own = float(np.median(mine[ABLATE][:DOSE_RECORDINGS]))
    kinds = {"features": OF_FEATURE, "isotropic": ISOTROPIC, "covariance": COVARIANCE}
    singles = {"shifted": SHIFTED, "scaled": SCALED, "mean_difference": MEANS}
    return {
        "control_recordings": DOSE_RECORDINGS if drawn else None,
        "control_effect": own if drawn else None,
        **{f"rank_{kind}": rank_among(own, np.array(drawn[key])) if drawn else None for kind, key in kinds.items()},
        **{f"controls_{kind}": sorted(drawn[key]) if drawn else None for kind, key in kinds.items()},
        **{key: _median(mine.get(edit)) for key, edit in singles.items()},
    }


def _median(values: Any) -> float | None:
    return None if values is None else float(np.median(values))


def _tokens(name: str, one: _Measured, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    for direction, words in WORDS.items():
        sign = -1 if direction == DOWN else 0.4
        for place, word in enumerate([*words, *texts][: 10 if one.size else 2]):
            change = sign * (8 * one.size + 0.02) / (place + 1)
            keys = {"dictionary": name, "feature": one.feature, "direction": direction, "rank": place + 1}
            yield keys | {"token": word, "change": change, "recordings": 9 - place % 7}


def _examples(name: str, one: _Measured, clips: pl.DataFrame, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    before = texts[one.feature % len(texts)] if texts else "she sells six shells by the sea, and the shells are hers"
    after = texts[-1] if texts else "she tells fix shells by the sea, and the shells are hers"
    edits = (ABLATE, ABLATE, DOSE_EDITS[1])
    reasons = (schema.LARGEST, schema.MEDIAN, schema.SMALLEST_DOSE)
    for place, (edit, why) in enumerate(zip(edits, reasons, strict=True)):
        yield {
            "dictionary": name,
            "feature": one.feature,
            "rank": place + 1,
            "clip": clips["clip"][place],
            "edit": edit,
            "dose": DOSES[1] if edit in DOSE_EDITS else None,
            "before": before,
            "after": after if why != schema.MEDIAN else before,
            "control_after": before if why != schema.SMALLEST_DOSE else None,
            "why": why,
        }


def _run(name: str, primary: str, null_reason: str | None, tested: Sequence[_Measured]) -> dict[str, Any]:
    heard = null_reason is None
    return {
        "dictionary": name,
        "readout": "tiny.en" if heard else None,
        "primary": primary,
        "null_reason": null_reason,
        "clips": 240,
        "recordings_a": 52,
        "recordings_b": 48,
        "groups_b": 20,
        "passes": 12_000,
        "screened": 90 if heard else 0,
        "measured": len(tested),
        "untested": 0,
        "screening_rank": 0.78 if heard else None,
        "screening_pearson": 0.45 if heard else None,
        "threshold": 0.006,
    }


def _shares(name: str, tested: Sequence[_Measured]) -> list[dict[str, Any]]:
    groups = {schema.ALL_MEASURED: list(tested)}
    groups[schema.NAMED_MEASURED] = [one for one in tested if one.by == schema.BY_NAME] or [*tested[:1]]
    groups |= {by: [one for one in tested if one.by == by] for by in (schema.BY_SCREENING, schema.BY_DRAW)}
    return [
        {
            "dictionary": name,
            "outcome": outcome,
            "of": of,
            "measured": len(some),
            "passing": sum(one.size > 0 for one in some),
            "decoys": len(some) // 50,
            "beyond": sum(one.size > 0 for one in some),
            "median_size": float(np.median([one.size for one in some])),
            "median_decoy": 0.0003,
        }
        for outcome in (LOCAL, TRANSCRIPT)
        for of, some in groups.items()
        if some
    ]
