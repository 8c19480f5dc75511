"""The table `controls`: which dictionary is held against which, and every figure worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from atlas.analyse.naming.controls import (
    DictionaryFigures,
    DrawnLabels,
    OwnFigures,
    controls_frame,
    controls_of,
    drawn_figures,
    figures_of,
    with_agreements,
)
from atlas.analyse.naming.findings import Analysed, findings_frame
from atlas.analyse.naming.flags import Measured, flags_frame
from atlas.analyse.testing.bests import with_best
from atlas.analyse.testing.blocks import blocks
from atlas.analyse.testing.domains import domains_frame
from atlas.analyse.testing.kinds import LabelKind, kinds_of
from atlas.analyse.testing.labels import label_tables
from atlas.analyse.testing.recordings import Recordings, recordings_by_cell, recordings_of
from atlas.analyse.testing.shifts import ShiftReach
from atlas.analyse.testing.strongest import strongest_shares
from atlas.analyse.testing.timed import timed_labels_frame
from atlas.encoders.whisper import GRID
from atlas.schema import (
    ALIGNMENTS,
    CLIPS,
    COLUMN_SHIFTS,
    CONTROLS,
    DATASETS,
    FEATURES,
    FINDINGS,
    MEL,
    PEAK_LABELS,
    STATES,
    TIMED_COUNTS,
)
from atlas.schema.analysed import BY_LABEL, BY_PEAKS, NAMED_BY, NULL_REASONS
from atlas.schema.card import BaselinesCard, DictionaryCard, read_card
from atlas.schema.figures import CONTROL_FIGURES
from atlas.store import AtlasFolder
from tests.analyse.tabling import analysed, phone, siren
from tests.cards import control_card, sae_card

CARDS = {
    "sae": sae_card(l0=50.0, fvu=0.2),
    "sae-random": control_card("sae"),
    "units": sae_card(kind="identity", fvu=None, baselines=BaselinesCard(null_reason="rebuilds_nothing")),
    "units-random": control_card("units"),
    "other": sae_card(tap="encoder.blocks.1"),
}


def some() -> Analysed:
    features: list[dict[str, Any]] = [{"state": "dense", "density": 0.2}, {}, {"pad_rate": 0.5}, {}]
    features += [{"state": "rare"}, {"state": "dead", "density": 0.0}]
    probed = [{"probe_auroc": 0.9, "probe_permuted": 0.4}, {"probe_auroc": 0.7, "probe_permuted": 0.6}]
    index = [{"label": "siren", "tests": 5} | probed[0], {"label": "dog", "tests": 5} | probed[1]]
    index += [{"label": name, "tests": 5} for name in ("halved in vain", "door", "bell")]
    index = [{"halved": True, **row} for row in index]
    index += [{"label": "not halved", "tests": 5, "halved": False}, {"label": "seldom", "tests": 0, "halved": False}]
    labels = [siren(0, auroc=0.9), siren(1, auroc=0.7), siren(4, auroc=0.99), siren(3, q=0.2)]
    labels += [siren(2, label="dog", auroc=0.2, lift_low=0.1)]
    timed = [phone(0), phone(0, label="z", share=0.38), phone(0, label="", share=0.9)]
    timed += [phone(1, share=0.4), phone(2, share=0.9, recordings=19), phone(4, share=1.0)]
    domains = [
        {"feature": feature, "domain": domain, "specialised": (feature, domain) in ((0, "music"), (4, "music"))}
        for feature in range(6)
        for domain in ("music", "speech")
    ]
    peaks: list[dict[str, Any]] = [
        {"feature": feature, "label": "s", "purity": purity, "purity_shifted_max": 0.4}
        for feature, purity in ((0, 0.8), (1, 0.7), (2, 0.75), (4, 1.0))
    ]
    reach = [ShiftReach("loudness", "speech", 3, 2), ShiftReach("f0", "speech", 2, 0), ShiftReach("f0", "music", 0, 0)]
    tables = {"label_index": index, "labels": labels, "timed_labels": timed, "domains": domains, "peak_labels": peaks}
    return analysed(features, shift_reach=reach, **tables)


def own(dictionary: Analysed, card: DictionaryCard) -> OwnFigures:
    """The figures of one dictionary, with what it names its features."""
    return figures_of(dictionary, findings_frame(dictionary, None, None), card)


def named(figures: OwnFigures) -> dict[str, float | None]:
    """The figures by a name each: `pure/phones`."""
    return {f"{figure}/{of}" if of else figure: value for (figure, of), value in figures.items()}


def test_every_figure_is_what_plain_counting_gives() -> None:
    assert named(own(some(), CARDS["sae"])) == {
        "features": 6,
        "tested": 4,
        "dead": 1 / 6,
        "rare": 1 / 6,
        "dense": 1 / 6,
        "live": 1 / 2,
        "l0": 50.0,
        "fvu": 0.2,
        "fvu_sample": 0.118,
        "fvu_pca": 0.403,
        "fvu_pursuit": 0.153,
        "components": 17,
        "labels_tested/label": 5,
        "labels_found/label": 0,
        "label_phi/label": 0,
        "label_f1/label": None,
        "label_probe/label": pytest.approx(0.8),
        "label_probe_permuted/label": pytest.approx(0.5),
        "named": 3 / 4,
        "named_peaks": 2,
        "named_label": 1,
        "tests": 30,
        "tests_significant": 4,
        "labelled": 2 / 4,
        "best_auroc": 0.8,
        "best_f1": 0.8,
        "share/phones": (0.62 + 0.4) / 2,
        "share_shifted/phones": 0.06,
        "pure/phones": 1 / 2,
        "eligible/phones": 3,
        "peak_named/phones": 2 / 3,
        "shift_eligible/loudness/speech": 3,
        "shift_held/loudness/speech": 2 / 3,
        "shift_eligible/f0/speech": 2,
        "shift_held/f0/speech": 0,
        "specialised/music": 1 / 4,
        "specialised/speech": 0,
        "flag/padding": 1 / 4,
        "flag/positional": 0,
        "flag/dense": 1 / 4,
        "flag/silence": 0,
        "flag/clip edge": 0,
        "flag/one dataset": 0,
    }


def test_every_figure_is_explained() -> None:
    beside = {
        "above_control",
        "labels_above_control",
        "agreement",
        "label_phi_low",
        "label_phi_high",
    }  # which the tables of the control are needed for
    assert {figure for figure, _ in own(some(), CARDS["sae"])} == set(CONTROL_FIGURES) - beside


def test_of_drawn_features_the_same_is_counted_as_of_all() -> None:
    made, findings = some(), findings_frame(some(), None, None)
    whole = replace(made, label_index=with_best(made.label_index, made.labels))
    bounds = {"label": (0.1, 0.9)}
    every = named(drawn_figures(whole, findings, DrawnLabels(whole.features["feature"], whole.label_index, bounds)))
    assert [every.pop(f"label_phi_{end}/label") for end in ("low", "high")] == [0.1, 0.9]
    assert every.items() <= named(own(whole, CARDS["sae"])).items()
    assert {"labels_found/label", "label_phi/label", "named_label", "peak_named/phones"} <= set(every)
    some_of_them = named(drawn_figures(whole, findings, DrawnLabels(pl.Series([0, 1, 4, 5]), whole.label_index, {})))
    assert some_of_them["features"] == 4
    assert some_of_them["tested"] == 2
    assert some_of_them["named"] == 1  # of the two that are live or dense
    assert some_of_them["eligible/phones"] == 2
    assert some_of_them["labels_tested/label"] == 5


def test_agreement_is_told_of_every_other_autoencoder_of_the_tap_and_of_the_control() -> None:
    cards = CARDS | {"again": sae_card(), "again-random": control_card("again")}
    figures = {name: DictionaryFigures(whole={}) for name in cards}
    pairs = [("sae", "again", 0.4), ("again", "sae", 0.3), ("sae", "sae-random", 0.01), ("again", "again-random", None)]
    comparisons = pl.DataFrame(pairs, schema=["dictionary", "other_dictionary", "coverage"], orient="row")
    found = controls_frame(with_agreements(figures, comparisons, cards), cards)
    assert set(found["figure"]) == {"agreement"}
    assert set(found.drop("figure", "value_drawn").rows()) == {
        ("sae", "sae-random", "again", 0.4, 0.01),
        ("sae", "units", "again", 0.4, None),
        ("again", "again-random", "sae", 0.3, None),
        ("again", "units", "sae", 0.3, None),
    }


def test_nothing_to_count_is_a_blank_and_not_a_zero() -> None:
    dead = analysed([{"state": "dead", "density": 0.0}], timed_labels=[phone(0)])
    figures = named(own(dead, CARDS["units"]))
    assert {name for name, value in figures.items() if value is None} == {
        *("fvu", "fvu_sample", "fvu_pca", "fvu_pursuit", "components"),
        *(
            "named",
            "named_peaks",
            "named_label",
            "labelled",
            "best_auroc",
            "best_f1",
            "share/phones",
            "share_shifted/phones",
            "pure/phones",
        ),
        *("flag/padding", "flag/positional", "flag/dense", "flag/silence", "flag/clip edge", "flag/one dataset"),
    }


def test_a_dictionary_is_held_against_its_random_directions_and_the_neurons_of_its_tap() -> None:
    assert {name: controls_of(name, CARDS) for name in CARDS} == {
        "sae": ("sae-random", "units"),
        "sae-random": (),
        "units": ("units-random",),
        "units-random": (),
        "other": (),
    }


def test_values_stand_side_by_side_and_a_dictionary_without_control_has_its_own() -> None:
    one, other = some(), analysed([{}, {"state": "dead", "density": 0.0}], "sae-random", labels=[siren(0)])
    cards = {"d": CARDS["sae"], "sae-random": control_card("d")}
    figures = {
        "sae-random": DictionaryFigures(
            whole=own(other, cards["sae-random"]), beside={"sae-random": {("above_control", "random"): 0.0}}
        ),
        "d": DictionaryFigures(
            whole=own(one, cards["d"]),
            drawn={"sae-random": {("features", ""): 1.0}},
            beside={"sae-random": {("above_control", "random"): 2.0}},
        ),
    }
    found = CONTROLS.check(controls_frame(figures, cards), "controls")
    assert found.select(CONTROLS.key).rows() == sorted(found.select(CONTROLS.key).rows())
    rows = {row[:4]: row[4:] for row in found.rows()}
    assert rows["d", "sae-random", "dead", ""] == (1 / 6, None, 1 / 2)
    assert rows["d", "sae-random", "fvu", ""] == (0.2, None, None)
    assert rows["d", "sae-random", "pure", "phones"] == (0.5, None, None)  # the other has no such tier
    assert rows["d", "sae-random", "features", ""] == (6, 1, 2)
    assert rows["d", "sae-random", "above_control", "random"] == (2, None, 0)
    assert rows["sae-random", "", "dead", ""] == (1 / 2, None, None)
    assert {key[1] for key in rows if key[0] == "d"} == {"sae-random"}


def test_a_measured_atlas_has_a_finding_for_every_feature_and_its_figures_agree_with_its_card(tiny_atlas: Path) -> None:
    folder = AtlasFolder(tiny_atlas)
    clips, alignments = folder.read_table(CLIPS), folder.read_table(ALIGNMENTS)
    over_all, by_cell = (read(clips, ("speech", "music", "sound")) for read in (recordings_of, recordings_by_cell))
    kinds = kinds_of(clips, alignments, by_cell)
    cards = read_card(tiny_atlas).dictionaries
    every = [_analysed(folder, name, over_all, by_cell, kinds) for name in cards]
    for one in every:
        found = FINDINGS.check(findings_frame(one, every[0].features, None), one.name)
        assert found["feature"].to_list() == list(range(cards[one.name].features))
        assert set(found["named_by"]) <= set(NAMED_BY)
        assert set(found["null_reason"].drop_nulls()) <= set(NULL_REASONS)
        assert found["null_reason"].is_null().to_list() == found["named_by"].is_in([BY_PEAKS, BY_LABEL]).to_list()
        dead = set(one.features.filter(pl.col("state") == "dead")["feature"])
        silent = found.filter(pl.col("named_by").is_in(["dead", "padding"]))
        assert dead <= set(silent["feature"])
        assert set(found.filter(named_by="dead")["feature"]) <= dead
    figures = {one.name: DictionaryFigures(whole=own(one, cards[one.name])) for one in every}
    table = CONTROLS.check(controls_frame(figures, cards), "controls")
    for name, control, figure, _, value, _, control_value in table.rows():
        if figure in STATES:
            assert value == pytest.approx(cards[name].states[figure], rel=1e-5)
            assert not control or control_value == pytest.approx(cards[control].states[figure], rel=1e-5)
    own_l0 = table.filter(pl.col("figure") == "l0").unique("dictionary").sort("dictionary")
    assert own_l0["value"].to_list() == [cards[name].l0 for name in sorted(cards)]


def _analysed(
    folder: AtlasFolder, name: str, over_all: Recordings, by_cell: Recordings, kinds: Sequence[LabelKind]
) -> Analysed:
    features, datasets = folder.read_table(FEATURES, name), folder.read_table(DATASETS, name)
    clips, mean_mel_db = folder.read_table(CLIPS), read_card(folder.root).corpus.mean_mel_db
    peaks = pl.scan_parquet(folder.root / "peaks" / name / "*.parquet")
    strongest = strongest_shares(
        peaks, len(features), recordings_of(clips, ("speech", "music", "sound")), GRID, ["speech"]
    )
    labels = label_tables(name, blocks(peaks, by_cell, len(features)), by_cell, kinds)
    return Analysed(
        name=name,
        features=features,
        datasets=datasets,
        domains=domains_frame(name, blocks(peaks, over_all, len(features)), over_all),
        labels=labels.labels,
        label_index=labels.label_index,
        timed_labels=timed_labels_frame(folder.read_table(TIMED_COUNTS, name)),
        peak_labels=folder.read_table(PEAK_LABELS, name),
        shift_reach=(),
        shifts=COLUMN_SHIFTS.empty(),
        strongest=strongest,
        flags=flags_frame(
            Measured(features, datasets, folder.read_table(MEL, name), strongest),
            clips,
            GRID,
            mean_mel_db,
        ),
    )
