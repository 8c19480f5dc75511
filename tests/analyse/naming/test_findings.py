"""The table `findings`: what names a feature, by the order of the rules, with the figures of that."""

from typing import Any

import polars as pl
import pytest

from atlas.analyse.naming.candidates import homes_of
from atlas.analyse.naming.findings import findings_frame
from atlas.schema import FINDINGS
from tests.analyse.tabling import Rows, analysed, phone, siren

NAME = ("named_by", "kind", "label", "value", "low", "high", "q", "recordings")
LABELS = [{"label": "siren", "tests": 8}, {"label": "dog", "tests": 8}, {"label": "rare", "tests": 0}]


def finding(feature: dict[str, Any], **tables: Rows) -> dict[str, Any]:
    """The finding of the first of two features."""
    found = findings_frame(analysed([feature, {"density": 0.02}], label_index=LABELS, **tables), None, None)
    return FINDINGS.check(found, "findings").row(0, named=True)


def specialised(domain: str, **others: Any) -> dict[str, Any]:
    figures = {"auroc": 0.91, "auroc_low": 0.88, "auroc_high": 0.94, "q": 1e-9, "recordings": 30, "specialised": True}
    return {"feature": 0, "domain": domain, **figures, **others}


def test_a_significant_label_gives_its_name_and_its_figures() -> None:
    found = finding({}, labels=[siren(0, auroc_low=0.93)])
    assert {column: found[column] for column in NAME} == {
        "named_by": "label",
        "kind": "label",
        "label": "siren",
        "value": 0.984,
        "low": 0.93,
        "high": None,
        "q": 1.2e-9,
        "recordings": 23,
    }
    assert (found["best_by"], found["clip_kind"], found["clip_label"]) == ("label", "label", "siren")
    assert (found["timed_label"], found["domain"], found["null_reason"]) == (None, None, None)


@pytest.mark.parametrize("change", [{"q": 0.05}, {"lift_low": 1.0}, {"auroc": 0.4}])
def test_a_label_that_is_not_significantly_more_frequent_gives_no_name(change: dict[str, float]) -> None:
    found = finding({}, labels=[siren(0, **change)])
    assert (found["named_by"], found["clip_label"], found["best_by"]) == ("none", None, None)


def test_a_row_of_small_q_that_gives_no_name_is_counted() -> None:
    plain = finding({}, labels=[siren(0, q=0.05)])
    assert (plain["null_reason"], plain["significant"]) == ("none significant", 0)
    rarer = finding({}, labels=[siren(0, auroc=0.1, lift=0.1, lift_low=0.0)])
    assert (rarer["null_reason"], rarer["significant"]) == ("none stands out", 1)
    with_phone = finding({}, labels=[siren(0, lift_low=0.9)], timed_labels=[phone(0, share=0.1)])
    assert (with_phone["null_reason"], with_phone["significant"]) == ("none stands out", 2)


def test_a_phone_gives_its_name_and_its_figures() -> None:
    found = finding({}, timed_labels=[phone(0), phone(0, label="z", share=0.3)])
    assert {column: found[column] for column in NAME} == {
        "named_by": "timed",
        "kind": "phones",
        "label": "s",
        "value": 0.62,
        "low": None,
        "high": None,
        "q": 1e-9,
        "recordings": 40,
    }
    assert (found["best_by"], found["tier"], found["timed_label"]) == ("timed", "phones", "s")


@pytest.mark.parametrize(
    "change",
    [{"share": 0.19}, {"share_shifted_max": 0.31}, {"q": 0.05}, {"q": None}, {"label": ""}],
    ids=["less than a fifth", "under twice the shifted", "not significant", "untested", "frames without a phone"],
)
def test_a_phone_that_is_merely_preferred_gives_no_name(change: dict[str, Any]) -> None:
    assert finding({}, timed_labels=[phone(0, **change)])["named_by"] == "none"


def test_of_label_and_phone_the_one_further_above_its_chance_names_the_feature() -> None:
    phones = [phone(0)]  # at least 62 / 6 times its chance
    assert finding({}, labels=[siren(0, lift_low=10.3)], timed_labels=phones)["label"] == "s"
    assert finding({}, labels=[siren(0, lift_low=10.4)], timed_labels=phones)["label"] == "siren"
    never_when_shifted = [phone(0, share_shifted_max=0.0)]
    assert finding({}, labels=[siren(0, lift_low=99.0)], timed_labels=never_when_shifted)["label"] == "s"


def test_a_domain_names_a_feature_without_a_label() -> None:
    found = finding({}, domains=[specialised("music"), specialised("sound", q=1e-3)], labels=[siren(0, q=0.3)])
    assert {column: found[column] for column in NAME} == {
        "named_by": "domain",
        "kind": None,
        "label": "music",
        "value": 0.91,
        "low": 0.88,
        "high": 0.94,
        "q": 1e-9,
        "recordings": 30,
    }
    assert (found["domain"], found["null_reason"]) == ("music", "none significant")
    both = finding({}, domains=[specialised("music")], labels=[siren(0)])
    assert (both["label"], both["domain"]) == ("siren", "music")
    assert finding({}, domains=[specialised("music", specialised=False)])["named_by"] == "none"


def test_position_comes_before_labels_and_mostly_padding_before_position() -> None:
    onset = {"onset_ratio": 40.0}  # of clips of 100 frames, 25 at the onset
    found = finding(onset, labels=[siren(0)])
    assert (found["named_by"], found["label"], found["flags"]) == ("onset", None, ["positional"])
    assert found["value"] == pytest.approx(40 / 43)
    assert found["clip_label"] == "siren"
    assert finding({**onset, "pad_rate": 0.51}, labels=[siren(0)])["named_by"] == "padding"
    assert finding({**onset, "pad_rate": 0.49}, labels=[siren(0)])["named_by"] == "onset"
    assert finding({"onset_ratio": float("inf")})["value"] == 1


def test_a_rare_feature_is_not_named_after_where_its_few_frames_happen_to_lie() -> None:
    rare = finding({"onset_ratio": 40.0, "state": "rare", "recordings_active": 2})
    assert (rare["named_by"], rare["flags"]) == ("none", ["positional"])


def test_padding_names_a_feature_that_nothing_else_does() -> None:
    padded = {"pad_rate": 0.3}
    found = finding(padded)
    assert (found["named_by"], found["label"], found["value"]) == ("padding", None, 0.3)
    assert finding(padded, labels=[siren(0)])["label"] == "siren"
    assert finding(padded, domains=[specialised("music")])["label"] == "music"
    hardly = finding({"pad_rate": 0.02, "density": 0.01})
    assert (hardly["named_by"], hardly["flags"]) == ("none", ["padding"])


def test_a_dead_feature_is_dead_or_padding() -> None:
    dead = {"state": "dead", "density": 0.0, "clips_active": 0, "recordings_active": 0, "onset_ratio": None}
    found = finding(dead)
    assert {column: found[column] for column in NAME} == dict.fromkeys(NAME) | {"named_by": "dead"}
    padded = finding({**dead, "pad_rate": 0.031})
    assert (padded["named_by"], padded["flags"]) == ("padding", ["padding"])


def test_why_there_is_no_label_is_told() -> None:
    untested = finding({"state": "rare", "recordings_active": 4})
    assert (untested["null_reason"], untested["significant"]) == ("untested", 0)
    nothing = findings_frame(analysed([{}]), None, None).row(0, named=True)
    assert nothing["null_reason"] == "no labels"


def test_percentiles_are_shares_of_live_features_that_fire_on_fewer_frames() -> None:
    mine = analysed([{"density": share / 1000} for share in range(1, 11)], labels=[siren(2)], label_index=LABELS)
    control = analysed([{"density": share / 1000} for share in (1, 2, 2, 9)]).features
    found = findings_frame(mine, control, None)
    assert (found["denser"][2], found["denser_control"][2]) == (0.2, 0.75)
    assert findings_frame(mine, None, None)["denser_control"].null_count() == 10


def test_flags_come_in_their_order() -> None:
    one = {"clips_active": 1, "recordings_active": 1, "density": 0.2, "state": "rare", "pad_rate": 0.3}
    reached = [{"feature": 0, "dataset": name, "clips_active": int(name == "lab")} for name in ("lab", "street")]
    mine = analysed([{**one, "onset_ratio": float("inf")}], datasets=reached)
    assert findings_frame(mine, None, None)["flags"][0].to_list() == ["padding", "positional", "dense", "one dataset"]


def test_places_on_the_map_are_taken_over_and_blank_without_one() -> None:
    mine = analysed([{}, {}])
    places = pl.DataFrame({"feature": [1], "map_x": [0.5], "map_y": [-0.25]}).cast(
        {name: FINDINGS.columns[name] for name in ("feature", "map_x", "map_y")}
    )
    assert findings_frame(mine, None, places).select("map_x", "map_y").rows() == [(None, None), (0.5, -0.25)]
    assert findings_frame(mine, None, None)["map_x"].to_list() == [None, None]
    assert findings_frame(analysed([]), None, None).equals(FINDINGS.empty())


def test_a_label_of_another_domain_does_not_name_a_feature_that_is_specialised() -> None:
    domains = [
        {
            "feature": feature,
            "domain": "speech",
            "specialised": feature == 1,
            "auroc": 0.9,
            "q": 1e-9,
            "recordings": 30,
        }
        for feature in (0, 1)
    ]
    mine = analysed([{}, {}], labels=[siren(0), siren(1)], domains=domains)

    at_home = findings_frame(mine, None, None, {("label", "siren"): "speech"})
    abroad = findings_frame(mine, None, None, {("label", "siren"): "sound"})

    assert at_home["label"].to_list() == ["siren", "siren"]
    assert abroad["label"].to_list() == ["siren", "speech"]
    assert abroad["named_by"].to_list() == ["label", "domain"]
    assert abroad["clip_label"].to_list() == ["siren", "siren"], "still the best label"


def test_a_label_is_at_home_where_most_of_its_recordings_are() -> None:
    clips = pl.DataFrame(
        {
            "recording": ["a", "a", "b", "c", "d"],
            "domain": ["sound", "sound", "sound", "music", "speech"],
            "labels": [["bell"], ["bell"], ["bell", "hum"], ["bell"], ["hum"]],
            "language": [None, None, None, None, "de"],
            "speaker": [None] * 5,
            "problem": [None] * 5,
        },
        schema_overrides={"speaker": pl.String, "problem": pl.String},
    )

    assert homes_of(clips) == {("label", "bell"): "sound", ("language", "de"): "speech"}


def peaks_at(**others: Any) -> dict[str, Any]:
    """A row of `peak_labels` of the first feature."""
    return {"feature": 0, "tier": "phones", "label": "i", "purity": 0.8, "purity_shifted_max": 0.3, **others}


def test_the_phone_at_its_peaks_names_a_feature_before_any_clip_label() -> None:
    found = finding({}, labels=[siren(0, auroc_low=0.93)], peak_labels=[peaks_at()])

    assert {column: found[column] for column in NAME} == {
        "named_by": "peaks",
        "kind": "phones",
        "label": "i",
        "value": 0.8,
        "low": None,
        "high": None,
        "q": 1e-9,
        "recordings": 16,
    }
    assert (found["peak_tier"], found["peak_label"], found["purity"]) == ("phones", "i", 0.8)
    assert (found["best_by"], found["clip_label"]) == ("label", "siren")


@pytest.mark.parametrize("change", [{"purity": 0.74}, {"q": 0.05}, {"purity_shifted_max": 0.8}, {"label": None}])
def test_impure_peaks_or_ones_that_chance_explains_name_nothing(change: dict[str, Any]) -> None:
    found = finding({}, peak_labels=[peaks_at(**change)])

    assert (found["named_by"], found["peak_label"], found["purity"]) == ("none", None, None)


def test_the_narrowest_of_what_its_peaks_stand_at_gives_the_name() -> None:
    phone, word = peaks_at(), peaks_at(tier="words", label="office", base=0.2)
    wide, narrow = peaks_at(tier="manner", label="vowel", base=0.4), peaks_at(tier="height", label="close", base=0.1)

    assert finding({}, peak_labels=[phone, wide, word])["label"] == "office"
    assert finding({}, peak_labels=[narrow, wide, phone])["label"] == "i"
    assert finding({}, peak_labels=[wide, narrow])["label"] == "close"


def test_padding_and_onset_come_before_peaks() -> None:
    assert finding({"pad_rate": 0.6}, peak_labels=[peaks_at()])["named_by"] == "padding"
