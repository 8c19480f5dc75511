"""The line under a title and the evidence beside it agree with the tables, and with what the verdict says."""

import re
from typing import Any

import pytest

from atlas.analyse.testing.kinds import DOMAIN
from atlas.config.site import SiteConfig
from atlas.render import numbers
from atlas.render.definitions import DEFINITIONS
from atlas.render.pages import feature
from atlas.render.parts.beyond import lead_margin
from atlas.render.parts.labellinks import LinkedName
from atlas.render.parts.naming import NAMING, NO_EVIDENCE, conclusion, evidence_of, in_domain
from atlas.render.parts.shape import at_odds
from atlas.render.site import SiteAtlas, site_atlas
from atlas.schema.analysed import BY_DOMAIN, BY_LABEL, BY_PEAKS, LEANING
from tests.synthetic import Spec, write_atlas

FEATURES = 48


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    spec = Spec(features=FEATURES, clips=120, annotated=True)
    return site_atlas(write_atlas(tmp_path_factory.mktemp("atlas"), spec), SiteConfig())


@pytest.fixture(scope="module")
def views(atlas: SiteAtlas) -> list[feature.FeatureView]:
    site, dictionary = feature.site_of(atlas), atlas.dictionary("block2")
    return [feature.feature_view(atlas, site, dictionary, number) for number in range(FEATURES)]


def findings(atlas: SiteAtlas) -> list[dict[str, Any]]:
    return atlas.column("block2", "findings", *atlas.dictionary("block2").rows("findings", 0).columns).rows(named=True)


def test_a_feature_without_a_name_is_headed_by_its_number_and_the_line_below_says_why(
    atlas: SiteAtlas, views: list[feature.FeatureView]
) -> None:
    unnamed = [view for view, row in zip(views, findings(atlas), strict=True) if row["named_by"] not in NAMING]

    assert unnamed
    for view in unnamed:
        assert (view.title, view.labelled) == (view.name, False) or view.given
        if view.state != "dead":
            assert view.lead
            assert re.match("No name: |Leans to |Fires ", view.lead.text)


def test_the_evidence_has_the_figure_that_decided_beside_its_controls_and_chance(
    atlas: SiteAtlas, views: list[feature.FeatureView]
) -> None:
    seen = set()
    for view, row in zip(views, findings(atlas), strict=True):
        if row["named_by"] not in (BY_PEAKS, BY_LABEL) or row["kind"] == DOMAIN:
            continue
        seen.add(row["named_by"])
        assert view.evidence
        own, *others, chance = view.evidence.bars
        assert (own.style, chance.style, {bar.style for bar in others}) == ("own", "chance", {"control"})
        assert own.value == numbers.unit(row["value"])
        assert [bar.value for bar in others] == [numbers.unit(row["control_best"])]
        peaks = view.evidence.figure == "purity" and next(fact for fact in view.evidence.facts if "peaks" in fact.key)
        margin = 2 / int(peaks.value) if peaks else 0.1
        ahead = row["value"] - (row["control_best"] or 0)
        if abs(abs(ahead) - margin) > 1e-6:
            said = "It exceeds" if ahead > margin else "It is level" if ahead > -margin else "The best of its controls"
            assert view.evidence.conclusion.startswith(said)
        assert {fact.key for fact in view.evidence.facts} <= set(DEFINITIONS)
    assert seen


@pytest.mark.parametrize(
    ("own", "bests", "margin", "said"),
    [
        (0.94, [0.93, None], lead_margin(15), "It is level with the best of its controls, so this is no evidence"),
        (0.9, [0.8], lead_margin(20), "It exceeds every direction of its controls."),
        (0.8, [0.9], lead_margin(20), "The best of its controls does better, so this is no evidence"),
        (0.75, [None], lead_margin(8), "It exceeds every direction of its controls."),
        (0.62, [0.55], lead_margin(None), "It is level with the best of its controls"),
        (0.67, [0.55], lead_margin(None), "It exceeds every direction of its controls."),
        (None, [0.55], lead_margin(None), ""),
    ],
)
def test_a_feature_exceeds_its_controls_beyond_a_margin_alone(
    atlas: SiteAtlas, own: float | None, bests: list[float | None], margin: float, said: str
) -> None:
    told = conclusion(atlas, atlas.dictionary("block2"), own, bests, margin)

    assert told.startswith(said)
    assert bool(told) == bool(said)
    assert conclusion(atlas, atlas.dictionary("block2-random"), own, bests, margin) == ""


@pytest.mark.parametrize(
    ("theirs", "after"),
    [
        (0.45, f"; of its controls, 45 % of the random directions, {NO_EVIDENCE}."),
        (0.1, "10 % of the random directions."),
    ],
)
def test_a_domain_as_a_name_is_held_against_what_is_specialised_among_the_controls(
    atlas: SiteAtlas, monkeypatch: pytest.MonkeyPatch, theirs: float, after: str
) -> None:
    shares = {"block2": 0.37, "block2-random": theirs}
    monkeypatch.setattr(SiteAtlas, "figures_of", lambda _, name: {("specialised", "sound"): shares[name]})
    number = next(row["feature"] for row in findings(atlas) if (row["named_by"], row["label"]) == (BY_DOMAIN, "sound"))
    evidence = evidence_of(atlas, atlas.dictionary("block2"), number)

    assert evidence
    assert evidence.conclusion.startswith("37 % of the features here are specialised to sound; of its controls, ")
    assert evidence.conclusion.endswith(after)


@pytest.mark.parametrize(
    ("low", "after"),
    [
        (0.46, " than elsewhere (AUROC .78), though for the worst pair of datasets that is not sure (.69, 95 %"),
        (0.51, " than elsewhere (AUROC .78)."),
    ],
)
def test_an_interval_of_the_worst_pair_that_holds_no_relation_is_told_under_the_title(low: float, after: str) -> None:
    row = {"auroc": 0.78, "auroc_worst": 0.69, "auroc_worst_low": low, "auroc_worst_high": 0.87}

    assert in_domain(row, LinkedName("speech")).after.startswith(after)


def test_what_a_feature_leans_to_is_told_with_why_it_is_no_name(
    atlas: SiteAtlas, views: list[feature.FeatureView]
) -> None:
    for view, row in zip(views, findings(atlas), strict=True):
        if row["named_by"] == LEANING:
            assert view.lead
            assert view.evidence
            assert (view.lead.before, view.evidence.named) == ("Leans to ", False)
            assert view.lead.after.startswith(", but ")


def test_links_to_labels_lead_to_pages_that_there_are(atlas: SiteAtlas, views: list[feature.FeatureView]) -> None:
    pages = {address for address, _ in label_pages(atlas)}
    rows = [row.page for view in views for row in (*view.labels, *view.peak_tiers)]
    timed = [row.page for view in views for tier in view.tiers for row in tier.rows]
    labels = [
        label.address for view in views for group in view.groups for one in group.examples for label in one.labels
    ]

    for found in (rows, timed, labels):
        assert set(filter(None, found))
        assert set(filter(None, found)) <= pages


def label_pages(atlas: SiteAtlas) -> list[tuple[str, Any]]:
    from atlas.render.pages import label

    return list(label.pages(atlas))


def domain(name: str, frames: float, clips: float, auroc: float | None) -> dict[str, Any]:
    return {"domain": name, "rate_macro_frame": frames, "rate_macro_clip": clips, "auroc": auroc}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([domain("sound", 0.047, 0.07, 0.53), domain("speech", 0.001, 0.1, 0.49)], "only 7.0 % of the clips of sound"),
        (
            [domain("sound", 0.3, 0.9, 0.55), domain("speech", 0.1, 0.9, 0.45)],
            "it fires longer there, not more strongly",
        ),
        ([domain("sound", 0.3, 0.9, 0.4), domain("speech", 0.2, 0.9, 0.75)], "yet speech has the larger AUROC"),
        ([domain("sound", 0.3, 0.9, 0.9), domain("speech", 0.1, 0.9, 0.2)], ""),
        ([domain("sound", 0.1, 0.2, 0.52), domain("speech", 0.09, 0.2, 0.48)], ""),
        ([domain("sound", 0.0, 0.0, None), domain("speech", 0.0, 0.0, None)], ""),
        ([domain("sound", 0.1, 0.2, 0.5)], ""),
    ],
)
def test_a_sentence_says_why_frames_and_auroc_seem_to_contradict_each_other(
    rows: list[dict[str, Any]], said: str
) -> None:
    told = at_odds(rows)
    assert said in told
    assert bool(told) == bool(said)
