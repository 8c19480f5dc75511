"""Phones by the middles of frames, and their spelling."""

import numpy as np

from tools.demo.listener.targets import NO_PHONE, phones_of, spelling
from tools.demo.scenes.scene import Timed


def test_a_frame_has_the_phone_at_its_middle() -> None:
    spans = (Timed(0.0, 0.03, "a"), Timed(0.03, 0.05, "b"), Timed(0.07, 0.5, "c"))

    # the middles are at 10, 30, 50, 70 and 90 ms
    assert phones_of(spans, 5).tolist() == ["a", "b", NO_PHONE, "c", "c"]


def test_the_spelling_has_each_run_of_a_phone_once() -> None:
    assert spelling(np.array([0, 0, 3, 3, 1, 0, 1, 1, 2])).tolist() == [3, 1, 1, 2]
    assert spelling(np.zeros(4, int)).tolist() == []
