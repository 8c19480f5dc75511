"""The table `findings`: what names a feature, by the order of the rules, with the figures of that."""

from typing import Any

import polars as pl
import pytest

from atlas.analyse.naming.candidates import NO_HOMES, Homes, homes_of
from atlas.analyse.naming.findings import findings_frame
from atlas.schema import FINDINGS
from tests.analyse.tabling import Rows, analysed, siren

NAME = ("named_by", "kind", "label", "value", "low", "high", "phi", "q", "recordings", "mass_share", "mass_base")
LABELS = [{"label": "siren", "tests": 8}, {"label": "dog", "tests": 8}, {"label": "rare", "tests": 0}]
AT_HOME: Homes = {("label", "siren"): "sound", ("label", "speech"): "speech"}


def finding(feature: dict[str, Any], homes: Homes = NO_HOMES, **tables: Rows) -> dict[str, Any]:
    """The finding of the first of two features."""
    mine = analysed([feature, {"density": 0.02}], **{"label_index": LABELS, **tables})
    return FINDINGS.check(findings_frame(mine, None, None, homes), "findings").row(0, named=True)


def specialised(domain: str, **others: Any) -> dict[str, Any]:
    figures = {"auroc": 0.91, "auroc_low": 0.88, "auroc_high": 0.94, "q": 1e-9, "recordings": 30, "specialised": True}
    return {"feature": 0, "domain": domain, **figures, **others}


def peaks_at(**others: Any) -> dict[str, Any]:
    """A row of `peak_labels` of the first feature."""
    return {"feature": 0, "tier": "phones", "label": "i", "purity": 0.8, "purity_shifted_max": 0.3, **others}


def dog(**others: Any) -> dict[str, Any]:
    return siren(0, label="dog", **others)


def test_a_label_that_holds_gives_its_name_and_its_figures() -> None:
    found = finding({}, labels=[siren(0)])
    assert {column: found[column] for column in NAME} == {
        "named_by": "label",
        "kind": "label",
        "label": "siren",
        "value": 0.8,
        "low": None,
        "high": None,
        "phi": 0.75,
        "q": 1.2e-9,
        "recordings": 23,
        "mass_share": 0.9,
        "mass_base": 0.04,
    }
    assert (found["clip_kind"], found["clip_label"], found["confound"]) == ("label", "siren", 0.6)
    assert (found["leans_to"], found["domain"], found["null_reason"]) == (None, None, None)


@pytest.mark.parametrize("change", [{"q": 0.05}, {"auroc": 0.4}, {"phi_heldout": None}])
def test_a_label_that_is_not_significantly_more_frequent_or_not_searched_is_no_candidate(
    change: dict[str, Any],
) -> None:
    found = finding({}, labels=[siren(0, **change)])
    assert (found["named_by"], found["clip_label"], found["leans_to"]) == ("none", None, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"f1_heldout": 0.49}, "weak"),
        ({"phi_heldout": 0.39}, "weak"),
        ({"precision10": 0.5}, "others stronger"),
        ({"r_precision": 0.59}, "others stronger"),
        ({"auroc": 0.6}, "length"),
    ],
)
def test_a_label_that_falls_short_is_leant_to_and_why_is_told(change: dict[str, float], reason: str) -> None:
    found = finding({}, labels=[siren(0, **change)])
    assert (found["named_by"], found["kind"], found["label"]) == ("leaning", "label", "siren")
    assert (found["leans_kind"], found["leans_to"], found["null_reason"]) == ("label", "siren", reason)


def test_exactly_the_thresholds_are_enough_and_a_confound_tells_either_way() -> None:
    least = {"f1_heldout": 0.5, "phi_heldout": 0.4, "precision10": 0.6, "r_precision": 0.6}
    assert finding({}, labels=[siren(0, **least)])["named_by"] == "label"
    soft = [{"label": "siren", "tests": 8, "auroc_loudness": 0.01}]
    found = finding({}, labels=[siren(0)], label_index=soft)
    assert (found["named_by"], found["null_reason"], found["confound"]) == ("leaning", "loudness", 0.99)
    weaker = [{"label": "siren", "tests": 8, "auroc_loudness": 0.02}]
    assert finding({}, labels=[siren(0)], label_index=weaker)["named_by"] == "label"


def test_a_label_that_shuffled_ones_reach_is_not_even_leant_to() -> None:
    found = finding({}, labels=[siren(0, f1_permuted_max=0.8)])
    assert (found["named_by"], found["leans_to"], found["null_reason"]) == ("none", None, "within chance")
    assert found["clip_label"] == "siren"


def test_halves_that_choose_differently_give_no_name_and_lean_to_the_larger_held_out_phi() -> None:
    by_a = siren(0, phi_chosen_a=0.9, phi_a=0.5)
    found = finding({}, labels=[by_a, dog(phi_chosen_b=0.9, phi_b=0.6)])
    assert (found["named_by"], found["leans_to"], found["null_reason"]) == ("leaning", "dog", "halves differ")
    found = finding({}, labels=[by_a, dog(phi_chosen_b=0.9, phi_b=0.4)])
    assert found["leans_to"] == "siren"
    both = siren(0, phi_chosen_a=0.9, phi_chosen_b=0.9)
    assert finding({}, labels=[both, dog()])["label"] == "siren"


def test_words_of_clips_name_nothing_where_words_have_times() -> None:
    word = [siren(0, kind="word", label="office")]
    assert finding({}, labels=word)["label"] == "office"
    timed = [peaks_at(feature=1, tier="words", label=None, purity=0.1)]
    found = finding({}, labels=word, peak_labels=timed)
    assert (found["named_by"], found["null_reason"], found["significant"]) == ("none", "none significant", 0)


def test_a_row_of_small_q_that_gives_no_name_is_counted() -> None:
    plain = finding({}, labels=[siren(0, q=0.05)])
    assert (plain["null_reason"], plain["significant"]) == ("none significant", 0)
    rarer = finding({}, labels=[siren(0, auroc=0.1, lift=0.1, lift_low=0.0)])
    assert (rarer["null_reason"], rarer["significant"]) == ("none stands out", 1)


def test_a_domain_names_a_feature_without_a_label() -> None:
    found = finding({}, domains=[specialised("music"), specialised("sound", q=1e-3)], labels=[siren(0, q=0.3)])
    assert {column: found[column] for column in NAME} == dict.fromkeys(NAME) | {
        "named_by": "domain",
        "kind": "domain",
        "label": "music",
        "value": 0.91,
        "low": 0.88,
        "high": 0.94,
        "q": 1e-9,
        "recordings": 30,
    }
    assert (found["domain"], found["null_reason"]) == ("music", "none significant")
    assert finding({}, domains=[specialised("music", specialised=False)])["named_by"] == "none"
    leaning = finding({}, domains=[specialised("music")], labels=[siren(0, phi_heldout=0.3)])
    assert (leaning["named_by"], leaning["label"], leaning["leans_to"]) == ("domain", "music", "siren")


def test_a_domain_that_length_explains_names_nothing_and_is_told_where_no_label_is_leant_to() -> None:
    music = specialised("music", specialised=False, confounded="length")
    found = finding({}, domains=[music], labels=[siren(0, q=0.3)])
    assert (found["named_by"], found["domain"], found["null_reason"]) == ("none", None, "length")
    leaning = finding({}, domains=[music], labels=[siren(0, phi_heldout=0.3)])
    assert (leaning["named_by"], leaning["null_reason"]) == ("leaning", "weak")
    other = finding({}, domains=[music, specialised("sound", q=1e-3)])
    assert (other["label"], other["null_reason"]) == ("sound", "untested")
    surest = specialised("sound", q=1e-20, specialised=False, confounded="loudness")
    assert finding({}, domains=[music, surest])["null_reason"] == "loudness"


def second(found: dict[str, Any]) -> tuple[str | None, str | None]:
    return found["second_kind"], found["second_label"]


def test_what_is_true_as_well_is_the_second_part_of_a_name() -> None:
    speech = [specialised("speech")]
    assert second(finding({}, labels=[siren(0)])) == (None, None)
    assert second(finding({}, domains=speech, peak_labels=[peaks_at()])) == ("domain", "speech")
    assert second(finding({}, labels=[siren(0)], peak_labels=[peaks_at()], domains=speech)) == ("label", "siren")
    assert second(finding({}, labels=[siren(0)], domains=speech)) == ("domain", "speech")


def test_what_goes_without_saying_is_no_second_part() -> None:
    at_home = finding({}, AT_HOME, labels=[siren(0)], domains=[specialised("sound")])
    assert (at_home["label"], second(at_home), at_home["domain"]) == ("siren", (None, None), "sound")
    spoken = [siren(0, label="speech")]
    assert second(finding({}, AT_HOME, labels=spoken, peak_labels=[peaks_at()])) == (None, None)
    both = finding({}, AT_HOME, labels=spoken, peak_labels=[peaks_at()], domains=[specialised("speech")])
    assert second(both) == ("domain", "speech")
    unnamed = finding({}, labels=[siren(0, phi_heldout=0.3)], domains=[specialised("speech")])
    assert second(unnamed) == (None, None)


def test_flags_name_a_feature_that_nothing_else_does() -> None:
    onset = {"onset_ratio": 40.0}  # of clips of 100 frames, 25 at the onset
    found = finding(onset)
    assert (found["named_by"], found["label"], found["flags"]) == ("onset", None, ["positional"])
    assert found["value"] == pytest.approx(40 / 43)
    assert finding({**onset, "pad_rate": 0.51})["named_by"] == "padding"
    assert finding({"onset_ratio": float("inf")})["value"] == 1
    for flags in (onset, {"pad_rate": 0.9}, {**onset, "pad_rate": 0.9}):
        assert finding(flags, labels=[siren(0)])["label"] == "siren"
        assert finding(flags, peak_labels=[peaks_at()])["label"] == "i"
        assert finding(flags, domains=[specialised("music")])["label"] == "music"
        leaning = finding(flags, labels=[siren(0, phi_heldout=0.3)])
        assert (leaning["named_by"], leaning["label"]) == ("leaning", "siren")


def test_a_feature_of_silence_is_called_so_where_nothing_else_is_true() -> None:
    soft = {0: -60.1, 1: -59.9}
    found = findings_frame(analysed([{}, {}], levels=soft), None, None)
    assert found["named_by"].to_list() == ["silence", "none"]
    assert found["flags"].to_list() == [["silence"], []]
    assert findings_frame(analysed([{}], levels=soft, labels=[siren(0)]), None, None)["label"].to_list() == ["siren"]


def test_a_feature_that_peaks_where_clips_are_cut_is_named_after_no_label_of_clips() -> None:
    mine = analysed([{}, {}], labels=[siren(0), siren(1)], at_edges=[1])
    found = findings_frame(mine, None, None)
    assert found["named_by"].to_list() == ["label", "leaning"]
    assert found.select("leans_to", "null_reason").row(1) == ("siren", "clip edges")
    spoken = analysed([{}], peak_labels=[peaks_at()], at_edges=[0])
    assert findings_frame(spoken, None, None)["label"].to_list() == ["i"]


def test_a_rare_feature_is_not_named_after_where_its_few_frames_happen_to_lie() -> None:
    rare = finding({"onset_ratio": 40.0, "state": "rare", "recordings_active": 2})
    assert (rare["named_by"], rare["flags"]) == ("none", ["positional"])


def test_padding_is_a_rate_of_half_or_twice_the_density() -> None:
    found = finding({"pad_rate": 0.3})
    assert (found["named_by"], found["label"], found["value"]) == ("padding", None, 0.3)
    assert finding({"pad_rate": 0.51, "density": 0.4, "state": "dense"})["named_by"] == "padding"
    assert finding({"pad_rate": 0.49, "density": 0.4, "state": "dense"})["named_by"] == "none"
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
    mine = analysed([{**one, "onset_ratio": float("inf")}], levels={0: -70.0}, datasets=reached)
    flags = findings_frame(mine, None, None)["flags"][0].to_list()
    assert flags == ["padding", "positional", "dense", "silence", "one dataset"]


def test_places_on_the_map_are_taken_over_and_blank_without_one() -> None:
    mine = analysed([{}, {}])
    places = pl.DataFrame({"feature": [1], "map_x": [0.5], "map_y": [-0.25]}).cast(
        {name: FINDINGS.columns[name] for name in ("feature", "map_x", "map_y")}
    )
    assert findings_frame(mine, None, places).select("map_x", "map_y").rows() == [(None, None), (0.5, -0.25)]
    assert findings_frame(mine, None, None)["map_x"].to_list() == [None, None]
    assert findings_frame(analysed([]), None, None).equals(FINDINGS.empty())


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


def test_the_phone_at_its_peaks_names_a_feature_before_any_clip_label() -> None:
    found = finding({}, labels=[siren(0)], peak_labels=[peaks_at(mass_share=0.4)])

    assert {column: found[column] for column in NAME} == dict.fromkeys(NAME) | {
        "named_by": "peaks",
        "kind": "phones",
        "label": "i",
        "value": 0.8,
        "q": 1e-9,
        "recordings": 16,
        "mass_share": 0.4,
        "mass_base": 0.03,
    }
    assert (found["peak_tier"], found["peak_label"], found["purity"]) == ("phones", "i", 0.8)
    assert (found["clip_label"], found["leans_to"], found["null_reason"]) == ("siren", None, None)


@pytest.mark.parametrize("change", [{"purity": 0.49}, {"q": 0.05}, {"purity_shifted_max": 0.8}, {"label": None}])
def test_peaks_of_many_labels_or_ones_that_chance_explains_name_nothing(change: dict[str, Any]) -> None:
    found = finding({}, peak_labels=[peaks_at(**change)])

    assert (found["named_by"], found["peak_label"], found["purity"]) == ("none", None, None)


def test_peaks_of_which_most_stand_at_one_phone_lean_to_it_unless_something_is_true() -> None:
    impure = [peaks_at(purity=0.74)]
    found = finding({}, peak_labels=impure)
    assert (found["named_by"], found["leans_kind"], found["leans_to"]) == ("leaning", "phones", "i")
    assert (found["value"], found["null_reason"]) == (0.74, "impure peaks")
    with_label = finding({}, peak_labels=impure, labels=[siren(0)])
    assert (with_label["label"], with_label["leans_to"]) == ("siren", None)
    both = finding({}, peak_labels=impure, labels=[siren(0, phi_heldout=0.3)])
    assert both["leans_to"] == "i"


def test_a_class_that_holds_over_a_quarter_of_frames_names_nothing() -> None:
    voiced = peaks_at(tier="voicing", label="voiced", purity=1.0)
    assert finding({}, peak_labels=[{**voiced, "base": 0.26}])["named_by"] == "none"
    assert finding({}, peak_labels=[{**voiced, "base": 0.25}])["label"] == "voiced"


def test_peaks_in_speech_name_no_feature_whose_strongest_recordings_are_something_else() -> None:
    mine = analysed([{}, {}], peak_labels=[peaks_at(), peaks_at(feature=1)], unspoken=[1])
    found = findings_frame(mine, None, None)
    assert found["named_by"].to_list() == ["peaks", "leaning"]
    assert found.select("leans_to", "null_reason").row(1) == ("i", "others stronger")


def test_the_narrowest_of_what_its_peaks_stand_at_gives_the_name() -> None:
    phone, word = peaks_at(), peaks_at(tier="words", label="office", base=0.2)
    wide, narrow = peaks_at(tier="manner", label="vowel", base=0.2), peaks_at(tier="height", label="close", base=0.1)

    assert finding({}, peak_labels=[phone, wide, word])["label"] == "office"
    assert finding({}, peak_labels=[narrow, wide, phone])["label"] == "i"
    assert finding({}, peak_labels=[wide, narrow])["label"] == "close"
    assert finding({}, peak_labels=[peaks_at(purity=0.7), wide])["label"] == "vowel"
