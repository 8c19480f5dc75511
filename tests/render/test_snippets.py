"""What rows show and play: traces as paths, stretches as addresses, domains as marks."""

import re
from dataclasses import replace

import pytest

from atlas.render.parts.marks import mark_of
from atlas.render.parts.snippets import SPECTROGRAM, TRACE, snippet, trace_path
from tests import cards

GRID = cards.CARD.encoder.grid
CLIP = {"key": "0123456789abcdef", "audio": True, "picture": True, "reason": None, "picture_columns": 400}


def heights_of(path: str) -> dict[int, int]:
    """The heights that a path draws, column by column; an independent reading of it."""
    found: dict[int, int] = {}
    x = y = 0
    for command, first, second in re.findall(r"([Mhv])(-?\d+)(?: (\d+))?", path):
        if command == "M":
            x, y = int(first), int(second)
        elif command == "v":
            y += int(first)
        else:
            found |= {x + i: SPECTROGRAM + TRACE - y for i in range(int(first))}
            x += int(first)
    return found


@pytest.mark.parametrize(
    "trace",
    [[255], [0, 255, 0], [0, 0, 128, 128, 1, 0, 255], [255, 0, 255], [3] * 150, [0] * 10, []],
)
def test_a_trace_is_drawn_column_by_column_and_any_activity_is_seen(trace: list[int]) -> None:
    expected = {7 + place: 2 * -(-value * TRACE // 510) for place, value in enumerate(trace) if value}

    assert {x: height for x, height in heights_of(trace_path(trace, 0.14, GRID)).items() if height} == expected


def test_a_trace_at_the_maximum_is_a_full_bar() -> None:
    assert trace_path([255, 255], 0.2, GRID) == "M10 84v-28h2v28"


def test_a_trace_of_another_rate_lies_on_the_columns_of_the_picture() -> None:
    fine, coarse = replace(GRID, rate_hz=24_000), replace(GRID, hop=640)  # 75 and 25 frames a second

    fine_path = trace_path([0, 0, 0, 255, 0, 0, 0, 255], 2.0, fine)  # frames 3 and 7: from 40 and from 93 ms on
    assert {x for x, height in heights_of(fine_path).items() if height} == {102, 104, 105}
    assert {x for x, height in heights_of(trace_path([0, 255, 0], 2.0, coarse)).items() if height} == {102, 103}


def test_a_trace_without_activity_draws_nothing() -> None:
    assert trace_path([0, 0, 0], 0.2, GRID) == ""


def test_a_snippet_plays_its_stretch_and_shows_the_peak_in_the_middle() -> None:
    found = snippet(CLIP, 4.0, 7.02, 5.51, "top 3, siren")

    assert found.name == "Play top 3, siren, 4.0 s"
    assert (found.audio, found.start, found.end) == ("media/audio/0123456789abcdef.mp3", "4.1", "7.12")
    assert found.picture == "media/spectrograms/0123456789abcdef.webp"
    assert (found.left, found.columns) == ("201", "400")  # 276 is the peak's column, 75 are left of it
    assert found.page == "c/0123456789abcdef.html"
    assert found.silence is None


def test_a_clip_that_may_not_be_published_says_why() -> None:
    found = snippet(CLIP | {"audio": False, "reason": "licence"}, 0.0, 1.6, 0.09, "top 1")

    assert (found.audio, found.page) == (None, None)
    assert found.silence == "audio not published: its licence does not allow it, or is unknown"


def test_a_clip_without_media_has_neither_sound_nor_picture() -> None:
    clip = CLIP | {"key": None, "audio": False, "picture": False}

    found = snippet(clip, 0.0, 1.6, 0.09, "top 1")

    assert (found.audio, found.picture, found.silence) == (None, None, "audio not published")


def test_domains_keep_their_marks_and_others_are_grey() -> None:
    domains = ("speech", "birds", "sound", "bats")

    assert [mark_of(name, domains).sign for name in domains] == ["●", "◆", "▲", "▼"]
    assert [mark_of(name, domains).style for name in domains] == ["speech", "other", "sound", "other"]
