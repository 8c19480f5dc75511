"""Overview charts: what is drawn from which tables, and how an SVG is made to follow the page's theme."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from atlas.config.site import SiteConfig
from atlas.render.charts import DOMAIN_COLOURS, HERE, INK, LINE, MUTED
from atlas.render.inlining import InlineChart, inlined
from atlas.render.parts.overview import files, overview
from atlas.render.parts.scatter import cells
from atlas.render.site import SiteAtlas, site_atlas
from atlas.schema.card import DictionaryCard
from tests.synthetic import Spec, write_atlas

SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    spec = Spec(features=200, dictionaries=("low", "high"), clips=240, media=False)
    return site_atlas(write_atlas(tmp_path_factory.mktemp("overview"), spec), SiteConfig())


def test_an_atlas_of_two_taps_has_all_charts_and_the_same_bytes_again(small: SiteAtlas) -> None:
    charts, again = overview(small), overview(small)

    assert [chart.name for chart in charts] == ["densities", "specialised", "frequency", "layers", "overlaps"]
    assert charts == again
    assert len({chart.title for chart in charts}) == 5


def test_one_tap_has_no_layers_and_no_analyses_leave_only_densities(tmp_path: Path) -> None:
    one = write_atlas(tmp_path / "one", Spec(features=200, clips=240, media=False))
    bare = write_atlas(tmp_path / "bare", Spec(features=200, clips=240, media=False, analysed=False))

    names = [[chart.name for chart in overview(site_atlas(path, SiteConfig()))] for path in (one, bare)]

    assert names == [["densities", "specialised", "frequency", "overlaps"], ["densities", "frequency"]]


@pytest.mark.parametrize(("kind", "tap"), [("template", "encoder.blocks.0"), ("mel", "log-mel")])
def test_another_control_is_a_line_of_its_own_and_no_layer(small: SiteAtlas, kind: str, tap: str) -> None:
    cards = dict(small.card.dictionaries)
    other = {"low-random": replace(cards["low-random"], kind=kind, tap=tap)}
    fewer = {name: card for name, card in cards.items() if name != "low-random"}
    one_layer = {name: cards[name] for name in ("low", "low-random")}

    drawn = [of_dictionaries(small, these) for these in (cards, cards | other, fewer, one_layer | other)]

    both, mixed, without, one = ({chart.name: chart for chart in charts} for charts in drawn)
    assert mixed["layers"].inline == without["layers"].inline != both["layers"].inline
    assert "Dashed: random directions." in mixed["layers"].about
    assert both["densities"].inline.count("stroke-dasharray") == mixed["densities"].inline.count("stroke-dasharray")
    assert "layers" not in one


def test_each_of_two_controls_has_a_line_among_the_densities(small: SiteAtlas) -> None:
    cards = dict(small.card.dictionaries)
    two = cards | {"high": replace(cards["high-random"], control_of="low", kind="template")}
    two.pop("high-random")

    densities = of_dictionaries(small, two)[0]

    assert densities.name == "densities"
    assert densities.inline.count('stroke-dasharray="3,3"') == 2


def of_dictionaries(small: SiteAtlas, dictionaries: Mapping[str, DictionaryCard]) -> tuple[InlineChart, ...]:
    card = replace(small.card, dictionaries=dict(dictionaries))
    return overview(SiteAtlas(small.folder, card, small.settings))


def test_charts_in_the_page_have_no_colour_style_or_address_of_their_own(small: SiteAtlas) -> None:
    for chart in overview(small):
        ElementTree.fromstring(chart.inline)
        assert not re.search(r"style=|#[0-9a-f]{3,6}|https?:|font-family|<style|xmlns", chart.inline)
        assert set(re.findall(r'class="([^"]*)"', chart.inline)) <= {"overview", "muted", "rule", *DOMAIN_COLOURS}
        assert len(chart.inline) < 70_000


def test_charts_are_saved_on_white_as_svg_and_pdf(small: SiteAtlas) -> None:
    saved = dict(files(overview(small)))

    assert len(saved) == 10
    assert saved["charts/densities.svg"].startswith(
        "<svg" if isinstance(saved["charts/densities.svg"], str) else b"<svg"
    )
    assert b'fill="#ffffff"' in saved["charts/layers.svg"]
    assert saved["charts/layers.pdf"][:5] == b"%PDF-"


def test_what_no_reader_sees_is_left_out_and_colours_become_classes() -> None:
    drawn = f"""<svg {SVG} version="1.1" width="20" height="10" viewBox="0 0 20 10"><g fill="none" role="x">
      <g><path class="background" d="M0,0h0v0h0Z"/><path class="foreground" d="" display="none"/></g>
      <text fill="{MUTED}" font-family="sans-serif" opacity="1">a &lt; b</text>
      <path d="M0.04,1.25L2.96,-0.01" stroke="{LINE}"/>
      <a xlink:href="{HERE}d/low.html"><path aria-label="low: 3 %" d="M1,1h2v2Z" fill="{DOMAIN_COLOURS["speech"]}"/></a>
      <line stroke="{INK}" x2="5"/></g></svg>"""

    found = re.sub(r"\s*\n\s*", "", inlined(drawn, '"title"'))

    assert found == (
        '<svg width="20" height="10" viewBox="0 0 20 10" role="group" aria-label="&quot;title&quot;" class="overview">'
        '<g fill="none"><text fill="currentColor" class="muted">a &lt; b</text>'
        '<path d="M0,1.2L3,0" stroke="currentColor" class="rule" />'
        '<a href="d/low.html" tabindex="-1" aria-label="low: 3 %">'
        '<path d="M1,1h2v2Z" fill="currentColor" class="speech" /></a><line stroke="currentColor" x2="5" /></g></svg>'
    )


def test_a_colour_that_the_theme_does_not_know_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="#123456"):
        inlined(f'<svg {SVG}><path d="M0,0" fill="#123456"/></svg>', "x")
    with pytest.raises(ValueError, match="has the colours of"):
        inlined(f'<svg {SVG}><path d="M0,0" fill="{MUTED}" stroke="{LINE}"/></svg>', "x")


def test_cells_count_every_feature_that_fires_once(small: SiteAtlas) -> None:
    features = small.column("low", "features", "feature", "state", "density", "mean_active", "frames_active")
    domains = small.column("low", "domains", "feature", "domain", "specialised", "rate_pooled_clip", "q")
    grades = small.column("low", "grades", "feature", "level", "comparison", "domain", "tau")

    found = pl.DataFrame(list(cells(features, grades, domains)))

    firing = features.filter(pl.col("frames_active") > 0)
    assert found["features"].sum() == len(firing)
    assert found["density"].min() >= firing["density"].min() * 0.99
    assert found["density"].max() <= firing["density"].max() * 1.01
    assert set(found["domain"]) <= {"none", "speech", "music", "sound"}
    assert list(cells(features.clear(), grades, domains)) == []
