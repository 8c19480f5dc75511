"""The first page of a site: what a newcomer needs to know, a few features to hear at once, and what was measured.

Few dictionaries are shown beside their controls at once; the charts of domains and densities have a page of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import polars as pl

from atlas.formatting import listed
from atlas.reading.tables import Atlas
from atlas.render.definitions import DEFINITIONS, Definition, beside_entry
from atlas.render.inlining import InlineChart
from atlas.render.pages.dictionary import SIDE_BY_SIDE
from atlas.render.parts.cardchart import PASSING, CardChart, card_chart
from atlas.render.parts.cards import SUMMARY, CardRow, summaries
from atlas.render.parts.conclusions import conclusions
from atlas.render.parts.corpus import Domain, corpus_domains
from atlas.render.parts.effectcard import effect_sentences
from atlas.render.parts.experiments import ExperimentLink, experiments_of
from atlas.render.parts.gallery import Exhibit, gallery, why_empty
from atlas.render.parts.introduction import Introduction, in_a_sentence, introduction
from atlas.render.parts.listed import Listed, Lister
from atlas.render.parts.metadata import metadata_of_home
from atlas.render.parts.overview import files, overview
from atlas.render.site import SiteAtlas
from atlas.render.templating import HOME, Page, page, site_of

MOST_ROWS = 12
"dictionaries and controls in one table; of more the controls are folded"
NOT_SHOWN = ("named",)
"of the figures of a line: phones name any direction that follows them, so alone it says nothing of a dictionary"
MOST_CHARTED = 3
"dictionaries whose figures are drawn beside those of their controls"
CHARTED = (*map(beside_entry, ("labels_found", "label_phi", "label_probe", "fvu_sample")), PASSING)
"which figures are"
MOST_CONCLUSIONS = 4
"dictionaries whose conclusions are read on the first page; more stand beside each other on a page of their own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the first page says."""

    sentence: str
    introduction: Introduction
    domains: tuple[Domain, ...]
    figures: tuple[Definition, ...]
    dictionaries: tuple[tuple[CardRow, str], ...]
    "each with the line that its config has for readers"
    folded: tuple[tuple[CardRow, str], ...]
    "the controls, where there are too many rows"
    conclusions: tuple[tuple[str, str], ...]
    "of few dictionaries, what the card of each comes to"
    side_by_side: str
    "the page of all dictionaries beside each other; empty where there is one"
    controlled: bool
    "whether any dictionary has a control"
    gallery: tuple[Exhibit, ...]
    in_turn: str
    "the kinds of labels in it"
    why_empty: str
    "why nothing is shown to hear; empty where something is"
    chart: CardChart | None
    "of few dictionaries"
    charts: bool
    "whether there is a page of charts"
    experiments: tuple[ExperimentLink, ...]
    live: Listed | None


@dataclass(frozen=True, slots=True)
class Details:
    """The page of charts."""

    charts: tuple[InlineChart, ...]
    domains: tuple[Domain, ...]


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`index.html`, `charts.html` where there are any, and the charts as files."""
    site, charts = site_of(atlas), overview(atlas)
    view = home(atlas, charted=bool(charts))
    yield page(site, HOME, "home.html", view=view, meta=metadata_of_home(atlas))
    if charts:
        yield page(site, "charts.html", "charts.html", view=Details(charts, view.domains))
    yield from files(charts)


def home(atlas: SiteAtlas, *, charted: bool) -> Home:
    """The first page; charted: whether there is a page of charts."""
    lister = Lister(atlas)
    rows = tuple((_shown(row), atlas.about(row.name)) for row in summaries(atlas))
    folded = tuple(row for row in rows if row[0].control_of) if len(rows) > MOST_ROWS else ()
    own = [row.name for row, _ in rows if not row.control_of]
    exhibits = gallery(atlas, lister)
    return Home(
        sentence=in_a_sentence(atlas),
        introduction=introduction(atlas),
        domains=corpus_domains(atlas),
        figures=tuple(DEFINITIONS[key] for key in SUMMARY if key not in NOT_SHOWN),
        dictionaries=tuple(row for row in rows if row not in folded),
        folded=folded,
        conclusions=tuple(_conclusions(atlas, own)),
        side_by_side=SIDE_BY_SIDE if len(own) > 1 else "",
        controlled=any(map(atlas.controls_of, atlas.names)),
        gallery=exhibits,
        in_turn=listed(tuple(dict.fromkeys(exhibit.room for exhibit in exhibits))) if exhibits else "",
        why_empty="" if exhibits else why_empty(atlas),
        chart=_chart(atlas, own) if len(own) <= MOST_CHARTED else None,
        charts=charted,
        experiments=experiments_of(atlas),
        live=live_feature(atlas, lister),
    )


def _shown(row: CardRow) -> CardRow:
    cells = zip(SUMMARY, row.cells, strict=True)
    return replace(row, cells=tuple(cell for key, cell in cells if key not in NOT_SHOWN))


def _chart(atlas: Atlas, own: Sequence[str]) -> CardChart | None:
    """The first of all figures: the others are a click away."""
    whole = card_chart(atlas, own)
    figures = tuple(one for one in whole.figures if one.key in CHARTED) if whole else ()
    shown = {point.who for figure in figures for strip in figure.strips for point in strip.points}
    return CardChart(figures, tuple(sign for sign in whole.signs if sign.who in shown)) if whole and figures else None


def _conclusions(atlas: Atlas, own: Sequence[str]) -> Iterator[tuple[str, str]]:
    if len(own) <= MOST_CONCLUSIONS:
        first = ((name, [*conclusions(atlas, name)[:1], *islice(effect_sentences(atlas, name), 1)]) for name in own)
        said = ((name, " ".join(sentences)) for name, sentences in first if sentences)
        yield from ((name, sentence.removeprefix(f"{name} ")) for name, sentence in said)  # the name is a link


def live_feature(atlas: Atlas, lister: Lister) -> Listed | None:
    """Where "a random live feature" leads without JavaScript: the live one in the middle."""
    live = atlas.headlines(atlas.names[0]).filter(pl.col("state") == "live")["feature"]
    return lister.listed(atlas.names[0], live[len(live) // 2]) if len(live) else None
