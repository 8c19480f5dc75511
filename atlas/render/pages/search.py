"""The search page, and the data scripts that it, the table of all features, lists and the map load."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from atlas.reading.tables import Atlas
from atlas.render.columns import FIGURES, PlayedClips, clip_texts, columns_of, played_clips, read_tables
from atlas.render.datascripts import (
    CLIP_FIGURES,
    SHARED,
    Holding,
    Scripts,
    column_scripts,
    index_script,
    term_scripts,
)
from atlas.render.parts.detections import label_address
from atlas.render.parts.marks import Mark, mark_of
from atlas.render.parts.peaktiers import TIERS_OF_PEAKS
from atlas.render.parts.spoken import texts_of, writers
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.render.terms import WITH_PAGES, Term, origins, terms_of
from atlas.schema import FINDINGS, STATES

Pages = Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet, or one entry of a menu."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Range:
    """A figure that can be bounded."""

    name: str
    title: str


RANGES = (Range("density", "Density, %"), Range("max", "Maximum"), Range("auroc", "AUROC of the best label"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """What can be chosen before any data is loaded."""

    dictionaries: tuple[Choice, ...]
    domains: tuple[Mark, ...]
    states: tuple[str, ...]
    ranges: tuple[Range, ...]
    tiers: tuple[str, ...]  # at whose labels the peaks of some feature stand
    spoken: str  # whose transcripts can be searched; empty where there are none


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`search.html`, and all scripts under `data/`."""
    site = site_of(atlas)
    yield page(site, "search.html", "search.html", search=search_page(atlas))
    played, known = played_clips(atlas.clips), origins(atlas.clips)
    texts = clip_texts(played, texts_of(atlas))
    shared = column_scripts(SHARED, CLIP_FIGURES, played.frame.with_columns(texts))
    holdings = [Holding(SHARED, len(played.frame), None, shared.addresses)]
    yield from _written(shared)
    for name in atlas.names:
        columns, terms = dictionary_scripts(atlas, name, played, known)
        yield from _written(columns)
        yield from _written(terms)
        control_of = atlas.card.dictionaries[name].control_of
        scripts = {**columns.addresses, **terms.addresses}
        holdings.append(Holding(name, atlas.feature_count(name), control_of, scripts))
    yield "data/index.js", index_script(site.hash, site.title, marks_of(atlas), holdings)


def search_page(atlas: Atlas) -> SearchPage:
    """The facets."""
    controls = {name for name in atlas.names if atlas.card.dictionaries[name].control_of}
    choices = tuple(Choice(name, f"{name} (control)" if name in controls else name) for name in atlas.names)
    found = pl.concat([atlas.column(name, FINDINGS.name, "peak_tier") for name in atlas.names])["peak_tier"].unique()
    tiers = tuple(tier for tier in TIERS_OF_PEAKS if tier in found)
    return SearchPage(
        dictionaries=choices,
        domains=marks_of(atlas),
        states=STATES,
        ranges=RANGES,
        tiers=tiers,
        spoken=writers(atlas),
    )


def marks_of(atlas: Atlas) -> tuple[Mark, ...]:
    """The marks of all domains, in order."""
    return tuple(mark_of(name, atlas.domains) for name in atlas.domains)


def dictionary_scripts(
    atlas: Atlas, name: str, played: PlayedClips, known: Mapping[tuple[str, str], str]
) -> tuple[Scripts, Scripts]:
    """The scripts of one dictionary: its columns, and its terms."""
    tables = read_tables(atlas, name)
    terms = terms_of(tables, atlas.clips)
    columns = column_scripts(name, FIGURES, columns_of(tables, played))
    return columns, term_scripts(name, terms, _label_pages(terms, known))


def _label_pages(terms: tuple[Term, ...], known: Mapping[tuple[str, str], str]) -> Pages:
    """Where each label comes from, and its page; a label that is only heard has none."""
    with_pages = {(term.kind, term.label) for term in terms if term.way in WITH_PAGES}
    labels = {(term.kind, term.label) for term in terms}
    return {key: (known.get(key, ""), label_address(*key) if key in with_pages else "") for key in labels}


def _written(scripts: Scripts) -> Iterator[Page]:
    for address, content in scripts.contents.items():
        yield f"data/{address}", content
