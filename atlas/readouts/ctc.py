"""CTC: what frames spell, and how probable each token is on the frames that it is spelt on.

Everything follows from the log-probabilities of frames, whatever they were read from. A transcript is the best path:
the likeliest label of each frame, repeats joined, blanks left out; so each token has its own run of frames. Its
log-probability is the mean over them, and an edit changes it only as far as the model carries the edit there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Frames = NDArray[np.int64]

BLANK = 0


@dataclass(frozen=True, slots=True)
class BestPath:
    """What a clip's frames spell."""

    tokens: tuple[int, ...]
    frames: Frames
    "[tokens, 2]: the frames from which and up to which each is spelt"


def best_path(logprobs: Tensor, blank: int = BLANK) -> BestPath:
    """logprobs: [frames, labels]"""
    labels = logprobs.argmax(dim=-1).cpu().numpy()
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    stops = np.append(starts[1:], len(labels))
    spelt = labels[starts] != blank
    frames = np.stack([starts[spelt], stops[spelt]], axis=1).astype(np.int64)
    return BestPath(tuple(labels[starts[spelt]].tolist()), frames)


def token_logprobs(logprobs: Tensor, tokens: Sequence[int], frames: Frames) -> Tensor:
    """logprobs: [rows, frames, labels]; tokens with their frames -> [rows, tokens], the mean over each one's frames."""
    owners, places = _places(frames)
    labels = torch.from_numpy(np.asarray(tokens, np.int64)[owners])
    own = logprobs[:, torch.from_numpy(places).to(logprobs.device), labels.to(logprobs.device)]
    return _token_means(own, frames)


def divergence(logprobs: Tensor, frames: Frames) -> Tensor:
    """logprobs: [rows, frames, labels] -> [rows], mean over tokens of how far a row is from the first, in nats.

    The Kullback-Leibler divergence on the frames of each token; exactly 0 of the first row.
    """
    _, places = _places(frames)
    spelt = logprobs[:, torch.from_numpy(places).to(logprobs.device)]
    lost = torch.einsum("fl,rfl->rf", spelt[0].exp(), spelt[:1] - spelt)
    return _token_means(lost, frames).mean(dim=-1)


def _places(frames: Frames) -> tuple[Frames, Frames]:
    """The frames of all tokens, one after another, and which token each of them is of."""
    owners = np.repeat(np.arange(len(frames)), frames[:, 1] - frames[:, 0])
    places = np.concatenate([np.empty(0, np.int64), *(np.arange(first, stop) for first, stop in frames)])
    return owners, places.astype(np.int64)


def _token_means(values: Tensor, frames: Frames) -> Tensor:
    """values: [rows, frames of all tokens] -> [rows, tokens]"""
    owners, _ = _places(frames)
    sums = values.new_zeros(len(values), len(frames))
    sums = sums.index_add(1, torch.from_numpy(owners).to(values.device), values)
    return sums / torch.from_numpy(frames[:, 1] - frames[:, 0]).to(sums)
