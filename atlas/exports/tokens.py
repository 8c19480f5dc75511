"""An example as tokens and values, for programs that were written for text.

Tokens are the words of a clip, else its phones, else the times of frames. Where nobody speaks between words, times
stand for stretches of a fifth of a second, and so they do throughout clips whose words may not be published. A first
token, whose value is 0, names the clip and the second that the example begins at: without it two examples would have
the same tokens, and Neuronpedia hides all but one of those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlas.render.parts.withheld import hidden_clips
from atlas.render.site import SiteAtlas

MOST_TOKENS = 1_024
TIERS = ("words", "phones")
"in this order: the first that a clip has is taken"
GAP_S = 0.1
"what is shorter belongs to the word after it"
STEP_S = 0.2
"of times in longer gaps"
FULL = 255
"the trace's value for the feature's maximum"
DIGITS = 4


@dataclass(frozen=True, slots=True)
class TokenRow:
    """The tokens of one example, as many values, and the place of the largest."""

    tokens: list[str]
    values: list[float]
    peak: int


@dataclass(frozen=True, slots=True)
class SpokenToken:
    """What is said, or the time, from one second to another."""

    start_s: float
    end_s: float
    token: str


class Tokeniser:
    """Makes tokens of examples; keeps what is said in a clip, as many features share it."""

    def __init__(self, atlas: SiteAtlas) -> None:
        self._atlas = atlas
        self._spoken: dict[int, list[SpokenToken]] = {}

    @cached_property
    def _paths(self) -> list[str]:
        return self._atlas.clips["path"].to_list()

    def row(self, example: Mapping[str, Any], maximum: float) -> TokenRow:
        """The tokens of a row of `examples`, of a feature with this maximum."""
        trace = np.frombuffer(bytes(example["trace"]), np.uint8)
        start, end = example["start_s"], example["end_s"]
        frame_s = (end - start) / len(trace)
        starts = np.arange(len(trace)) * frame_s + start
        heights = np.minimum(trace * (maximum / FULL), example["peak"])
        peak = min(max(round((example["peak_s"] - start) / frame_s), 0), len(trace) - 1)
        heights[peak] = example["peak"]
        spoken = self.spoken(example["clip"])
        tokens, firsts = _spoken_tokens(spoken, starts, end, frame_s) if spoken else _frame_tokens(starts)
        values = [0.0, *(shortened(value) for value in np.maximum.reduceat(heights, firsts))]
        place = int(np.searchsorted(firsts, peak, side="right"))
        return TokenRow([f"{self._paths[example['clip']]} at {start:.2f}s:", *tokens], values, place)

    def spoken(self, clip: int) -> list[SpokenToken]:
        """The words of a clip, else its phones, in order; none where it has neither, or they may not be published."""
        if clip in hidden_clips(self._atlas):
            return []
        if clip not in self._spoken:
            rows = self._atlas.alignments.of(clip).select("tier", "start_s", "end_s", "label").rows()
            tiers = [[SpokenToken(*row[1:]) for row in rows if row[0] == tier and row[3]] for tier in TIERS]
            self._spoken[clip] = next((tier for tier in tiers if tier), [])
        return self._spoken[clip]


def shortened(value: float) -> float:
    """A value in the digits that rows have."""
    return float(f"{value:.{DIGITS}g}")


def _frame_tokens(starts: NDArray[np.float64]) -> tuple[list[str], NDArray[np.int64]]:
    """A token a frame, or every so many frames where there are more than a row may hold."""
    firsts = np.arange(0, len(starts), -(-len(starts) // (MOST_TOKENS - 1)))
    return [_time(starts[first]) for first in firsts], firsts


def _spoken_tokens(
    spoken: list[SpokenToken], starts: NDArray[np.float64], end: float, frame_s: float
) -> tuple[list[str], NDArray[np.int64]]:
    """The tokens that some frame lies in, and the first frame of each."""
    stretches = list(_filled(spoken, float(starts[0]), end))
    bounds = np.array([stretch.start_s for stretch in stretches])
    within = np.searchsorted(bounds, starts + frame_s / 2, side="right") - 1
    numbers, firsts = np.unique(within.clip(0), return_index=True)
    return [f" {stretches[number].token}" for number in numbers[: MOST_TOKENS - 1]], firsts[: MOST_TOKENS - 1]


def _filled(spoken: list[SpokenToken], start: float, end: float) -> Iterator[SpokenToken]:
    """The words between two seconds, each from where the one before it ends, with times where nothing is said."""
    at = start
    for word in spoken:
        if word.end_s <= at or word.start_s >= end:
            continue
        if word.start_s - at >= GAP_S:
            yield from _times(at, word.start_s)
            at = word.start_s
        yield SpokenToken(at, word.end_s, word.token)
        at = word.end_s
    if end - at >= GAP_S or at == start:
        yield from _times(at, end)


def _times(start: float, end: float) -> Iterator[SpokenToken]:
    steps = max(1, round((end - start) / STEP_S))
    for step in range(steps):
        first = start + (end - start) * step / steps
        yield SpokenToken(first, start + (end - start) * (step + 1) / steps, _time(first).strip())


def _time(seconds: float) -> str:
    return f" {seconds:.2f}s"
