"""`atlas archive`: the same bytes whenever it is made, whole, checked before, and described as Zenodo takes it."""

import errno
import json
import os
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import polars as pl
import pytest
from click.testing import CliRunner, Result

from atlas import door
from atlas.cli import main
from atlas.config.loading import load_config
from atlas.config.settings import Config
from atlas.config.site import MediaConfig
from atlas.errors import AtlasError
from atlas.publish.archive import ArchiveOrder, What, archive
from atlas.publish.rendered import rendered_site
from atlas.publish.zenodo import api_metadata, dotted_metadata, missing
from atlas.publish.zipping import write_zip
from atlas.reading.citation import Author, Paper, Work
from atlas.reading.fingerprints import figures_fingerprint
from atlas.render.run import render
from atlas.render.site import site_of_config
from atlas.schema.media import INDEX, LICENCE, MEDIA
from atlas.store import AtlasFolder
from tests.marked import MARK, SHARED, mark
from tests.synthetic import HOSTILE, LICENCES, Spec, write_atlas

CONFIG = """
title = "Synthetic atlas"
corpus = { manifest = "manifest.csv" }
encoder = { model = "tiny.en" }
dictionary = [{ name = "block2", tap = "encoder.blocks.0", checkpoint = "ae.pt", control = ["random"] }]

[media]
redistribute = ["CC0*", "CC BY*"]

[site]
base_url = "https://me.github.io/atlas"

[cite]
authors = [{ name = "Doe, Jane", orcid = "0000-0002-1825-0097", affiliation = "Here & there" }, { name = "The Group" }]
doi = "10.5281/zenodo.1234567"
paper = "https://doi.org/10.1234/paper"
licence = "CC-BY-4.0"
version = "1.0.0"
"""
BASE = "https://bucket.example/media"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an atlas, with what a build leaves there besides."""
    root = write_atlas(tmp_path_factory.mktemp("archived") / "atlas", Spec(features=24, clips=60))
    for name in (".done/analyse.json", ".done/merge.json", "work/00000/part", "calibration/block2.safetensors"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(json.dumps({"format": 2, "facts": {}, "outputs": {}, "notes": {}}))
    return root


@pytest.fixture(scope="module")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "synth.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def config(config_file: Path) -> Config:
    return load_config(config_file)


@pytest.fixture(scope="module")
def site(root: Path, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("rendered") / "site"
    render(AtlasFolder(root), config, site, 1)
    return site


def order(root: Path, site: Path, to: Path, what: What = "site") -> ArchiveOrder:
    return ArchiveOrder(name="synth", root=root, site=site, to=to, what=what)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pages(site: Path) -> dict[str, bytes]:
    """What is packed of a site: all but the mark by which `atlas render` knows its own folder."""
    return {name: content for name, content in contents(site).items() if name != ".atlas-site"}


def unpacked(zip_file: Path, to: Path) -> Path:
    with ZipFile(zip_file) as packed:
        assert packed.testzip() is None
        packed.extractall(to)
    return to


@pytest.mark.parametrize("what", ["site", "all"])
def test_two_archives_have_the_same_bytes_whatever_times_and_rights_files_have(
    root: Path, site: Path, config: Config, tmp_path: Path, what: What
) -> None:
    archive(config, order(root, site, tmp_path / "one", what))
    before = os.umask(0o077)
    try:
        for path in site.rglob("*"):
            os.utime(path, (10**9, 10**9))
        (site / "about.html").chmod(0o600)
        archive(config, order(root, site, tmp_path / "two", what))
    finally:
        os.umask(before)

    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    names = {f"synth-{what}.zip", f"synth-{what}.zip.sha256", "synth-zenodo.json", ".zenodo.json"}
    assert contents(tmp_path / "one").keys() == names


def test_what_is_unpacked_is_the_site_in_one_folder(root: Path, site: Path, config: Config, tmp_path: Path) -> None:
    (site / ".git").mkdir(exist_ok=True)
    (site / ".git/config").write_text("[core]")
    archive(config, order(root, site, tmp_path))
    (site / ".git/config").unlink()
    (site / ".git").rmdir()

    top = unpacked(tmp_path / "synth-site.zip", tmp_path / "unpacked")
    assert [path.name for path in top.iterdir()] == ["synth"]
    assert contents(top / "synth") == pages(site)


@pytest.mark.parametrize("what", ["site", "all"])
def test_hidden_files_are_left_out_and_named(
    root: Path, site: Path, config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture, what: What
) -> None:
    before = pages(site)
    left = [site / name for name in (".env", "f/.DS_Store", ".cache/secret")]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_text("token")
    try:
        archive(config, order(root, site, tmp_path, what))
    finally:
        for path in left:
            path.unlink()
        (site / ".cache").rmdir()

    top = unpacked(tmp_path / f"synth-{what}.zip", tmp_path / "unpacked") / "synth"
    assert contents(top if what == "site" else top / "site") == before
    assert ".nojekyll" in before
    assert f"{site}: left out, as it is no part of a site: .env, .cache/secret and f/.DS_Store" in caplog.messages


@pytest.mark.parametrize("name", ["secret.txt", "secrets", "about.html.part"])
def test_links_and_halves_are_refused(root: Path, site: Path, config: Config, tmp_path: Path, name: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secret.txt").write_text("token")
    if name.endswith(".part"):
        (site / name).write_text("<p>")
    else:
        (site / name).symlink_to(tmp_path / name)
    try:
        said = refused(config, order(root, site, tmp_path / "to"))
    finally:
        (site / name).unlink()

    assert said.startswith(f"{site / name}: ")
    assert ("a link to another file" in said) != ("half written" in said)


def test_an_archive_within_the_site_is_refused(root: Path, site: Path, config: Config) -> None:
    assert "lies in the folder of the site, of which the archive would become a part" in refused(
        config, order(root, site, site / "downloads")
    )
    with pytest.raises(AtlasError, match="lies in the folder of the site"):
        archive(config, order(root, site, site))


def test_names_are_sorted_and_what_is_compressed_is_stored(
    root: Path, site: Path, config: Config, tmp_path: Path
) -> None:
    archive(config, order(root, site, tmp_path, "all"))

    with ZipFile(tmp_path / "synth-all.zip") as packed:
        members = packed.infolist()
    kinds = {Path(one.filename).suffix: one.compress_type for one in members}
    assert [one.filename for one in members] == sorted(one.filename for one in members)
    assert {one.date_time for one in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {one.external_attr >> 16 for one in members} == {0o100644}
    assert {kinds[suffix] for suffix in (".mp3", ".webp", ".parquet")} == {ZIP_STORED}
    assert {kinds[suffix] for suffix in (".html", ".js", ".css")} == {ZIP_DEFLATED}


def test_the_sum_beside_it_verifies_it(root: Path, site: Path, config: Config, tmp_path: Path) -> None:
    said = archive(config, order(root, site, tmp_path))
    line = (tmp_path / "synth-site.zip.sha256").read_text(encoding="utf-8")

    checked = subprocess.run(["sha256sum", "-c", "synth-site.zip.sha256"], cwd=tmp_path, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "synth-site.zip: OK\n")
    assert line.endswith("  synth-site.zip\n")
    assert f"sha256 {line.split()[0]}" in said


def test_tables_of_an_archive_open_as_the_atlas_did_and_hold_no_work_files(
    root: Path, site: Path, config: Config, tmp_path: Path
) -> None:
    archive(config, order(root, site, tmp_path, "all"))
    top = unpacked(tmp_path / "synth-all.zip", tmp_path / "unpacked") / "synth"
    before, after = door.open(root), door.open(top / "tables")

    assert sorted(path.name for path in top.iterdir()) == ["README.txt", "site", "tables"]
    assert contents(top / "site") == pages(site)
    assert after.table("features", "block2").equals(before.table("features", "block2"))
    assert figures_fingerprint(after) == figures_fingerprint(before)
    audible = int(after.clips.filter("audio")["clip"][0])
    assert (after.clip(audible).samples == before.clip(audible).samples).all()
    names = contents(top / "tables").keys()
    assert [name for name in names if name.startswith((".lock", "work", "calibration", ".done/merge"))] == []
    assert "Jane" in (top / "README.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("what", ["site", "all"])
def test_no_path_of_the_machine_is_in_an_archive(
    root: Path, site: Path, config: Config, tmp_path: Path, what: What
) -> None:
    archive(config, order(root, site, tmp_path / "to", what))
    everything = b"".join(contents(unpacked(tmp_path / f"to/synth-{what}.zip", tmp_path / "unpacked")).values())
    written = b"".join(one for name, one in contents(tmp_path / "to").items() if name.endswith(".json"))

    for place in (root.parent, site.parent, tmp_path, Path.home()):
        assert str(place).encode() not in everything + written


def test_a_site_whose_sounds_lie_elsewhere_is_archived_with_them(root: Path, config_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "synth.toml"
    path.write_text(CONFIG.replace("[media]", f'[media]\nbase_url = "{BASE}"'), encoding="utf-8")
    archive(load_config(path), order(root, tmp_path / "no-site", tmp_path / "to"))

    top = unpacked(tmp_path / "to/synth-site.zip", tmp_path / "unpacked")
    assert len(list((top / "synth/media/audio").glob("*.mp3"))) > 3
    assert [name for name, one in contents(top).items() if BASE.encode() in one] == []
    assert [path.name for path in (tmp_path / "to").iterdir() if path.is_dir()] == []


def refused(config: Config, one: ArchiveOrder) -> str:
    with pytest.raises(AtlasError) as refusal:
        archive(config, one)
    assert not one.to.exists()
    return str(refusal.value)


def test_a_site_that_was_rendered_before_the_config_changed_is_refused(root: Path, site: Path, tmp_path: Path) -> None:
    path = tmp_path / "synth.toml"
    path.write_text(CONFIG.replace("1234567", "7654321").replace("me.github", "you.github"), encoding="utf-8")

    assert refused(load_config(path), order(root, site, tmp_path / "to")) == (
        f"{site}/site.json: base_url is 'https://me.github.io/atlas/', where the config says"
        " 'https://you.github.io/atlas/'; doi is '10.5281/zenodo.1234567', where the config says"
        " '10.5281/zenodo.7654321'. Run `atlas render`, and take what it makes"
    )


def test_a_site_of_another_atlas_is_refused(site: Path, config: Config, tmp_path: Path) -> None:
    other = write_atlas(tmp_path / "other", Spec(features=32, clips=60, seed=1))

    assert "the site shows another atlas than the one in" in refused(config, order(other, site, tmp_path / "to"))


def test_sounds_of_a_licence_that_the_config_no_longer_names_are_refused(
    root: Path, site: Path, config: Config, tmp_path: Path
) -> None:
    narrower = config.model_copy(update={"media": MediaConfig(redistribute=LICENCES[:1])})
    elsewhere = config.model_copy(update={"media": MediaConfig(redistribute=LICENCES[:1], base_url=BASE)})
    told = f"{root}: its media were made when [media] redistribute named more licences, those of"
    for one in (narrower, elsewhere):
        assert refused(one, order(root, site, tmp_path / "to", "all")).startswith(told)
    with pytest.raises(AtlasError, match="its media were made when"):
        rendered_site(site, narrower, root)

    made = shutil.copytree(root, tmp_path / "atlas")
    withdrawn = site_of_config(made, config).clips.filter("audio", licence=LICENCES[1])
    media = AtlasFolder(made).read_table(MEDIA, INDEX)
    gone = pl.col("clip").is_in(withdrawn["clip"].implode())
    reason = pl.when(gone).then(pl.lit(LICENCE)).otherwise("reason").alias("reason")
    AtlasFolder(made).write_table(MEDIA, media.with_columns(reason), INDEX)
    assert refused(narrower, order(made, site, tmp_path / "to")) == (
        f"{site}: {len(withdrawn)} sounds of clips whose licence [media] redistribute does not name, such as"
        f" {withdrawn['key'][0]}. Run `atlas render`, and take what it makes"
    )


def test_tables_of_an_archive_hold_nothing_that_is_spoken_where_no_licence_allows_it(
    config: Config, tmp_path: Path
) -> None:
    spec = Spec(features=24, clips=60, annotated=True)
    root = mark(write_atlas(tmp_path / "atlas", spec), "block2")
    render(AtlasFolder(root), config, tmp_path / "site", 1)
    archive(config, order(root, tmp_path / "site", tmp_path / "to", "all"))
    tables = unpacked(tmp_path / "to/synth-all.zip", tmp_path / "unpacked") / "synth/tables"

    texts = {path: pl.read_parquet(path).write_json() for path in tables.rglob("*.parquet")}
    assert len(texts) == len([path for path in root.rglob("*.parquet") if path.parent.name != "work"])
    assert sum(SHARED in text for text in texts.values()) > 2
    assert [path for path, text in texts.items() if MARK in text] == []


def test_a_folder_that_is_no_site_is_refused(root: Path, config: Config, tmp_path: Path) -> None:
    assert refused(config, order(root, tmp_path / "none", tmp_path / "to")) == (
        f"{tmp_path}/none: no such folder; make the site with `atlas render`, or name its folder with --site"
    )


def test_a_site_with_a_fault_is_refused(root: Path, site: Path, config: Config, tmp_path: Path) -> None:
    page = site / "f/block2/3.html"
    kept = page.read_bytes()
    page.unlink()
    try:
        said = refused(config, order(root, site, tmp_path / "to"))
    finally:
        page.write_bytes(kept)

    assert said.startswith(f"{site}: not ready to be archived\n  f/block2/3.html")


def fill_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_told_and_the_former_archive_stays(
    root: Path, site: Path, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(config, order(root, site, tmp_path))
    before = contents(tmp_path)
    monkeypatch.setattr("shutil.copyfileobj", fill_disk)

    with pytest.raises(AtlasError, match=r"synth-site\.zip: the disk is full; make room, or name another folder"):
        archive(config, order(root, site, tmp_path))
    assert contents(tmp_path) == before


def test_a_file_beyond_the_limit_of_the_first_format_gets_the_larger_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(range(256)) * 20
    (tmp_path / "large.parquet").write_bytes(content)
    monkeypatch.setattr("zipfile.ZIP64_LIMIT", 1_000)
    write_zip(tmp_path / "a.zip", {"a/large.parquet": tmp_path / "large.parquet"})
    monkeypatch.undo()

    with ZipFile(tmp_path / "a.zip") as packed:
        assert packed.read("a/large.parquet") == content


def test_what_a_run_that_was_killed_left_is_written_over(
    root: Path, site: Path, config: Config, tmp_path: Path
) -> None:
    (tmp_path / "synth-site.zip.part").write_bytes(b"half a zip")
    archive(config, order(root, site, tmp_path))

    assert not (tmp_path / "synth-site.zip.part").exists()
    assert ZipFile(tmp_path / "synth-site.zip").testzip() is None


def test_a_file_that_vanishes_meanwhile_is_named(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"gone.html: gone while it was archived; let `atlas render` end first"):
        write_zip(tmp_path / "a.zip", {"a/b.html": tmp_path / "gone.html"})
    assert list(tmp_path.iterdir()) == []


def test_a_zenodo_json_that_others_wrote_is_kept(root: Path, site: Path, config: Config, tmp_path: Path) -> None:
    (tmp_path / ".zenodo.json").write_text("{}")
    said = archive(config, order(root, site, tmp_path))

    assert ".zenodo.json was there and says otherwise, so it is kept; delete it to have it written anew" in said
    assert (tmp_path / ".zenodo.json").read_text() == "{}"
    assert "so it is kept" not in archive(config, order(root, site, tmp_path / "new"))
    assert "so it is kept" not in archive(config, order(root, site, tmp_path / "new"))


def called(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_command_says_what_was_made_and_what_comes_next(
    root: Path, site: Path, config_file: Path, tmp_path: Path
) -> None:
    result = called("archive", config_file, "--out", root, "--site", site, "--to", tmp_path)
    first, second, third, last = result.stdout.splitlines()

    assert (result.exit_code, result.stderr) == (0, "")
    assert first.startswith(f"archive    {tmp_path}/synth-site.zip: {len(pages(site))} files, ")
    assert second.startswith("           sha256 ")
    assert "synth-zenodo.json" in third
    assert "your draft with the DOI 10.5281/zenodo.1234567" in last


REQUIRED = {"title", "upload_type", "description", "creators", "access_right", "license"}
RELATIONS = {"isSupplementTo", "isSupplementedBy", "isVariantFormOf"}  # of those that Zenodo lists


def test_zenodo_is_told_what_it_asks_for(root: Path, site: Path, config: Config, tmp_path: Path) -> None:
    archive(config, order(root, site, tmp_path))
    api = json.loads((tmp_path / "synth-zenodo.json").read_text(encoding="utf-8"))
    dotted = json.loads((tmp_path / ".zenodo.json").read_text(encoding="utf-8"))
    metadata = api["metadata"]

    assert api.keys() == {"metadata"}
    assert metadata.keys() >= REQUIRED
    assert dotted.keys() >= REQUIRED
    assert metadata["creators"] == [
        {"name": "Doe, Jane", "orcid": "0000-0002-1825-0097", "affiliation": "Here & there"},
        {"name": "The Group"},
    ]
    assert (metadata["license"], metadata["upload_type"], metadata["version"]) == ("cc-by-4.0", "dataset", "1.0.0")
    assert metadata["doi"] == "10.5281/zenodo.1234567"
    assert not {"doi", "prereserve_doi"} & dotted.keys()
    related = {(one["relation"], one["identifier"]) for one in metadata["related_identifiers"]}
    assert related == {("isSupplementTo", "10.1234/paper"), ("isVariantFormOf", "https://me.github.io/atlas/")}
    assert {one["relation"] for one in dotted["related_identifiers"]} == RELATIONS
    assert "What 24 features of the audio model" in metadata["description"]
    assert "open index.html" in metadata["description"]
    assert "open index.html" not in dotted["description"]  # a repository is not the zip


class Tags(HTMLParser):
    """The elements of a description."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.used: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.used.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_hostile_texts_are_texts_in_the_description(tmp_path: Path) -> None:
    root = write_atlas(tmp_path / "atlas", Spec(features=24, clips=60, hostile=True))
    path = tmp_path / "synth.toml"
    title = json.dumps(HOSTILE[0] + HOSTILE[2])
    text = CONFIG.replace("[cite]", f"[cite]\ntitle = {title}").replace('"CC0*"', '"*"')
    path.write_text(text, encoding="utf-8")
    config = load_config(path).model_copy(update={"title": f"Synthetic atlas {HOSTILE[0]}"})
    render(AtlasFolder(root), config, tmp_path / "site", 1)
    archive(config, order(root, tmp_path / "site", tmp_path / "to"))
    metadata = json.loads((tmp_path / "to/synth-zenodo.json").read_text(encoding="utf-8"))["metadata"]
    tags = Tags(metadata["description"])

    assert metadata["title"] == HOSTILE[0] + HOSTILE[2]
    assert (tags.open, tags.used) == ([], {"p", "ul", "li", "strong", "code", "a"})


def test_what_zenodo_will_miss_is_told_and_left_out(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "synth.toml"
    path.write_text(CONFIG.partition("[cite]")[0], encoding="utf-8")
    config = load_config(path)
    render(AtlasFolder(root), config, tmp_path / "site", 1)
    archive(config, order(root, tmp_path / "site", tmp_path / "to"))
    metadata = json.loads((tmp_path / "to/synth-zenodo.json").read_text(encoding="utf-8"))["metadata"]

    assert not {"creators", "license", "doi"} & metadata.keys()
    assert metadata["prereserve_doi"] is True
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "[cite] authors is empty",
        "[cite] licence is not given",
        "[cite] doi is not given",
    ]


def test_what_zenodo_cannot_take_is_left_out() -> None:
    work = Work(title="T", authors=(Author("A"),), licence="Mine", paper=Paper("under review", None, None))

    assert not {"license", "related_identifiers"} & api_metadata(work, "")["metadata"].keys()
    assert "related_identifiers" not in dotted_metadata(work, "")
    assert [told.partition(":")[0] for told in missing(work)] == [
        "[cite] licence 'Mine' is no SPDX name that is known here",
        "[cite] doi is not given",
    ]
