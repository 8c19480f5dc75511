"""What About says of groups of recordings."""

from dataclasses import replace

import pytest

from atlas.render.parts.groups import few_groups, whole_groups
from atlas.schema.thresholds import FEWEST_GROUPS
from tests.cards import CARD


@pytest.mark.parametrize(
    ("word", "groups", "largest", "few", "whole"),
    [
        (None, None, None, [], []),
        ("speaker", 0, 0, [], []),
        ("speaker", 5, 1, [], []),
        (
            "speaker",
            FEWEST_GROUPS - 1,
            420,
            [
                "There are few speakers: 420 of 540 recordings of speech are of one speaker,"
                " so tests count recordings, not speakers."
            ],
            [],
        ),
        ("text", FEWEST_GROUPS, 2, [], ["Each of the 20 texts of speech stays whole in halves and intervals."]),
    ],
)
def test_few_groups_and_whole_groups_are_told(
    word: str | None, groups: int | None, largest: int | None, few: list[str], whole: list[str]
) -> None:
    domain = replace(CARD.corpus.domains["speech"], groups=groups, largest_group=largest)
    corpus = replace(CARD.corpus, group=word, domains={"speech": domain})

    assert (list(few_groups(corpus)), list(whole_groups(corpus))) == (few, whole)
