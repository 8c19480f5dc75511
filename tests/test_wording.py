"""Numbers in words."""

import pytest

from atlas.wording import counted, duration


@pytest.mark.parametrize(("seconds", "words"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (90, "1.5 min"), (5400, "1.5 h")])
def test_a_duration_is_told_in_a_unit_of_its_size(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0 shards"), (1, "1 shard"), (2000, "2,000 shards")])
def test_one_of_a_thing_is_not_many(number: int, words: str) -> None:
    assert counted(number, "shard") == words
