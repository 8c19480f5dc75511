"""What a site offers to be downloaded: the same figures as the tables, in every form, and nothing that may not be."""

import csv
import gzip
import io
import json
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote
from urllib.request import urlopen

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from atlas.config.settings import Config
from atlas.config.site import CiteConfig, MediaConfig, SiteConfig
from atlas.errors import AtlasError
from atlas.publish.checks import check_site
from atlas.reading.names import label_of
from atlas.reading.opening import open_atlas
from atlas.render.pages import data
from atlas.render.pages import downloads as pages_of_downloads
from atlas.render.parts import downloads, featuredata, featuretable
from atlas.render.parts.downloads import table_files, vector_files
from atlas.render.parts.featuredata import MANY, ONE, json_address
from atlas.render.run import render
from atlas.render.site import SiteAtlas, site_atlas
from atlas.schema import ALIGNMENTS, ANNOTATIONS, CAUSES, CLIPS, EXPERIMENTS, LABELS, TRANSCRIPTS
from atlas.schema.described import EVERY
from atlas.schema.offered import BY_ROW, LARGE, TablesChoice, offered
from atlas.store import AtlasFolder
from tests.render.sites import Parsed
from tests.synthetic import LICENCES, Spec, write_atlas

FEATURES = 70
SPEC = Spec(features=FEATURES, dictionaries=("block1", "block2"), clips=60, annotated=True)
REDISTRIBUTE = LICENCES[:2]
BASE = "https://example.org/some/atlas/"
SIX_DIGITS = 5e-6


def config_of(**site: object) -> Config:
    dictionaries = [
        {"name": name, "tap": f"encoder.blocks.{number}", "checkpoint": "ae.pt"}
        for number, name in enumerate(SPEC.dictionaries)
    ]
    return Config.model_validate(
        {
            "title": "Downloads",
            "corpus": {"manifest": "manifest.csv"},
            "encoder": {"model": "tiny.en"},
            "dictionary": dictionaries,
            "media": {"redistribute": list(REDISTRIBUTE)},
            "site": site,
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_atlas(tmp_path_factory.mktemp("atlas") / "private-folder", SPEC)


def opened(folder: Path, **site: Any) -> SiteAtlas:
    return replace(site_atlas(folder, SiteConfig(**site)), media=MediaConfig(redistribute=REDISTRIBUTE))


@pytest.fixture(scope="module")
def atlas(folder: Path) -> SiteAtlas:
    return opened(folder, base_url=BASE)


@pytest.fixture(scope="module")
def site(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site") / "site"
    render(AtlasFolder(folder), config_of(), made, workers=1)
    return made


def same(given: object, expected: object) -> bool:
    """Whether a value is that of a table, to six digits; JSON has null for what is not finite."""
    if isinstance(expected, float):
        if not math.isfinite(expected):
            return given is None
        return isinstance(given, float | int) and math.isclose(given, expected, rel_tol=SIX_DIGITS)
    return given == expected


def rows_of(columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


# ---- CSV


@pytest.mark.parametrize("number", [0, 1])
def test_the_csv_holds_every_figure_of_every_feature(atlas: SiteAtlas, number: int) -> None:
    address = (featuretable.FEATURES, featuretable.CONTROLS)[number]
    names = [name for name in atlas.names if bool(atlas.card.dictionaries[name].control_of) == bool(number)]
    rows = list(csv.DictReader(io.StringIO(featuretable.feature_tables(atlas)[address].decode(), newline="")))

    frames = {name: atlas.features(name) for name in names}
    expected = [(name, row) for name in names for row in frames[name].iter_rows(named=True)]
    assert len(rows) == len(expected) == FEATURES * len(names)
    for row, (name, figures) in zip(rows, expected, strict=True):
        assert (row["dictionary"], row["name"]) == (name, label_of(figures) or "")
        assert row["address"] == f"{BASE}f/{name}/{row['feature']}.html?v={row['fingerprint']}"
        assert row["fingerprint"] == atlas.fingerprint(name)
        assert row.get("control_of") == atlas.card.dictionaries[name].control_of
        for column, value in figures.items():
            assert cell_is(row[column], value), (name, column)


def cell_is(cell: str, value: object) -> bool:
    if value is None or value == []:
        return cell == ""
    if isinstance(value, list):
        return cell.split("|") == value
    if isinstance(value, float):
        return math.isclose(float(cell), value, rel_tol=SIX_DIGITS) or float(cell) == value
    return cell == str(value)


def test_a_csv_that_no_host_takes_is_packed(atlas: SiteAtlas, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = featuretable.feature_tables(atlas)
    monkeypatch.setattr(featuretable, "LARGEST", 1000)
    made = featuretable.feature_tables(atlas)

    assert {address: gzip.decompress(content) for address, content in made.items()} == {
        f"{address}.gz": content for address, content in plain.items()
    }
    assert [row.files[0].address for row in data.data_view(atlas, made).downloads[:2]] == list(made)


# ---- JSON


def json_of(atlas: SiteAtlas, name: str) -> dict[int, dict[str, Any]]:
    """What is left of a dictionary, as a reader finds it."""
    files = dict(featuredata.pages(atlas, name, 0, FEATURES))
    found: dict[int, dict[str, Any]] = {}
    for number in range(FEATURES):
        address = json_address(atlas, name, number)
        if address is None:
            continue
        content = files[address]
        if isinstance(content, bytes):
            found[number] = json.loads(gzip.decompress(content))[str(number)]
        else:
            found[number] = json.loads(content)
    assert {json_address(atlas, name, number) for number in found} == files.keys()
    return found


@pytest.mark.parametrize("settings", [{}, {"packed": True}, {"packed": True, "stubs": False}], ids=str)
def test_the_json_of_a_feature_says_what_every_table_says(folder: Path, settings: dict[str, bool]) -> None:
    atlas = opened(folder, **settings)
    dictionary = atlas.dictionary("block2")
    made = json_of(atlas, "block2")

    assert list(made) == list(range(FEATURES))
    for number, content in made.items():
        assert (content["dictionary"], content["feature"]) == ("block2", number)
        for name in ONE:
            row = dictionary.rows(name, number).row(0, named=True)
            assert content[name].keys() | {"dictionary", "feature"} == row.keys()
            assert [key for key, value in content[name].items() if not same(value, row[key])] == []
        for name, columns in MANY.items():
            assert tuple(content[name]) == columns
            known = dictionary.rows(name, number).rows(named=True)
            for row in rows_of(content[name]):
                assert any(all(same(row[key], one[key]) for key in row if key in one) for one in known), (name, row)


def test_the_json_has_the_best_labels_the_largest_shares_and_the_first_examples(atlas: SiteAtlas) -> None:
    made = json_of(atlas, "block2")
    shown = timed = 0
    for number, content in made.items():
        best = atlas.labels_of("block2", number).head(10)
        assert content["labels"]["label"] == best["label"].to_list()
        assert content["labels"]["kind"] == best["kind"].to_list()
        shown += len(best)
        rows = atlas.table("timed_labels", "block2").filter(pl.col("feature") == number, pl.col("share") > 0)
        for tier in rows["tier"].unique():
            largest = sorted(
                rows.filter(tier=tier).iter_rows(named=True), key=lambda row: (-row["share"], row["label"])
            )
            given = [row["label"] for row in rows_of(content["timed_labels"]) if row["tier"] == tier]
            assert given == [row["label"] for row in largest[:6]]
            timed += len(given)
        examples = [(row["group"], row["rank"]) for row in rows_of(content["examples"])]
        kept = [
            (group, rank)
            for group, rank in atlas.examples("block2", number).select("group", "rank").iter_rows()
            if rank <= (10 if group == "top" else 2)
        ]
        assert examples == kept
    assert shown > FEATURES
    assert timed > FEATURES


def test_an_example_in_the_json_says_its_clip_and_what_plays(atlas: SiteAtlas) -> None:
    silent = audible = 0
    for content in json_of(atlas, "block1").values():
        for row in rows_of(content["examples"]):
            clip = atlas.clip_rows[row["clip"]]
            assert (row["path"], row["licence"]) == (clip["path"], clip["licence"])
            assert row["key"] == (clip["key"] if clip["audio"] else None)
            audible, silent = audible + clip["audio"], silent + (not clip["audio"])
    assert audible > 0
    assert silent > 0


def test_of_a_control_the_directions_with_pages_have_json(folder: Path, atlas: SiteAtlas) -> None:
    cited = atlas.cited["block2-random"]

    assert 0 < len(cited) < FEATURES
    assert json_of(atlas, "block2-random").keys() == cited
    assert len(json_of(opened(folder, control_pages=True), "block2-random")) == FEATURES


def test_where_features_are_too_many_for_stubs_there_is_no_json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(featuredata, "LARGEST_STUBBED", FEATURES)
    atlas = opened(folder, packed=True, stubs=False)

    assert json_of(atlas, "block2") == {}
    view = data.data_view(atlas, featuretable.feature_tables(atlas))
    assert view.json is None
    assert "json" not in [row.anchor for row in view.downloads]
    assert "One feature" not in page_of(atlas).said


def test_hostile_texts_come_back_as_they_are(tmp_path: Path) -> None:
    atlas = opened(write_atlas(tmp_path / "atlas", replace(SPEC, hostile=True)))
    rows = csv.DictReader(io.StringIO(featuretable.feature_tables(atlas)[featuretable.FEATURES].decode(), newline=""))
    named = {(row["dictionary"], int(row["feature"])): row for row in rows}
    labels = atlas.folder.read_table(LABELS, "block2")["label"].unique()

    for dictionary, number, name, author in atlas.given_names.iter_rows():
        if not atlas.card.dictionaries[dictionary].control_of:
            row = named[dictionary, number]
            assert (row["name"], row["given_name"], row["given_by"]) == (name, name, author)
    for number, content in json_of(atlas, "block2").items():
        assert set(content["labels"]["label"]) <= set(labels)
        assert content["name"] == (named["block2", number]["name"] or None)
    assert not page_of(atlas).crossed


# ---- tables and vectors


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def address(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with served(site.parent) as host:
        yield f"{host}site/"


def test_sounds_on_another_host_are_found_where_the_site_says(
    folder: Path, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    copy = shutil.copytree(site, tmp_path / "served" / "site")
    (copy / "media").rename(tmp_path / "elsewhere")
    here, said = open_atlas(folder), json.loads((copy / "site.json").read_text(encoding="utf-8"))
    audible = int(here.clips.filter("audio")["clip"][0])
    with served(copy.parent) as host, served(tmp_path / "elsewhere") as other:
        for base_url in (other, other.rstrip("/")):
            said["media"] = {"base_url": base_url, "origins": []}
            (copy / "site.json").write_text(json.dumps(said), encoding="utf-8")
            there = open_atlas(f"{host}site/tables/")
            assert there.clip(audible).samples.tolist() == here.clip(audible).samples.tolist()
            shutil.rmtree(tmp_path / "cache")
        for content in ("{}", json.dumps({**said, "media": {"base_url": f"{(tmp_path / 'elsewhere').as_uri()}/"}})):
            (copy / "site.json").write_text(content, encoding="utf-8")
            with pytest.raises(AtlasError):
                _ = open_atlas(f"{host}site/tables/").clip(audible).samples


def test_the_data_page_says_where_sounds_lie_and_when_the_clip_begins(folder: Path) -> None:
    atlas = opened(folder)
    away = replace(atlas, media=MediaConfig(base_url="https://sounds.example.org/here/"))

    assert "What an example plays is media/audio/{key}.mp3 , where" in page_of(atlas).said
    assert "https://sounds.example.org/here/audio/{key}.mp3" in page_of(away).said
    assert "media/audio/" not in page_of(away).said
    assert "the clip begins 0.1 s into it" in page_of(away).said


def test_the_tables_of_a_site_open_by_their_address(folder: Path, address: str) -> None:
    here, there = open_atlas(folder), open_atlas(f"{address}tables/")
    audible = int(here.clips.filter("audio")["clip"][0])

    for name in here.names:
        assert there.features(name).equals(here.features(name))
        assert there.labels(name).equals(here.labels(name))
        assert there.examples(name).equals(here.examples(name))
        assert there.table("timed_labels", name).equals(here.table("timed_labels", name))
    assert there.feature("block2", 3)._repr_html_() == here.feature("block2", 3)._repr_html_()
    assert there.clip(audible).samples.tolist() == here.clip(audible).samples.tolist()
    assert np.array_equal(there.decoder("block2"), here.decoder("block2"))
    assert there.controls.equals(here.controls)
    with pytest.raises(AtlasError, match=r"codes/block2\.parquet: not there; the atlas was published without it"):
        there.codes("block2")
    with pytest.raises(AtlasError, match=r"vectors/block2-random\.safetensors: not there"):
        there.decoder("block2-random")


def test_the_csv_is_read_from_its_address_as_the_page_says(address: str) -> None:
    with urlopen(f"{address}data/features.csv") as file:
        features = pl.read_csv(file.read(), infer_schema_length=None)

    assert features["density"].dtype == pl.Float64
    assert features.height == 2 * FEATURES


def test_decoder_vectors_are_those_of_the_atlas(folder: Path, site: Path) -> None:
    assert sorted(path.name for path in (site / "data/vectors").iterdir()) == [
        "block1.safetensors",
        "block2.safetensors",
    ]
    assert np.array_equal(
        load_file(site / "data/vectors/block1.safetensors")["decoder"],
        load_file(folder / "vectors/block1.safetensors")["decoder"],
    )
    assert [file.part for file in vector_files(opened(folder, tables="all"))] == list(open_atlas(folder).names)


def test_each_choice_offers_more(folder: Path) -> None:
    names = {choice: {one.name for one in offered(choice, packed=False)} for choice in ("none", "figures", "all")}

    assert names["none"] == set()
    assert names["all"] == {table.name for table in EVERY}
    assert names["all"] - names["figures"] == BY_ROW
    assert names["figures"] - {one.name for one in offered("figures", packed=True)} == LARGE
    copied = {
        address.split("/")[1].split(".")[0] for address, _ in pages_of_downloads.pages(opened(folder, tables="all"))
    }
    assert {"atlas", "peaks", "codes", "mel", "alignments"} <= copied


def test_without_tables_the_page_says_so_and_the_rest_is_there(folder: Path) -> None:
    atlas = opened(folder, tables="none")

    assert [address for address, _ in pages_of_downloads.pages(atlas)] == [
        "tables/atlas.json",
        "data/vectors/block1.safetensors",
        "data/vectors/block2.safetensors",
    ]
    page = page_of(atlas)
    assert "This site does not offer the tables, which take" in page.said
    assert [link for link in page.values("href") if link.startswith("tables/")] == ["tables/atlas.json"]
    card = json.loads(dict(pages_of_downloads.pages(atlas))["tables/atlas.json"])
    assert card["dictionaries"]["block1"]["histogram_edges"] == list(atlas.card.dictionaries["block1"].histogram_edges)
    assert {"data/features.csv", "f/block1/0.json"} <= set(page.values("href"))


def test_a_file_that_no_host_takes_is_left_out_and_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    atlas = opened(folder)
    sizes = {file.part: file.size for file in table_files(atlas, LABELS)}
    limit = max(sizes.values()) - 1
    large = [part for part, size in sizes.items() if size > limit]
    monkeypatch.setattr(downloads, "LARGEST", limit)

    made = [address for address, _ in pages_of_downloads.pages(atlas)]
    assert not [part for part in large if f"tables/labels/{part}.parquet" in made]
    assert all(
        (folder / address.removeprefix("tables/")).stat().st_size <= limit for address in made if "tables" in address
    )
    assert f"Left out: {large[0]}" in page_of(atlas).said


# ---- what may not be published


def words_of(content: bytes, table: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(content)).filter(pl.col("text").is_not_null() if table == "clips" else True)


def test_what_is_spoken_is_left_out_where_the_licence_does_not_allow_it(folder: Path) -> None:
    atlas = replace(opened(folder, tables="all"), media=MediaConfig(redistribute=LICENCES[:1]))
    forbidden = set(atlas.clips.filter(pl.col("licence") != LICENCES[0])["clip"])
    offered_files = {file.address: file for table in EVERY for file in table_files(atlas, table)}

    for table in (CLIPS, ALIGNMENTS, ANNOTATIONS, TRANSCRIPTS):
        mine = [one for one in offered_files.values() if one.address.startswith(f"tables/{table.name}")]
        whole = pl.concat([words_of(one.source.read_bytes(), table.name) for one in mine])
        given = pl.concat([words_of(one.content, table.name) for one in mine])
        assert set(whole["clip"]) & forbidden
        assert given.equals(whole.filter(~pl.col("clip").is_in(list(forbidden))))
    clips = pl.read_parquet(io.BytesIO(offered_files["tables/clips.parquet"].content))
    assert clips.drop("text").equals(atlas.folder.read_table(CLIPS).drop("text"))
    assert "What is spoken is left out where no licence of the clip is known" in page_of(atlas).said


def test_a_corpus_that_allows_everything_is_copied_byte_for_byte(folder: Path) -> None:
    atlas = replace(opened(folder, tables="all"), media=MediaConfig(redistribute=("*",)))
    media = atlas.clips.with_columns(reason=pl.lit(None, pl.String))
    object.__setattr__(atlas, "clips", media)

    assert {
        address for address, content in pages_of_downloads.pages(atlas) if content != _original(folder, address)
    } == set()


def _original(folder: Path, address: str) -> bytes:
    return (folder / address.removeprefix("tables/").removeprefix("data/")).read_bytes()


def test_nothing_that_is_offered_names_a_place_on_this_machine(folder: Path, tmp_path: Path) -> None:
    made = tmp_path / "site"
    render(AtlasFolder(folder), config_of(tables="all"), made, workers=1)
    places = [str(folder).encode(), str(Path.home()).encode() + b"/", b"private-folder"]

    for path in made.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [place for place in places if place in content], path
    for table in EVERY:
        for file in table_files(opened(folder, tables="all"), table):
            frame = pl.read_parquet(file.source)
            texts = [name for name, kind in frame.schema.items() if kind == pl.String]
            assert not any(frame[name].str.starts_with("/").any() for name in texts)


# ---- the page


def page_of(atlas: SiteAtlas) -> Parsed:
    made = dict(data.pages(atlas))
    return Parsed(str(made["data.html"]))


def test_every_size_on_the_page_is_that_of_the_file(site: Path, atlas: SiteAtlas) -> None:
    view = data.data_view(atlas, featuretable.feature_tables(atlas))
    files = [file for one in (*view.downloads, *view.tables) for file in one.files if file.size.endswith("B")]

    written = {path.relative_to(site).as_posix() for path in (site / "tables").rglob("*.parquet")}
    assert written
    assert written <= {file.address for file in files}
    for file in files:
        assert file.size == data.size_in_words((site / file.address).stat().st_size), file.address
    whole = sum(path.stat().st_size for path in (site / "tables").rglob("*.parquet"))
    assert f"The tables of figures are offered, {data.size_in_words(whole)}." in view.sentences[0]


def test_every_table_and_column_has_its_place_on_the_page(atlas: SiteAtlas) -> None:
    page = page_of(atlas)
    places = [place for place in page.values("id")]

    assert len(set(places)) == len(places)
    told = [table for table in EVERY if table.name not in {*CAUSES, *EXPERIMENTS}]
    assert {f"table-{name}" for name in (*CAUSES, *EXPERIMENTS)}.isdisjoint(places), "of what was not made"
    assert {f"table-{table.name}" for table in told} <= set(places)
    assert {f"{table.name}-{column}" for table in told for column in table.columns} <= set(places)
    assert not page.crossed
    assert "`" not in page.said


def test_the_licence_is_said(folder: Path) -> None:
    assert "Licence: none stated." in page_of(opened(folder)).said
    licensed = replace(opened(folder), cite=CiteConfig(licence="CC-BY-4.0"))
    assert "Licence: CC-BY-4.0." in page_of(licensed).said
    assert json_of(licensed, "block2")[0]["licence"] == "CC-BY-4.0"


def test_whatever_the_page_leads_to_is_there_and_a_check_finds_nothing(site: Path) -> None:
    page = Parsed((site / "data.html").read_text(encoding="utf-8"))
    files = [unquote(link) for link in page.values("href") if link.startswith(("tables/", "data/", "f/"))]

    assert len(files) > 40
    assert [link for link in files if not (site / link).is_file()] == []
    assert check_site(site, lambda line: None) == []


@pytest.mark.parametrize(("size", "words"), [(0, "0.0 kB"), (949, "0.9 kB"), (999_400, "999.4 kB"), (10**6, "1.0 MB")])
def test_sizes_in_words(size: int, words: str) -> None:
    assert data.size_in_words(size) == words


def test_choices_are_those_of_the_config() -> None:
    assert SiteConfig.model_fields["tables"].annotation == TablesChoice


def test_an_atlas_without_analyses_and_media_offers_what_it_has(tmp_path: Path) -> None:
    bare = replace(SPEC, features=8, clips=24, controls=False, analysed=False, media=False, annotated=False)
    atlas = opened(write_atlas(tmp_path / "atlas", bare), tables="all")

    rows = list(csv.DictReader(io.StringIO(featuretable.feature_tables(atlas)[featuretable.FEATURES].decode())))
    assert [row["name"] for row in rows] == [""] * 16
    content = json.loads(str(dict(featuredata.pages(atlas, "block2", 0, 8))["f/block2/0.json"]))
    assert (content["name"], content["findings"], content["labels"]["label"]) == (None, None, [])
    assert "The atlas has none." in page_of(atlas).said
