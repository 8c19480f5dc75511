"""A published branch as readers meet it: cloned, served below a sub-path, and walked by a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atlas.config.loading import load_config
from atlas.publish.hosts import HOSTS
from atlas.publish.publishing import Order, publish
from atlas.schema.site import read_site
from tests.browser.conftest import NOTICE, over_http
from tests.browser.visits import Visits
from tests.publish.sites import config_text
from tests.publish.worlds import ISOLATED, git


@pytest.fixture
def clone(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of the branch that the site was published to, under the folder atlas."""
    for name, value in ISOLATED.items():
        monkeypatch.setenv(name, value)
    published = read_site((site / "site.json").read_bytes(), "site.json")
    config = tmp_path / "small.toml"
    text = config_text(tuple(published.dictionaries), published.title) + f'notice = "{NOTICE}"\n'
    config.write_text(text, encoding="utf-8")
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    order = Order(
        config=load_config(config),
        atlas=tmp_path / "none",
        site=site,
        host=HOSTS["github"],
        to=str(tmp_path / "remote.git"),
        under="atlas",
    )
    publish(order, lambda question: True, lambda line: None)
    git(tmp_path, "clone", "--quiet", "--branch", "gh-pages", str(tmp_path / "remote.git"), "served/repository")
    return tmp_path / "served/repository"


@pytest.fixture
def visits(browser: Any, clone: Path) -> Iterator[Visits]:
    with over_http(clone / "atlas") as address:
        made = Visits(browser, address.removesuffix("atlas/"))
        yield made
        made.close()


def test_from_the_list_of_atlases_to_a_feature_and_to_what_is_not_there(visits: Visits) -> None:
    page = visits.open("")
    page.locator("main a").click()
    page.wait_for_url("**/repository/atlas/")
    page.locator(".menu summary").first.click()
    page.locator(".menu a", has_text="block1").first.click()
    page.wait_for_url("**/repository/atlas/d/block1.html")
    page.goto(f"{visits.base}atlas/f/block1/1.html?v=00000000-00000000")
    page.locator('a[rel="next"]').click()
    page.wait_for_url("**/repository/atlas/f/block1/2.html*")
    assert visits.problems == []

    page.goto(f"{visits.base}atlas/f/block1/123456.html")
    assert page.locator("h1").inner_text() == "There is no such page"


def test_the_list_of_atlases_fits_a_phone_in_both_themes(visits: Visits) -> None:
    for theme in ("light", "dark"):
        page = visits.open("", width=390, theme=theme)

        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)" if theme == "light" else "rgb(21, 23, 26)"
        )
    assert visits.problems == []
