"""Probes: planted classes are told, shuffled ones are not, and no recording is on both sides."""

import numpy as np
import torch

from tools.demo.listener.probes import Row, held_out, probe

CLASSES = 4
ROWS = [Row(f"class {number % CLASSES}", f"recording {number // 3}/{number % CLASSES}") for number in range(480)]


def planted(noise: float) -> torch.Tensor:
    """[rows, 16] with a direction for each class."""
    draw = np.random.default_rng(0)
    labels = [int(row.label[-1]) for row in ROWS]
    return torch.from_numpy(draw.standard_normal((CLASSES, 16))[labels] + noise * draw.standard_normal((480, 16)))


def test_planted_classes_are_told() -> None:
    found = probe(planted(0.3).float(), ROWS)

    assert found.accuracy > 0.99
    assert found.classes == CLASSES
    assert 200 < found.rows < 280


def test_shuffled_classes_are_told_by_chance_alone() -> None:
    order = np.random.default_rng(1).permutation(len(ROWS))
    found = probe(planted(0.3).float()[order], ROWS)

    assert abs(found.accuracy - 1 / CLASSES) < 0.1


def test_a_probe_that_knows_recordings_by_heart_knows_nothing_of_others() -> None:
    names = sorted({row.recording for row in ROWS})
    one_hot = torch.nn.functional.one_hot(torch.tensor([names.index(row.recording) for row in ROWS]))

    assert abs(probe(one_hot.float(), ROWS).accuracy - 1 / CLASSES) < 0.1


def test_every_class_has_recordings_on_both_sides_and_no_recording_is_on_both() -> None:
    held = held_out(ROWS, 2).tolist()
    sides = [{row for row, side in zip(ROWS, held, strict=True) if side is which} for which in (True, False)]

    assert {row.recording for row in sides[0]} & {row.recording for row in sides[1]} == set()
    assert [{row.label for row in side} for side in sides] == [{row.label for row in ROWS}] * 2


def test_a_class_of_few_recordings_takes_no_part() -> None:
    rare = [Row("rare", f"rare {number % 3}") for number in range(30)]
    values = torch.cat([planted(0.3).float(), torch.zeros(30, 16)])

    assert probe(values, ROWS + rare) == probe(planted(0.3).float(), ROWS)
