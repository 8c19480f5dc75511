"""CTC against plain loops: the best path, and the log-probabilities of its tokens."""

from itertools import groupby

import numpy as np
import pytest
import torch
from torch import Tensor

from atlas.readouts.ctc import best_path, divergence, token_logprobs


def logprobs(rows: int, seed: int = 0) -> Tensor:
    return torch.randn(rows, 40, 4, generator=torch.Generator().manual_seed(seed)).mul(2).log_softmax(-1)


@pytest.mark.parametrize("blank", [0, 3])
def test_the_best_path_is_every_run_of_one_label_that_is_not_blank(blank: int) -> None:
    frames = logprobs(1)[0]
    found, expected, frame = best_path(frames, blank), [], 0
    for label, run in groupby(max(range(4), key=lambda one: float(row[one])) for row in frames):
        length = len(list(run))
        if label != blank:
            expected.append((label, frame, frame + length))
        frame += length

    assert list(zip(found.tokens, *found.frames.T.tolist(), strict=True)) == expected
    assert len(expected) > 10


def test_a_blank_between_two_runs_makes_them_two_tokens() -> None:
    labels = torch.tensor([0, 1, 1, 0, 1, 2, 2, 0])
    found = best_path(torch.nn.functional.one_hot(labels, 3).float().log_softmax(-1))

    assert found.tokens == (1, 1, 2)
    assert found.frames.tolist() == [[1, 3], [4, 5], [5, 7]]


def test_a_tokens_log_probability_is_the_mean_over_its_own_frames() -> None:
    frames = logprobs(3, seed=1)
    path = best_path(frames[0])
    found = token_logprobs(frames, path.tokens, path.frames)

    assert found.shape == (3, len(path.tokens))
    for row in range(3):
        for place, (token, (first, stop)) in enumerate(zip(path.tokens, path.frames.tolist(), strict=True)):
            expected = np.mean([float(frames[row, frame, token]) for frame in range(first, stop)])
            assert float(found[row, place]) == pytest.approx(expected, abs=1e-6)


def test_an_edit_of_a_frame_changes_the_tokens_of_that_frame_alone() -> None:
    frames = logprobs(1, seed=2).expand(2, -1, -1).clone()
    path = best_path(frames[0])
    first, stop = path.frames[3].tolist()
    frames[1, first:stop] = frames[1, first:stop].roll(1, dims=-1)
    before, after = token_logprobs(frames, path.tokens, path.frames)

    assert (before != after).nonzero().flatten().tolist() == [3]


def test_nothing_spelt_has_no_tokens() -> None:
    silent = torch.tensor([[0.0, -9.0]]).expand(1, 12, 2)
    path = best_path(silent[0])

    assert path.tokens == ()
    assert path.frames.shape == (0, 2)
    assert token_logprobs(silent, path.tokens, path.frames).shape == (1, 0)


def test_divergence_is_the_mean_over_tokens_of_that_on_their_frames() -> None:
    frames = logprobs(3, seed=3)
    path = best_path(frames[0])
    found = divergence(frames, path.frames)

    assert float(found[0]) == 0
    for row in (1, 2):
        by_frame = (frames[0].exp() * (frames[0] - frames[row])).sum(-1)
        expected = np.mean([float(by_frame[first:stop].mean()) for first, stop in path.frames.tolist()])
        assert float(found[row]) == pytest.approx(expected, abs=1e-6)
