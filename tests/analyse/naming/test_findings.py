"""The table `findings`: labels by their order, evidence, and verdicts word for word."""

from typing import Any

import polars as pl
import pytest

from atlas.analyse.naming.candidates import homes_of
from atlas.analyse.naming.findings import findings_frame
from atlas.schema import FINDINGS
from tests.analyse.tabling import Rows, analysed, phone, siren

LABELS = [{"label": "siren", "tests": 8}, {"label": "dog", "tests": 8}, {"label": "rare", "tests": 0}]


def finding(feature: dict[str, Any], **tables: Rows) -> dict[str, Any]:
    """The finding of the first of two features."""
    found = findings_frame(analysed([feature, {"density": 0.02}], label_index=LABELS, **tables), None, None)
    return FINDINGS.check(found, "findings").row(0, named=True)


def specialised(domain: str, **others: Any) -> dict[str, Any]:
    figures = {"auroc": 0.91, "auroc_worst": 0.72, "q": 1e-9, "datasets": 3, "specialised": True}
    return {"feature": 0, "domain": domain, **figures, **others}


def test_a_significant_label_gives_its_name_and_its_figures() -> None:
    found = finding({}, labels=[siren(0)])
    assert (found["label"], found["evidence"]) == ("siren", "AUROC .98, lift 31 (≥ 22), q 1e-9, 23 recordings have it")


@pytest.mark.parametrize(
    ("kind", "label", "name"),
    [("language", "ru", "language ru"), ("speaker", "ann", "speaker ann"), ("word", "seven", "word seven")],
)
def test_kinds_that_are_no_sound_are_named(kind: str, label: str, name: str) -> None:
    assert finding({}, labels=[siren(0, kind=kind, label=label)])["label"] == name


@pytest.mark.parametrize("change", [{"q": 0.05}, {"lift_low": 1.0}, {"auroc": 0.4}])
def test_a_label_that_is_not_significantly_more_frequent_gives_no_name(change: dict[str, float]) -> None:
    found = finding({}, labels=[siren(0, **change)])
    assert found["label"] == "unlabelled"


def test_a_verdict_denies_no_row_of_small_q() -> None:
    plain = finding({}, labels=[siren(0, q=0.05)])
    assert plain["evidence"] == "none significant of up to 2 labels"
    assert "; no significant label;" in plain["verdict"]
    rarer = finding({}, labels=[siren(0, auroc=0.1, lift=0.1, lift_low=0.0)])
    assert rarer["evidence"] == "none of up to 2 labels stands out, though 1 has q < .05"
    assert "; no label stands out, though 1 has q < .05;" in rarer["verdict"]
    with_phone = finding({}, labels=[siren(0, lift_low=0.9)], timed_labels=[phone(0, share=0.1)])
    assert "; no label stands out, though 2 have q < .05;" in with_phone["verdict"]


def test_a_phone_gives_its_name_and_its_figures() -> None:
    found = finding({}, timed_labels=[phone(0), phone(0, label="z", share=0.3)])
    expected = (
        "62 % of its active frames in aligned clips (4.0 % expected, 6.0 % at most when shifted), q 1e-9, 40 recordings"
    )
    assert (found["label"], found["evidence"]) == ("phone s", expected)


@pytest.mark.parametrize(
    "change",
    [{"share": 0.19}, {"share_shifted_max": 0.31}, {"q": 0.05}, {"q": None}, {"label": ""}],
    ids=["less than a fifth", "under twice the shifted", "not significant", "untested", "frames without a phone"],
)
def test_a_phone_that_is_merely_preferred_gives_no_name(change: dict[str, Any]) -> None:
    assert finding({}, timed_labels=[phone(0, **change)])["label"] == "unlabelled"


def test_of_label_and_phone_the_one_further_above_its_chance_names_the_feature() -> None:
    phones = [phone(0)]  # at least 62 / 6 times its chance
    assert finding({}, labels=[siren(0, lift_low=10.3)], timed_labels=phones)["label"] == "phone s"
    assert finding({}, labels=[siren(0, lift_low=10.4)], timed_labels=phones)["label"] == "siren"
    never_when_shifted = [phone(0, share_shifted_max=0.0)]
    assert finding({}, labels=[siren(0, lift_low=99.0)], timed_labels=never_when_shifted)["label"] == "phone s"


def test_a_domain_names_a_feature_without_a_label() -> None:
    found = finding({}, domains=[specialised("music"), specialised("sound", q=1e-3)], labels=[siren(0, q=0.3)])
    evidence = "AUROC .91 against other domains (.72 for the worst pair of datasets), q 1e-9, 3 datasets"
    assert (found["label"], found["evidence"]) == ("music", evidence)
    assert "; no significant label, specialised to music, AUROC .91, q 1e-9; " in found["verdict"]
    both = finding({}, domains=[specialised("music")], labels=[siren(0)])
    assert (both["label"], "specialised" in both["verdict"]) == ("siren", False)
    assert finding({}, domains=[specialised("music", specialised=False)])["label"] == "unlabelled"


def test_position_comes_before_labels_and_mostly_padding_before_position() -> None:
    onset = {"onset_ratio": 40.0}  # of clips of 100 frames, 25 at the onset
    found = finding(onset, labels=[siren(0)])
    evidence = "93 % of its active frames lie in the first 0.5 s of a window, 40 times the rate elsewhere"
    assert (found["label"], found["evidence"], found["flags"]) == ("onset", evidence, ["positional"])
    assert finding({**onset, "pad_rate": 0.51}, labels=[siren(0)])["label"] == "padding"
    assert finding({**onset, "pad_rate": 0.49}, labels=[siren(0)])["label"] == "onset"
    only = finding({"onset_ratio": float("inf")})
    assert only["evidence"] == "100 % of its active frames lie in the first 0.5 s of a window"


def test_a_rare_feature_is_not_named_after_where_its_few_frames_happen_to_lie() -> None:
    rare = finding({"onset_ratio": 40.0, "state": "rare", "recordings_active": 2})
    assert (rare["label"], rare["flags"]) == ("unlabelled", ["positional"])


def test_padding_names_a_feature_that_nothing_else_does() -> None:
    padded = {"pad_rate": 0.3}
    found = finding(padded)
    assert (found["label"], found["evidence"]) == ("padding", "fires on 30 % of padded frames, 1.0 % of others")
    assert finding(padded, labels=[siren(0)])["label"] == "siren"
    assert finding(padded, domains=[specialised("music")])["label"] == "music"
    hardly = finding({"pad_rate": 0.02, "density": 0.01})
    assert (hardly["label"], hardly["flags"]) == ("unlabelled", ["padding"])


def test_a_dead_feature_is_dead_on_this_corpus_and_no_other_is_promised() -> None:
    dead = {"state": "dead", "density": 0.0, "clips_active": 0, "recordings_active": 0, "onset_ratio": None}
    found = finding(dead)
    assert (found["label"], found["evidence"]) == ("dead on this corpus", "no active frame on this corpus")
    assert found["verdict"] == (
        "Dead on this corpus: never fires on a frame that is heard; another corpus may wake it."
    )
    padded = finding({**dead, "pad_rate": 0.031})
    assert (padded["label"], padded["flags"]) == ("padding", ["padding"])
    assert padded["verdict"] == (
        "Dead on this corpus: never fires on a frame that is heard, only on padding (3.1 % of padded frames);"
        " another corpus may wake it."
    )


def test_why_there_is_no_label_is_told() -> None:
    untested = finding({"state": "rare", "recordings_active": 4})
    assert untested["evidence"] == "fires in too few labelled recordings to be tested for labels"
    nothing = findings_frame(analysed([{}]), None, None).row(0, named=True)
    assert nothing["evidence"] == "the corpus has no label that can be tested"


def test_the_verdict_holds_all_that_it_should() -> None:
    mine = analysed([{"density": share / 1000} for share in range(1, 11)], labels=[siren(2)], label_index=LABELS)
    control = analysed([{"density": share / 1000} for share in (1, 2, 2, 9)]).features
    assert findings_frame(mine, control, None)["verdict"][2] == (
        "Live: fires on 0.30 % of frames (denser than 20 % of the live features and 75 % of the random control's),"
        " in 30 clips, 20 recordings, 4 of 4 datasets; best label siren, AUROC .98, q 1e-9;"
        " not padding, not positional."
    )


def test_a_verdict_in_the_singular_with_every_flag() -> None:
    one = {"clips_active": 1, "recordings_active": 1, "density": 0.2, "state": "rare", "pad_rate": 0.3}
    reached = [{"feature": 0, "dataset": name, "clips_active": int(name == "lab")} for name in ("lab", "street")]
    mine = analysed([{**one, "onset_ratio": float("inf")}], datasets=reached)
    assert findings_frame(mine, None, None)["verdict"][0] == (
        "Rare: fires on 20 % of frames, in 1 clip, 1 recording, 1 of 2 datasets; the corpus has no label that can be"
        " tested; padding, positional, nearly all in one dataset."
    )
    assert findings_frame(mine, None, None)["flags"][0].to_list() == ["padding", "positional", "dense", "one dataset"]


def test_a_flag_is_told_with_its_base_rate() -> None:
    mine = analysed([{"pad_rate": 0.5}, {}, {}, {}])
    assert findings_frame(mine, None, None)["verdict"][0].endswith(
        "; padding (as are 25 % of live features), not positional."
    )


def test_padding_that_no_one_can_judge_is_not_denied() -> None:
    mine = analysed([{"pad_rate": None}])
    assert findings_frame(mine, None, None)["verdict"][0].endswith("; padding not known, not positional.")


@pytest.mark.parametrize(("place", "portion"), [(0, "none"), (1, "0.45 %"), (220, "nearly all")])
def test_the_ends_of_the_scale_are_put_into_words(place: int, portion: str) -> None:
    verdicts = findings_frame(analysed([{"density": n / 1000} for n in range(1, 222)]), None, None)["verdict"]
    assert f"(denser than {portion} of the live features)" in verdicts[place]
    above = findings_frame(analysed([{"density": 0.5}]), analysed([{"density": 0.1}]).features, None)["verdict"][0]
    assert "(denser than none of the live features and all of the random control's)" in above


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
            "auroc_worst": 0.8,
            "q": 1e-9,
            "datasets": 2,
        }
        for feature in (0, 1)
    ]
    mine = analysed([{}, {}], labels=[siren(0), siren(1)], domains=domains)

    at_home = findings_frame(mine, None, None, {("label", "siren"): "speech"})
    abroad = findings_frame(mine, None, None, {("label", "siren"): "sound"})

    assert at_home["label"].to_list() == ["siren", "siren"]
    assert abroad["label"].to_list() == ["siren", "speech"]
    assert all("best label siren" in verdict for verdict in abroad["verdict"])


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
