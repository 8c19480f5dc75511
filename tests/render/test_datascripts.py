"""Data scripts: what goes in comes out on the page, in files of bounded size, whatever the texts hold."""

import json
from pathlib import Path

import polars as pl
import pytest

from atlas.reading.opening import open_atlas
from atlas.render import datascripts
from atlas.render.columns import FIGURES, SearchColumn, played_clips
from atlas.render.datascripts import Holding, Scripts, column_scripts, index_script, term_scripts
from atlas.render.pages.search import dictionary_scripts
from atlas.render.parts.marks import Mark
from atlas.render.terms import Term
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


def write_site(site: Path, columns: Scripts, rows: int, terms: Scripts | None = None) -> Path:
    """A folder with data of one dictionary."""
    contents = {**columns.contents, **(terms.contents if terms else {})}
    addresses = {**columns.addresses, **(terms.addresses if terms else {})}
    contents["index.js"] = index_script("key", "Title", [SOUND], [Holding("block2", rows, None, addresses)])
    for address, content in contents.items():
        path = site / "data" / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return site


def column_in_page(site: Path, name: str) -> object:
    return in_page(f'return [...await atlas.column("block2", {json.dumps(name)})]', "columns.js", site=site)


def test_numbers_come_out_with_a_digit_or_two_more_than_is_shown(tmp_path: Path) -> None:
    site = write_site(tmp_path, column_scripts("block2", KNOWN, FRAME), 4)

    assert column_in_page(site, "density") == [0.001235, None, 0, None]  # JSON writes NaN as null
    assert column_in_page(site, "auroc") == [0.9877, None, None, 0.5]
    assert column_in_page(site, "recordings_active") == [12345, None, 0, 3]
    assert column_in_page(site, "label") == ["siren", "", "", "siren"]


def test_a_column_without_values_has_no_script_and_is_blank_on_the_page(tmp_path: Path) -> None:
    scripts = column_scripts("block2", KNOWN, FRAME.with_columns(label=pl.lit(None, pl.String), auroc=None))
    site = write_site(tmp_path, scripts, 4)

    assert set(scripts.addresses) == {"density", "recordings_active"}
    assert column_in_page(site, "label") == ["", "", "", ""]
    assert column_in_page(site, "auroc") == [None] * 4


def test_hostile_texts_come_out_as_they_went_in(tmp_path: Path) -> None:
    texts = [*HOSTILE, "\u2028", "\\", "</script>", "__proto__", "constructor"]
    frame = pl.DataFrame({"label": texts})
    terms = [Term("label", text, "found", (0, 2), (0.9, 0.8)) for text in texts]
    labels = column_scripts("block2", [SearchColumn("label", "core", text=True)], frame)
    site = write_site(tmp_path, labels, len(texts), term_scripts("block2", terms, {}))

    assert column_in_page(site, "label") == texts
    assert in_page('return (await atlas.terms("block2")).map((row) => row[1])', "columns.js", site=site) == texts


def test_hostile_names_that_people_gave_come_out_as_they_went_in(tmp_path: Path) -> None:
    atlas = open_atlas(write_atlas(tmp_path / "atlas", Spec(features=48, clips=48, hostile=True)))
    given = atlas.table("names", "block2")
    columns, terms = dictionary_scripts(atlas, "block2", played_clips(atlas.clips), {})
    site = write_site(tmp_path / "site", columns, 48, terms)
    columns_in_page = [column_in_page(site, name) for name in ("label", "given_by")]

    for shown, told in zip(columns_in_page, ("name", "author"), strict=True):
        assert isinstance(shown, list)
        assert [shown[feature] for feature in given["feature"]] == given[told].to_list()
    found = in_page(
        'return (await atlas.terms("block2")).filter((row) => row[2] === "named").map((row) => row[1])',
        "columns.js",
        site=site,
    )
    assert sorted(found) == sorted(HOSTILE)


def test_terms_bring_their_origin_page_and_steps_from_feature_to_feature() -> None:
    term = Term("label", "dog", "found", (3, 10, 11), (0.98765, 1.0, 0.5))

    scripts = term_scripts("block2", [term], {("label", "dog"): ("esc", "l/label/dog.html")})

    row = '["label","dog","found","esc","l/label/dog.html",[3,7,1],[0.9877,1,0.5]]'
    assert scripts.contents == {"block2/terms.js": f'atlasTerms("block2",[{row}]);\n'}
    assert scripts.addresses == {"terms": ("block2/terms.js",)}


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
    assert index["dictionaries"][0]["scripts"]["density"] == ["block2/core.js"]
    assert index["figures"]["density"]["name"] == "Density"
    assert all(figure["name"] for figure in index["figures"].values())
