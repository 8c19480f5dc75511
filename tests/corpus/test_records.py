"""Tables of rows in four formats, and the sentence for what is none."""

import json
from pathlib import Path

import polars as pl
import pytest

from atlas.corpus.records import Records, read_records
from atlas.errors import AtlasError


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding, newline="")
    return path


def problem_of(path: Path) -> str:
    with pytest.raises(AtlasError) as caught:
        read_records(path, ())
    return str(caught.value)


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    rows = [{"path": "a.wav", "text": 'said "yes, é"\nand no'}, {"path": "b.wav", "text": ""}]
    quoted = 'path{0}text\na.wav{0}"said ""yes, é""\nand no"\n\nb.wav{0}\n'
    written(tmp_path / "a.csv", quoted.format(","), "utf-8-sig")
    written(tmp_path / "a.tsv", quoted.format("\t"))
    written(tmp_path / "a.jsonl", "\n".join(json.dumps(row) for row in rows) + "\n\n")
    written(tmp_path / "a.ndjson", "".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in rows))
    pl.DataFrame(rows).write_parquet(tmp_path / "a.parquet")

    for name in ("a.csv", "a.tsv", "a.jsonl", "a.ndjson", "a.parquet"):
        assert read_records(tmp_path / name, ("path", "text")) == Records(("path", "text"), tuple(rows)), name


def test_json_and_parquet_keep_lists_and_numbers(tmp_path: Path) -> None:
    rows = ({"labels": ["a", "b"], "start_s": 1.5}, {"labels": [], "start_s": None})
    written(tmp_path / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    pl.DataFrame(rows).write_parquet(tmp_path / "a.parquet")

    assert read_records(tmp_path / "a.jsonl", ()).rows == rows
    assert read_records(tmp_path / "a.parquet", ("labels", "start_s")).rows == rows


def test_columns_of_a_parquet_file_that_nobody_wants_are_named_but_not_loaded(tmp_path: Path) -> None:
    pl.DataFrame({"path": ["a.wav"], "bytes": [b"RIFF"]}).write_parquet(tmp_path / "a.parquet")

    assert read_records(tmp_path / "a.parquet", ("path",)) == Records(("path", "bytes"), ({"path": "a.wav"},))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.csv", "", "empty; expected a row of column names, and a row a clip or file"),
        ("a.csv", "path,domain\na,b\nc,d,e\n", "row 2 has 3 cells, the row of column names has 2"),
        ("a.csv", "path,path\na,b\n", "the column path is there twice"),
        ("a.csv", 'path\n"a', "not a table: unexpected end of data"),
        (
            "a.jsonl",
            '{"path": "a"}\n{"path"\n',
            "line 2 is not JSON: Expecting ':' delimiter: line 1 column 8 (char 7)",
        ),
        ("a.jsonl", "[1]\n", "line 1 is not a JSON object"),
        ("a.xlsx", "", "not a kind of table that is known; expected .csv, .tsv, .jsonl, .ndjson, .parquet"),
    ],
)
def test_what_is_no_table_is_told_with_its_place(name: str, text: str, sentence: str, tmp_path: Path) -> None:
    path = written(tmp_path / name, text)

    assert problem_of(path) == f"{path}: {sentence}"


def test_a_missing_file_and_a_file_of_another_encoding_are_told(tmp_path: Path) -> None:
    assert problem_of(tmp_path / "a.csv") == f"{tmp_path}/a.csv: cannot be read (No such file or directory)"
    latin = written(tmp_path / "latin.csv", "path\né.wav\n", "latin-1")
    assert problem_of(latin) == f"{latin}: not UTF-8 text (byte 5); save it as UTF-8"


def test_a_parquet_file_that_is_none_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", "path\n")

    assert problem_of(path).startswith(f"{path}: not a readable Parquet file (")
