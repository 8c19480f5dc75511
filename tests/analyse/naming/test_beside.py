"""What the control has for the label of each feature."""

from typing import Any

from atlas.analyse.naming.beside import above_control, with_control
from atlas.analyse.naming.findings import findings_frame
from tests.analyse.tabling import Rows, analysed, siren

PEAK: dict[str, Any] = {"label": "s", "purity_shifted_max": 0.1}


def beside(labels: Rows = (), peaks: Rows = ()) -> list[tuple[float | None, int | None]]:
    """Of a siren of F1 .8, a phone s of purity .9 and a feature without a name, by those of a control."""
    mine = analysed([{}, {}, {}], labels=[siren(0)], peak_labels=[{"feature": 1, "purity": 0.9, **PEAK}])
    control = analysed([{}] * 4, labels=labels, peak_labels=peaks)
    found = with_control(findings_frame(mine, None, None), control.labels, control.peak_labels)
    return found.select("control_best", "control_rank").rows()


def test_the_best_of_the_control_stands_beside_and_the_place_among_its_features() -> None:
    labels = [siren(0, f1_heldout=0.3), siren(1, f1_heldout=0.82), siren(2, label="dog", f1_heldout=0.99)]
    peaks = [{"feature": 3, "purity": 0.6, **PEAK}, {"feature": 2, "purity": 0.9, **PEAK, "label": "z"}]
    assert beside(labels, peaks) == [(0.82, 2), (0.6, 1), (None, None)]


def test_a_label_that_no_feature_of_the_control_has_leaves_a_blank_and_the_first_place() -> None:
    assert beside(labels=[siren(0, q=0.2)]) == [(None, 1), (None, 1), (None, None)]


def test_a_feature_of_the_control_that_does_as_well_comes_first() -> None:
    assert beside(labels=[siren(0, f1_heldout=0.8)])[0] == (0.8, 2)


def test_without_a_control_there_is_nothing_beside() -> None:
    found = findings_frame(analysed([{}], labels=[siren(0)]), None, None)
    assert with_control(found, None, None).equals(found)
    assert above_control(found) == (0, 0)


def test_those_above_the_control_are_counted_with_their_labels() -> None:
    mine = analysed([{}, {}, {}], labels=[siren(0), siren(1, f1_heldout=0.6), siren(2, precision10=0.1)])
    control = analysed([{}], labels=[siren(0, f1_heldout=0.7)])
    found = with_control(findings_frame(mine, None, None), control.labels, control.peak_labels)
    assert above_control(found) == (1, 1)
