"""Names that people give: what is taken, what is replaced, and every mistake at once."""

import json
from pathlib import Path

import pytest

from atlas.errors import AtlasError
from atlas.explain.names import ImportedNames, import_names
from atlas.reading.opening import open_atlas
from atlas.schema import NAMES
from atlas.store import AtlasFolder

HEADER = "dictionary,feature,name,author\n"


def taken(folder: AtlasFolder, file: Path, content: str) -> tuple[ImportedNames, str]:
    file.write_text(content, encoding="utf-8")
    said: list[str] = []
    done = import_names(folder, file, said.append)
    return done, said[0]


def rows(folder: AtlasFolder) -> list[tuple[object, ...]]:
    return open_atlas(folder.root).given_names.rows()


def refusal(folder: AtlasFolder, file: Path, content: str) -> list[str]:
    with pytest.raises(AtlasError) as error:
        taken(folder, file, content)
    assert not folder.path(NAMES).exists()
    return str(error.value).replace(str(file), "FILE").split("\n")


def test_an_atlas_without_given_names_has_an_empty_table_of_them(folder: AtlasFolder) -> None:
    assert open_atlas(folder.root).given_names.equals(NAMES.empty())


def test_a_csv_file_becomes_rows_by_feature(folder: AtlasFolder, tmp_path: Path) -> None:
    content = HEADER + 'block3,0," Applause, indoors ",ann\n\nblock2,99,Zürich 😀 👩‍👩‍👧‍👦,bob\nblock2,7,<b>,ann\n'
    done, said = taken(folder, tmp_path / "some.csv", content)

    assert rows(folder) == [
        ("block2", 7, "<b>", "ann"),
        ("block2", 99, "Zürich 😀 👩‍👩‍👧‍👦", "bob"),
        ("block3", 0, "Applause, indoors", "ann"),
    ]
    assert done == ImportedNames(3, ("ann", "bob"), 0)
    assert said == f"import     3 names by ann and bob; in {folder.path(NAMES)}"


def test_json_lines_and_csv_say_the_same(folder: AtlasFolder, tmp_path: Path) -> None:
    one = {"dictionary": "block2", "feature": 3, "name": "rain", "author": "ann"}
    taken(folder, tmp_path / "a.jsonl", json.dumps(one))
    from_json = folder.path(NAMES).read_bytes()
    taken(folder, tmp_path / "a.tsv", f"\ufeff{HEADER}block2,3,rain,ann\n".replace(",", "\t"))

    assert folder.path(NAMES).read_bytes() == from_json
    assert rows(folder) == [("block2", 3, "rain", "ann")]


def test_another_name_replaces_that_of_the_same_feature_whoever_gave_it_and_no_other(
    folder: AtlasFolder, tmp_path: Path
) -> None:
    taken(folder, tmp_path / "a.csv", HEADER + "block2,1,one,ann\nblock2,2,two,ann\nblock3,2,three,ann\n")
    done, said = taken(folder, tmp_path / "b.csv", HEADER + "block2,2,better,bob\nblock2,5,five,bob\n")

    assert rows(folder) == [
        ("block2", 1, "one", "ann"),
        ("block2", 2, "better", "bob"),
        ("block2", 5, "five", "bob"),
        ("block3", 2, "three", "ann"),
    ]
    assert done.replaced == 1
    assert said.startswith("import     2 names by bob, instead of 1 earlier one; in ")


def test_every_mistake_is_told_at_once_with_its_line(folder: AtlasFolder, tmp_path: Path) -> None:
    content = HEADER + (
        "block2,1,fine,ann\n"
        "block9,1,name,ann\n"
        "block3,10,name,ann\n"
        f"block3,{'9' * 5000},name,ann\n"
        "block3,1.5,,\n"
        'block2,2,"two\nlines",ann\n'
        f"block2,3,{'x' * 81},ann\n"
        f"block2,4,{'x' * 80},ann\n"
        "block2,5,a\tb \u202egnirts,a\x00n\n"
        "block2,1,again,\n"
        "block2,6,\u200b,ann\n"
        "block2,7,name\n"
    )

    assert refusal(folder, tmp_path / "bad.csv", content) == [
        "FILE: 14 mistakes; nothing was imported",
        "  line 3: dictionary block9: expected one of block2, block3",
        "  line 4: feature 10: expected a whole number from 0 to 9",
        f"  line 5: feature {'9' * 5000}: expected a whole number from 0 to 9",
        "  line 6: feature 1.5: expected a whole number from 0 to 9",
        "  line 6: no author",
        "  line 6: no name",
        "  line 7: name with U+000A: expected no line break and no control character",
        "  line 9: name of 81 characters: expected at most 80",
        "  line 11: author with U+0000: expected no line break and no control character",
        "  line 11: name with U+0009, U+202E: expected no line break and no control character",
        "  line 12: block2/1 is named on line 2 too",
        "  line 12: no author",
        "  line 13: no name",
        "  line 14: 3 cells, expected 4",
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "dictionary,feature,name\n", "line 1: no author; known here: dictionary, feature, name, author"),
        ("a.csv", "dictionary,feature,text,author\n", "line 1: no name, unknown text; known here"),
        ("a.csv", HEADER, "no name in it"),
        ("a.jsonl", '{"dictionary": "block2", "feature": 1, "name": 7, "author": "ann"}', "line 1: no name"),
        ("a.txt", "", "expected a file whose name ends in .csv, .tsv, .jsonl, .ndjson"),
    ],
)
def test_a_file_of_another_form_is_refused(
    folder: AtlasFolder, tmp_path: Path, name: str, content: str, told: str
) -> None:
    assert told in "\n".join(refusal(folder, tmp_path / name, content))


def test_what_cannot_be_read_is_refused_in_a_sentence(folder: AtlasFolder, tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + b"block2,1,caf\xe9,ann\n")
    with pytest.raises(AtlasError, match=r"latin\.csv: not UTF-8 text .*; save it as UTF-8"):
        import_names(folder, tmp_path / "latin.csv", print)
    (tmp_path / "empty").mkdir()
    with pytest.raises(AtlasError, match=r"empty: not a finished atlas, as it has no atlas\.json; run `atlas build`"):
        import_names(AtlasFolder(tmp_path / "empty"), tmp_path / "latin.csv", print)
