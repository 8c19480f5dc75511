"""What is told of one edit, token by token: of figures that can be read off."""

import numpy as np
import pytest

from atlas.effects.outcomes import Heard, LabelTokens, near, outcomes
from atlas.readouts.base import Utterance
from atlas.schema.effects import ELSEWHERE, LABEL, LOCAL, NEAR, TRANSCRIPT

CHANGES = np.array([-1.0, -2.0, -4.0, -8.0, -64.0])


def heard(texts: tuple[str, ...] = (" a", " b", " c", " d", "")) -> Heard:
    """Tokens of ten frames each; the second row is the edited one."""
    starts = 10 * np.arange(len(texts))
    utterance = Utterance(tokens=tuple(range(len(texts))), texts=texts, frames=np.stack([starts, starts + 10], axis=1))
    logprobs = np.stack([np.zeros(len(texts)), CHANGES[: len(texts)]])
    return Heard(utterance=utterance, downstream=np.zeros(2), logprobs=logprobs)


def test_the_end_of_the_text_is_neither_near_nor_elsewhere() -> None:
    found = outcomes(heard(), 1, np.array([2, 13]), reach=0)

    assert found[NEAR] == pytest.approx(-1.5)
    assert found[ELSEWHERE] == pytest.approx(-6)
    assert found[LOCAL] == pytest.approx(4.5)
    assert found[TRANSCRIPT] == pytest.approx(CHANGES.mean()), "which it is a part of"


def test_where_all_of_the_text_is_near_nothing_is_elsewhere() -> None:
    """An end of the text alone is no text that anything could be held against."""
    everywhere = np.arange(50)
    found = outcomes(heard(), 1, everywhere, reach=0)

    assert near(heard().utterance, everywhere, 0).tolist() == [True, True, True, True, False]
    assert found[NEAR] == pytest.approx(-3.75)
    assert not {ELSEWHERE, LOCAL} & found.keys()


def test_where_only_the_end_of_the_text_is_near_nothing_is() -> None:
    found = outcomes(heard(), 1, np.array([45]), reach=0)

    assert not {NEAR, LOCAL} & found.keys()
    assert found[ELSEWHERE] == pytest.approx(-3.75)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([5], -1 + 3),  # the first word of two with the label, and others that have it not
        ([5, 25], -2.5 + 3),
        ([15], None),  # no word with the label is near
    ],
)
def test_words_with_the_label_count_near_the_edit_alone(frames: list[int], expected: float | None) -> None:
    label = LabelTokens(np.array([0, 2]), np.array([1]))
    others = LabelTokens(np.array([0, 2]), np.array([], np.int64))
    changed = heard()
    changed.logprobs[1, 1] = -3  # type: ignore[index]

    assert outcomes(changed, 1, np.array(frames), 0, label).get(LABEL) == expected
    assert LABEL not in outcomes(changed, 1, np.array(frames), 0, others)
