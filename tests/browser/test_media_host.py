"""Sounds and pictures on another host, which redirects to a third, as hosts of data sets do."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import Config
from atlas.config.site import MediaConfig, SiteConfig
from atlas.publish.checks import check_site
from atlas.publish.serve import HOST, address_of, server_of
from atlas.render.run import render
from atlas.store import AtlasFolder
from tests.browser.conftest import over_http
from tests.browser.test_sound import BUTTON, SILENT, SOUNDING
from tests.browser.visits import Visits
from tests.synthetic import Spec, write_atlas

FEATURE = "f/block2/1.html"
RESOLVED = "datasets/me/sounds/resolve/main/"
DRAWN = "() => document.querySelector('.pic img').naturalWidth > 0"
TRIED = "() => document.querySelector('.pic img').complete"


class Redirect(BaseHTTPRequestHandler):
    """Answers each address below RESOLVED with one on another host."""

    protocol_version = "HTTP/1.1"

    def __init__(self, goal: str, *given: Any) -> None:
        self.goal = goal
        super().__init__(*given)

    def do_GET(self) -> None:
        known = self.path.startswith(f"/{RESOLVED}")
        self.send_response(HTTPStatus.FOUND if known else HTTPStatus.NOT_FOUND)
        self.send_header("Location", self.goal + self.path.removeprefix(f"/{RESOLVED}"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name that the base class gives it)
        """Silent, as our own server is."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield address_of(server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Hosted:
    """A site that lists the host which it is redirected to, one that does not, and one whose features have no files."""

    site: Path
    address: str
    unlisted: str
    packed: str
    media: str
    redirected: str


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("hosted")
    atlas = AtlasFolder(write_atlas(folder / "atlas", Spec(features=24, clips=60)))
    with ExitStack() as stack:
        redirected = stack.enter_context(serving(server_of(atlas.root / "media")))
        media = stack.enter_context(serving(ThreadingHTTPServer((HOST, 0), partial(Redirect, redirected)))) + RESOLVED
        sites = []
        for name, origins in (("listed", (redirected,)), ("unlisted", ()), ("packed", (redirected,))):
            packed = SiteConfig(packed=True, stubs=False) if name == "packed" else SiteConfig()
            site = folder / name / "below" / "site"
            site.parent.mkdir(parents=True)
            settings = MediaConfig(base_url=media, origins=origins)
            render(atlas, Config.model_construct(dictionary=(), site=packed, media=settings), site, 1)
            sites.append(site)
        addresses = [stack.enter_context(over_http(site)) for site in sites]
        yield Hosted(sites[0], *addresses, media, redirected)


class Visited(Visits):
    """Visits to a site that may ask other hosts for what its policy lets it."""

    def _route(self, route: Any) -> None:
        route.continue_()


@contextmanager
def visited(browser: Any, address: str) -> Iterator[Visited]:
    visits = Visited(browser, address)
    try:
        yield visits
    finally:
        visits.close()


def test_a_sound_plays_and_a_picture_shows_by_a_redirect_to_a_listed_host(browser: Any, hosted: Hosted) -> None:
    with visited(browser, hosted.address) as visits:
        page = visits.open(FEATURE)
        button = page.locator(BUTTON).first

        page.wait_for_function(DRAWN)
        button.click()
        page.wait_for_function(SOUNDING)
        page.wait_for_function(SILENT)

        assert page.evaluate("Math.max(...window.sounds.map((sound) => sound.currentTime))") > 0.1
        assert button.get_attribute("href").startswith(f"{hosted.media}audio/")
        assert page.locator("#unheard").count() == 0
    assert visits.problems == []


def test_a_feature_out_of_a_shard_plays_and_shows_what_lies_there(browser: Any, hosted: Hosted) -> None:
    with visited(browser, hosted.packed) as visits:
        page = visits.open("f.html#block2/1")

        page.locator(BUTTON).first.click()
        page.wait_for_function(SOUNDING)
        page.wait_for_function(DRAWN)
    assert visits.problems == []


def test_rows_that_scripts_draw_find_sounds_and_pictures_there_as_well(browser: Any, hosted: Hosted) -> None:
    with visited(browser, hosted.address) as visits:
        page = visits.open("list.html?features=block2/1,block2/2")

        page.locator(f"li {BUTTON}").first.click()
        page.wait_for_function(SOUNDING)
        page.wait_for_function(DRAWN)
    assert visits.problems == []


def test_what_is_redirected_to_a_host_that_is_not_listed_is_blocked_and_the_page_says_so(
    browser: Any, hosted: Hosted
) -> None:
    with visited(browser, hosted.unlisted) as visits:
        page = visits.open(FEATURE)
        page.wait_for_function(TRIED)
        page.locator(BUTTON).first.click()
        said = page.get_by_role("alert")
        said.wait_for()

        assert said.inner_text() == f"The sound could not be loaded from {hosted.media.split('/')[2]}."
        assert page.evaluate("document.querySelector('.pic img').naturalWidth") == 0
        assert page.locator(BUTTON).first.get_attribute("aria-pressed") == "false"
        page.locator(BUTTON).nth(1).click()
        page.wait_for_timeout(300)
        assert said.count() == 1
    assert visits.problems != []
    assert [problem for problem in visits.problems if "Content Security Policy" not in problem] == []


def test_without_scripts_pictures_show_and_a_button_opens_its_stretch_of_the_sound(
    browser: Any, hosted: Hosted
) -> None:
    with visited(browser, hosted.address) as visits:
        page = visits.open(FEATURE, scripts=False)
        page.wait_for_load_state("load")
        button = page.locator(BUTTON).first
        stretch = button.get_attribute("href").removeprefix(f"{hosted.media}")

        assert page.locator(".pic img").first.evaluate("(image) => image.naturalWidth") > 0
        button.click()
        page.wait_for_url(f"{hosted.redirected}{stretch}")


def test_the_site_holds_no_media_and_passes_its_check(hosted: Hosted) -> None:
    assert not (hosted.site / "media").exists()
    assert check_site(hosted.site, lambda line: None) == []
