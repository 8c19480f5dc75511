"""Explanations from outside: what is taken, what is replaced, and every mistake at once."""

import json
from pathlib import Path

import polars as pl
import pytest

from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.explain.answer_keys import AnswerKey, read_key, score
from atlas.explain.explanations import Imported, import_explanations
from atlas.schema import EXPLANATIONS
from atlas.store import AtlasFolder

HEADER = "dictionary,feature,text,author,score\n"


def taken(folder: AtlasFolder, file: Path, content: str) -> tuple[Imported, str]:
    file.write_text(content, encoding="utf-8")
    said: list[str] = []
    done = import_explanations(folder, file, said.append)
    return done, said[0]


def rows(folder: AtlasFolder) -> list[tuple[object, ...]]:
    return folder.read_table(EXPLANATIONS).drop("source").rows()


def refusal(folder: AtlasFolder, file: Path, content: str) -> list[str]:
    with pytest.raises(AtlasError) as error:
        taken(folder, file, content)
    assert not folder.path(EXPLANATIONS).exists()
    return str(error.value).replace(str(file), "FILE").split("\n")


def test_a_csv_file_becomes_rows_with_its_name_and_digest(folder: AtlasFolder, tmp_path: Path) -> None:
    content = HEADER + 'block2,99,"a siren, rising",gpt,.5\nblock2,7, dogs ,ann,\n\nblock3,0,"two\nlines",gpt,-1\n'
    done, said = taken(folder, tmp_path / "some.csv", content)
    assert rows(folder) == [
        ("block2", 7, "ann", "dogs", None),
        ("block2", 99, "gpt", "a siren, rising", 0.5),
        ("block3", 0, "gpt", "two\nlines", -1.0),
    ]
    assert folder.read_table(EXPLANATIONS)["source"].unique().to_list() == [f"some.csv {digest_of(content)}"]
    assert done == Imported(3, 3, ("ann", "gpt"), 2, 0)
    assert (
        said
        == f"import     3 explanations of 3 features by ann and gpt, 2 with a score; in {folder.path(EXPLANATIONS)}"
    )


def test_json_lines_and_csv_say_the_same(folder: AtlasFolder, tmp_path: Path) -> None:
    told = [
        {"dictionary": "block2", "feature": 3, "text": "rain", "author": "ann", "score": 0.25},
        {"dictionary": "block2", "feature": "4", "text": "wind</script>", "author": "ann", "score": None},
    ]
    taken(folder, tmp_path / "a.jsonl", "".join(f"{json.dumps(one)}\n\n" for one in told))
    from_json = rows(folder)
    taken(folder, tmp_path / "a.csv", "\ufeff" + HEADER + "block2,3,rain,ann,0.25\nblock2,4,wind</script>,ann,\n")
    assert (
        rows(folder)
        == from_json
        == [
            ("block2", 3, "ann", "rain", 0.25),
            ("block2", 4, "ann", "wind</script>", None),
        ]
    )


def test_an_author_replaces_what_they_said_of_a_dictionary_and_nothing_else(
    folder: AtlasFolder, tmp_path: Path
) -> None:
    taken(
        folder,
        tmp_path / "a.csv",
        HEADER + "block2,1,one,ann,\nblock2,2,two,ann,\nblock3,1,three,ann,\nblock2,1,x,bob,\n",
    )
    done, said = taken(folder, tmp_path / "b.csv", HEADER + "block2,2,better,ann,\n")
    assert rows(folder) == [
        ("block2", 1, "bob", "x", None),
        ("block2", 2, "ann", "better", None),
        ("block3", 1, "ann", "three", None),
    ]
    assert done.replaced == 2
    assert ", instead of 2 earlier ones; in " in said
    before = folder.path(EXPLANATIONS).read_bytes()
    taken(folder, tmp_path / "b.csv", HEADER + "block2,2,better,ann,\n")
    assert folder.path(EXPLANATIONS).read_bytes() == before


def test_every_mistake_is_told_at_once_with_its_line(folder: AtlasFolder, tmp_path: Path) -> None:
    content = HEADER + (
        "block2,1,fine,ann,\n"
        "block9,1,text,ann,\n"
        "block3,10,text,ann,\n"
        "block3,-1,text,ann,\n"
        "block3,1.5,,,\n"
        'block2,2,"two\nlines",ann,high\n'
        "block2,3,text,ann,1.01\n"
        "block2,1,again,ann,\n"
        "block2,4,text,ann\n"
        ",5,text,ann,nan\n"
    )
    assert refusal(folder, tmp_path / "bad.csv", content) == [
        "FILE: 11 mistakes; nothing was imported",
        "  line 3: dictionary block9: expected one of block2, block3",
        "  line 4: feature 10: expected a whole number from 0 to 9",
        "  line 5: feature -1: expected a whole number from 0 to 9",
        "  line 6: no author",
        "  line 6: no text",
        "  line 6: feature 1.5: expected a whole number from 0 to 9",
        "  line 7: score high: expected a number from -1 to 1, or nothing",
        "  line 9: score 1.01: expected a number from -1 to 1, or nothing",
        "  line 10: ann explains block2/1 on line 2 too",
        "  line 11: 4 cells, expected 5",
        "  line 12: dictionary missing: expected one of block2, block3",
    ]


def test_mistakes_of_json_are_told_with_the_others(folder: AtlasFolder, tmp_path: Path) -> None:
    lines = [
        '{"dictionary": "block2", "feature": 1, "text": "t", "author": "a", "scroe": 1}',
        "[1, 2]",
        "{",
        '{"dictionary": "block2", "feature": true, "text": ["t"], "author": "a"}',
        '{"dictionary": "block2", "feature": 2, "text": "t", "author": "a", "score": NaN}',
    ]
    known = "known here: dictionary, feature, text, author, score, fires"
    told = refusal(folder, tmp_path / "bad.jsonl", "\n".join(lines))
    assert told[1:4] == [
        f"  line 1: unknown scroe; {known}",
        "  line 2: expected {...}",
        "  line 3: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ]
    assert told[4:] == [
        "  line 4: no text",
        "  line 4: feature True: expected a whole number from 0 to 99",
        "  line 5: score nan: expected a number from -1 to 1, or nothing",
    ]


@pytest.mark.parametrize("line", ['{"text": "\\ud800"}', "[" * 100_000], ids=["half a character", "nested too deeply"])
def test_json_that_is_no_text_is_a_mistake_too(folder: AtlasFolder, tmp_path: Path, line: str) -> None:
    assert refusal(folder, tmp_path / "bad.jsonl", line)[1].startswith("  line 1: not JSON: ")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "", "line 1: no dictionary, no feature, no text, no author; known here"),
        ("a.csv", "dictionary,feature,text,author,author\n", "line 1: author twice; known here"),
        ("a.csv", HEADER, "no explanation in it"),
        ("a.jsonl", "\n", "no explanation in it"),
        ("a.csv", HEADER + 'block2,1,"open,ann,\n', "line 2: not CSV"),
        ("a.txt", "", "expected a file whose name ends in .csv, .tsv, .jsonl, .ndjson"),
    ],
)
def test_a_file_of_another_form_is_refused(
    folder: AtlasFolder, tmp_path: Path, name: str, content: str, told: str
) -> None:
    assert told in "\n".join(refusal(folder, tmp_path / name, content))


def test_files_that_cannot_be_read_are_refused_in_a_sentence(folder: AtlasFolder, tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"gone\.csv: cannot be read \(No such file or directory\)"):
        import_explanations(folder, tmp_path / "gone.csv", print)
    (tmp_path / "latin.csv").write_bytes(b"dictionary,feature,text,author\nblock2,1,caf\xe9,ann\n")
    with pytest.raises(AtlasError, match="not UTF-8 text"):
        import_explanations(folder, tmp_path / "latin.csv", print)
    (tmp_path / "empty").mkdir()
    with pytest.raises(AtlasError, match=r"empty: not a finished atlas, as it has no atlas\.json; run `atlas build`"):
        import_explanations(AtlasFolder(tmp_path / "empty"), tmp_path / "latin.csv", print)


def test_many_mistakes_are_counted_and_the_first_twenty_told(folder: AtlasFolder, tmp_path: Path) -> None:
    told = refusal(folder, tmp_path / "bad.csv", HEADER + "block9,1,t,ann,\n" * 50)
    assert (len(told), told[0], told[-1]) == (22, "FILE: 50 mistakes; nothing was imported", "  and 30 more")


KEY = AnswerKey("block2", 1, {"clip1": True, "clip2": False, "clip3": True, "clip4": False, "clip5": False})


@pytest.mark.parametrize(
    ("named", "value"),
    [
        (["clip1", "clip3"], 1),
        (["clip2", "clip4", "clip5"], 0),
        ([], 0.5),
        (list(KEY.clips), 0.5),
        (["clip1", "clip2"], (1 / 2 + 2 / 3) / 2),
    ],
)
def test_the_score_is_balanced_accuracy(named: list[str], value: float) -> None:
    assert score(KEY, named) == pytest.approx(value)


def test_answers_are_scored_by_the_key_beside_them(folder: AtlasFolder, tmp_path: Path) -> None:
    (tmp_path / "key.jsonl").write_text(KEY.line() + "\n", encoding="utf-8")
    assert read_key(tmp_path) == {("block2", 1): KEY}
    row = {"dictionary": "block2", "feature": 1, "text": "rain", "author": "m"}
    for fires in (["clip1", "clip2"], "clip1, clip2"):
        taken(folder, tmp_path / "answers.jsonl", json.dumps({**row, "fires": fires}))
        assert rows(folder) == [("block2", 1, "m", "rain", pytest.approx((1 / 2 + 2 / 3) / 2))]
    taken(folder, tmp_path / "answers.jsonl", json.dumps({**row, "fires": []}))
    assert folder.read_table(EXPLANATIONS).select(pl.col("score")).item() == 0.5


def test_answers_that_do_not_fit_the_key_are_mistakes(folder: AtlasFolder, tmp_path: Path) -> None:
    row = {"dictionary": "block2", "text": "rain", "author": "m"}
    told = [
        {**row, "feature": 1, "fires": ["clip9"]},
        {**row, "feature": 2, "fires": ["clip1"]},
        {**row, "feature": 1, "fires": ["clip1"], "score": 0.5},
        {**row, "feature": 1, "fires": 3},
    ]
    content = "\n".join(json.dumps(one) for one in told)
    with pytest.raises(AtlasError, match=r"key\.jsonl: not there; answers that say `fires` are read from the bundle's"):
        taken(folder, tmp_path / "answers.jsonl", content)
    (tmp_path / "key.jsonl").write_text(KEY.line() + "\n", encoding="utf-8")
    names = "clip1, clip2, clip3, clip4, clip5"
    assert refusal(folder, tmp_path / "answers.jsonl", content)[1:] == [
        f"  line 1: fires ['clip9']: expected a list of names among {names}",
        "  line 2: fires: the bundle beside this file has no held-out clips of this feature",
        "  line 3: score and fires: expected one of them",
        f"  line 4: fires 3: expected a list of names among {names}",
    ]


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"feature": 1}', '{"dictionary": "d", "feature": 1, "fires": {"a": true}}']
)
def test_a_damaged_key_is_told_in_a_sentence(tmp_path: Path, line: str) -> None:
    (tmp_path / "key.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(AtlasError, match="not the key of a bundle"):
        read_key(tmp_path)
