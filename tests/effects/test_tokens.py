"""Tokens that lose and gain most: joined, folded, near the edit alone, beyond the decoy, over recordings."""

import polars as pl
import pytest

from atlas.effects.tokens import are_spaced, changed_tokens
from atlas.schema import EFFECT_TOKENS
from atlas.schema.thresholds import EFFECT_TOKENS_KEPT
from tests.effects.measurements import Row, each_its_own, frame, row, spoken


def of(rows: list[Row], recordings: int = 30) -> list[tuple[object, ...]]:
    made = changed_tokens("a", frame(rows), each_its_own(recordings))
    EFFECT_TOKENS.check(made, "made up")
    return made.drop("dictionary", "feature").rows()


def test_sub_words_are_joined_and_folded_and_take_their_mean() -> None:
    tokens = [" Hall", "uc", "ination", ",", " yes", ""]
    near = [False, True, False, False, False, False]
    one = spoken(0, 0, tokens, near, [-3.0, -2.0, -1.0, -100.0, -5.0, -7.0], [0.0] * 6)
    two = spoken(0, 1, [" hallucination", "!"], [True, True], [-4.0, 9.0], [0.0, 0.0])

    assert of([*one, *two]) == [("down", 1, "hallucination", -3.0, 2)]


def test_what_the_decoy_does_to_the_same_token_is_taken_off() -> None:
    rows = [one for clip in range(2) for one in spoken(0, clip, [" a", " b"], [True, True], [-3.0, -1.0], [-1.0, -2.0])]

    assert of(rows) == [("down", 1, "a", -2.0, 2), ("up", 1, "b", 1.0, 2)]


def test_tokens_elsewhere_do_not_count() -> None:
    rows = [one for clip in range(2) for one in spoken(0, clip, [" a", " b"], [True, False], [-3.0, -9.0], [0, 0])]

    assert [token for _, _, token, _, _ in of(rows)] == ["a"]


def test_the_mean_within_a_recording_and_the_median_over_recordings() -> None:
    rows = [
        *spoken(0, 0, [" a", " a", " a"], [True] * 3, [-1.0, -3.0, -8.0], [0, 0, 0]),
        *spoken(0, 1, [" a"], [True], [-6.0], [0]),
        *spoken(0, 2, [" A."], [True], [-50.0], [0]),
    ]
    made = changed_tokens("a", frame(rows), {0: "x", 1: "y", 2: "z"})
    joined = changed_tokens("a", frame(rows), {0: "x", 1: "x", 2: "z"})

    assert made["change"].to_list() == [-6]
    assert joined["change"].to_list() == [(-50 - 18 / 4) / 2]


def test_a_token_of_one_recording_is_not_told() -> None:
    rows = spoken(0, 0, [" a", " a"], [True, True], [-1.0, -1.0], [0, 0])
    again = [*rows, *spoken(0, 1, [" b"], [True], [-1.0], [0])]

    assert of(again) == []
    assert changed_tokens("a", frame([*rows, *spoken(0, 1, [" a"], [True], [-1.0], [0])]), {0: "x", 1: "x"}).is_empty()


def test_tokens_that_change_most_are_kept_in_order_whatever_the_order_of_rows() -> None:
    words = [f" w{number:02}" for number in range(2 * EFFECT_TOKENS_KEPT)]
    changes = [-float(number // 2) for number in range(len(words))]
    rows = [
        one for clip in range(2) for one in spoken(0, clip, words, [True] * len(words), changes, [0.0] * len(words))
    ]
    made = of(rows)

    assert [token for _, _, token, _, _ in made] == [f"w{n:02}" for n in (18, 19, 16, 17, 14, 15, 12, 13, 10, 11)]
    assert [rank for _, rank, *_ in made] == list(range(1, EFFECT_TOKENS_KEPT + 1))
    assert of(rows[::-1]) == made


def test_phones_stand_alone_and_keep_their_case() -> None:
    rows = [
        one for clip in range(2) for one in spoken(0, clip, ["S", "s", "@"], [True] * 3, [-3.0, -2.0, -1.0], [0] * 3)
    ]

    assert not are_spaced([["S", "s"], [" a"]]), "a single word with its space says nothing"
    assert [token for _, _, token, _, _ in of(rows)] == ["S", "s", "@"]


def test_a_word_keeps_the_marks_of_its_letters() -> None:
    tokens = [" \u025b\u0303", " O'Clock,\u201d"]
    rows = [one for clip in range(2) for one in spoken(0, clip, tokens, [True, True], [-2.0, -1.0], [0, 0])]

    assert [token for _, _, token, _, _ in of(rows)] == ["\u025b\u0303", "o'clock"]


@pytest.mark.parametrize("token", [" \N{REPLACEMENT CHARACTER}", " ?!", " ", ""])
def test_what_cannot_be_read_as_a_word_is_left_out(token: str) -> None:
    rows = [one for clip in range(2) for one in spoken(0, clip, [" a", token], [True, True], [-1.0, -9.0], [0, 0])]

    assert [found for _, _, found, _, _ in of(rows)] == ["a"]


def test_an_ablation_without_its_decoy_or_without_tokens_is_left_out() -> None:
    whole = [one for clip in range(2) for one in spoken(0, clip, [" a", " b"], [True, True], [-1.0, -2.0], [0, 0])]
    alone = spoken(0, 2, [" a", " b"], [True, True], [-9.0, -9.0], [0, 0])[:1]
    others = [row(0, 3, "ablate", {"local": 1.0}), row(0, 3, "decoy", {"local": 1.0})]

    assert of([*whole, *alone, *others]) == of(whole)
    assert of([]) == []


def test_each_feature_has_its_own() -> None:
    rows = [
        one for f in (3, 5) for clip in range(2) for one in spoken(f, clip, [" a", " b"], [True] * 2, [-f, f], [0, 0])
    ]
    made = changed_tokens("d", frame(rows), each_its_own(2))

    assert made.sort(EFFECT_TOKENS.key).equals(made)
    assert made.select(pl.col("feature"), "change").rows() == [(3, -3), (3, 3), (5, -5), (5, 5)]
