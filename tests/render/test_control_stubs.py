"""Every direction of a control has an address; those that a feature is held against have a page."""

import pytest

from atlas.config.site import SiteConfig
from atlas.render.pages import controls, feature
from atlas.render.parts.cards import A_CONTROL
from atlas.render.site import SiteAtlas
from atlas.schema import FINDINGS
from tests.render.sites import SMALL, Parsed, opened

NAME = "block1-random"


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("atlas"), SMALL)


def cited(atlas: SiteAtlas) -> set[int]:
    found = atlas.folder.read_table(FINDINGS, "block1")["control_feature"].drop_nulls()
    return set(found.to_list())


def test_a_direction_that_a_page_cites_has_a_page_and_the_others_have_stubs(atlas: SiteAtlas) -> None:
    made = dict(controls.pages(atlas, NAME, 0, SMALL.features))
    whole = dict(feature.pages(atlas, NAME, 0, SMALL.features))
    assert made.keys() == whole.keys()
    assert 0 < len(cited(atlas)) < SMALL.features
    for number in range(SMALL.features):
        address = f"f/{NAME}/{number}.html"
        if number in cited(atlas):
            assert made[address] == whole[address]
        else:
            assert len(str(made[address])) < 2000


def test_a_stub_says_what_lies_there_and_leads_to_both_dictionaries(atlas: SiteAtlas) -> None:
    text = next(text for address, text in controls.pages(atlas, NAME, 0, 8) if address == f"f/{NAME}/3.html")
    page = Parsed(str(text))
    assert not page.crossed
    assert {"../../d/block1.html", f"../../d/{NAME}.html"} <= set(page.values("href"))
    said = " ".join("".join(page.text).split())
    assert "This is a control, one of the random directions that block1 is held against" in said
    assert A_CONTROL in said
    assert "fires on" in said or "Dead on this corpus" in said


def test_a_feature_leads_to_what_it_is_held_against(atlas: SiteAtlas) -> None:
    dictionary, site = atlas.dictionary("block1"), feature.site_of(atlas)
    views = [feature.feature_view(atlas, site, dictionary, number) for number in range(SMALL.features)]
    rivals = [view.evidence.rivals for view in views if view.evidence and view.evidence.rivals]
    assert {int(one.text.split("/")[1]) for (one,) in rivals} == cited(atlas)
    assert {one.address for (one,) in rivals} == {f"f/{NAME}/{number}.html" for number in cited(atlas)}


def test_all_of_them_have_pages_where_the_config_asks_for_them(atlas: SiteAtlas) -> None:
    asked = SiteAtlas(atlas.folder, atlas.card, SiteConfig(control_pages=True))
    assert (atlas.is_stubbed_control(NAME), asked.is_stubbed_control(NAME)) == (True, False)
    assert not atlas.is_stubbed_control("block1")
