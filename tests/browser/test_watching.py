"""The watch over pages sees what it is there to see: without this, the other tests of pages would prove little."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.visits import Visits

PAGES = {
    "quiet": "<p>Nothing to see</p>",
    "throws": "<script>throw new Error('planted')</script>",
    "complains": "<script>console.error('planted')</script>",
    "outside": "<img src='http://example.invalid/planted.png'>",
    "speaks": "<script>alert('planted')</script>",
    "missing": "<script src='planted.js'></script>",
    "forbidden": "<meta http-equiv='Content-Security-Policy' content=\"style-src 'self'\"><p style='top: 0'>planted",
}


@pytest.mark.parametrize(("name", "content"), PAGES.items(), ids=list(PAGES))
def test_whatever_a_page_does_wrong_is_seen(browser: Any, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "page.html").write_text(f"<!doctype html><title>Page</title>{content}", encoding="utf-8")
    visits = Visits(browser, f"{tmp_path.as_uri()}/")

    visits.open("page.html").wait_for_timeout(50)
    visits.close()

    assert bool(visits.problems) == (name != "quiet"), visits.problems
