"""What a feature does, on its page: what the tables say of it, and nothing where nobody measured it."""

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.config.site import MediaConfig, SiteConfig
from atlas.reading.effects import EffectRun, FeatureEffects, OutcomeEffect
from atlas.render import numbers
from atlas.render.pages import feature, packed
from atlas.render.pages.feature import FeatureView, feature_view
from atlas.render.parts import doing, featuredata
from atlas.render.parts.dosecurve import dose_curve
from atlas.render.parts.effects import EffectChart, effect_chart
from atlas.render.parts.rewording import TextPart, reworded
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import site_of
from atlas.schema import CLIPS, EFFECT_EXAMPLES, EFFECT_TOKENS, EFFECTS, SCREENING
from atlas.schema.effects import (
    BEYOND_BUDGET,
    COVARIANCE,
    DOWNSTREAM,
    EFFECT_NULL_REASONS,
    ISOTROPIC,
    LABEL,
    LANGUAGE,
    LOCAL,
    NEVER_FIRES,
    NOTHING_ELSEWHERE,
    NOTHING_NEAR,
    OF_FEATURE,
    TOO_FEW_RECORDINGS,
    WITHOUT_LOCAL,
)
from atlas.store import AtlasFolder
from tests.causes import Cases, with_effects
from tests.marked import MARK, mark
from tests.render.sites import Parsed, licensed
from tests.synthetic import HOSTILE, LICENCES, Spec, write_atlas

SPEC = Spec(features=48, dictionaries=("block1", "block2"), clips=300, annotated=True)
LARGEST, LARGEST_SENT = 9_500, 2_000
"bytes that the panel and its details may add to a page, and to what is sent of it"
NONE = OutcomeEffect(
    outcome=LOCAL,
    pairs=16,
    recordings=16,
    effect=-0.0212,
    low=-0.0294,
    high=-0.0151,
    same_sign=1.0,
    local=-0.025,
    elsewhere=-0.003,
    statistic=0.0209,
    decoy=-0.0003,
    q=0.01,
    smallest_seen=0.006,
    control_recordings=None,
    control_effect=None,
    shifted=None,
    scaled=None,
    mean_difference=None,
    ranks=dict.fromkeys((OF_FEATURE, ISOTROPIC, COVARIANCE)),
    controls={OF_FEATURE: (), ISOTROPIC: (), COVARIANCE: ()},
    doses=(None,) * 4,
    silent_doses=(None,) * 4,
)
RUN = EffectRun(
    dictionary="block1",
    readout="tiny.en",
    primary=LOCAL,
    null_reason=None,
    clips=240,
    recordings_a=50,
    recordings_b=50,
    groups_b=20,
    passes=12_000,
    screened=90,
    measured=60,
    untested=2,
    threshold=0.005,
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[SiteAtlas, Cases]:
    folder = write_atlas(tmp_path_factory.mktemp("measured"), SPEC)
    cases = with_effects(folder)
    return licensed(folder), cases


def effects_with(
    *outcomes: OutcomeEffect, null_reason: str | None = None, primary: str = LOCAL, screened: bool = True
) -> FeatureEffects:
    return FeatureEffects(
        run=replace(RUN, primary=primary),
        chosen_by=None,
        null_reason=null_reason,
        screened=screened,
        recordings_b=3,
        outcomes={one.outcome: one for one in outcomes},
        down=(),
        up=(),
        examples=(),
    )


def view_of(atlas: SiteAtlas, name: str, number: int) -> FeatureView:
    return feature_view(atlas, site_of(atlas), atlas.dictionary(name, number, number + 1), number)


def page_of(atlas: SiteAtlas, name: str, number: int) -> str:
    ((_, text),) = feature.pages(atlas, name, number, number + 1)
    return str(text)


def row_of(measured: tuple[SiteAtlas, Cases], number: int, outcome: str = LOCAL) -> dict[str, Any]:
    atlas, cases = measured
    return atlas.table(EFFECTS.name, cases.dictionary).filter(feature=number, outcome=outcome).row(0, named=True)


# what stands where


def test_nothing_of_it_appears_where_the_stage_was_not_run(tmp_path: Path) -> None:
    atlas = licensed(write_atlas(tmp_path, Spec(features=16, clips=60, top=2, others=1)))
    content = json.loads(str(dict(featuredata.pages(atlas, "block2", 0, 1))["f/block2/0.json"]))

    for number in range(16):
        view = view_of(atlas, "block2", number)
        assert (view.effects, view.verdict.does, view.caveat) == (None, "", doing.CORRELATION)
        assert "What it does" not in page_of(atlas, "block2", number)
    assert [key for key in content if "effect" in key or key == "screening"] == []


def test_neither_does_it_where_a_dictionary_was_left_out(measured: tuple[SiteAtlas, Cases]) -> None:
    atlas, cases = measured
    name = f"{cases.dictionary}-random"

    for number in range(SPEC.features):
        assert view_of(atlas, name, number).verdict.does == ""
    assert "What it does" not in page_of(atlas, name, cases.passing)


def test_a_feature_that_passes_is_told_with_its_interval_its_decoy_and_q(measured: tuple[SiteAtlas, Cases]) -> None:
    atlas, cases = measured
    view, row = view_of(atlas, cases.dictionary, cases.passing), row_of(measured, cases.passing)
    said = Parsed(page_of(atlas, cases.dictionary, cases.passing)).said

    effect, low, high, decoy = (numbers.signed_nats(row[key]) for key in ("effect", "low", "high", "decoy"))
    beside = f"({effect}, 95 % {low} to {high}; its decoy {decoy}; q {numbers.probability(row['q'])})"
    near, more = numbers.nats(-row["local"]), numbers.nats(-row["effect"])
    sizes = f"by {near} nats a token and by {more} more than the rest"
    sentence = f"makes what is said near it less probable, {sizes}, and does more than its decoy {beside}."
    assert view.verdict.does == f"Taking it away {sentence}"
    assert view.verdict.does in said
    assert view.effects is not None
    assert view.effects.passes
    assert view.effects.chart is not None
    assert [line.value for line in view.effects.chart.lines[:2]] == [effect, decoy], "the sentence's own figures"
    assert [line.called for line in view.effects.chart.lines] == [
        *("this feature", "its decoy", "20 features", "20 isotropic", "20 covariance"),
        *("shifted in time", "plain scaling", "difference of means"),
    ]
    facts = {fact.called: fact.value for fact in view.effects.facts}
    assert facts["near it"] == numbers.signed_nats(row["local"])
    assert facts["beyond its decoy"] == numbers.signed_nats(row["statistic"])
    assert row["statistic"] == pytest.approx(abs(row["effect"]) - abs(row["decoy"]))
    assert "All of this is correlation" not in said
    assert "does not pass" not in said


def test_one_that_does_nothing_is_a_result_with_what_would_have_been_seen(measured: tuple[SiteAtlas, Cases]) -> None:
    atlas, cases = measured
    view, row = view_of(atlas, cases.dictionary, cases.inert), row_of(measured, cases.inert)

    effect, decoy = (numbers.signed_nats(row[key]) for key in ("effect", "decoy"))
    held = f"{effect} against {decoy} nats a token; q {numbers.probability(row['q'])}"
    seen = f"an effect of {numbers.nats(row['smallest_seen'])} nats a token would have been seen"
    assert view.verdict.does == f"Taking it away is not seen to do more than its decoy does ({held}): {seen}."
    assert "It does not pass the causal test." in Parsed(page_of(atlas, cases.dictionary, cases.inert)).said
    assert view.effects is not None
    assert view.effects.chart is not None
    assert view.effects.chart.unseen
    assert view.effects.doses is None


def test_one_that_was_screened_only_says_so_in_a_line(measured: tuple[SiteAtlas, Cases]) -> None:
    atlas, cases = measured
    view = view_of(atlas, cases.dictionary, cases.beyond_budget)
    page = page_of(atlas, cases.dictionary, cases.beyond_budget)

    assert view.effects is None
    assert view.verdict.does.startswith("What it does was screened only")
    assert view.verdict.does in Parsed(page).said
    assert 'id="does"' not in page
    assert "this feature was neither ablated nor steered" in Parsed(page).said


def test_without_a_decoder_the_last_block_is_told_of(measured: tuple[SiteAtlas, Cases]) -> None:
    atlas, cases = measured
    assert cases.downstream
    views = [view_of(atlas, cases.downstream, number) for number in range(16)]
    shown = [view for view in views if view.effects]

    assert shown
    for view in shown:
        assert "the last block gives" in view.verdict.does
        assert view.effects
        assert (view.effects.unit, view.effects.down, view.effects.examples) == ("1 − cosine", (), ())


def test_tokens_outcomes_and_transcripts_are_those_of_the_tables(measured: tuple[SiteAtlas, Cases]) -> None:
    atlas, cases = measured
    effects = view_of(atlas, cases.dictionary, cases.passing).effects
    tokens = atlas.table(EFFECT_TOKENS.name, cases.dictionary).filter(feature=cases.passing)
    examples = atlas.table(EFFECT_EXAMPLES.name, cases.dictionary).filter(feature=cases.passing)

    assert effects
    for direction, shown in (("down", effects.down), ("up", effects.up)):
        expected = tokens.filter(direction=direction).sort("rank").select("token", "change", "recordings")
        assert [(one.text, one.change, one.recordings) for one in shown] == [
            (token, numbers.signed_nats(change), str(recordings)) for token, change, recordings in expected.iter_rows()
        ]
    hidden = atlas.clips.filter(reason="licence")["clip"].to_list()
    assert len(effects.examples) == len([clip for clip in examples["clip"] if clip not in hidden]) > 0
    assert {one.called for one in effects.outcomes} >= {"whole transcript", "language token", "no-speech probability"}
    assert effects.examples[0].after == (
        *(TextPart("she", False), TextPart("tells fix", True)),
        TextPart("shells by the sea, and the shells are hers", False),
    )


def test_the_json_of_a_feature_has_the_rows_of_these_tables(measured: tuple[SiteAtlas, Cases]) -> None:
    atlas, cases = measured
    shown = replace(atlas, media=MediaConfig(redistribute=("*",)))
    pages = dict(featuredata.pages(shown, cases.dictionary, 0, SPEC.features))
    passing, beyond = (
        json.loads(str(pages[f"f/{cases.dictionary}/{one}.json"])) for one in (cases.passing, cases.beyond_budget)
    )
    row = row_of(measured, cases.passing)

    place = passing["effects"]["outcome"].index(LOCAL)
    assert passing["effects"]["effect"][place] == pytest.approx(row["effect"], rel=1e-5)
    assert passing["effects"]["controls_isotropic"][place] == pytest.approx(row["controls_isotropic"], rel=1e-5)
    assert passing["effect_tokens"]["token"][0] == "six"
    assert len(passing["effect_examples"]["before"]) > 0
    assert (beyond["screening"]["null_reason"], beyond["effects"]["outcome"]) == (BEYOND_BUDGET, [])


def test_a_packed_page_has_the_panel(measured: tuple[SiteAtlas, Cases]) -> None:
    atlas, cases = measured
    shards = {address: str(text) for address, text in packed.pages(atlas, cases.dictionary, 0, 48)}
    (packed_bodies,) = re.findall(r'"([A-Za-z0-9+/=]{100,})"', shards["p/block1/0.js"])

    assert "What it does" in gzip.decompress(base64.b64decode(packed_bodies)).decode()


@pytest.mark.parametrize("reason", WITHOUT_LOCAL)
def test_one_that_was_measured_without_a_local_test_says_so_and_shows_what_it_did(tmp_path: Path, reason: str) -> None:
    folder = AtlasFolder(write_atlas(tmp_path, Spec(features=48, clips=300)))
    number = with_effects(folder.root).inert
    effects, screening = folder.read_table(EFFECTS, "block2"), folder.read_table(SCREENING, "block2")
    mine = pl.col("feature") == number
    folder.write_table(EFFECTS, effects.filter(~mine | (pl.col("outcome") != LOCAL)), "block2")
    told = pl.when(mine).then(pl.lit(reason)).otherwise("null_reason")
    folder.write_table(SCREENING, screening.with_columns(null_reason=told), "block2")
    atlas = site_atlas(folder.root, SiteConfig())
    view, page = view_of(atlas, "block2", number), Parsed(page_of(atlas, "block2", number))

    where = {NOTHING_NEAR: "near it", NOTHING_ELSEWHERE: "elsewhere"}[reason]
    assert "measured and not tested: in fewer than 8 recordings something is said both near" in view.verdict.does
    assert f"; {where}, little is. The whole transcript" in view.verdict.does
    assert view.effects is not None
    assert (view.effects.tested, view.effects.passes, view.effects.chart) == (False, False, None)
    assert "whole transcript" in {one.called for one in view.effects.outcomes}
    assert "It was measured, and could not be tested." in page.said
    assert "screened only" not in page.said
    assert "neither ablated nor steered" not in page.said
    assert view.caveat != doing.CORRELATION


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("dose_3", "set to 2 × its 90th percentile where it fires"),
        ("elsewhere_3", "set to 2 × its 90th percentile on 0.2 s in which it never fires"),
    ],
)
def test_an_example_of_a_dose_says_where_it_was_given(tmp_path: Path, edit: str, said: str) -> None:
    folder = AtlasFolder(write_atlas(tmp_path, Spec(features=48, clips=300)))
    number = with_effects(folder.root).passing
    rows = folder.read_table(EFFECT_EXAMPLES, "block2")
    last = pl.col("rank") == 3
    dosed = rows.with_columns(edit=pl.when(last).then(pl.lit(edit)).otherwise("edit"), dose=pl.lit(2.0))
    folder.write_table(EFFECT_EXAMPLES, dosed, "block2")
    shown = replace(site_atlas(folder.root, SiteConfig()), media=MediaConfig(redistribute=("*",)))
    effects = view_of(shown, "block2", number).effects

    assert effects is not None
    assert [one.edit for one in effects.examples][-1] == said


# safety and size


def test_a_page_with_everything_stays_small(tmp_path: Path) -> None:
    folder = write_atlas(tmp_path, Spec(features=48, clips=300))
    plain = {address: str(text) for address, text in feature.pages(licensed(folder), "block2", 0, 48)}
    with_effects(folder)
    whole = {address: str(text) for address, text in feature.pages(licensed(folder), "block2", 0, 48)}
    sent = {address: len(gzip.compress(text.encode())) for address, text in whole.items()}

    assert max(sent.values()) < 12_000
    assert max(len(whole[one].encode()) - len(plain[one].encode()) for one in whole) < LARGEST
    assert max(sent[one] - len(gzip.compress(plain[one].encode())) for one in whole) < LARGEST_SENT


def test_hostile_tokens_and_transcripts_come_out_as_text(tmp_path: Path) -> None:
    folder = write_atlas(tmp_path, Spec(features=48, clips=300, hostile=True))
    cases = with_effects(folder, HOSTILE[:8])
    atlas = licensed(folder)

    for number in (cases.passing, cases.inert, cases.passing_alone):
        text = page_of(atlas, cases.dictionary, number)
        page = Parsed(text)
        assert "<script>alert" not in text
        assert [
            name for _, attributes in page.elements for name in attributes if name.startswith(("on", "style"))
        ] == []
        assert all("alert(1)" not in " ".join(attributes) for _, attributes in page.elements)
    shown = Parsed(page_of(atlas, cases.dictionary, cases.passing)).text
    assert {HOSTILE[0], HOSTILE[1]} <= set(shown)


def test_ids_are_unique_and_links_within_the_page_lead_somewhere(measured: tuple[SiteAtlas, Cases]) -> None:
    atlas, cases = measured
    page = Parsed(page_of(atlas, cases.dictionary, cases.passing))
    ids = [*page.values("id")]

    assert len(ids) == len(set(ids))
    assert "#does" in {*page.values("href")}
    assert {address[1:] for address in page.values("href") if address.startswith("#")} <= {*ids}


def test_what_may_not_be_published_is_on_no_page_and_in_no_json(tmp_path: Path) -> None:
    folder = write_atlas(tmp_path / "atlas", Spec(features=32, controls=False, clips=300, annotated=True))
    mark(folder, "block2")
    cases = with_effects(folder)
    atlas = licensed(folder)
    hidden = atlas.folder.read_table(CLIPS).filter(licence=LICENCES[2], domain="speech")["clip"][0]
    rows = atlas.table(EFFECT_EXAMPLES.name, "block2")
    secret = [f"a secret of {MARK}", "another secret"]
    first = (pl.col("feature") == cases.passing) & (pl.col("rank") == 1)
    spoken = rows.with_columns(
        clip=pl.when(first).then(pl.lit(hidden, pl.UInt32)).otherwise("clip"),
        **{
            key: pl.when(first).then(pl.lit(text)).otherwise(key)
            for key, text in zip(("before", "after"), secret, strict=True)
        },
    )
    atlas.folder.write_table(EFFECT_EXAMPLES, spoken, "block2")
    tokens = atlas.table(EFFECT_TOKENS.name, "block2")
    atlas.folder.write_table(
        EFFECT_TOKENS,
        tokens.with_columns(token=pl.when(pl.col("rank") == 1).then(pl.lit(f" {MARK} nine")).otherwise("token")),
        "block2",
    )

    texts = [page_of(atlas, "block2", cases.passing)]
    texts += [str(text) for _, text in featuredata.pages(atlas, "block2", cases.passing, cases.passing + 1)]
    assert all("seas" in text and "she" in text for text in texts)
    assert [text for text in texts if "secret" in text] == []
    told = view_of(atlas, "block2", cases.passing).effects
    assert told
    assert [one.text for one in (*told.down, *told.up) if MARK in one.text] == []
    assert MARK not in json.dumps(json.loads(texts[1])["effect_tokens"])


# sentences


@pytest.mark.parametrize("reason", EFFECT_NULL_REASONS)
def test_why_a_feature_was_not_measured_is_one_sentence(reason: str) -> None:
    said = doing.sentence(effects_with(null_reason=reason))

    assert said.startswith("What it does was ")
    assert said.endswith(".")
    assert len(said) < 160
    assert "screened only" not in doing.sentence(effects_with(null_reason=reason, screened=False))
    assert ("3 recordings" in said) == (reason == TOO_FEW_RECORDINGS)
    assert ("never fires in the clips" in said) == (reason == NEVER_FIRES)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "Taking it away makes what is said near it less probable, by .025 nats a token and by .021 more than the"
            " rest, and does more than its decoy (−.021, 95 % −.029 to −.015; its decoy −.0003; q .010).",
        ),
        (
            {"local": 0.01, "elsewhere": 0.03},
            "Taking it away makes what is said near it more probable, by .010 nats a token and by .021 less than the"
            " rest, and does more than its decoy (−.021, 95 % −.029 to −.015; its decoy −.0003; q .010).",
        ),
        (
            {"local": -0.01, "elsewhere": -0.03, "effect": 0.02, "low": 0.01, "high": 0.03},
            "Taking it away makes what is said near it less probable, by .010 nats a token and by .020 less than the"
            " rest, and does more than its decoy (+.020, 95 % +.010 to +.030; its decoy −.0003; q .010).",
        ),
        (
            {"local": 0.03, "elsewhere": 0.01, "effect": 0.02, "low": 0.01, "high": 0.03},
            "Taking it away makes what is said near it more probable, by .030 nats a token and by .020 more than the"
            " rest, and does more than its decoy (+.020, 95 % +.010 to +.030; its decoy −.0003; q .010).",
        ),
        (
            {"high": 0.001},
            "Taking it away does more than its decoy does (−.021 against −.0003 nats a token; q .010), but its interval"
            " reaches zero (95 % −.029 to +.0010).",
        ),
        (
            {"q": 0.05, "effect": -0.0021},
            "Taking it away is not seen to do more than its decoy does (−.0021 against −.0003 nats a token; q .050): an"
            " effect of .0060 nats a token would have been seen.",
        ),
        (
            {"q": 0.4, "smallest_seen": None},
            "What taking it away does cannot be told from what its decoy does (−.021 against −.0003 nats a token;"
            " q .400): too few features stand out for a test; with 58 measured at least 21 must.",
        ),
        ({"q": None, "recordings": 7}, "What it does was measured on 7 recordings, too few for a test."),
    ],
)
def test_what_it_does_is_one_sentence(changes: dict[str, Any], said: str) -> None:
    assert doing.sentence(effects_with(replace(NONE, **changes))) == said


def test_the_last_block_is_told_beside_its_decoy() -> None:
    figures = {"outcome": DOWNSTREAM, "effect": 0.02, "low": 0.016, "high": 0.023, "decoy": 0.003}
    one = replace(NONE, **figures)

    assert doing.sentence(effects_with(one, primary=DOWNSTREAM)) == (
        "Taking it away turns what the last block gives by .020 (1 less the cosine), more than its decoy does"
        " (+.020, 95 % +.016 to +.023; its decoy +.0030; q .010)."
    )
    assert doing.sentence(effects_with(replace(one, q=0.4), primary=DOWNSTREAM)) == (
        "Taking it away is not seen to turn what the last block gives more than its decoy does"
        " (+.020 against +.0030, 1 less the cosine; q .400)."
    )


@pytest.mark.parametrize(
    ("finding", "q", "said"),
    [
        (
            {"kind": "phones", "label": "s"},
            0.01,
            "Taking it away lowers what is said with /s/ at that place by .12 nats more than the rest, and more than"
            " its decoy does (−.12, 95 % −.14 to −.10; its decoy −.0003; q .010).",
        ),
        (
            {"kind": "words", "label": "nine"},
            0.4,
            "It is not seen to change what is said with “nine” at that place more than its decoy does (−.12 against"
            " −.0003 nats; q .400).",
        ),
        ({"kind": "label", "label": "siren"}, 0.01, ""),
        ({"kind": None, "label": None}, 0.01, ""),
        ({}, 0.01, ""),
    ],
)
def test_whether_it_takes_away_what_names_it_is_one_sentence(finding: dict[str, Any], q: float, said: str) -> None:
    one = replace(NONE, outcome=LABEL, effect=-0.12, low=-0.14, high=-0.1, q=q)

    assert doing.label_sentence(effects_with(NONE, one), finding) == said
    assert doing.label_sentence(effects_with(NONE), finding) == ""


@pytest.mark.parametrize(
    ("q", "said"),
    [
        (
            0.01,
            "Taking it away lowers the log-probability of the language “German” by .12 nats, more than its decoy does"
            " (−.12, 95 % −.14 to −.10; its decoy −.0003; q .010).",
        ),
        (
            0.4,
            "It is not seen to change how probable the language “German” is more than its decoy does (−.12 against"
            " −.0003 nats; q .400).",
        ),
    ],
)
def test_of_a_language_that_names_it_the_token_is_told(q: float, said: str) -> None:
    one = replace(NONE, outcome=LANGUAGE, effect=-0.12, low=-0.14, high=-0.1, q=q)
    finding = {"kind": "language", "label": "German", "named_by": "label"}

    assert doing.label_sentence(effects_with(NONE, one), finding) == said
    assert doing.label_sentence(effects_with(NONE, one), finding | {"named_by": "leaning"}) == ""


def test_the_kind_of_evidence_is_true_with_and_without_effects() -> None:
    assert doing.caveat(None) == "All of this is correlation on one corpus: nothing was ablated or steered."
    assert "neither ablated nor steered" in doing.caveat(effects_with(null_reason=BEYOND_BUDGET))
    assert "All of this" not in doing.caveat(effects_with(NONE))


# charts


def places(chart: EffectChart, called: str) -> list[int]:
    (line,) = (line for line in chart.lines if line.called == called)
    return [int(place) for place in re.findall(r"M(\d+) 8h0", line.dots)]


@given(
    st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=20),
    st.floats(-0.2, 0.2),
    st.floats(0.001, 0.1),
)
def test_effects_lie_on_one_axis_in_their_order(controls: list[float], effect: float, width: float) -> None:
    figures = {"effect": effect, "low": effect - width, "high": effect + width, "control_effect": effect, "q": 0.5}
    whole = {OF_FEATURE: tuple(sorted(controls)), ISOTROPIC: (), COVARIANCE: ()}
    ranks = {OF_FEATURE: 0.5, ISOTROPIC: None, COVARIANCE: None}
    chart = effect_chart(replace(NONE, **figures, controls=whole, ranks=ranks, control_recordings=8))
    (own,) = places(chart, "this feature")
    drawn = places(chart, f"{len(controls)} features")

    assert drawn == sorted(drawn)
    assert all(0 <= place <= 200 for place in (own, *drawn, int(chart.zero)))
    assert (own < int(chart.zero)) <= (effect < 0)
    assert (drawn[0] < own) <= (min(controls) < effect)
    assert chart.own == str(own)
    assert chart.lines[2].value == f"{len(controls) // 2} of {len(controls)}"


def test_what_is_too_small_to_be_seen_is_shaded_where_nothing_was_found() -> None:
    chart = effect_chart(replace(NONE, q=0.3, effect=0.001, low=-0.002, high=0.003, smallest_seen=0.006))
    first, last = (int(place) for place in re.findall(r"\d+", chart.unseen)[::2])

    assert (first, last) == (8, 192)
    assert int(chart.zero) == 100
    assert effect_chart(NONE).unseen == ""


def test_a_dose_curve_begins_where_the_feature_is_taken_away() -> None:
    told = replace(NONE, effect=-0.05, doses=(-0.02, 0.0, 0.05, 0.1), silent_doses=(None, None, 0.0, 0.05))
    curve = dose_curve(told)

    assert curve is not None
    own = [tuple(float(part) for part in point.split()) for point in curve.dots[0].removesuffix("h0")[1:].split("h0M")]
    assert [x for x, _ in own] == [float(tick.at) for tick in curve.across]
    assert "L".join(curve.dots[0].removesuffix("h0").split("h0M")[1:]) == curve.own[1:], "over fewer recordings"
    assert own[2][1] == float(curve.zero)
    assert own[0][1] > own[1][1] > own[2][1] > own[3][1] > own[4][1] > 0
    assert curve.silent.count("L") == 1
    assert [tick.text for tick in curve.up] == ["0", "+.10"]
    assert curve.decoys == ("", "")
    assert dose_curve(NONE) is None


def test_beside_a_dose_curve_lie_its_decoys_on_the_same_scale() -> None:
    doses = (0.0, 0.0, 0.05, 0.1)
    curve = dose_curve(replace(NONE, doses=doses, dose_decoys=doses, silent_decoys=(None, None, 0.05, 0.2)))

    assert curve is not None
    assert curve.decoys[0] == curve.own
    assert curve.decoys[1].count("L") == 1
    assert curve.up[1].text == "+.20"
    assert "their decoys +" in curve.caption.replace("0 at", "+0 at")


@given(
    st.lists(st.sampled_from(["a", "b", "c", "A,"]), max_size=8), st.lists(st.sampled_from(["a", "b", "d"]), max_size=8)
)
def test_parts_of_texts_add_up_to_them_and_what_is_unchanged_is_common(old: list[str], new: list[str]) -> None:
    before, after = reworded(" ".join(old), " ".join(new))

    assert " ".join(part.text for part in before).split() == old
    assert " ".join(part.text for part in after).split() == new
    common = [[part.text.casefold().replace(",", "") for part in side if not part.changed] for side in (before, after)]
    assert " ".join(common[0]) == " ".join(common[1])
    assert all(not part.changed for part in reworded(" ".join(old), " ".join(old).upper())[1])
