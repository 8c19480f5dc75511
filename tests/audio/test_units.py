"""What halves and bootstraps keep whole: against a loop over recordings, and in every state of what is known."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from atlas.audio.units import clips_in_half_a, sizes_of_groups, unit_numbers
from atlas.schema.thresholds import FEWEST_GROUPS
from tests.analyse.making import Clip, clips_frame

Rows = st.lists(
    st.tuples(
        st.integers(0, 60),  # recording
        st.sampled_from(["speech", "music"]),
        st.sampled_from([None, "no sound"]),
    ),
    max_size=120,
)
Sizes = st.integers(1, 40)


def corpus(rows: list[tuple[int, str, str | None]], groups: int) -> pl.DataFrame:
    """Every seventh recording is of no known group."""
    return clips_frame(
        [
            Clip(f"r{number}", domain, group=f"g{number % groups}" if number % 7 else None, problem=problem)
            for number, domain, problem in rows
        ]
    )


def naive_units(clips: pl.DataFrame) -> list[tuple[str, str]]:
    rows = clips.rows(named=True)
    usable = [row for row in rows if row["problem"] is None]
    known = {
        domain: {row["group"] for row in usable if row["domain"] == domain and row["group"]}
        for domain in {row["domain"] for row in usable}
    }
    by_group = {row["recording"] for row in rows if len(known.get(row["domain"], ())) >= FEWEST_GROUPS}
    return [
        ("group", row["group"]) if row["group"] and row["recording"] in by_group else ("recording", row["recording"])
        for row in rows
    ]


@given(Rows, Sizes)
def test_units_are_groups_where_a_domain_has_enough_and_recordings_elsewhere(
    rows: list[tuple[int, str, str | None]], groups: int
) -> None:
    clips = corpus(rows, groups)
    found, expected = unit_numbers(clips).tolist(), naive_units(clips)

    assert len(set(found)) == len(set(expected)) == len(set(zip(found, expected, strict=True)))


@given(Rows, Sizes)
def test_half_a_holds_whole_units_and_no_order_of_clips_matters(
    rows: list[tuple[int, str, str | None]], groups: int
) -> None:
    clips = corpus(rows, groups)
    in_a = clips_in_half_a(clips)
    sides: dict[tuple[str, str], set[bool]] = {}
    for unit, side in zip(naive_units(clips), in_a.tolist(), strict=True):
        sides.setdefault(unit, set()).add(side)

    assert all(len(side) == 1 for side in sides.values())
    order = np.random.default_rng(len(rows)).permutation(len(rows))
    assert clips_in_half_a(clips[order]).tolist() == in_a[order].tolist()


def test_one_group_fewer_than_enough_and_recordings_are_dealt_as_without_groups() -> None:
    rows = [(number, "speech", None) for number in range(1, 120) if number % 7]
    few, enough = corpus(rows, FEWEST_GROUPS - 1), corpus(rows, FEWEST_GROUPS)
    bare = few.with_columns(group=pl.lit(None, pl.String))

    assert clips_in_half_a(few).tolist() == clips_in_half_a(bare).tolist()
    assert clips_in_half_a(enough).tolist() != clips_in_half_a(bare).tolist()
    assert len(set(unit_numbers(enough).tolist())) == FEWEST_GROUPS


def test_a_group_and_a_recording_of_one_name_are_two_units() -> None:
    rows = [Clip(f"r{number}", "speech", group=f"r{number + 1}") for number in range(FEWEST_GROUPS)]
    units = unit_numbers(clips_frame([*rows, Clip("r5", "speech"), Clip(f"r{FEWEST_GROUPS}", "speech")])).tolist()

    assert len(set(units)) == FEWEST_GROUPS + 2


def test_sizes_count_the_usable_recordings_of_known_groups() -> None:
    clips = clips_frame(
        [
            *(Clip("a", "speech", group="ann"), Clip("a", "speech", group="ann"), Clip("b", "speech", group="ann")),
            *(Clip("c", "speech", group="bob"), Clip("d", "speech", group="cy", problem="no sound")),
            *(Clip("e", "speech"), Clip("f", "music", group="ann"), Clip("g", "sound")),
        ]
    )

    assert sizes_of_groups(clips) == {"speech": (1, 2), "music": (1,)}
    assert sizes_of_groups(clips.clear()) == {}
    assert unit_numbers(clips.clear()).tolist() == []
