"""Data scripts: what goes in comes out on the page, in files of bounded size, whatever the texts hold."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from atlas.reading.opening import open_atlas
from atlas.render import datascripts
from atlas.render.columns import FIGURES, SearchColumn, columns_of, played_clips, read_tables
from atlas.render.datascripts import Holding, Scripts, column_scripts, index_script, term_scripts, words_script
from atlas.render.parts.marks import Mark
from atlas.render.terms import Term, terms_of
from atlas.render.vocabulary import Word, vocabulary
from tests.render.scripts import in_page
from tests.synthetic import HOSTILE, Spec, write_atlas

KNOWN = tuple(figure for figure in FIGURES if figure.name in ("density", "auroc", "recordings_active", "label"))
FRAME = pl.DataFrame(
    {
        "density": [0.00123456, None, 0.0, float("inf")],
        "auroc": [0.98765, None, None, 0.5],
        "recordings_active": [12345, None, 0, 3],
        "label": ["siren", None, "", "siren"],
    }
)
SOUND = Mark("sound", "▲", "sound")


def write_site(site: Path, columns: Scripts, rows: int, terms: Sequence[Term] = ()) -> Path:
    """A folder with data of one dictionary."""
    words = vocabulary({"block2": terms}, {}, {})
    shards = term_scripts("block2", terms, words)
    contents = {**columns.contents, **shards.contents, "words.js": words_script(words)}
    parts = {**columns.parts, **shards.parts}
    contents["index.js"] = index_script("key", "Title", [SOUND], [Holding("block2", rows, None, parts)], FIGURES)
    for address, content in contents.items():
        path = site / "data" / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return site


def known(kind: str, label: str, **given: Any) -> Word:
    """A word of which only what is given is told."""
    return Word(
        **{"kind": kind, "label": label, "origin": "", "page": "", "shard": 0, "names": (), "classes": (), **given}
    )


def column_in_page(site: Path, name: str) -> object:
    return in_page(f'return [...await atlas.column("block2", {json.dumps(name)})]', "columns.js", site=site)


def test_numbers_come_out_with_a_digit_or_two_more_than_is_shown(tmp_path: Path) -> None:
    site = write_site(tmp_path, column_scripts("block2", KNOWN, FRAME), 4)

    assert column_in_page(site, "density") == [0.001235, None, 0, None]  # JSON writes NaN as null
    assert column_in_page(site, "auroc") == [0.9877, None, None, 0.5]
    assert column_in_page(site, "recordings_active") == [12345, None, 0, 3]
    assert column_in_page(site, "label") == ["siren", "", "", "siren"]


def test_more_texts_than_digits_and_numbers_that_few_rows_have_come_out_as_well(tmp_path: Path) -> None:
    texts = [f"label {place}" for place in range(70)] + ["", "label 3"]
    numbers = [None] * 30 + [0.25, None, -1.5] + [None] * 39
    figures = [SearchColumn("label", "names", text=True), SearchColumn("beyond", "names", 3)]
    scripts = column_scripts("block2", figures, pl.DataFrame({"label": texts, "beyond": numbers}))
    site = write_site(tmp_path, scripts, 72)

    assert '{"steps":[30,2],"values":[0.25,-1.5]}' in scripts.contents["block2/names.js"]
    assert column_in_page(site, "label") == texts
    assert column_in_page(site, "beyond") == numbers


def test_a_column_without_values_has_no_script_and_is_blank_on_the_page(tmp_path: Path) -> None:
    scripts = column_scripts("block2", KNOWN, FRAME.with_columns(label=pl.lit(None, pl.String), auroc=None))
    site = write_site(tmp_path, scripts, 4)

    assert dict(scripts.parts) == {"core": 1, "figures": 1}
    assert column_in_page(site, "label") == ["", "", "", ""]
    assert column_in_page(site, "auroc") == [None] * 4


def test_hostile_texts_come_out_as_they_went_in(tmp_path: Path) -> None:
    texts = [*HOSTILE, "\u2028", "\\", "</script>", "__proto__", "constructor"]
    frame = pl.DataFrame({"label": texts})
    terms = [Term("label", text, "found", (0, 2), (0.9, 0.8)) for text in texts]
    labels = column_scripts("block2", [SearchColumn("label", "names", text=True)], frame)
    site = write_site(tmp_path, labels, len(texts), terms)

    assert column_in_page(site, "label") == texts
    words = in_page("return (await atlas.words()).map((word) => word.label)", "columns.js", site=site)
    assert words == sorted(texts)


def test_hostile_names_that_people_gave_come_out_as_they_went_in(tmp_path: Path) -> None:
    atlas = open_atlas(write_atlas(tmp_path / "atlas", Spec(features=48, clips=48, hostile=True)))
    given = atlas.table("names", "block2")
    tables = read_tables(atlas, "block2")
    columns = column_scripts("block2", FIGURES, columns_of(tables, played_clips(atlas.clips)))
    site = write_site(tmp_path / "site", columns, 48, terms_of(tables, atlas.clips))
    columns_in_page = [column_in_page(site, name) for name in ("label", "given_by")]

    for shown, told in zip(columns_in_page, ("name", "author"), strict=True):
        assert isinstance(shown, list)
        assert [shown[feature] for feature in given["feature"]] == given[told].to_list()
    found = in_page(
        'return (await atlas.words()).filter((word) => word.kind === "name").map((word) => word.label)',
        "columns.js",
        site=site,
    )
    assert sorted(found) == sorted(HOSTILE)


def test_terms_come_in_shards_and_name_their_words_by_number(tmp_path: Path) -> None:
    terms = [
        Term("label", "dog", "found", (3, 10, 11), (0.98765, 1.0, 0.5)),
        Term("label", "dog", "heard", (3,), (2.0,)),
        Term("phone", "s", "peaks", tuple(range(5000)), (0.5,) * 5000),
    ]
    words = vocabulary({"block2": terms}, {("label", "dog"): "esc"}, {})
    scripts = term_scripts("block2", terms, words)
    columns = column_scripts("block2", KNOWN, FRAME)

    assert scripts.parts == {"terms": 2}
    rows = "[0,1,[3,7,1],[9876,10000,5000]],[0,5,[3],[2]]"
    assert scripts.contents["block2/terms.js"] == f'atlasTerms("block2",0,[{rows}]);\n'
    site = write_site(tmp_path, columns, 4, terms)
    first = in_page('return await atlas.terms("block2", [0])', "columns.js", site=site)
    assert first == [
        {"word": 0, "way": "found", "features": [3, 10, 11], "values": [0.9876, 1, 0.5]},
        {"word": 0, "way": "heard", "features": [3], "values": [2]},
    ]
    both = in_page('return await atlas.terms("block2", [0, 1])', "columns.js", site=site)
    assert both[2]["features"] == list(range(5000))


def test_words_come_with_kind_origin_page_shard_other_names_and_classes(tmp_path: Path) -> None:
    words = [
        Word(
            kind="label",
            label="door knock",
            origin="esc",
            page="l/label/door-knock.html",
            shard=0,
            names=(),
            classes=(),
        ),
        Word(
            kind="label", label="Dog", origin="", page="l/label/dog-7d0a.html", shard=0, names=(), classes=("animal",)
        ),
        Word(kind="language", label="de", origin="", page="", shard=3, names=("German",), classes=()),
    ]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "words.js").write_text(words_script(words), encoding="utf-8")

    read = in_page("return await atlas.words()", "columns.js", site=tmp_path)

    assert read == [
        {
            **{name: getattr(word, name) for name in ("kind", "label", "origin", "page", "shard")},
            "names": list(word.names),
            "classes": list(word.classes),
            "offered": None,
        }
        for word in words
    ]


def test_what_is_large_is_cut_into_scripts_and_put_together_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datascripts, "LARGEST", 4000)
    monkeypatch.setattr(datascripts, "SLICE", 1000)
    texts = [f"label {place % 7} {'x' * (place % 50)}" for place in range(500)]
    frame = pl.DataFrame({"density": [place / 7 for place in range(500)], "label": texts})
    figures = [figure for figure in FIGURES if figure.name in frame.columns]

    scripts = column_scripts("block2", figures, frame)
    site = write_site(tmp_path, scripts, 500)

    assert len(scripts.contents) > 3
    assert max(len(content.encode()) for content in scripts.contents.values()) <= 4000
    assert column_in_page(site, "label") == texts
    assert column_in_page(site, "density") == [float(f"{place / 7:.4g}") for place in range(500)]


def test_a_dictionary_or_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    site = write_site(tmp_path, column_scripts("block2", KNOWN, FRAME), 4)
    (site / "data" / "block2" / "core.js").unlink()
    said = 'try { await atlas.column("%s", "density") } catch (error) { return error.message }'

    assert in_page(said % "block9", "columns.js", site=site) == "this atlas has no dictionary block9"
    assert in_page(said % "block2", "columns.js", site=site) == "data/block2/core.js could not be loaded"


def test_the_index_tells_names_marks_and_where_columns_lie(tmp_path: Path) -> None:
    site = write_site(tmp_path, column_scripts("block2", KNOWN, FRAME), 4)

    index = in_page("return await atlas.index()", "columns.js", site=site)

    assert index["domains"] == [{"name": "sound", "sign": "▲", "style": "sound"}]
    assert index["dictionaries"][0]["scripts"] == {"core": 1, "figures": 1, "names": 1}
    assert index["columns"]["density"] == ["core", 0]
    assert index["columns"]["clip_text"] == ["texts", 1]
    assert index["figures"]["density"]["name"] == "Density"
    assert all(figure["name"] for figure in index["figures"].values())
