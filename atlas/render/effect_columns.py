"""What search, the table of all features and the map know of effects, where the stage was run: did it pass, how large.

Nothing is measured here. A feature that was neither measured nor screened has no value in any of these columns.
"""

import polars as pl

from atlas.reading.tables import Atlas
from atlas.schema.effects import DOWN, DOWNSTREAM, TAG, WITHOUT_LOCAL, passing

PASSES, NOTHING_SEEN, UNTESTED, SCREENED, NOT_MEASURED = DOING = (
    "passes",
    "no effect seen",
    "measured, no local test",
    "screened only",
    "not measured",
)
"what is known of what a feature does; the last one is told by the absence of the others"
NATS, COSINE = "nats a token", "1 − cosine"
"units of effects: of what a model says, and of frames where nothing reads what it says"
LOSES = "loses"
"the way, and the kind of word: a token that ablation makes less probable"


def effects_measured(atlas: Atlas) -> bool:
    """Whether the stage was run: without it no page speaks of effects."""
    return len(atlas.effect_runs) > 0


def primary_of(atlas: Atlas, name: str) -> str:
    """The outcome that features of a dictionary are tested by; empty where none was measured."""
    run = atlas.effect_run(name)
    return run.primary or "" if run else ""


def unit_of(primary: str) -> str:
    """What effects by this outcome are in."""
    return {DOWNSTREAM: COSINE, TAG: "nats"}.get(primary, NATS)


def effect_columns(effects: pl.DataFrame, screening: pl.DataFrame) -> pl.DataFrame:
    """A row a feature that was screened or measured; effects: those by the primary outcome."""
    without = pl.col("null_reason").is_in(WITHOUT_LOCAL).fill_null(value=False)
    known = screening.filter(pl.col("gradient_effect").is_not_null() | without)
    rows = effects.join(known.select("feature", without=without), on="feature", how="full", coalesce=True)
    measured = pl.col("effect").is_not_null()
    does = (
        pl.when((measured & pl.col("q").is_null()) | (~measured & pl.col("without")))
        .then(pl.lit(UNTESTED))
        .when(~measured)
        .then(pl.lit(SCREENED))
        .when(passing())
        .then(pl.lit(PASSES))
        .otherwise(pl.lit(NOTHING_SEEN))
    )
    return rows.select(
        "feature",
        does.alias("does"),
        "effect",
        pl.when(pl.col("outcome").ne_missing(DOWNSTREAM)).then(pl.col("effect").abs()).alias("effect_size"),
        pl.col("statistic").alias("effect_statistic"),
        pl.col("q").alias("effect_q"),
    )


def losing(tokens: pl.DataFrame, effects: pl.DataFrame) -> pl.DataFrame:
    """feature, kind, label, way, value: the tokens that ablation of features that pass makes less probable.

    value: by how many nats; tokens: of `effect_tokens`; effects: those by the primary outcome.
    """
    kept = tokens.filter(pl.col("direction") == DOWN, pl.col("change") < 0, pl.col("token").str.strip_chars() != "")
    kept = kept.join(effects.filter(passing()).select("feature"), on="feature", how="semi")
    strongest = kept.group_by("feature", pl.col("token").str.strip_chars().alias("label")).agg(pl.col("change").min())
    kind, way = pl.lit(LOSES).alias("kind"), pl.lit(LOSES).alias("way")
    return strongest.select("feature", kind, "label", way, (-pl.col("change")).alias("value"))
