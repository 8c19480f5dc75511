"""When the tokens of a transcript are said: at the times of aligned words, where the clip has them.

What attention finds is an estimate. Words of the transcript that the clip's own words match, in order, have the times
of those, all of their sub-words the whole word's; the others keep what attention found, between their neighbours. Where
a token is read from frames of its own, as phones are, its times are exact as they are.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atlas.effects.clips import TappedClip
from atlas.effects.label_words import LabelledSpan, matched, words_of
from atlas.readouts.base import AttendingReadout, Readout, Utterance
from atlas.schema.grid import FrameGrid
from atlas.speech.tiers import WORDS, kind_of


def in_word_times(
    clip: TappedClip, readout: Readout | None, spans: Iterable[LabelledSpan], grid: FrameGrid
) -> TappedClip:
    """A clip whose transcript has the times of its words, where the readout's own are an estimate."""
    if not isinstance(readout, AttendingReadout):
        return clip
    return replace(clip, utterance=timed_by_words(clip.utterance, spans, grid, clip.valid))


def timed_by_words(utterance: Utterance, spans: Iterable[LabelledSpan], grid: FrameGrid, valid: int) -> Utterance:
    """spans: timed labels of the clip, of any tiers; of several tiers of words the first by name counts."""
    words = sorted(span for span in spans if kind_of(span.tier) == WORDS)
    words = [span for span in words if span.tier == min(one.tier for one in words)]
    firsts, spoken = words_of(utterance)
    text = sum(map(bool, utterance.texts))
    pairs = matched(words, spoken)
    if not pairs:
        return utterance
    frames, known = utterance.frames.copy(), np.zeros(len(utterance.frames), np.bool_)
    for span, word in pairs:
        of_word = slice(firsts[word], firsts[word + 1] if word + 1 < len(firsts) else text)
        first = min(grid.first_from(words[span].start_s), valid - 1)
        frames[of_word] = first, min(max(grid.first_from(words[span].end_s), first + 1), valid)
        known[of_word] = True
    return replace(utterance, frames=_between(frames, known))


def _between(frames: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Frames of tokens that are not known moved between those of their neighbours; none begins before the one before.

    What comes after the text has the last frames of the clip, so nothing is moved behind them.
    """
    moved, given = frames.copy(), np.flatnonzero(known)
    for place in np.flatnonzero(~known):
        following = np.searchsorted(given, place)
        latest = frames[given[following], 0] if following < len(given) else frames[:, 1].max() - 1
        earliest = min(frames[given[following - 1], 1], latest) if following else 0
        first, stop = np.clip(frames[place], earliest, latest)
        moved[place] = first, max(stop, first + 1)
    return moved
