"""What counts as hallucinated, how sure a share is, how many words are wrong; and the regression against an oracle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.analyse.testing.logistic import fit_logistic
from atlas.effects.experiments.probe import FittedProbe, auroc, fitted_weights
from atlas.effects.experiments.scoring import (
    error_rate_over,
    is_hallucinated,
    normalised_words,
    share_interval,
    word_errors,
)
from atlas.readouts.written import Written

TEXTS = st.lists(st.sampled_from("abc"), max_size=5)


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        (Written("you", 0.61, -1.01), False),
        (Written("you", 0.6, -1.01), True),
        (Written("you", 0.61, -1.0), True),
        (Written("you", 0.99, -0.1), True),
        (Written("you", 0.01, -5.0), True),
        (Written("", 0.01, -0.1), False),
    ],
)
def test_a_text_counts_unless_the_model_takes_it_for_silence(written: Written, counts: bool) -> None:
    assert is_hallucinated(written) is counts


def test_the_interval_of_a_share_has_a_width_at_both_ends() -> None:
    """Wilson's own figures, to three digits, of 0, 5 and 10 in 10."""
    assert share_interval(0, 10) == pytest.approx((0, 0.2775), abs=1e-3)
    assert share_interval(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)
    assert share_interval(10, 10) == pytest.approx((0.7225, 1), abs=1e-3)


def slowly(reference: list[str], text: list[str]) -> int:
    if not reference or not text:
        return len(reference) + len(text)
    if reference[0] == text[0]:
        return slowly(reference[1:], text[1:])
    return 1 + min(slowly(reference[1:], text), slowly(reference, text[1:]), slowly(reference[1:], text[1:]))


@given(TEXTS, TEXTS)
def test_word_errors_are_those_of_the_plain_recursion(reference: list[str], text: list[str]) -> None:
    assert word_errors(reference, text) == slowly(reference, text) == word_errors(text, reference)


def test_words_are_compared_without_case_and_marks() -> None:
    assert normalised_words("It isn't GONE, Mr. Smith!", "en") == ["it", "is", "not", "gone", "mister", "smith"]
    assert normalised_words("Schöne Grüße!", "de") == ["schöne", "grüße"]


def test_an_error_rate_is_over_all_words_and_lies_in_its_interval() -> None:
    errors, words = np.array([0.0, 2, 4, 0]), np.array([10.0, 10, 10, 10])
    wer, low, high = error_rate_over(errors, words, np.random.default_rng(0))

    assert wer == 0.15
    assert low < wer < high


def test_the_weights_are_those_of_newtons_method_where_features_are_few() -> None:
    generator = np.random.default_rng(0)
    values = generator.standard_normal((60, 5))
    labelled = values[:, 1] - values[:, 3] + generator.standard_normal(60) > 0.3
    values = (values - values.mean(axis=0)) / values.std(axis=0)

    assert fitted_weights(values, labelled, 1.0) == pytest.approx(
        fit_logistic(values, labelled, np.zeros(60, np.int64), 1.0), abs=1e-5
    )


def test_weights_of_more_features_than_recordings_are_at_an_optimum() -> None:
    generator = np.random.default_rng(1)
    values = generator.standard_normal((20, 300))
    labelled = values[:, 7] > 0
    weights = fitted_weights(values, labelled, 1.0)
    slopes = np.zeros(300)
    for intercept in np.linspace(-1, 1, 2001):
        residual = 1 / (1 + np.exp(-(values @ weights + intercept))) - labelled
        if abs(residual.sum()) < 1e-2:
            slopes = values.T @ residual + weights
            break

    assert np.abs(slopes).max() < 0.05
    assert int(np.abs(weights).argmax()) == 7


def test_a_probe_scores_what_it_was_not_fitted_on() -> None:
    generator = np.random.default_rng(2)
    values = generator.standard_normal((80, 30))
    labelled = values[:, 4] > 0
    probe = FittedProbe.of(values[:40], labelled[:40], 1.0)

    assert (auroc(probe.scores(values[40:]), labelled[40:]) or 0) > 0.7


def test_an_auroc_counts_ties_half_and_needs_both_kinds() -> None:
    scores = np.array([1.0, 2.0, 2.0, 3.0])

    assert auroc(scores, np.array([False, False, True, True])) == (0.5 + 1 + 1 + 1) / 4
    assert auroc(scores, np.ones(4, bool)) is None
