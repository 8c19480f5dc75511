"""What the controls have for the label of each feature."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from atlas.analyse.naming.beside import ControlTables, above_control, with_controls
from atlas.analyse.naming.findings import Analysed, findings_frame
from tests.analyse.tabling import Rows, analysed, siren

PEAK: dict[str, Any] = {"label": "s", "purity_shifted_max": 0.1}


def tables(control: Analysed, kind: str = "random") -> ControlTables:
    return ControlTables(kind, control.labels, control.peak_labels)


def beside(labels: Rows = (), peaks: Rows = (), kind: str = "random") -> list[tuple[Any, ...]]:
    """Of a siren of F1 .8, a phone s of purity .9 and a feature without a name, by those of a control."""
    mine = analysed([{}, {}, {}], labels=[siren(0)], peak_labels=[{"feature": 1, "purity": 0.9, **PEAK}])
    control = analysed([{}] * 4, labels=labels, peak_labels=peaks)
    found = with_controls(findings_frame(mine, None, None), [tables(control, kind)])
    first = {"random": "control", "template": "template"}[kind]
    other = {"control": "template", "template": "control"}[first]
    assert found[f"{other}_rank"].null_count() == len(found)
    return found.select(f"{first}_best", f"{first}_feature", f"{first}_rank").rows()


@pytest.mark.parametrize("kind", ["random", "template"])
def test_the_best_of_the_control_stands_beside_and_the_place_among_its_features(kind: str) -> None:
    labels = [siren(0, f1_heldout=0.3), siren(1, f1_heldout=0.82), siren(2, label="dog", f1_heldout=0.99)]
    peaks = [{"feature": 3, "purity": 0.6, **PEAK}, {"feature": 2, "purity": 0.9, **PEAK, "label": "z"}]
    assert beside(labels, peaks, kind) == [(0.82, 1, 2), (0.6, 3, 1), (None, None, None)]


def test_a_label_that_no_feature_of_the_control_has_leaves_a_blank_and_the_first_place() -> None:
    assert beside(labels=[siren(0, q=0.2)]) == [(None, None, 1), (None, None, 1), (None, None, None)]


def test_a_feature_of_the_control_that_does_as_well_comes_first() -> None:
    assert beside(labels=[siren(0, f1_heldout=0.8)])[0] == (0.8, 0, 2)


def test_of_equal_ones_the_first_stands_beside() -> None:
    assert beside(labels=[siren(2, f1_heldout=0.5), siren(1, f1_heldout=0.5)])[0] == (0.5, 1, 1)


def test_a_control_is_held_against_its_other_features() -> None:
    control = analysed([{}] * 4, labels=[siren(0, f1_heldout=0.7), siren(2), siren(3, f1_heldout=0.6)])
    found = with_controls(findings_frame(control, None, None), [tables(control)], itself="random")
    assert found.select("control_best", "control_feature", "control_rank").rows() == [
        (0.8, 2, 2),
        (None, None, None),
        (0.7, 0, 1),
        (0.8, 2, 3),
    ]
    alone = analysed([{}, {}], labels=[siren(1)])
    found = with_controls(findings_frame(alone, None, None), [tables(alone)], itself="random")
    assert found.select("control_best", "control_feature", "control_rank").row(1) == (None, None, 1)


def test_ranks_are_those_of_counting() -> None:
    random = np.random.default_rng(1)
    mine, theirs = (0.5 + random.integers(0, 6, 40) / 20, 0.5 + random.integers(0, 6, 60) / 20)
    one = analysed([{}] * 40, labels=[siren(number, f1_heldout=value) for number, value in enumerate(mine)])
    other = analysed([{}] * 60, labels=[siren(number, f1_heldout=value) for number, value in enumerate(theirs)])
    found = with_controls(findings_frame(one, None, None), [tables(other)])
    assert found["control_rank"].to_list() == [1 + int((theirs >= value).sum()) for value in mine]
    assert set(found["control_feature"]) == {int(np.argmax(theirs))}


def test_without_a_control_there_is_nothing_beside() -> None:
    found = findings_frame(analysed([{}], labels=[siren(0)]), None, None)
    assert with_controls(found, []).equals(found)
    assert above_control(found, "random") == (0, 0)


def test_those_above_the_control_are_counted_with_their_labels() -> None:
    mine = analysed([{}, {}, {}], labels=[siren(0), siren(1, f1_heldout=0.6), siren(2, precision10=0.1)])
    control = analysed([{}], labels=[siren(0, f1_heldout=0.7)])
    found = with_controls(findings_frame(mine, None, None), [tables(control)])
    assert above_control(found, "random") == (1, 1)
    assert above_control(found, "template") == (0, 0)
    assert found.schema == findings_frame(mine, None, None).schema
    assert found.filter(pl.col("feature") == 0)["value"].to_list() == [0.8]
