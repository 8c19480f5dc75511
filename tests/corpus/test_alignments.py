"""Spans of files, checked, and cut into the clips of these files."""

import logging
from pathlib import Path

import polars as pl
import pytest

from atlas.corpus.alignments import place_spans, read_spans
from atlas.errors import AtlasError
from atlas.schema import ALIGNMENTS

HEADER = "path\ttier\tstart_s\tend_s\tlabel\n"


def tsv(folder: Path, *rows: tuple[object, ...], header: str = HEADER) -> Path:
    path = folder / "alignments.tsv"
    path.write_text(header + "".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


def grid(path: Path, *intervals: tuple[float, float, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = "".join(f'{start}\n{end}\n"{label}"\n' for start, end, label in intervals)
    path.write_text(
        f'"ooTextFile"\n"TextGrid"\n0\n9\n<exists>\n1\n"IntervalTier"\n"words"\n0\n9\n{len(intervals)}\n{body}'
    )


def clips(*rows: tuple[int, str, float, float, float]) -> pl.DataFrame:
    schema = {"clip": pl.UInt32, "path": pl.String, "offset_s": pl.Float64, "duration_s": pl.Float64}
    return pl.DataFrame(rows, schema={**schema, "file_s": pl.Float64}, orient="row")


def problem_of(path: Path, paths: set[str]) -> str:
    with pytest.raises(AtlasError) as caught:
        read_spans(path, paths)
    return str(caught.value)


def test_no_alignments_are_no_spans() -> None:
    assert place_spans(read_spans(None, {"a.wav"}), clips((0, "a.wav", 0, 5, 5)), None).is_empty()


def test_a_tsv_keeps_labels_as_they_are_and_leaves_untimed_tiers_out(tmp_path: Path) -> None:
    path = tsv(
        tmp_path,
        ("a.wav", "words", 0.2, 0.37, "and(2)"),
        ("a.wav", "words", 0.0, 0.2, "<sil>"),
        ("a.wav", "phones_untimed", "", "", "ae n d"),
        ("a.wav", "phones", 0.2, 0.3, '"'),
        ("a.wav", "phones", 0.3, 0.3, "none"),
        ("a.wav", "phones", 0.3, 0.4, ""),
    )

    spans = read_spans(path, {"a.wav"})

    assert spans.rows() == [
        (4, "a.wav", "phones", 0.2, 0.3, '"'),
        (2, "a.wav", "words", 0.0, 0.2, "<sil>"),
        (1, "a.wav", "words", 0.2, 0.37, "and(2)"),
    ]


def test_textgrids_belong_to_the_audio_of_the_same_stem(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    grid(tmp_path / "x/a.TextGrid", (0, 1.5, "one"), (1.5, 2, ""), (2, 3, "two"))
    grid(tmp_path / "y.textgrid", (0, 1, "lost"))

    spans = read_spans(tmp_path, {"x/a.wav", "x/a.flac", "b.wav"})

    assert spans.rows() == [
        (1, "x/a.flac", "words", 0.0, 1.5, "one"),
        (3, "x/a.flac", "words", 2.0, 3.0, "two"),
        (1, "x/a.wav", "words", 0.0, 1.5, "one"),
        (3, "x/a.wav", "words", 2.0, 3.0, "two"),
    ]
    assert caplog.messages == [f"{tmp_path}: timed labels of 1 file that the corpus lacks"]


def test_unknown_paths_are_one_note_unless_they_are_all(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [(name, "words", start, start + 1, "x") for name in ("a.wav", "b.wav", "c.wav") for start in (0, 1)]
    path = tsv(tmp_path, *rows)

    with caplog.at_level(logging.WARNING):
        assert read_spans(path, {"a.wav"}).height == 2

    assert caplog.messages == [f"{path}: timed labels of 2 files that the corpus lacks"]
    assert problem_of(path, {"d.wav"}) == (
        f"{path}: names no file of the corpus, whose paths it should give; it has a.wav"
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(0.5, 0.25)], 'a.wav, row 1: words "x" from 0.5 to 0.25 s ends before it starts'),
        ([(-0.5, 0.25)], 'a.wav, row 1: words "x" from -0.5 to 0.25 s starts before the file'),
        ([(1, 2), (0, 1.5)], 'a.wav, row 1: words "x" from 1 to 2 s overlaps the one before it in its tier'),
    ],
)
def test_a_span_that_makes_no_sense_is_told_with_file_row_and_times(
    rows: list[tuple[float, float]], sentence: str, tmp_path: Path
) -> None:
    path = tsv(tmp_path, *(("a.wav", "words", start, end, "x") for start, end in rows))

    assert problem_of(path, {"a.wav"}) == f"{path}: 1 timed label cannot be used\n  {sentence}"


def test_spans_of_other_tiers_and_files_and_rounded_borders_do_not_overlap(tmp_path: Path) -> None:
    path = tsv(
        tmp_path,
        ("a.wav", "words", 0, 1.0005, "x"),
        ("a.wav", "words", 1, 2, "x"),
        ("a.wav", "phones", 0.5, 1, "x"),
        ("b.wav", "words", 0.5, 1, "x"),
    )

    assert read_spans(path, {"a.wav", "b.wav"}).height == 4


@pytest.mark.parametrize("times", [("", ""), ("0", "end"), ("nan", "1"), ("0", "inf")])
def test_times_that_are_none_are_told_with_their_row(times: tuple[str, str], tmp_path: Path) -> None:
    path = tsv(tmp_path, ("a.wav", "words", 0, 1, "x"), ("a.wav", "words", *times, "x"))

    assert problem_of(path, {"a.wav"}) == (
        f"{path}: 1 row cannot be used\n  row 2: start_s and end_s are not two times in seconds"
    )


def test_missing_columns_and_files_are_told(tmp_path: Path) -> None:
    path = tsv(tmp_path, header="path\ttier\tstart\tend\tlabel\n")

    assert problem_of(path, {"a.wav"}) == (
        f"{path}: no column start_s, end_s; its columns: path, tier, start, end, label"
    )
    assert problem_of(tmp_path / "absent.tsv", set()).startswith(
        f"{tmp_path}/absent.tsv: not a table of timed labels ("
    )


def test_spans_are_cut_at_the_borders_of_clips_and_counted_from_their_start(tmp_path: Path) -> None:
    rows = [(0, 1, "a"), (29, 31, "b"), (31, 59.5, "c"), (59.75, 90.25, "d")]
    path = tsv(tmp_path, *(("a.wav", "words", *row) for row in rows))
    cut = clips((7, "a.wav", 0, 30, 65), (8, "a.wav", 30, 30, 65), (9, "a.wav", 60, 5, 65), (10, "b.wav", 0, 3, 3))

    with pytest.raises(AtlasError) as caught:
        place_spans(read_spans(path, {"a.wav"}), cut, path)
    assert str(caught.value) == (
        f"{path}: 1 timed label cannot be used\n"
        '  a.wav, row 4: words "d" from 59.75 to 90.25 s ends after the recording'
    )

    rows[3] = (59.75, 65.0625, "d")
    placed = place_spans(read_spans(tsv(tmp_path, *(("a.wav", "words", *r) for r in rows)), {"a.wav"}), cut, path)

    assert ALIGNMENTS.check(placed, "placed").rows() == [
        (7, "words", 0, 1, "a"),
        (7, "words", 29, 30, "b"),
        (8, "words", 0, 1, "b"),
        (8, "words", 1, 29.5, "c"),
        (8, "words", 29.75, 30, "d"),
        (9, "words", 0, 5, "d"),
    ]


def test_spans_outside_the_stretches_that_are_listened_to_belong_to_no_clip(tmp_path: Path) -> None:
    path = tsv(tmp_path, ("a.wav", "words", 0, 2, "a"), ("a.wav", "words", 2, 6, "b"), ("a.wav", "words", 8, 9, "c"))

    placed = place_spans(read_spans(path, {"a.wav"}), clips((0, "a.wav", 1, 3, 10)), path)

    assert placed.rows() == [(0, "words", 0, 1, "a"), (0, "words", 1, 3, "b")]
