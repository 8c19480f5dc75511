"""Which clips are trained on, in which order: no recording on both sides, every clip in turn, domains as weighed."""

from collections import Counter
from itertools import islice, pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import AtlasError
from atlas.measure.listening import ClipSource
from atlas.train.split import at_most, endless, groups, is_held_out, rounds, split_clips

DOMAINS = ["speech"] * 6 + ["music"] * 2 + ["sound"] * 4
FRAMES = [100, 150, 200, 50, 120, 80, 1500, 1500, 250, 250, 20, 30]


def source(number: int, valid: int = 10, hash64: int = 0) -> ClipSource:
    return ClipSource(
        number=number,
        path=f"{number}.wav",
        file=f"{number}.wav",
        offset_s=0.0,
        duration_s=1.0,
        valid=valid,
        hash64=hash64,
        recording=number,
    )


def clips(recordings: list[str], groups: list[str] | None = None) -> pl.DataFrame:
    """A clip with a problem comes first, which no source stands for."""
    return pl.DataFrame(
        {
            "recording": ["broken", *recordings],
            "domain": ["speech"] * (len(recordings) + 1),
            "problem": ["no sound", *[None] * len(recordings)],
            "group": [None, *(groups or [None] * len(recordings))],
        },
        schema={"recording": pl.String, "domain": pl.String, "problem": pl.String, "group": pl.String},
    )


def test_no_recording_lies_on_both_sides_and_the_share_is_about_what_was_asked_for() -> None:
    recordings = [f"r{number // 3}" for number in range(3000)]
    split = split_clips(clips(recordings), [source(number) for number in range(3000)], 0.1)
    sides = [{recordings[clip.number] for clip in side} for side in (split.training, split.held_out)]

    assert sides[0] | sides[1] == set(recordings)
    assert not sides[0] & sides[1]
    assert (split.recordings, split.held_out_recordings) == (1000, len(sides[1]))
    assert 80 < len(sides[1]) < 120
    assert len(split.domains) == len(split.training)


def test_a_speaker_of_enough_lies_on_one_side_whatever_the_recordings() -> None:
    recordings = [f"r{number}" for number in range(600)]
    sources = [source(number) for number in range(600)]
    for speakers, whole in ((60, True), (5, False)):  # five would leave a handful held out, or none
        spoken_by = [f"s{number % speakers}" for number in range(600)]
        split = split_clips(clips(recordings, spoken_by), sources, 0.2)
        sides = [{spoken_by[clip.number] for clip in side} for side in (split.training, split.held_out)]
        assert sides[0].isdisjoint(sides[1]) is whole
        assert split.held_out_recordings == len(split.held_out)


def test_recordings_stay_on_their_side_when_others_are_added() -> None:
    names = [f"r{number}" for number in range(200)]
    few, many = (
        split_clips(clips(some), [source(number) for number in range(len(some))], 0.2) for some in (names[50:], names)
    )
    held = {names[50 + clip.number] for clip in few.held_out}

    assert held == {names[clip.number] for clip in many.held_out} - set(names[:50])
    assert held == {name for name in names[50:] if is_held_out(name, 0.2)}


@pytest.mark.parametrize(("share", "lacking"), [(1e-9, "held out"), (0.999999999, "left to train on")])
def test_a_side_without_a_recording_is_refused(share: float, lacking: str) -> None:
    with pytest.raises(AtlasError, match=f"training.held_out: .* none of the 3 recordings is {lacking}; set another"):
        split_clips(clips(["a", "b", "c"]), [source(number) for number in range(3)], share)


def test_of_many_held_out_clips_those_of_smallest_hash_are_measured_and_at_least_one() -> None:
    some = [source(number, valid=100, hash64=hash64) for number, hash64 in enumerate([7, 3, 9, 1])]

    assert [clip.number for clip in at_most(some, 250)] == [3, 1]
    assert [clip.number for clip in at_most(some, 10)] == [3]
    assert [clip.number for clip in at_most(some, 1000)] == [3, 1, 0, 2]


def test_without_weights_every_clip_comes_once_before_any_comes_again() -> None:
    stream = endless(groups(DOMAINS, None), FRAMES, seed=3)
    first, second = (list(islice(stream, len(FRAMES))) for _ in range(2))

    assert sorted(first) == sorted(second) == list(range(len(FRAMES)))
    assert first != second


@given(st.integers(0, 20), st.lists(st.floats(0.1, 10), min_size=3, max_size=3))
def test_the_frames_of_each_domain_keep_to_its_weight(seed: int, weights: list[float]) -> None:
    asked = dict(zip(("speech", "music", "sound"), weights, strict=True))
    drawn: Counter[str] = Counter()
    for clip in islice(endless(groups(DOMAINS, asked), FRAMES, seed), 5000):
        drawn[DOMAINS[clip]] += FRAMES[clip]

    progress = [drawn[domain] / weight for domain, weight in asked.items()]
    assert max(progress) - min(progress) <= max(FRAMES) / min(weights)


def test_a_domain_of_weight_zero_is_left_out() -> None:
    stream = endless(groups(DOMAINS, {"speech": 1, "music": 0, "sound": 2.5}), FRAMES, seed=0)

    assert {DOMAINS[clip] for clip in islice(stream, 200)} == {"speech", "sound"}


def test_the_order_in_which_weights_are_named_says_nothing() -> None:
    one, other = {"speech": 1, "music": 1, "sound": 2.5}, {"sound": 2.5, "music": 1, "speech": 1}
    drawn = [list(islice(endless(groups(DOMAINS, weights), FRAMES, seed=1), 200)) for weights in (one, other)]

    assert drawn[0] == drawn[1]


def test_domains_that_are_left_out_are_on_neither_side() -> None:
    names = [f"{number}" for number in range(40)]
    some = [source(number) for number in range(40)]
    whole = split_clips(clips(names), some, 0.3)
    table = clips(names).with_columns(domain=pl.Series(["speech", *["music", "speech"] * 20]))
    half = split_clips(table, some, 0.3, {"music"})

    assert set(half.domains) == {"speech"}
    assert [clip.number for clip in half.training] == [clip.number for clip in whole.training if clip.number % 2]
    assert [clip.number for clip in half.held_out] == [clip.number for clip in whole.held_out if clip.number % 2]
    assert half.recordings == 20


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"speech": 1.0}, "name music, sound too, which the corpus has; 0 leaves a domain out"),
        ({"speech": 1, "music": 1, "sound": 1, "birds": 2}, "no clip to train on is birds; give weight to"),
        ({"speech": 0, "music": 0, "sound": 0}, "all are 0; give weight to domains that the corpus has"),
    ],
)
def test_weights_that_do_not_fit_the_corpus_are_refused(weights: dict[str, float], told: str) -> None:
    with pytest.raises(AtlasError, match=f"training.domain_weights: {told}"):
        groups(DOMAINS, weights)


@given(st.integers(0, 20), st.integers(1, 4000))
def test_rounds_hold_what_fits_and_lose_nothing(seed: int, room: int) -> None:
    cut = list(islice(rounds(endless(groups(DOMAINS, None), FRAMES, seed), FRAMES, room), 20))
    whole = list(islice(endless(groups(DOMAINS, None), FRAMES, seed), sum(map(len, cut))))

    assert [clip for places in cut for clip in places] == whole
    for places, following in pairwise(cut):
        size = sum(FRAMES[place] for place in places)
        assert size <= room or len(places) == 1
        assert size + FRAMES[following[0]] > room
