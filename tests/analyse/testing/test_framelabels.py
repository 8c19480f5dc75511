"""Timed labels by frame: each frame has the label at its middle, and a clip keeps its own frames."""

import numpy as np
import polars as pl
import pytest

from atlas.analyse.testing.framelabels import NO_LABEL, FrameLabels, frame_labels
from atlas.audio.samples import MEL_GRID

VALID = np.array([5, 7, 4])


def spans(*rows: tuple[int, float, float, str]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"clip": pl.UInt32, "start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String}, orient="row"
    )


def names(tier: FrameLabels, clip: int, layer: int = 0) -> list[str]:
    frames = np.arange(VALID[clip])
    numbers = tier.at(np.full(len(frames), clip), frames)[layer]
    return [tier.labels[number] if number != NO_LABEL else "" for number in numbers]


def test_a_frame_has_the_label_at_its_middle() -> None:
    tier = frame_labels(
        "phones", [spans((0, 0.0, 0.03, "a"), (0, 0.03, 0.08, "b"), (2, 0.05, 9.0, "a"))], VALID, MEL_GRID
    )

    assert names(tier, 0) == ["a", "b", "b", "b", ""]  # the middle of frame 1 is .03 s
    assert names(tier, 2) == ["", "", "a", "a"]
    assert tier.has(np.array([0, 1, 2])).tolist() == [True, False, True]
    assert tier.base_rates().tolist() == [3 / 9, 3 / 9]


def test_a_shift_turns_each_clip_by_its_own_length() -> None:
    tier = frame_labels("phones", [spans((0, 0.0, 0.02, "a"), (1, 0.0, 0.02, "b"))], VALID, MEL_GRID)
    clips, frames = np.array([0, 0, 1, 1]), np.array([0, 3, 0, 4])

    assert tier.at(clips, frames)[0].tolist() == [0, NO_LABEL, 1, NO_LABEL]
    assert tier.at(clips, frames, 0.5)[0].tolist() == [NO_LABEL, 0, NO_LABEL, 1]  # by 2 of 5, and by 3 of 7


def test_layers_may_overlap_and_count_together() -> None:
    tier = frame_labels("edges", [spans((0, 0.0, 0.04, "end")), spans((0, 0.02, 0.06, "onset"))], VALID, MEL_GRID)

    assert names(tier, 0, 0) == ["end", "end", "", "", ""]
    assert names(tier, 0, 1) == ["", "onset", "onset", "", ""]
    assert tier.base_rates().tolist() == [2 / 5, 2 / 5]


def test_classes_are_names_of_labels() -> None:
    tier = frame_labels(
        "phones", [spans((0, 0.0, 0.02, "m"), (0, 0.02, 0.04, "n"), (0, 0.04, 0.1, "x"))], VALID, MEL_GRID
    )
    manner = tier.renamed("manner", {"m": "nasal", "n": "nasal", "x": None})

    assert (manner.tier, manner.labels) == ("manner", ("nasal",))
    assert names(manner, 0) == ["nasal", "nasal", "", "", ""]
    assert manner.base_rates().tolist() == [2 / 5]
    again = manner.renamed("kind", {"nasal": "voiced"})
    assert names(again, 0) == ["voiced", "voiced", "", "", ""]
    assert again.layers is tier.layers  # nothing is copied


@pytest.mark.parametrize(("labels", "size"), [(127, 1), (128, 2), (32_767, 2), (32_768, 4)])
def test_a_number_takes_as_few_bytes_as_it_can(labels: int, size: int) -> None:
    words = [f"{number:05d}" for number in range(labels)]
    frame = pl.DataFrame({"clip": 2, "start_s": 0.0, "end_s": 0.0, "label": words}, schema=spans().schema)
    tier = frame_labels("words", [frame, spans((0, 0.0, 0.02, words[-1]), (0, 0.02, 0.1, words[0]))], VALID, MEL_GRID)

    assert names(tier, 0, 1) == [words[-1], *[words[0]] * 4]
    assert {layer.dtype.itemsize for layer in tier.layers} == {size}
