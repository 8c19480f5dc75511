"""A real browser before a real site: over http below a sub-path, and from `file://`.

Whatever a page complains of on its console, throws, or asks for outside of its site fails the test that opened it.
Without Chromium or Playwright the tests are skipped and say how to get them; with ATLAS_BROWSER_TESTS=required, as
continuous integration sets it, they fail.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import Config
from atlas.config.site import SiteConfig
from atlas.publish.serve import address_of, server_of
from atlas.render.run import render
from atlas.store import AtlasFolder
from tests.browser.visits import Visit, Visits
from tests.synthetic import Spec, write_atlas

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MISSING = (
    "no browser to test in: `apt-get install chromium` (or name one in ATLAS_BROWSER),"
    " and `pip install playwright axe-playwright-python`, which the extra `test` brings"
)
SPEC = Spec(features=80, dictionaries=("block1", "block2"), clips=72)
NOTICE = "This corpus is synthetic: every figure was made up."


def unavailable(reason: str) -> None:
    if os.environ.get("ATLAS_BROWSER_TESTS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, started once."""
    program = os.environ.get("ATLAS_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        unavailable(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--mute-audio"])
        yield started
        started.close()


def rendered(folder: Path, spec: Spec) -> Path:
    """The site of a made-up atlas, in a folder below another one, so that a root-relative link leads nowhere."""
    config = Config.model_construct(dictionary=(), site=SiteConfig(notice=NOTICE))
    site = folder / "served" / "below" / "site"
    site.parent.mkdir(parents=True)
    render(AtlasFolder(write_atlas(folder / "atlas", spec)), config, site, 1)
    return site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole small site."""
    return rendered(tmp_path_factory.mktemp("browser"), SPEC)


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with hostile text wherever text can be."""
    return rendered(tmp_path_factory.mktemp("hostile"), Spec(features=48, clips=72, hostile=True, annotated=True))


@pytest.fixture(scope="session")
def bare_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of an atlas that is neither analysed nor has sound."""
    return rendered(tmp_path_factory.mktemp("bare"), Spec(features=48, clips=72, analysed=False, media=False))


@contextmanager
def over_http(site: Path) -> Iterator[str]:
    """The address of a site over http, below the sub-path that its folders make."""
    server = server_of(site.parent.parent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"{address_of(server)}{site.parent.name}/{site.name}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """The address of the site over http."""
    with over_http(site) as address:
        yield address


@pytest.fixture(params=["http", "file"])
def base(request: pytest.FixtureRequest) -> str:
    """Where the site begins: each test runs over http, and from the disk."""
    if request.param == "http":
        return str(request.getfixturevalue("served"))
    return f"{request.getfixturevalue('site').as_uri()}/"


@pytest.fixture
def visit(browser: Any, base: str) -> Iterator[Visit]:
    """Opens pages, and fails the test at its end if a page complained or asked for something outside."""
    visits = Visits(browser, base)
    yield visits.open
    visits.close()
    assert visits.problems == []
