"""Tokens of examples: every frame in one of them, the largest where the peak is, and who speaks, as aligned."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.exports.tokens import MOST_TOKENS, SpokenToken, Tokeniser
from atlas.render.site import SiteAtlas
from tests.exports.conftest import opened
from tests.marked import MARK
from tests.synthetic import LICENCES

FRAME_S = 0.02
HELD = LICENCES[2], LICENCES[0]


@pytest.fixture(scope="module")
def tokeniser(exported_root: Path) -> Tokeniser:
    return Tokeniser(opened(exported_root))


def example(trace: list[int], clip: int = 0, start_s: float = 0.0) -> dict[str, Any]:
    """A row of `examples` whose feature has the maximum 10, and which peaks at its largest value."""
    peak = int(np.argmax(trace))
    return {
        "clip": clip,
        "start_s": start_s,
        "end_s": start_s + FRAME_S * len(trace),
        "peak_s": start_s + FRAME_S * peak,
        "peak": trace[peak] * 10 / 255,
        "trace": trace,
    }


def spoken_by(tokeniser: Tokeniser, clip: int, words: list[tuple[float, float, str]]) -> None:
    tokeniser._spoken[clip] = [SpokenToken(*word) for word in words]


def test_without_words_a_token_is_the_time_of_a_frame(tokeniser: Tokeniser) -> None:
    spoken_by(tokeniser, 0, [])

    row = tokeniser.row(example([0, 51, 255], start_s=1.5), 10.0)

    assert row.tokens == ["speech/00000.flac at 1.50s:", " 1.50s", " 1.52s", " 1.54s"]
    assert row.values == [0.0, 0.0, 2.0, 10.0]
    assert row.peak == 3


def test_words_take_the_largest_value_within_and_times_stand_where_nobody_speaks(tokeniser: Tokeniser) -> None:
    spoken_by(tokeniser, 0, [(0.0, 0.1, "and"), (0.14, 0.2, "nine"), (0.4, 0.5, "the")])
    trace = [0] * 25
    trace[3], trace[8], trace[14], trace[22] = 51, 102, 153, 255

    row = tokeniser.row(example(trace), 10.0)

    assert row.tokens == ["speech/00000.flac at 0.00s:", " and", " nine", " 0.20s", " the"]
    assert row.values == [0.0, 2.0, 4.0, 6.0, 10.0]
    assert row.peak == 4


def test_the_words_of_a_clip_come_before_its_phones(tokeniser: Tokeniser, exported_root: Path) -> None:
    atlas = opened(exported_root)
    both = atlas.alignments.of(0)

    assert set(both["tier"]) == {"words", "phones"}
    assert [word.token for word in Tokeniser(atlas).spoken(0)] == both.filter(tier="words")["label"].to_list()


def test_more_frames_than_a_row_holds_share_tokens(tokeniser: Tokeniser) -> None:
    spoken_by(tokeniser, 0, [])

    row = tokeniser.row(example([1] * 1999 + [255]), 10.0)

    assert len(row.tokens) == len(row.values) == 1001
    assert (row.peak, row.values[-1]) == (1000, 10.0)


starts = st.lists(st.floats(0, 3.5), max_size=8).map(sorted)


@given(starts, st.lists(st.integers(0, 255), min_size=1, max_size=150).filter(any), st.floats(0, 1))
def test_every_frame_is_in_a_token_and_the_peak_is_the_largest(
    tokeniser: Tokeniser, bounds: list[float], trace: list[int], start_s: float
) -> None:
    words = [(low, high, "w") for low, high in zip(bounds[::2], bounds[1::2], strict=False)]
    spoken_by(tokeniser, 0, words)
    shown = example(trace, start_s=start_s)

    row = tokeniser.row(shown, 10.0)

    assert len(row.tokens) == len(row.values) <= MOST_TOKENS
    assert row.values[row.peak] == max(row.values) == float(f"{shown['peak']:.4g}")
    heights = {0.0, *(float(f"{min(value * 10 / 255, shown['peak']):.4g}") for value in trace)}
    assert set(row.values) <= heights
    assert row.tokens.count(" w") <= len(words)


def test_of_clips_that_may_not_be_published_times_are_given(marked: SiteAtlas, exported_root: Path) -> None:
    tokeniser = Tokeniser(marked)
    hidden, shown = (marked.clips.filter(domain="speech", licence=licence)["clip"][0] for licence in HELD)

    assert tokeniser.spoken(shown) == Tokeniser(opened(exported_root)).spoken(shown) != []
    assert MARK in marked.alignments.of(hidden)["label"].str.join(" ")[0]
    assert tokeniser.row(example([0, 51, 255], clip=hidden), 10.0).tokens[1:] == [" 0.00s", " 0.02s", " 0.04s"]
