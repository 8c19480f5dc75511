"""What is heard, and where the playhead stands meanwhile: clicks at known times, tapped where they leave the player."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser.clicks import HERE, TAPPING, Heard, hear, track
from tests.browser.conftest import over_http, rendered
from tests.browser.visits import Visits
from tests.synthetic import Spec


def plays(browser: Any, site: Path, late_s: float, rows: int) -> list[Heard]:
    """The first snippets of a site whose sounds are all a click track."""
    sound = track(late_s)
    for path in site.glob("media/audio/*.mp3"):
        path.write_bytes(sound)
    with over_http(site) as address:
        visits = Visits(browser, address, TAPPING)
        page = visits.open("f/block2/1.html")
        heard = [hear(page, page.locator("a.play[href]").nth(row)) for row in range(rows)]
        visits.close()
    assert visits.problems == []
    return heard


@pytest.fixture(scope="module")
def clicking_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = Spec(features=32, clips=72, controls=False)
    site = rendered(tmp_path_factory.mktemp("clicks"), spec)
    shutil.copy(HERE / "tap.js", site)
    return site


@pytest.fixture(scope="module")
def heard(browser: Any, clicking_site: Path) -> list[Heard]:
    return plays(browser, clicking_site, 0.0, rows=3)


def late(heard: list[Heard]) -> np.ndarray:
    return np.concatenate([one.late_s for one in heard])


def test_the_playhead_stands_where_the_sound_is(heard: list[Heard]) -> None:
    found = late(heard)

    assert len(found) > 10
    assert np.median(np.abs(found)) < 0.025, found


def test_a_snippet_is_heard_from_its_beginning_to_its_end_and_no_further(heard: list[Heard]) -> None:
    for one in heard:
        begin_s, end_s = one.span_s
        assert -0.14 < begin_s - one.begin_s < 0.005  # nothing is lost, though a browser be silent after a seek
        assert -0.03 < end_s - one.end_s < 0.1


def test_a_sound_in_the_wrong_place_is_seen(browser: Any, clicking_site: Path) -> None:
    found = late(plays(browser, clicking_site, 0.1, rows=1))

    assert -0.14 < np.median(found) < -0.05
