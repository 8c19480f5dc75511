"""From what was measured to the tables of effects: pure functions of frames, whatever the order of their rows."""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from atlas.digests import digest_of
from atlas.effects.against_decoys import AgainstDecoy, InFamily, judged, tested
from atlas.effects.among_controls import control_figures
from atlas.effects.design import RunFacts
from atlas.effects.examples import examples
from atlas.effects.recorded import Edits, Recorded, numbered, pairs_of, recorded
from atlas.effects.shares import run_row, shares
from atlas.effects.statistics import interval
from atlas.effects.tokens import changed_tokens
from atlas.schema.effects import (
    ABLATE,
    CAUSES,
    DECOY,
    DOSE_DECOYS,
    DOSE_EDITS,
    EFFECT_EXAMPLES,
    EFFECT_PAIRS,
    EFFECT_RUNS,
    EFFECT_SHARES,
    EFFECT_TOKENS,
    EFFECTS,
    ELSEWHERE,
    LOCAL,
    MEANS,
    NEAR,
    NOTHING_ELSEWHERE,
    NOTHING_NEAR,
    PARTS_OF_LOCAL,
    SCALED,
    SCREENING,
    SHIFTED,
    SILENT_DECOYS,
    SILENT_EDITS,
)
from atlas.schema.table import columns_of
from atlas.schema.thresholds import FEWEST_CONTROL_RECORDINGS, FEWEST_EFFECT_RECORDINGS

INTERIM = {"feature": pl.UInt32, **columns_of(pl.Float64, "statistic", "q", "effect", "low", "high")}
_OF_CONTROLS = {"shifted": SHIFTED, "scaled": SCALED, "mean_difference": MEANS}
_OF_DOSES = {edit: edit for edit in (*DOSE_EDITS, *SILENT_EDITS, *DOSE_DECOYS, *SILENT_DECOYS)}
"column of `effects` -> the edit whose median it is"


def interim(dictionary: str, measured: pl.DataFrame, recordings: Mapping[int, str], primary: str) -> pl.DataFrame:
    """INTERIM, by feature: those that can be tested by what is measured so far."""
    edits = recorded(pairs_of(measured).filter(pl.col("outcome") == primary), recordings)
    tests = {feature: test for (feature, _), mine in edits.items() if (test := tested(mine))}
    rows = []
    for (feature, test), verdict in zip(tests.items(), judged(list(tests.values())), strict=True):
        own = _own(edits[feature, primary][ABLATE], f"{dictionary} {feature} {primary}")
        rows.append((feature, test.statistic, verdict.q, own["effect"], own["low"], own["high"]))
    return pl.DataFrame(rows, INTERIM, orient="row")


def beyond_decoys(measured: pl.DataFrame, outcome: str) -> Mapping[int, float]:
    """feature -> the size of its median over clips less that of its decoy, by clips that have both."""
    of_both = pairs_of(measured).filter(pl.col("outcome") == outcome, pl.col("edit").is_in((ABLATE, DECOY)))
    beside = of_both.pivot("edit", index=["feature", "clip"], values="value", maintain_order=True)
    if not {ABLATE, DECOY} <= set(beside.columns):
        return {}
    medians = beside.drop_nulls().group_by("feature", maintain_order=True).agg(pl.col(ABLATE, DECOY).median())
    return {feature: abs(own) - abs(decoy) for feature, own, decoy in medians.select("feature", ABLATE, DECOY).rows()}


def effects_tables(
    facts: RunFacts,
    measured: pl.DataFrame,
    screening: pl.DataFrame,
    findings: pl.DataFrame,
    recordings: Mapping[int, str],
) -> Mapping[str, pl.DataFrame]:
    """All tables of a dictionary's effects, by name.

    measured: MEASURED. screening: SCREENING, with why each feature was chosen or not. findings: of the dictionary.
    recordings: clip -> recording.
    """
    pairs = pairs_of(measured)
    effects = effects_table(facts.dictionary, pairs, recordings)
    screened = with_untested(screening, pairs, effects, recordings, facts.primary).sort(SCREENING.key)
    frames = {
        SCREENING.name: screened,
        EFFECTS.name: effects,
        EFFECT_PAIRS.name: pairs,
        EFFECT_TOKENS.name: changed_tokens(facts.dictionary, measured, recordings),
        EFFECT_EXAMPLES.name: examples(facts.dictionary, measured, facts.primary),
        EFFECT_RUNS.name: run_row(facts, measured, screened, effects),
        EFFECT_SHARES.name: shares(effects, screened, findings),
    }
    return {name: table.check(frames[name], f"{name} of {facts.dictionary}") for name, table in CAUSES.items()}


def effects_table(dictionary: str, pairs: pl.DataFrame, recordings: Mapping[int, str]) -> pl.DataFrame:
    """EFFECT_PAIRS -> EFFECTS."""
    edits = recorded(pairs, recordings)
    measured = {key: mine for key, mine in edits.items() if key[1] not in PARTS_OF_LOCAL and _is_measured(mine)}
    tests = {key: test for key, mine in measured.items() if (test := tested(mine))}
    verdicts = dict(_verdicts(tests))
    rows = [
        {
            "dictionary": dictionary,
            "feature": feature,
            "outcome": outcome,
            **_own(mine[ABLATE], f"{dictionary} {feature} {outcome}"),
            **(_parts(mine[ABLATE], edits, feature) if outcome == LOCAL else {}),
            **_test(tests.get((feature, outcome)), verdicts.get((feature, outcome))),
            **control_figures(mine),
            **_medians(mine, _OF_CONTROLS, FEWEST_CONTROL_RECORDINGS),
            **_medians(mine, _OF_DOSES, 1),
        }
        for (feature, outcome), mine in measured.items()
    ]
    return pl.DataFrame(rows, dict(EFFECTS.columns)).sort(EFFECTS.key)


def with_untested(
    screening: pl.DataFrame,
    pairs: pl.DataFrame,
    effects: pl.DataFrame,
    recordings: Mapping[int, str],
    primary: str | None,
) -> pl.DataFrame:
    """`screening`, and why features that were ablated have no primary outcome: what is said near them, or elsewhere."""
    if primary != LOCAL:
        return screening
    ablated = pairs.filter(edit=ABLATE).join(numbered(recordings), "clip")
    counts = ablated.group_by("feature").agg(
        *(pl.col("recording").filter(pl.col("outcome") == part).n_unique().alias(part) for part in PARTS_OF_LOCAL)
    )
    untested = counts.join(effects.filter(outcome=LOCAL), "feature", how="anti").select(
        "feature",
        untested=pl.when(pl.col(NEAR) < pl.col(ELSEWHERE))
        .then(pl.lit(NOTHING_NEAR))
        .otherwise(pl.lit(NOTHING_ELSEWHERE)),
    )
    told = screening.join(untested, "feature", how="left", maintain_order="left")
    return told.with_columns(null_reason=pl.coalesce("untested", "null_reason")).drop("untested")


def _medians(edits: Edits, columns: Mapping[str, str], fewest: int) -> Mapping[str, float]:
    """Columns of edits that were measured in so many recordings."""
    return {
        column: edits[edit].median
        for column, edit in columns.items()
        if edit in edits and len(edits[edit].values) >= fewest
    }


def _is_measured(edits: Edits) -> bool:
    return ABLATE in edits and len(edits[ABLATE].values) >= FEWEST_EFFECT_RECORDINGS


def _verdicts(tests: Mapping[tuple[int, str], AgainstDecoy]) -> Iterator[tuple[tuple[int, str], InFamily]]:
    """Each outcome is a family of its own."""
    for outcome in sorted({outcome for _, outcome in tests}):
        family = {key: test for key, test in tests.items() if key[1] == outcome}
        yield from zip(family, judged(list(family.values())), strict=True)


def _own(ablated: Recorded, seed: str) -> Mapping[str, float | None]:
    effect = ablated.median
    low, high = interval(ablated.values, np.random.default_rng(int(digest_of(seed), 16)))
    same_sign = float(np.mean(np.sign(ablated.values) == np.sign(effect))) if effect else None
    counts = {"pairs": ablated.clips, "recordings": len(ablated.values)}
    return {**counts, "effect": effect, "low": low, "high": high, "same_sign": same_sign}


def _parts(ablated: Recorded, edits: Mapping[tuple[int, str], Edits], feature: int) -> Mapping[str, float]:
    """Medians of the two that the primary outcome is the difference of, over its own recordings."""
    found = {"local": edits[feature, NEAR], "elsewhere": edits[feature, ELSEWHERE]}
    return {name: float(np.median(mine[ABLATE].within(ablated.recordings))) for name, mine in found.items()}


def _test(test: AgainstDecoy | None, verdict: InFamily | None) -> Mapping[str, float | None]:
    if test is None or verdict is None:
        return {}
    return {
        "statistic": test.statistic,
        "decoy": test.decoy,
        "q": verdict.q,
        "smallest_seen": verdict.smallest_seen,
    }
