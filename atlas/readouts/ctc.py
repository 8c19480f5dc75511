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

BLANK = 0


@dataclass(frozen=True, slots=True)
class BestPath:
    """What a clip's frames spell."""

    tokens: tuple[int, ...]
    frames: NDArray[np.int64]
    "[tokens, 2]: the frames from which and up to which each is spelt"


def best_path(logprobs: Tensor, blank: int = BLANK) -> BestPath:
    """logprobs: [frames, labels]"""
    labels = logprobs.argmax(dim=-1).cpu().numpy()
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    stops = np.append(starts[1:], len(labels))
    spelt = labels[starts] != blank
    frames = np.stack([starts[spelt], stops[spelt]], axis=1).astype(np.int64)
    return BestPath(tuple(labels[starts[spelt]].tolist()), frames)


def token_logprobs(logprobs: Tensor, tokens: Sequence[int], frames: NDArray[np.int64]) -> Tensor:
    """logprobs: [rows, frames, labels]; tokens with their frames -> [rows, tokens], the mean over each one's frames."""
    lengths = frames[:, 1] - frames[:, 0]
    owners = np.repeat(np.arange(len(tokens)), lengths)
    places = np.concatenate([np.arange(first, stop) for first, stop in frames]) if len(frames) else owners
    labels = np.asarray(tokens, np.int64)[owners]
    device = logprobs.device
    own = logprobs[:, torch.from_numpy(places).to(device), torch.from_numpy(labels).to(device)]
    sums = own.new_zeros(len(own), len(tokens)).index_add(1, torch.from_numpy(owners).to(device), own)
    return sums / torch.from_numpy(lengths).to(sums)
