"""What the card says of the corpus, counted again by loops."""

from typing import Any

import numpy as np
import pytest

from atlas.audio.samples import MEL_BANDS
from atlas.config.settings import CorpusConfig
from atlas.encoders.whisper import GRID
from atlas.measure.card import corpus_card
from atlas.measure.reconstruction import CorpusMel
from atlas.schema.card import CorpusCard
from tests.analyse.making import Clip, clips_frame

CLIPS = [
    *(Clip(f"r{n // 2}", "speech", group=f"s{n // 6}" if n < 12 else None, frames=50 + n) for n in range(16)),
    Clip("r99", "speech", group="s9", problem="no sound"),
    *(Clip(f"m{n}", "music", dataset="tunes", frames=100) for n in range(3)),
]


def card_of(clips: list[Clip], **asked: Any) -> CorpusCard:
    sounds = CorpusMel(np.zeros(MEL_BANDS, np.int64), np.array([sum(clip.frames for clip in clips), 0, 0]))
    return corpus_card(clips_frame(clips), sounds, CorpusConfig(manifest="m.csv", **asked), GRID)


@pytest.mark.parametrize("asked", [{}, {"group": "speaker"}, {"group_pattern": "(?P<speaker>s[0-9])"}])
def test_domains_are_counted_and_their_groups_where_these_are_asked_for(asked: dict[str, str]) -> None:
    card = card_of(CLIPS, **asked)

    for name, domain in card.domains.items():
        usable = [clip for clip in CLIPS if clip.domain == name and clip.problem is None]
        groups = {clip.group for clip in usable if clip.group}
        sizes = [len({clip.recording for clip in usable if clip.group == group}) for group in groups]
        assert (domain.clips, domain.recordings) == (len(usable), len({clip.recording for clip in usable}))
        assert domain.valid_frames == sum(clip.frames for clip in usable)
        expected = (len(groups), max(sizes, default=0)) if asked else (None, None)
        assert (domain.groups, domain.largest_group) == expected
    assert list(card.domains) == ["speech", "music", "sound"]
    assert (card.clips, card.problems, card.recordings) == (19, 1, 11)
    assert card.group == ("speaker" if asked else None)


def test_an_empty_corpus_has_domains_of_nothing() -> None:
    card = card_of([], group="speaker")

    assert {(domain.clips, domain.groups, domain.largest_group) for domain in card.domains.values()} == {(0, 0, 0)}
