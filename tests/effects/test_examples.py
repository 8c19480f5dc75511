"""Which transcripts are shown is a rule, and beside an ablation stands its decoy."""

from atlas.effects.examples import examples
from atlas.schema import EFFECT_EXAMPLES
from atlas.schema.effects import ABLATE, DECOY, LOCAL
from tests.effects.measurements import Row, frame, row


def written(clip: int, edit: str, value: float, after: str, before: str = "one two") -> Row:
    return row(7, clip, edit, {LOCAL: value}, before=before, after=after)


def chosen(rows: list[Row]) -> list[tuple[object, ...]]:
    made = EFFECT_EXAMPLES.check(examples("block2", frame(rows), LOCAL), "made up")
    assert examples("block2", frame(rows[::-1]), LOCAL).equals(made)
    return made.drop("dictionary", "feature").rows()


ABLATIONS = [
    *(written(clip, ABLATE, value, f"a{clip}") for clip, value in enumerate([-0.1, -0.5, 0.2, -0.6, -9.0])),
    *(written(clip, DECOY, 0.0, f"d{clip}") for clip in range(4)),
]


def test_the_largest_and_the_median_ablation_stand_beside_their_decoys() -> None:
    assert chosen(ABLATIONS) == [
        (1, 4, ABLATE, None, "one two", "a4", None, "largest"),
        (2, 1, ABLATE, None, "one two", "a1", "d1", "median"),
    ]


def test_the_smallest_dose_that_changes_a_word_is_shown_where_the_feature_is_before_where_it_is_silent() -> None:
    doses = [
        written(0, "dose_1", 3.0, "One, two!"),
        written(1, "dose_3", 1.0, "three"),
        written(0, "dose_3", -2.0, "zero"),
        written(0, "elsewhere_3", -5.0, "silent"),
        written(0, "dose_4", -8.0, "four"),
    ]

    assert chosen([*ABLATIONS, *doses])[2:] == [(3, 0, "dose_3", 2.0, "one two", "zero", None, "smallest dose")]
    beside = [written(0, "dose_3_decoy", 0.1, "decoy"), written(1, "dose_3_decoy", 0.1, "other")]
    assert [after for *_, after, _ in chosen([*doses, *beside])] == ["decoy"], "of the same clip and dose"
    sooner = written(5, "elsewhere_2", 0.1, "sooner")
    assert chosen([*doses, sooner]) == [(1, 5, "elsewhere_2", 1.0, "one two", "sooner", None, "smallest dose")]


def test_where_there_is_one_clip_or_no_change_there_are_fewer_rows() -> None:
    one = [written(0, ABLATE, 1.0, "a"), written(0, "dose_1", 1.0, "one two")]

    assert [why for *_, why in chosen(one)] == ["largest"]
    assert chosen([]) == []
    assert chosen([row(7, 0, ABLATE, {LOCAL: 1.0})]) == [], "not written out"
    assert chosen([row(7, 0, ABLATE, {"transcript": 1.0}, before="a", after="b")]) == [], "without the primary outcome"
