"""One feature of one tiny atlas, as its view and as its page, held against what was looked at and found right.

After a change that is meant: `SNAPSHOTS=write pytest tests/render/test_snapshots.py`, look at the difference, commit.
"""

import json
import os
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from atlas.config.settings import SiteConfig
from atlas.render.pages import feature
from atlas.render.pages.feature import feature_view
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import site_of
from tests.synthetic import Spec, write_atlas

KEPT = Path(__file__).parent / "snapshots"
FEATURE = 3
SPEC = Spec(features=16, clips=60, top=3, others=1)
PICTURE = re.compile(r"data:image/webp;base64,[\w+/=]+")  # its bytes are those of one version of a library


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    folder = write_atlas(tmp_path_factory.mktemp("atlas"), SPEC)
    return site_atlas(folder, SiteConfig(notice="This corpus is synthetic."))


def held_against(name: str, text: str) -> None:
    path, text = KEPT / name, PICTURE.sub("(a picture)", text)
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path} differs; see the top of this file"


def test_the_view_of_a_feature_is_as_it_was(atlas: SiteAtlas) -> None:
    view = feature_view(atlas, site_of(atlas), atlas.dictionary("block2"), FEATURE)

    held_against("feature.json", json.dumps(asdict(view), indent=1, ensure_ascii=False) + "\n")


def test_the_page_of_a_feature_is_as_it_was(atlas: SiteAtlas) -> None:
    ((_, text),) = feature.pages(atlas, "block2", FEATURE, FEATURE + 1)

    held_against("feature.html", str(text))
