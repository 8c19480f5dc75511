"""The search page, and the data scripts that it, the table of all features, lists and the map load."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from atlas.reading.tables import Atlas
from atlas.render.columns import EFFECT_FIGURES, clip_texts, columns_of, figures_of, played_clips, read_tables
from atlas.render.datascripts import (
    CLIP_FIGURES,
    SHARED,
    Holding,
    column_scripts,
    index_script,
    term_scripts,
    words_script,
)
from atlas.render.effect_columns import NOT_MEASURED, NOTHING_SEEN, PASSES, SCREENED, UNTESTED, effects_measured
from atlas.render.parts.marks import Mark, mark_of
from atlas.render.parts.peaktiers import TIERS_OF_PEAKS
from atlas.render.parts.spoken import texts_of, writers
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.render.terms import Term, origins, terms_of
from atlas.render.vocabulary import commonest, read_synonyms, vocabulary
from atlas.schema import FINDINGS, STATES


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


FIRST = 6
"dictionaries; a browser loads so many scripts at once"
RANGES = (
    Range("density", "Density, %"),
    Range("max", "Maximum"),
    Range("auroc", "AUROC of the best label"),
    Range("beyond", "Above its controls"),
    Range("effect_size", "Size of effect, nats"),
)

_OF_EFFECTS = {figure.name for figure in EFFECT_FIGURES}
DOING_IN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        PASSES: "passes the test",
        NOTHING_SEEN: NOTHING_SEEN,
        UNTESTED: UNTESTED,
        SCREENED: SCREENED,
        NOT_MEASURED: NOT_MEASURED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """What can be chosen before any data is loaded."""

    dictionaries: tuple[Choice, ...]
    domains: tuple[Mark, ...]
    states: tuple[str, ...]
    ranges: tuple[Range, ...]
    doing: tuple[Choice, ...]  # empty where no effects were measured
    tiers: tuple[str, ...]  # at whose labels the peaks of some feature stand
    first: tuple[str, ...]  # the dictionaries whose names are loaded with the page, as every search needs them
    spoken: str  # whose transcripts can be searched; empty where there are none


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`search.html`, and all scripts under `data/`."""
    site = site_of(atlas)
    yield page(site, "search.html", "search.html", search=search_page(atlas))
    played, figures = played_clips(atlas.clips), figures_of(atlas)
    texts = clip_texts(played, texts_of(atlas))
    shared = column_scripts(SHARED, CLIP_FIGURES, played.frame.with_columns(texts))
    yield from _written(shared.contents)
    terms: dict[str, tuple[Term, ...]] = {}
    parts: dict[str, Mapping[str, int]] = {}
    for name in atlas.names:
        tables = read_tables(atlas, name)
        terms[name] = terms_of(tables, atlas.clips)
        columns = column_scripts(name, figures, columns_of(tables, played))
        parts[name] = columns.parts
        yield from _written(columns.contents)
    words = vocabulary(terms, origins(atlas.clips), read_synonyms(atlas.settings.synonyms), _carried(atlas))
    learned = {name: own for name, own in terms.items() if not atlas.card.dictionaries[name].control_of}
    yield "data/words.js", words_script(words, commonest(learned, words))
    for name, own in terms.items():
        shards = term_scripts(name, own, words)
        parts[name] = {**parts[name], **shards.parts}
        yield from _written(shards.contents)
    holdings = [Holding(SHARED, len(played.frame), None, shared.parts)]
    for name in atlas.names:
        control_of = atlas.card.dictionaries[name].control_of
        holdings.append(Holding(name, atlas.feature_count(name), control_of, parts[name]))
    yield "data/index.js", index_script(site.hash, site.title, marks_of(atlas), holdings, figures)


def search_page(atlas: Atlas) -> SearchPage:
    """The facets."""
    controls = {name for name in atlas.names if atlas.card.dictionaries[name].control_of}
    measured = effects_measured(atlas)
    choices = tuple(Choice(name, f"{name} (control)" if name in controls else name) for name in atlas.names)
    found = pl.concat([atlas.column(name, FINDINGS.name, "peak_tier") for name in atlas.names])["peak_tier"].unique()
    tiers = tuple(tier for tier in TIERS_OF_PEAKS if tier in found)
    return SearchPage(
        dictionaries=choices,
        domains=marks_of(atlas),
        states=STATES,
        ranges=RANGES if measured else tuple(one for one in RANGES if one.name not in _OF_EFFECTS),
        doing=tuple(Choice(value, text) for value, text in DOING_IN_WORDS.items()) if measured else (),
        tiers=tiers,
        first=tuple(name for name in atlas.names if name not in controls)[:FIRST],
        spoken=writers(atlas),
    )


def marks_of(atlas: Atlas) -> tuple[Mark, ...]:
    """The marks of all domains, in order."""
    return tuple(mark_of(name, atlas.domains) for name in atlas.domains)


def _carried(atlas: Atlas) -> list[tuple[str, str]]:
    """The labels and languages of recordings, tested or not; words and speakers may be too many."""
    frames = [atlas.label_index(name).select("kind", "label") for name in atlas.names]
    return pl.concat(frames).filter(pl.col("kind").is_in(("label", "language"))).unique().rows()


def _written(contents: Mapping[str, str]) -> Iterator[Page]:
    for address, content in contents.items():
        yield f"data/{address}", content
