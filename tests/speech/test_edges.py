import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from atlas.schema import ALIGNMENTS
from atlas.schema.thresholds import EDGE_S, PAUSE_S
from atlas.speech.edges import END, END_BEFORE_SILENCE, ONSET, ONSET_AFTER_SILENCE, edge_spans

Word = tuple[float, float, str]


def words(*clips: list[Word]) -> pl.DataFrame:
    rows = [(clip, "words", *word) for clip, spans in enumerate(clips) for word in spans]
    return pl.DataFrame(rows, schema=ALIGNMENTS.columns, orient="row")


def durations(*seconds: float) -> pl.DataFrame:
    return pl.DataFrame({"clip": range(len(seconds)), "duration_s": seconds}, schema_overrides={"clip": pl.UInt32})


def edges(frame: pl.DataFrame) -> list[tuple[int, float, float, str]]:
    return frame.select("clip", "start_s", "end_s", "label").rows()


def test_a_word_has_an_onset_and_an_end_of_40_ms_each() -> None:
    found = edge_spans(words([(0.1, 0.4, "yes")]), durations(0.5))

    assert edges(found) == [(0, 0.08, 0.12, ONSET), (0, 0.38, 0.42, END)]
    assert found.columns == list(ALIGNMENTS.columns)
    assert found["tier"].unique().to_list() == ["edge"]


def test_edges_beside_silence_are_named_as_well() -> None:
    found = edge_spans(words([(0.2, 0.4, "well"), (0.4, 0.6, "then"), (0.8, 0.9, "so")]), durations(1.0))

    assert [row[1:] for row in edges(found)] == [
        (0.18, 0.22, ONSET_AFTER_SILENCE),
        (0.18, 0.22, ONSET),
        (0.38, 0.42, END),
        (0.38, 0.42, ONSET),
        (0.58, 0.62, END_BEFORE_SILENCE),
        (0.58, 0.62, END),
        (0.78, 0.82, ONSET_AFTER_SILENCE),
        (0.78, 0.82, ONSET),
        (0.88, 0.92, END),
    ]


def test_a_pause_of_the_threshold_is_silence_and_a_shorter_one_is_not() -> None:
    at = edge_spans(words([(0.0, 0.3, "a"), (0.3 + PAUSE_S, 0.6, "b")]), durations(0.6))
    below = edge_spans(words([(0.0, 0.3, "a"), (0.29 + PAUSE_S, 0.6, "b")]), durations(0.6))

    assert at["label"].to_list().count(ONSET_AFTER_SILENCE) == 1
    assert ONSET_AFTER_SILENCE not in below["label"]


def test_labels_of_silence_are_silence() -> None:
    spoken = [(0.0, 0.3, "a"), (0.5, 0.6, "b")]
    marked = [(0.0, 0.3, "a"), (0.3, 0.5, "<sil>"), (0.5, 0.6, "b")]

    assert edge_spans(words(marked), durations(0.6)).equals(edge_spans(words(spoken), durations(0.6)))


def test_spans_are_cut_at_the_borders_of_the_clip() -> None:
    found = edge_spans(words([(0.0, 1.0, "long")]), durations(1.0))

    assert edges(found) == [(0, 0.0, 0.02, ONSET), (0, 0.98, 1.0, END)]


def test_clips_do_not_know_of_each_other() -> None:
    both = edge_spans(words([(0.5, 1.0, "a")], [(0.0, 0.1, "b")]), durations(1.0, 0.1))

    assert edges(both) == [
        (0, 0.48, 0.52, ONSET_AFTER_SILENCE),
        (0, 0.48, 0.52, ONSET),
        (0, 0.98, 1.0, END),
        (1, 0.0, 0.02, ONSET),
        (1, 0.08, 0.1, END),
    ]


@given(st.lists(st.floats(0.03, 0.5), min_size=1, max_size=12))
def test_every_word_has_one_onset_and_one_end_wherever_it_stands(lengths: list[float]) -> None:
    times = [0.0]
    for length in lengths:
        times.append(times[-1] + length)
    spans = [(start, end, "w") for start, end in zip(times[::2], times[1::2], strict=False)]

    found = edge_spans(words(spans), durations(times[-1]))

    counts = found["label"].value_counts().rows()
    assert {label: count for label, count in counts if label in (ONSET, END)} == (
        {ONSET: len(spans), END: len(spans)} if spans else {}
    )
    assert (found["end_s"] - found["start_s"]).max() <= EDGE_S + 1e-6
