"""The best feature of each label, chosen on one half and read on the other."""

from typing import Any

import pytest

from atlas.analyse.testing.bests import best_features
from atlas.schema import LABELS
from tests.analyse.tabling import siren, table


def best(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return best_features(table(LABELS, rows, kind="label", p=1e-9)).to_dicts()


def test_each_half_chooses_its_feature_and_the_other_half_says_how_well_it_does() -> None:
    first = siren(3, phi_chosen_a=0.9, phi_a=0.5, f1_a=0.6, phi_chosen_b=0.1, phi_b=1.0, f1_b=1.0)
    other = siren(7, phi_chosen_a=0.8, phi_a=1.0, f1_a=1.0, phi_chosen_b=0.7, phi_b=0.3, f1_b=0.4)
    (row,) = best(first, other)
    assert (row["kind"], row["label"], row["best_a"], row["best_b"]) == ("label", "siren", 3, 7)
    assert (row["best_phi"], row["best_f1"]) == (pytest.approx(0.4), pytest.approx(0.5))
    assert row["found"] == 0.5  # F1 of .6 one way, of .4 the other
    assert row["found_f1"] == pytest.approx(0.6)


@pytest.mark.parametrize(("f1", "shuffled", "found"), [(0.5, 0.4, 1), (0.49, 0.4, 0), (0.5, 0.5, 0)])
def test_a_label_is_found_from_an_f1_of_half_on_above_shuffled_labels(f1: float, shuffled: float, found: float) -> None:
    assert best(siren(0, f1_a=f1, f1_b=f1, f1_permuted_max=shuffled))[0]["found"] == found


def test_only_what_is_significant_and_searched_is_chosen_from() -> None:
    assert best(siren(0, q=0.05), siren(1, phi_heldout=None)) == []
    assert best(siren(0, q=0.05, phi_chosen_a=0.99), siren(1, f1_a=0.6, f1_b=0.6))[0]["best_a"] == 1
