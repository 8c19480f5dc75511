"""Former names of dictionaries: each address of today has its former ones, which lead to it with all that follows."""

import re
from pathlib import Path

import pytest

from atlas.config.site import SiteConfig
from atlas.publish.pagescan import scan
from atlas.render.pages import compare, downloads, manifest, redirects, table
from atlas.render.pages.dictionary import pages as dictionary_pages
from atlas.render.site import SiteAtlas
from tests.render.sites import SMALL, opened

SETTINGS = SiteConfig(base_url="https://example.org/atlas", redirects={"layer1": "block1", "old.one": "block1"})


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("atlas"), SMALL, SETTINGS)


def test_names_of_controls_follow_that_of_their_dictionary(atlas: SiteAtlas) -> None:
    assert atlas.redirects == {
        "layer1": "block1",
        "old.one": "block1",
        "layer1-random": "block1-random",
        "old.one-random": "block1-random",
    }
    assert manifest.manifest(atlas)["redirects"] == atlas.redirects


def test_every_page_of_a_dictionary_has_one_at_each_of_its_former_addresses(atlas: SiteAtlas) -> None:
    kinds = (dictionary_pages, table.pages, compare.pages)
    today = {address for kind in kinds for address, _ in kind(atlas) if address.endswith(".html")}
    today |= {f"f/{name}/{feature}.html" for name in atlas.names for feature in range(atlas.feature_count(name))}
    pattern = re.compile(r"(?<![\w.-])block1(?=[/.-])")
    former = {
        pattern.sub(old, address) for address in today for old in ("layer1", "old.one") if pattern.search(address)
    }
    made = [address for address, _ in redirects.pages(atlas)]

    assert len(set(made)) == len(made)
    assert former <= set(made)
    assert not today & set(made)


def test_csv_and_vectors_stay_at_their_former_addresses(atlas: SiteAtlas) -> None:
    made = dict(table.pages(atlas)) | dict(downloads.pages(atlas))

    for old, new in atlas.redirects.items():
        assert made[f"d/{old}.csv"] == made[f"d/{new}.csv"]
    for old in ("layer1", "old.one"):
        assert made[f"data/vectors/{old}.safetensors"] == made["data/vectors/block1.safetensors"]
    assert "data/vectors/layer2.safetensors" not in made


def test_a_former_address_leads_to_that_of_today_with_and_without_scripts(atlas: SiteAtlas) -> None:
    text = dict(redirects.pages(atlas))["f/layer1/12.html"]
    assert isinstance(text, str)
    scanned = scan(text)

    assert '<link rel="canonical" href="https://example.org/atlas/f/block1/12.html">' in text
    assert '<noscript><meta http-equiv="refresh" content="0; url=../../f/block1/12.html"></noscript>' in text
    assert '<p>layer1 is called block1 today: <a href="../../f/block1/12.html">block1/12</a></p>' in text
    assert scanned.links == {"../../f/block1/12.html", "../../assets/moved.js"}
    assert scanned.faults == ()
    assert len(text.encode()) < 900


def test_where_features_have_no_files_their_former_addresses_have_none_either(tmp_path: Path) -> None:
    bare = opened(tmp_path, SMALL, SETTINGS.model_copy(update={"packed": True, "stubs": False, "base_url": None}))
    made = dict(redirects.pages(bare))

    assert not [address for address in made if address.startswith("f/")]
    assert 'rel="canonical" href="../d/block1.html"' in str(made["d/layer1.html"])
    assert "d/layer1-random/links-1.html" in made


def test_without_former_names_there_is_nothing(tmp_path: Path) -> None:
    assert list(redirects.pages(opened(tmp_path, SMALL))) == []
