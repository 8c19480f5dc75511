"""What is said of a feature, word for word: sentences follow from the columns of the tables, and from nothing else."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import polars as pl
import pytest

from atlas.analyse.naming.beside import ControlTables, with_controls
from atlas.analyse.naming.candidates import NO_HOMES, Homes
from atlas.analyse.naming.findings import Analysed, findings_frame
from atlas.analyse.naming.flags import flag_rates
from atlas.analyse.naming.pairs import Carriers
from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.names import name_of
from atlas.reading.sorted_frame import sorted_frame
from atlas.render.parts.sentences import among_labels, best_of_controls, why_not
from atlas.render.parts.verdict import sentence_of
from atlas.schema.analysed import WEAK
from tests.analyse.tabling import Rows, analysed, siren
from tests.cards import sae_card

LABELS = [{"label": "siren", "tests": 8}, {"label": "dog", "tests": 8}, {"label": "rare", "tests": 0}]


def verdicts(
    mine: Analysed,
    control: pl.DataFrame | None = None,
    homes: Homes = NO_HOMES,
    findings: pl.DataFrame | None = None,
    directions: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """The sentence of every feature, from the tables as they are written."""
    number = len(mine.features)
    frames = {
        "features": mine.features,
        "findings": findings_frame(mine, control, None, homes) if findings is None else findings,
        "datasets": mine.datasets.sort("feature"),
        "domains": mine.domains,
        "labels": mine.labels,
        "timed_labels": mine.timed_labels,
        "peak_labels": mine.peak_labels.sort("feature", "tier"),
    }
    shelves = {name: sorted_frame(frame, "feature", 0, number) for name, frame in frames.items()}
    index = mine.label_index
    tables = DictionaryTables(name=mine.name, card=sae_card(), first=0, stop=number, shelves=shelves, label_index=index)
    rates = {("flag", flag): rate for flag, rate in flag_rates(mine.features, mine.flags).items()}
    return ["".join(sentence_of(tables, feature, rates, directions)) for feature in range(number)]


def verdict(feature: dict[str, Any], **tables: Rows) -> str:
    """The sentence of the first of two features."""
    return verdicts(analysed([feature, {"density": 0.02}], label_index=LABELS, **tables))[0]


PART = ("second_kind", "second_label", "apart_kind", "apart_label")


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        (("label", "label", "siren"), "siren"),
        (("label", "language", "ru"), "Russian"),
        (("label", "speaker", "ann"), "speaker ann"),
        (("label", "word", "seven"), "word seven"),
        (("peaks", "phones", "s"), "phone s"),
        (("peaks", "words", "yes"), "word yes"),
        (("peaks", "manner", "nasal"), "nasals"),
        (("domain", "domain", "music"), "music"),
        (("leaning", "label", "rooster"), "leans to rooster"),
        (("dead", None, None), "dead on this corpus"),
        (("padding", None, None), "padding"),
        (("onset", None, None), "onset"),
        (("silence", None, None), "silence"),
        (("none", None, None), "no name"),
        ((None, None, None), None),
        (("peaks", "phones", "k", "domain", "speech"), "phone k, in speech"),
        (("peaks", "phones", "k", "label", "whistle"), "phone k, also whistle"),
        (("label", "label", "siren", "label", "whistle"), "siren, also whistle"),
        (("peaks", "phones", "k", "language", "de"), "phone k, also German"),
        (("peaks", "phones", "k", None, None, "edge", "word onset"), "phone k (word onset)"),
        (("label", "label", "siren", "domain", "music", "loudness", "soft"), "siren, in music (soft)"),
        (("domain", "domain", "speech", None, None, "phones", "s"), "speech (phone s)"),
        (("label", "label", "German", None, None, "language", "de"), "German"),
        (("label", "label", "German", None, None, "language", "nl"), "German (Dutch)"),
    ],
)
def test_a_name_follows_from_columns(columns: tuple[str | None, ...], name: str | None) -> None:
    blank = dict.fromkeys(("named_by", "kind", "label", *PART))
    assert name_of(blank | dict(zip(blank, columns, strict=False))) == name


def test_a_verdict_denies_no_row_of_small_q() -> None:
    assert verdict({}, labels=[siren(0, q=0.05)]).startswith("No label is significant. Live: fires on ")
    rarer = verdict({}, labels=[siren(0, auroc=0.1, lift=0.1, lift_low=0.0)])
    assert rarer.startswith("No label stands out, though 1 has q < .05. Live: ")


SIREN = (
    "held-out F1 .80 (20 shuffles at most .20), phi .75; 9 of its 10 strongest recordings have it; recordings with it"
    " hold 90 % of its activation and are 4.0 % of all; one of 2 labels that could be tested in street"
)


def test_a_label_that_names_is_told_with_its_evidence() -> None:
    assert verdict({}, labels=[siren(0)]).startswith(f"Siren: {SIREN}. Live: fires on 1.0 % of frames")


def test_a_label_that_names_nothing_is_leant_to_and_why_is_told() -> None:
    told = {
        "phi_heldout": (0.3, "but its phi of .30 is below .40"),
        "precision10": (0.5, "but fewer than 60 % of its strongest recordings have it"),
        "auroc": (0.54, "but loudness alone tells it as well (AUROC .60)"),
    }
    for column, (value, why) in told.items():
        said = verdict({}, labels=[siren(0, **{column: value})])
        assert said.startswith("Leans to siren: held-out F1 .80 ")
        assert f" in street, {why}. Live: " in said
    halves = [siren(0, phi_chosen_a=0.9), siren(0, label="dog", phi_chosen_b=0.9, phi_b=0.8)]
    assert "Leans to dog: " in verdict({}, labels=halves)
    assert ", but the two halves of the recordings choose different labels. Live: " in verdict({}, labels=halves)
    chance = verdict({}, labels=[siren(0, f1_permuted_max=0.9)])
    assert chance.startswith(
        "On held-out recordings its best label does no better than shuffled ones, though 1 has q < .05. Live: "
    )


def test_among_how_many_labels_one_was_chosen_and_where_it_was_tested_is_told() -> None:
    assert among_labels("label", 11, ["ESC-10"]) == "; one of 11 labels that could be tested in ESC-10"
    assert among_labels("language", 1200, ["a", "b", "c"]) == (
        "; one of 1,200 languages that could be tested in 3 datasets"
    )
    assert among_labels("speaker", 1, ["a"]) == "; the only speaker that could be tested in a"
    others = [*LABELS, {"label": "de", "kind": "language", "tests": 8, "within": ["read", "street"]}]
    mine = analysed([{}, {}], labels=[siren(0), siren(1, kind="language", label="de")], label_index=others)
    siren_told, german_told = verdicts(mine)
    assert "; one of 2 labels that could be tested in street. Live: " in siren_told
    assert "; the only language that could be tested in 2 datasets. Live: " in german_told
    assert " could be tested" not in verdicts(analysed([{}], labels=[siren(0)]))[0]


def at_peaks(**others: Any) -> dict[str, Any]:
    peaks = {"feature": 0, "tier": "phones", "label": "i", "purity": 0.8125, "purity_shifted_max": 0.25, "peaks": 16}
    return {**peaks, "base": 0.032, "q": 1e-9, **others}


PHONE = (
    "13 of its 16 strongest peaks, at most one per recording and text, are on it (held-out purity .81, at most .25"
    " under 5 shifts; it covers 3.2 % of frames; q 1e-9)"
)


def test_what_stands_at_its_peaks_is_told_and_what_is_true_as_well() -> None:
    assert verdict({}, peak_labels=[at_peaks()]).startswith(f"Phone i: {PHONE}. Live: ")
    both = verdict({}, labels=[siren(0)], peak_labels=[at_peaks()])
    assert both.startswith(f"Phone i: {PHONE}; also siren: {SIREN}. Live: ")
    leaning = verdict({}, peak_labels=[at_peaks(purity=0.625)])
    assert leaning.startswith("Leans to phone i: 10 of its 16 strongest peaks, ")
    assert ", but fewer than 75 % of its strongest peaks are on it. Live: " in leaning


def test_each_of_two_labels_that_name_a_feature_is_told_with_its_evidence() -> None:
    rows = [siren(0, phi_chosen_a=0.8, phi_chosen_b=0.8), siren(0, label="dog", phi_heldout=0.6)]
    mine = analysed([{}], labels=rows, label_index=LABELS)
    clips = {("label", "siren"): frozenset(range(6)), ("label", "dog"): frozenset(range(6, 20))}
    carriers = Carriers(clips, {named: frozenset(map(str, numbers)) for named, numbers in clips.items()})
    told = verdicts(mine, findings=findings_frame(mine, None, None, carriers=carriers))[0]
    assert told.startswith(f"Siren: {SIREN}; also dog: {SIREN.replace('phi .75', 'phi .60')}. Live: ")


def domains(**others: Any) -> list[dict[str, Any]]:
    """The rows of `domains` of a feature that is specialised to music."""
    plain = {"feature": 0, "auroc": 0.4, "q": 0.3, "specialised": False}
    worst = {"auroc_worst": 0.71, "auroc_worst_low": 0.604, "auroc_worst_high": 0.82}
    music = {"auroc": 0.91, "auroc_low": 0.88, "auroc_high": 0.94, **worst, "q": 1e-9, "specialised": True}
    return [
        {**plain, "domain": "music", "recordings": 32, **music, **others},
        {**plain, "domain": "sound", "recordings": 30},
        {**plain, "domain": "speech", "recordings": 1040},
    ]


MUSIC = (
    "pecialised to music (32 recordings against 30 of sound and 1,040 of speech): AUROC .91, for the worst pair of"
    " datasets .71 (.60 to .82), q 1e-9"
)


def test_a_domain_is_told_where_it_names_the_feature_or_is_part_of_the_name() -> None:
    told = verdict({}, domains=domains(), labels=[siren(0, q=0.3)])
    assert told.startswith(f"S{MUSIC}; no label is significant. Live: ")
    leaning = verdict({}, domains=domains(), labels=[siren(0, phi_heldout=0.3)])
    assert leaning.startswith(f"S{MUSIC}; leans to siren: held-out ")
    part = verdict({}, domains=domains(), peak_labels=[at_peaks()])
    assert part.startswith(f"Phone i: {PHONE}; also s{MUSIC}. Live: ")
    at_home = analysed([{}], labels=[siren(0)], domains=domains())
    assert "specialised" not in verdicts(at_home, homes={("label", "siren"): "music"})[0]


def test_what_a_feature_follows_in_place_of_a_domain_is_told() -> None:
    length = {"specialised": False, "confounded": "length", "auroc_length": 0.95, "follows_length": 0.62}
    assert verdict({}, domains=domains(**length)).startswith(
        "Tells music from the rest (AUROC .91), but the length of clips alone does so as well (.95), and its peaks"
        " follow that within datasets (rank correlation .62). Live: "
    )
    loud = {"specialised": False, "confounded": "loudness", "auroc_loudness": 0.1, "follows_loudness": -0.4}
    told = verdict({}, domains=domains(**loud))
    assert ", but loudness alone does so as well (.90), and its peaks follow that within datasets (rank" in told
    assert "(rank correlation -.40). Live: " in told


def test_a_dead_feature_is_dead_on_this_corpus_and_no_other_is_promised() -> None:
    dead = {"state": "dead", "density": 0.0, "clips_active": 0, "recordings_active": 0, "onset_ratio": None}
    assert verdict(dead) == "Dead on this corpus: never fires on a frame that is heard; another corpus may wake it."
    assert verdict({**dead, "pad_rate": 0.031}) == (
        "Dead on this corpus: never fires on a frame that is heard, only on padding (3.1 % of padded frames);"
        " another corpus may wake it."
    )


def test_why_there_is_no_label_is_told() -> None:
    untested = verdict({"state": "rare", "recordings_active": 4})
    assert untested.startswith("It fires in too few labelled recordings to be tested. Rare: ")
    assert verdicts(analysed([{}]))[0].startswith("The corpus has no label that can be tested. Live: ")


def test_the_verdict_holds_all_that_it_should() -> None:
    mine = analysed([{"density": share / 1000} for share in range(1, 11)], labels=[siren(2)], label_index=LABELS)
    control = analysed([{"density": share / 1000} for share in (1, 2, 2, 9)]).features
    assert verdicts(mine, control)[2] == (
        f"Siren: {SIREN}. Live: fires on 0.30 % of frames (more often than 20 % of the live features and 75 % of the"
        " random directions), in 30 clips, 20 recordings, 4 of 4 datasets."
    )


def test_a_verdict_in_the_singular_with_every_flag() -> None:
    one = {"clips_active": 1, "recordings_active": 1, "density": 0.2, "state": "rare", "pad_rate": 0.3}
    reached = [{"feature": 0, "dataset": name, "clips_active": int(name == "lab")} for name in ("lab", "street")]
    mine = analysed([{**one, "onset_ratio": float("inf")}], datasets=reached)
    assert verdicts(mine)[0] == (
        "The corpus has no label that can be tested. Rare: fires on 20 % of frames, in 1 clip, 1 recording, 1 of 2"
        " datasets; flagged as padding and positional."
    )
    wider = [{**row, "clips_active": 19 if row["clips_active"] else 1} for row in reached]
    assert verdicts(analysed([{"clips_active": 20}], datasets=wider))[0].endswith(
        ", 2 of 2 datasets; nearly all its clips lie in one dataset (as do 100 % of live features)."
    )


def test_a_flag_is_told_with_its_base_rate() -> None:
    mine = analysed([{"pad_rate": 0.5}, {}, {}, {}])
    assert verdicts(mine)[0].endswith("; flagged as padding (as are 25 % of live features).")


def test_padding_that_no_one_can_judge_is_not_denied() -> None:
    mine = analysed([{"pad_rate": None}])
    assert verdicts(mine)[0].endswith("of 4 datasets; whether it fires on padding is not known.")


@pytest.mark.parametrize(("place", "portion"), [(1, "0.45 %"), (220, "nearly all")])
def test_the_ends_of_the_scale_are_put_into_words(place: int, portion: str) -> None:
    told = verdicts(analysed([{"density": n / 1000} for n in range(1, 222)]))
    assert f"(more often than {portion} of the live features)" in told[place]
    above = verdicts(analysed([{"density": 0.5}]), analysed([{"density": 0.1}]).features)[0]
    assert "(more often than all of the random directions, no more often than any of the live features)" in above
    assert "(no more often than any of the live features)" in told[0]


def test_of_a_label_that_is_too_weak_the_figure_that_fails_is_told() -> None:
    assert why_not(WEAK, None, 0.47, 0.6) == "its F1 of .47 is below .50"
    assert why_not(WEAK, None, 0.6, 0.399) == "its phi is just below .40"
    assert why_not(WEAK, None, 0.3, 0.2) == "its F1 of .30 is below .50 and its phi of .20 is below .40"


def test_what_the_best_of_the_control_reaches_stands_beside() -> None:
    random, templates = "1,024 random directions", "1,023 templates"
    assert best_of_controls([]) == ""
    assert best_of_controls([(random, 0.36), (templates, 0.52)]) == f"; best of {random} .36, of {templates} .52"
    assert (
        best_of_controls([(random, None), (templates, 0.5)]) == f"; best of {templates} .50; none of {random} finds it"
    )
    assert best_of_controls([(random, None), (templates, None)]) == f"; none of {random} and {templates} finds it"
    mine = analysed([{}, {}], labels=[siren(0)], peak_labels=[at_peaks(feature=1)])
    control = analysed([{}], labels=[siren(0, f1_heldout=0.36)], peak_labels=[at_peaks(purity=0.5)])
    others = ControlTables("random", control.labels, control.peak_labels)
    found = with_controls(findings_frame(mine, None, None), [others])
    siren_told, phone_told = verdicts(mine, findings=found, directions={"random": "9 random directions"})
    assert "(20 shuffles at most .20; best of 9 random directions .36), phi .75" in siren_told
    assert "at most .25 under 5 shifts; best of 9 random directions .50;" in phone_told
