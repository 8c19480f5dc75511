"""The page for an address that is not there: a host shows it at any depth."""

from pathlib import Path

import pytest

from atlas.config.site import SiteConfig
from atlas.render.pages import standing
from atlas.render.site import site_atlas
from tests.render.test_feature import Seen
from tests.synthetic import Spec, write_atlas


@pytest.mark.parametrize(
    ("base_url", "root"),
    [("https://user.github.io/atlas", "/atlas/"), ("https://user.github.io/atlas/", "/atlas/"), ("https://a.org", "/")],
)
def test_every_address_of_the_missing_page_starts_from_the_root_of_the_published_site(
    base_url: str, root: str, tmp_path: Path
) -> None:
    atlas = site_atlas(write_atlas(tmp_path, Spec(features=16, clips=60)), SiteConfig(base_url=base_url))
    seen = Seen(str(dict(standing.pages(atlas))["404.html"]))
    addresses = [*seen.values("href"), *seen.values("src"), *seen.values("action"), *seen.values("data-root")]

    assert len(addresses) > 8
    assert [address for address in addresses if not address.startswith((root, "#main"))] == []
