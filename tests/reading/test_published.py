"""An atlas at an address: fetched file by file into the user's cache, once; what is cut short is refused."""

import os
import shutil
import socketserver
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from atlas.errors import AtlasError
from atlas.reading.opening import open_atlas
from atlas.reading.published import PublishedFolder, cache_root
from tests.synthetic import Spec, write_atlas

HOST = "127.0.0.1"


class Recorded(SimpleHTTPRequestHandler):
    """Serves a folder and notes what was answered."""

    answers: list[tuple[str, int]]

    def send_response(self, code: int, message: str | None = None) -> None:
        self.answers.append((self.path, code))
        super().send_response(code, message)

    def log_message(self, *args: object) -> None:
        pass


class CutShort(BaseHTTPRequestHandler):
    """Promises a hundred bytes and sends ten."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"ten bytes.")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_atlas(tmp_path_factory.mktemp("published") / "atlas", Spec(features=32, clips=24, annotated=True))


def serving(handler: partial[SimpleHTTPRequestHandler] | type[socketserver.BaseRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer((HOST, 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{HOST}:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    noted: list[tuple[str, int]] = []
    monkeypatch.setattr(Recorded, "answers", noted, raising=False)
    return noted


@pytest.fixture
def address(folder: Path, answers: list[tuple[str, int]]) -> Iterator[str]:
    yield from serving(partial(Recorded, directory=str(folder.parent)))


def test_a_published_atlas_reads_like_the_folder(folder: Path, address: str) -> None:
    here, there = open_atlas(folder), open_atlas(f"{address}/atlas")
    clip = int(here.clips.filter("audio")["clip"][0])

    assert there.features("block2").equals(here.features("block2"))
    assert there.feature("block2", 1)._repr_html_() == here.feature("block2", 1)._repr_html_()
    assert (there.decoder("block2") == here.decoder("block2")).all()
    assert (there.clip(clip).samples == here.clip(clip).samples).all()
    assert there.alignments.frame.equals(here.alignments.frame)
    assert there.transcripts.equals(here.transcripts)


def test_a_file_is_fetched_when_it_is_asked_for_and_once(address: str, answers: list[tuple[str, int]]) -> None:
    atlas = open_atlas(f"{address}/atlas/")
    assert answers == [("/atlas/atlas.json", 200)]

    for _ in range(2):
        atlas.codes("block2")
    assert answers[1:] == [("/atlas/codes/block2.parquet", 200), ("/atlas/atlas.json", 200)]


def test_a_kept_file_is_used_while_the_server_says_that_it_holds(address: str, answers: list[tuple[str, int]]) -> None:
    first = open_atlas(f"{address}/atlas").codes("block2")
    answers.clear()

    assert open_atlas(f"{address}/atlas").codes("block2").equals(first)
    assert answers == [("/atlas/atlas.json", 200), ("/atlas/codes/block2.parquet", 304)]


def test_a_file_that_is_gone_is_not_kept(folder: Path, tmp_path: Path, answers: list[tuple[str, int]]) -> None:
    copy = shutil.copytree(folder, tmp_path / "served" / "atlas")
    for address in serving(partial(Recorded, directory=str(copy.parent))):
        assert not open_atlas(f"{address}/atlas").features("block2")["label"].is_null().all()
        shutil.rmtree(copy / "findings")
        assert open_atlas(f"{address}/atlas").features("block2")["label"].is_null().all()


def republish(folder: Path, hours: int) -> None:
    """Another atlas in the place of one, whose files are so much newer."""
    shutil.rmtree(folder)
    write_atlas(folder, Spec(features=48, clips=24))
    for path in (path for path in folder.rglob("*") if path.is_file()):
        os.utime(path, (path.stat().st_mtime + 3600 * hours,) * 2)


@pytest.mark.parametrize("hours", [1, -1], ids=["newer", "older"])
@pytest.mark.usefixtures("answers")
def test_an_atlas_that_was_published_anew_is_read_anew_and_never_mixed(
    folder: Path, tmp_path: Path, hours: int
) -> None:
    copy = shutil.copytree(folder, tmp_path / "served" / "atlas")
    for address in serving(partial(Recorded, directory=str(copy.parent))):
        before = open_atlas(f"{address}/atlas")
        assert len(before.features("block2")) == 32
        republish(copy, hours)
        with pytest.raises(AtlasError, match="was published anew since it was opened; open it again"):
            before.codes("block2")
        assert len(open_atlas(f"{address}/atlas").features("block2")) == 48


@pytest.mark.usefixtures("answers")
def test_what_was_not_published_is_not_to_be_built(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "served" / "atlas")
    shutil.rmtree(copy / "codes")
    shutil.rmtree(copy / "vectors")
    for address in serving(partial(Recorded, directory=str(copy.parent))):
        opened = open_atlas(f"{address}/atlas")
        for ask, name in ((opened.codes, "codes/block2.parquet"), (opened.decoder, "vectors/block2.safetensors")):
            with pytest.raises(AtlasError) as caught:
                ask("block2")
            assert str(caught.value) == f"{address}/atlas/{name}: not there; the atlas was published without it"


def test_an_answer_that_is_cut_short_is_refused_and_not_kept() -> None:
    for address in serving(CutShort):
        with pytest.raises(AtlasError, match=r"atlas\.json: could not be fetched \(cut short: 10 of 100 bytes came\)"):
            open_atlas(address)
    assert [path for path in cache_root().rglob("*") if path.is_file()] == []


def test_an_address_without_an_atlas_and_one_without_a_server_are_told_apart(address: str) -> None:
    with pytest.raises(AtlasError, match=r"no atlas there, as it has no atlas\.json; give a folder of tables"):
        open_atlas(address)
    with pytest.raises(AtlasError, match=r"http://127\.0\.0\.1:1/atlas\.json: could not be fetched \(.+\); try again"):
        open_atlas(f"http://{HOST}:1")


def test_a_name_cannot_lead_out_of_the_cache(address: str) -> None:
    folder = PublishedFolder(f"{address}/atlas")

    with pytest.raises(AtlasError, match="names a file outside of its folder"):
        folder.fetch(folder.root / "features" / "../../../escaped.parquet")


def test_the_cache_is_below_home_where_no_other_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for named in ("", "relative/cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", named)
        assert cache_root() == tmp_path / ".cache/audio-feature-atlas"
