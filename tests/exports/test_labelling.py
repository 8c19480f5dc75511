"""Which labels an export gives of a feature: significant ones by their lift, each word once."""

from types import SimpleNamespace
from typing import Any

import polars as pl

from atlas.exports.labelling import SURE_SHOWN, UNSURE_SHOWN, best_labels, sure_labels


def block(clips: list[tuple[int, str, str, float | None, float | None]], timed: list[tuple[Any, ...]] = ()) -> Any:
    names = ["feature", "kind", "label", "lift", "q"]
    kinds = [pl.UInt32, pl.String, pl.String, pl.Float64, pl.Float64]
    spoken = {"feature": pl.UInt32, "tier": pl.String, "label": pl.String, "share": pl.Float64, "expected": pl.Float64}
    return SimpleNamespace(
        labels=pl.DataFrame(clips, schema=dict(zip(names, kinds, strict=True)), orient="row"),
        timed_labels=pl.DataFrame(list(timed), schema=spoken | {"q": pl.Float64}, orient="row"),
    )


def named(labels: dict[int, Any]) -> dict[int, list[tuple[str, float]]]:
    return {feature: [(label.name, label.lift) for label in every] for feature, every in labels.items()}


def test_labels_of_clips_words_and_phones_stand_by_their_lift() -> None:
    clips = [(0, "label", "siren", 3.0, 0.01), (0, "label", "dog", 9.0, 0.2), (0, "speaker", "ann", 5.0, 0.0)]
    timed = [(0, "phones", "s", 0.4, 0.1, 0.02), (0, "words", "", 0.9, 0.1, 0.0), (0, "words", "no", 0.1, 0.0, 0.0)]

    assert named(best_labels(block(clips, timed))) == {0: [("speaker ann", 5.0), ("phone s", 4.0), ("siren", 3.0)]}


def test_a_word_that_two_kinds_have_counts_once() -> None:
    clips = [(1, "label", "German", 2.0, 0.01), (1, "language", "de", 3.0, 0.01)]

    assert named(best_labels(block(clips))) == {1: [("German", 3.0)]}


def test_a_feature_without_a_finding_has_its_surest_labels_which_say_that_they_are_none() -> None:
    clips = [(2, "label", name, 2.0, q) for name, q in (("a", 0.9), ("b", 0.1), ("c", 0.5), ("d", 0.2), ("e", None))]
    best = best_labels(block(clips))

    assert named(best) == {2: [("b", 2.0), ("d", 2.0), ("c", 2.0)]}
    assert len(best[2]) == UNSURE_SHOWN
    assert not any(label.is_sure for label in best[2])
    assert sure_labels(block(clips)) == {}


def test_what_is_no_more_frequent_or_not_finite_is_left_out() -> None:
    lifts = (1.0, 0.5, float("inf"), float("nan"), None)

    assert best_labels(block([(3, "label", str(lift), lift, 0.0) for lift in lifts])) == {}


def test_there_are_at_most_so_many() -> None:
    clips = [(4, "label", f"label {one}", 2.0 + one, 0.0) for one in range(2 * SURE_SHOWN)]

    assert len(best_labels(block(clips))[4]) == SURE_SHOWN
