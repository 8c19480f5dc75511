"""What tells features of one name apart, and that names are shared by fewer for it."""

from typing import Any

from atlas.analyse.naming.findings import findings_frame
from tests.analyse.tabling import analysed, siren

PEAKS: dict[str, Any] = {"tier": "phones", "label": "s", "purity": 0.9, "purity_shifted_max": 0.1}


def language(feature: int, name: str, **others: Any) -> dict[str, Any]:
    row = {"kind": "language", "label": name, "phi_chosen_a": 0.3, "phi_chosen_b": 0.3, "precision10": 0.5}
    return siren(feature, **{**row, **others})


def apart(number: int, **tables: Any) -> list[tuple[str | None, str | None]]:
    """What tells some features apart, all of them named after the phone s."""
    peaks = [{"feature": feature, **PEAKS} for feature in range(number)] + list(tables.pop("peaks", ()))
    found = findings_frame(analysed([{}] * number, peak_labels=peaks, **tables), None, None)
    assert set(found["label"]) == {"s"}
    return found.select("apart_kind", "apart_label").rows()


def test_a_name_that_is_not_shared_needs_nothing_beside_it() -> None:
    assert apart(1, labels=[language(0, "de")]) == [(None, None)]


def test_the_first_evidence_that_not_all_share_tells_them_apart() -> None:
    edge = {"feature": 1, **PEAKS, "tier": "edge", "label": "word onset"}
    shift = {"feature": 2, "column": "loudness", "domain": "speech", "shift_a": -1.2, "held_out": True}
    labels = [language(0, "de", q=1e-3)]
    found = apart(4, labels=labels, peaks=[edge], shifts=[shift])
    assert found == [("language", "de"), ("edge", "word onset"), ("loudness", "soft"), (None, None)]


def test_what_all_of_them_have_tells_nothing() -> None:
    labels = [language(feature, "de") for feature in range(3)] + [siren(1, phi_heldout=0.3)]
    assert apart(3, labels=labels) == [(None, None), ("label", "siren"), (None, None)]


def test_weak_evidence_tells_nothing() -> None:
    assert apart(2, labels=[language(0, "de", phi_heldout=0.19)]) == [(None, None)] * 2


def test_a_label_that_is_not_heard_in_the_strongest_recordings_tells_nothing() -> None:
    assert apart(2, labels=[language(0, "de", precision10=0.4)]) == [(None, None)] * 2
    unheard = siren(0, label="dog", precision10=0.1, phi_heldout=0.5)  # which it leans to, as others are stronger
    domain = {"domain": "speech", "auroc": 0.9, "q": 1e-9, "recordings": 30, "specialised": True}
    domains = [{"feature": feature, **domain} for feature in range(2)]
    found = findings_frame(analysed([{}, {}], domains=domains, labels=[unheard]), None, None)
    assert found["leans_to"].to_list() == ["dog", None]
    assert found["apart_label"].to_list() == [None, None]


def test_features_of_one_domain_are_told_apart_by_what_they_lean_to() -> None:
    domain = {"domain": "speech", "auroc": 0.9, "q": 1e-9, "recordings": 30, "specialised": True}
    domains = [{"feature": feature, **domain} for feature in range(2)]
    leaning = [{"feature": 0, **PEAKS, "purity": 0.6}]
    found = findings_frame(analysed([{}, {}], domains=domains, peak_labels=leaning), None, None)
    assert found["named_by"].to_list() == ["domain", "domain"]
    assert found.select("apart_kind", "apart_label").rows() == [("phones", "s"), (None, None)]


def test_what_the_name_says_is_not_said_again_in_brackets() -> None:
    leaning = [siren(feature, precision10=0.5) for feature in range(2)]
    other = siren(0, label="alarm", phi_chosen_a=0.3, phi_chosen_b=0.3, phi_heldout=0.3, precision10=0.5)
    found = findings_frame(analysed([{}] * 2, labels=[*leaning, other]), None, None)
    assert found["leans_to"].to_list() == ["siren", "siren"]
    assert found["apart_label"].to_list() == ["alarm", None]

    domain = {"domain": "speech", "auroc": 0.9, "q": 1e-9, "recordings": 30, "specialised": True}
    domains = [{"feature": feature, **domain} for feature in range(2)]
    label = siren(0, label="speech", precision10=0.5, phi_heldout=0.3)
    found = findings_frame(analysed([{}] * 2, domains=domains, labels=[label]), None, None)
    assert found["label"].to_list() == ["speech", "speech"]
    assert found["apart_label"].to_list() == [None, None]
