"""The first page of a site: what was listened to, what was measured, and a few features to hear at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from atlas.formatting import counted
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.definitions import DEFINITIONS, Definition
from atlas.render.inlining import InlineChart
from atlas.render.parts.cards import SUMMARY, WHAT_A_CONTROL_IS, CardRow, summaries
from atlas.render.parts.corpus import Domain, corpus_domains
from atlas.render.parts.gallery import Exhibit, gallery
from atlas.render.parts.listed import Listed, Lister
from atlas.render.parts.overview import files, overview
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the first page says."""

    sentence: str
    domains: tuple[Domain, ...]
    figures: tuple[Definition, ...]
    dictionaries: tuple[CardRow, ...]
    gallery: tuple[Exhibit, ...]
    charts: tuple[InlineChart, ...]
    live: Listed | None
    silence: str
    what_a_control_is: str
    "empty where no dictionary has one"


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`index.html`, and its charts as files."""
    view = home(atlas)
    yield page(site_of(atlas), "index.html", "home.html", view=view)
    yield from files(view.charts)


def home(atlas: SiteAtlas) -> Home:
    """The first page."""
    lister = Lister(atlas)
    exhibits = gallery(atlas, lister)
    return Home(
        sentence=_sentence(atlas),
        domains=corpus_domains(atlas),
        figures=tuple(DEFINITIONS[key] for key in SUMMARY),
        dictionaries=summaries(atlas),
        gallery=exhibits,
        charts=overview(atlas),
        live=_live_feature(atlas, lister),
        silence=_silence(atlas),
        what_a_control_is=WHAT_A_CONTROL_IS if any(map(atlas.control_of, atlas.names)) else "",
    )


def _sentence(atlas: Atlas) -> str:
    own = [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]
    features = sum(atlas.feature_count(name) for name in own)
    corpus = atlas.card.corpus
    hours = numbers.hours(sum(domain.hours for domain in corpus.domains.values()))
    return (
        f"What {counted(features, 'feature')} of {counted(len(own), 'dictionary', 'dictionaries')} respond to"
        f" in {hours} of audio: {counted(corpus.clips, 'clip')} of {counted(corpus.recordings, 'recording')}."
    )


def _live_feature(atlas: Atlas, lister: Lister) -> Listed | None:
    """Where "a random live feature" leads without JavaScript: the live one in the middle."""
    live = atlas.headlines(atlas.names[0]).filter(pl.col("state") == "live")["feature"]
    return lister.listed(atlas.names[0], live[len(live) // 2]) if len(live) else None


def _silence(atlas: Atlas) -> str:
    """Why nothing can be heard, where nothing can."""
    if atlas.clips["audio"].any():
        return ""
    return "No sound is published with this atlas, so features can be read but not heard."
