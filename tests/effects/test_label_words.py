"""Which tokens begin the words of a label, by examples that can be read off."""

import numpy as np
import pytest

from atlas.effects.label_words import LabelledSpan, SpokenLabel, label_tokens
from atlas.effects.outcomes import LabelTokens
from atlas.readouts.base import Utterance

TEXTS = (" The", " sh", "ips", ",", " sails", " sail", "")
HEARD = np.array([0.2, 3.0, 3.0, 3.0, 2.0, 1.0, 9.0])
WORDS = [
    LabelledSpan(0.0, 0.2, "words", "the"),
    LabelledSpan(0.2, 0.6, "words", "ships"),
    LabelledSpan(0.6, 1.0, "words", "sails"),
    LabelledSpan(1.0, 1.4, "words", "sail"),
]
PHONES = [
    LabelledSpan(0.0, 0.1, "phones", "ð"),
    LabelledSpan(0.2, 0.3, "phones", "ʃ"),
    LabelledSpan(0.5, 0.6, "phones", "s"),
    LabelledSpan(0.6, 0.7, "phones", "s"),
    LabelledSpan(1.0, 1.2, "phones", "l"),
]


def utterance(texts: tuple[str, ...] = TEXTS) -> Utterance:
    return Utterance(tokens=tuple(range(len(texts))), texts=texts, frames=np.zeros((len(texts), 2), np.int64))


def told(
    label: SpokenLabel, spans: list[LabelledSpan], heard: np.ndarray = HEARD
) -> tuple[list[int], list[int]] | None:
    found = label_tokens(label, spans, utterance(), heard)
    return None if found is None else (found.own.tolist(), found.others.tolist())


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (SpokenLabel("phones", "s"), ([1, 4], [5])),
        (SpokenLabel("phones", "ʃ"), ([1], [4, 5])),
        (SpokenLabel("words", "sails"), ([4], [1, 5])),
        (SpokenLabel("phones", "ð"), ([], [1, 4, 5])),  # silence says "the", too
        (SpokenLabel("manner", "fricative"), None),
    ],
)
def test_a_label_is_held_by_the_first_sub_words_of_its_words(
    label: SpokenLabel, expected: tuple[list[int], list[int]] | None
) -> None:
    assert told(label, [*WORDS, *PHONES]) == expected
    assert told(label, [*PHONES, *WORDS][::-1]) == expected


def test_a_word_that_the_transcript_has_otherwise_is_left_out() -> None:
    otherwise = [LabelledSpan(0.2, 0.6, "words", "sheep") if span.label == "ships" else span for span in WORDS]

    assert told(SpokenLabel("phones", "s"), [*otherwise, *PHONES]) == ([4], [5])


def test_a_readout_that_says_phones_is_matched_to_phones() -> None:
    texts = (" ð", " ʃ", " s", " s", " l")
    found = label_tokens(SpokenLabel("phones", "s"), [*WORDS, *PHONES], utterance(texts), np.full(5, 2.0))

    assert isinstance(found, LabelTokens)
    assert (found.own.tolist(), found.others.tolist()) == ([2, 3], [0, 1, 4])


def test_nothing_is_found_where_nothing_was_said_or_timed() -> None:
    assert told(SpokenLabel("phones", "s"), []) == ([], [])
    nothing = label_tokens(SpokenLabel("phones", "s"), WORDS, utterance(("",)), np.zeros(1))
    assert nothing is not None
    assert not len(nothing.own)
