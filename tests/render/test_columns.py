"""One row a feature, read off the tables: each column against what the tables say by hand."""

import math

import polars as pl
import pytest

from atlas.reading.joining import given_to
from atlas.render.columns import (
    EFFECT_FIGURES,
    FIGURES,
    FeatureTables,
    PlayedClips,
    clip_texts,
    columns_of,
    domain_figures,
    played_clips,
)
from atlas.schema import (
    DOMAINS,
    EXAMPLES,
    EXPLANATIONS,
    FEATURES,
    FINDINGS,
    LABELS,
    NAMES,
    PEAK_LABELS,
    TIMED_LABELS,
    TRANSCRIPTS,
    Table,
)

NO_CLIPS = pl.DataFrame(
    schema={
        "clip": pl.UInt32,
        "key": pl.String,
        "picture_columns": pl.UInt32,
        "audio": pl.Boolean,
        "picture": pl.Boolean,
    }
)
SILENT = played_clips(NO_CLIPS)
NO_NAMES = given_to(NAMES.empty(), "block2")


def rows_of(table: Table, *rows: dict[str, object]) -> pl.DataFrame:
    """A frame of a table; what a row leaves out is null."""
    return pl.DataFrame([{"dictionary": "block2", **row} for row in rows], schema=dict(table.columns))


def tables(**given: pl.DataFrame) -> FeatureTables:
    """Two features, a live and a dead one, and no more than is given."""
    live = {"feature": 0, "state": "live", "density": 0.5, "max": 2.0, "clip_density": 0.25, "recordings_active": 12}
    dead = {"feature": 1, "state": "dead", "density": 0.0, "max": math.nan}
    empty: dict[str, Table | pl.DataFrame] = {
        "domains": DOMAINS,
        "labels": LABELS,
        "timed_labels": TIMED_LABELS,
        "peak_labels": PEAK_LABELS,
        "findings": FINDINGS,
        "explanations": EXPLANATIONS,
        "given": NO_NAMES,
        "examples": EXAMPLES,
    }
    features = rows_of(FEATURES, live, dead)
    none = {name: table.empty() if isinstance(table, Table) else table for name, table in empty.items()}
    return FeatureTables(**{"features": features, **none, **given})


def column(name: str, played: PlayedClips = SILENT, **given: pl.DataFrame) -> list[object]:
    return columns_of(tables(**given), played)[name].to_list()


def test_an_atlas_without_analyses_has_every_column_and_a_row_a_feature() -> None:
    frame = columns_of(tables(), SILENT)

    assert frame.columns == ["feature", *(figure.name for figure in (*FIGURES, *EFFECT_FIGURES))]
    assert frame["state"].to_list() == ["live", "dead"]
    assert frame["best_label"].null_count() == frame["map_x"].null_count() == frame["example_clip"].null_count() == 2


def test_the_best_label_is_the_one_that_the_findings_name_with_its_figures() -> None:
    figures = {"feature": 0, "kind": "label", "p": 1e-9, "lift": 9.0}
    labels = rows_of(
        LABELS,
        {**figures, "label": "broad", "auroc": 0.9, "lift_low": 2.0, "q": 1e-9},
        {**figures, "label": "precise", "auroc": 0.6, "lift_low": 5.0, "q": 1e-3},
        {**figures, "kind": "word", "label": "precise", "auroc": 0.7, "lift_low": 4.0, "q": 1e-4},
    )
    findings = rows_of(FINDINGS, {"feature": 0, "clip_kind": "label", "clip_label": "precise"}, {"feature": 1})

    assert column("best_label", labels=labels, findings=findings) == ["precise", None]
    assert column("auroc", labels=labels, findings=findings) == [0.6, None]
    assert column("q", labels=labels, findings=findings) == [1e-3, None]


def test_the_domain_is_where_it_fires_most_and_specialised_is_said_apart() -> None:
    domains = rows_of(
        DOMAINS,
        {"feature": 0, "domain": "music", "rate_macro_frame": 0.3, "specialised": False},
        {"feature": 0, "domain": "sound", "rate_macro_frame": 0.3, "specialised": True, "auroc_worst": 0.7},
        {"feature": 1, "domain": "music", "rate_macro_frame": 0.0, "specialised": None},
    )

    assert column("domain", domains=domains) == ["music", None]
    assert column("specialised", findings=rows_of(FINDINGS, {"feature": 0, "domain": "sound"})) == ["sound", None]


def test_the_phone_is_that_of_most_active_frames_and_never_the_frames_without_one() -> None:
    timed = rows_of(
        TIMED_LABELS,
        {"feature": 0, "tier": "phones", "label": "", "share": 0.8},
        {"feature": 0, "tier": "phones", "label": "S", "share": 0.15},
        {"feature": 0, "tier": "phones", "label": "AA", "share": 0.05},
        {"feature": 0, "tier": "words", "label": "yes", "share": 0.9},
        {"feature": 1, "tier": "phones", "label": "S", "share": 0.0},
    )

    assert column("phone", timed_labels=timed) == ["S", None]
    assert column("phone_share", timed_labels=timed) == [0.15, None]


def test_flags_and_explanations_are_joined_and_explanations_cut() -> None:
    findings = rows_of(
        FINDINGS, {"feature": 0, "named_by": "label", "kind": "label", "label": "siren", "flags": ["dense", "padding"]}
    )
    explanations = rows_of(
        EXPLANATIONS, {"feature": 0, "author": "b", "text": "x" * 1000}, {"feature": 0, "author": "a", "text": "sirens"}
    )

    assert column("flags", findings=findings) == ["dense, padding", None]
    assert column("label", findings=findings) == ["siren", None]
    assert column("explanation", explanations=explanations) == [("sirens · " + "x" * 1000)[:300], None]


def test_a_given_name_wins_over_the_made_one_and_needs_no_analysis() -> None:
    findings = rows_of(FINDINGS, {"feature": 0, "named_by": "label", "kind": "label", "label": "siren", "flags": []})
    names = rows_of(NAMES, {"feature": 1, "name": "a hum", "author": "ann"}, {"feature": 9, "name": "x", "author": "b"})
    one = given_to(names, "block2")
    both = given_to(pl.concat([names, rows_of(NAMES, {"feature": 0, "name": "a horn", "author": "bob"})]), "block2")

    assert column("label", given=one) == [None, "a hum"]
    assert column("label", findings=findings, given=one) == ["siren", "a hum"]
    assert column("given_by", findings=findings, given=one) == [None, "ann"]
    assert column("label", findings=findings, given=both) == ["a horn", "a hum"]
    assert column("flags", findings=findings, given=both) == ["", None]
    assert given_to(names, "block3").is_empty()


def test_a_row_plays_the_strongest_top_example_whose_sound_is_published() -> None:
    clips = pl.DataFrame(
        [(3, "aaaa", 100, False, True), (5, "bbbb", 200, True, True), (9, "cccc-10", 50, True, False)],
        schema=NO_CLIPS.schema,
        orient="row",
    )
    played = played_clips(clips)
    example = {"feature": 0, "group": "top", "end_s": 4.0}
    examples = rows_of(
        EXAMPLES,
        {**example, "rank": 1, "clip": 3, "start_s": 1.0},
        {**example, "rank": 2, "clip": 9, "start_s": 2.0},
        {**example, "rank": 3, "clip": 5, "start_s": 3.0},
    )

    assert played.frame.rows() == [("bbbb", 200, 1), ("cccc-10", 50, 0)]
    assert column("example_clip", played, examples=examples) == [1, None]
    assert column("example_start", played, examples=examples) == [2.0, None]


def test_every_domain_has_its_figures_side_by_side() -> None:
    domains = rows_of(
        DOMAINS,
        {"feature": 0, "domain": "music", "rate_macro_frame": 0.1, "q": 0.5},
        {"feature": 0, "domain": "sound", "rate_macro_frame": 0.2, "q": 0.25},
    )

    wide = domain_figures(domains, ("sound", "music"))

    assert wide.select("feature", "q_sound", "rate_macro_frame_music").rows() == [(0, 0.25, 0.1)]


@pytest.mark.parametrize("figure", [*FIGURES, *EFFECT_FIGURES], ids=lambda figure: figure.name)
def test_a_text_column_is_text_and_a_number_a_number(figure: object) -> None:
    kind = columns_of(tables(), SILENT).schema[figure.name]  # type: ignore[attr-defined]

    assert (kind == pl.String) == figure.text  # type: ignore[attr-defined]


def test_the_text_of_each_played_clip_can_be_searched_and_refused_ones_not() -> None:
    played = PlayedClips({5: 0, 2: 1, 9: 2}, pl.DataFrame())
    texts = {2: ("In the\n office", None), 5: ("Thank you", "no speech"), 7: ("not played", None)}
    rows = [{"clip": clip, "text": text, "problem": problem} for clip, (text, problem) in texts.items()]
    transcripts = pl.DataFrame(rows, schema=dict(TRANSCRIPTS.columns))

    assert clip_texts(played, transcripts).to_list() == [None, "In the office", None]
    assert clip_texts(played, TRANSCRIPTS.empty()).to_list() == [None] * 3


def test_a_feature_stands_beyond_its_controls_by_its_own_figure_less_the_best_of_theirs() -> None:
    named = {"named_by": "label", "kind": "label", "label": "siren", "flags": []}
    above = {**named, "feature": 0, "value": 0.75, "control_best": 0.5, "template_best": 0.25}
    alone = {**named, "feature": 1, "value": 0.5, "control_best": None}
    other = {**named, "feature": 1, "named_by": "leaning", "value": 0.5, "control_best": 0.25}

    assert column("beyond", findings=rows_of(FINDINGS, above, alone)) == [0.25, 0.5]
    assert column("beyond", findings=rows_of(FINDINGS, above, other)) == [0.25, None]
    assert column("beyond", findings=rows_of(FINDINGS, alone)) == [None, None]
