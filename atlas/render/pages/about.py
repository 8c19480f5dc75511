"""The page that says how everything was measured, from what, under which licences, and how to cite it."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from atlas.audio import draws
from atlas.formatting import duration
from atlas.reading.bibtex import BIBTEX, bibtex
from atlas.reading.cff import CFF
from atlas.reading.citation import reference
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.definitions import Section, sections
from atlas.render.effect_columns import effects_measured
from atlas.render.pages.clip import web_address
from atlas.render.parts.annotating import Annotating, annotating
from atlas.render.parts.cards import CardFigure, file_facts, made_figures, what_a_control_is
from atlas.render.parts.corpus import dataset_anchor
from atlas.render.parts.groups import few_groups, whole_groups
from atlas.render.parts.introduction import Introduction, introduced, introduction
from atlas.render.parts.marks import Mark, mark_of
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.schema.card import EncoderCard
from atlas.schema.wording import doubt_words

MOST_CREDITS = 40


@dataclass(frozen=True, slots=True)
class SourceCredit:
    """An attribution, and where the clips came from."""

    text: str
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicensedSource:
    """The clips of one dataset under one licence."""

    dataset: str
    anchor: str  # of its first row; the others have none
    mark: Mark
    licence: str
    clips: str
    time: str
    audible: str  # how many can be heard here
    formats: str
    credits: tuple[SourceCredit, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryFacts:
    """A dictionary's making, its doubts, and what its file said."""

    name: str
    address: str
    about: str
    control_of: str
    tap: str
    figures: tuple[CardFigure, ...]
    facts: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the page says."""

    title: str
    introduction: Introduction
    tool: str
    builds: str
    fingerprint: str
    corpus_hash: str
    matched: str
    what_a_control_is: str
    problems: int
    groups: tuple[str, ...]
    encoder: tuple[tuple[str, str], ...]
    sources: tuple[LicensedSource, ...]
    annotating: Annotating | None
    dictionaries: tuple[DictionaryFacts, ...]
    sections: tuple[Section, ...]
    effects: bool
    "whether any were measured"
    cite: str
    bibtex: str
    files: tuple[str, ...]
    "of citation, at the root"


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`about.html`."""
    yield page(site_of(atlas), "about.html", "about.html", view=about(atlas))


def about(atlas: SiteAtlas) -> About:
    """Everything that a reader needs to judge the atlas and make it again."""
    card, corpus = atlas.card, atlas.card.corpus
    return About(
        title=card.title,
        introduction=introduction(atlas),
        tool=card.tool,
        builds="; ".join(card.builds),
        fingerprint=card.fingerprint,
        corpus_hash=corpus.hash,
        matched=numbers.seconds(corpus.matched_s),
        what_a_control_is=what_a_control_is(atlas),
        problems=corpus.problems,
        groups=(*whole_groups(corpus), *few_groups(corpus)),
        encoder=tuple(_encoder(card.encoder)),
        sources=tuple(_sources(atlas)),
        annotating=annotating(atlas),
        dictionaries=tuple(_dictionary(atlas, name) for name in atlas.names),
        sections=sections(effects=effects_measured(atlas)),
        effects=effects_measured(atlas),
        cite=_cite(atlas),
        bibtex=bibtex(atlas.work),
        files=(BIBTEX, CFF) if atlas.work.authors else (BIBTEX,),
    )


def _encoder(card: EncoderCard) -> Iterator[tuple[str, str]]:
    yield "Model", card.model
    yield "Window", numbers.seconds(card.window_s, 0)
    sizes = [name for name in ("layers", "width") if name in card.architecture]
    if sizes:
        yield ", ".join(sizes).capitalize(), ", ".join(str(card.architecture[name]) for name in sizes)
    yield "Taps", ", ".join(card.taps)
    yield "Checkpoint", f"SHA-256 {card.sha256[:16]}…"


def _dictionary(atlas: SiteAtlas, name: str) -> DictionaryFacts:
    card = atlas.card.dictionaries[name]
    return DictionaryFacts(
        name=name,
        address=f"d/{name}.html",
        about=introduced(atlas, name).about,
        control_of=card.control_of or "",
        tap=card.tap,
        figures=made_figures(atlas, name),
        facts=file_facts(atlas, name),
        doubts=tuple(map(doubt_words, card.doubts)),
    )


def _sources(atlas: Atlas) -> Iterator[LicensedSource]:
    usable = draws.usable(atlas.clips)
    anchored: set[str] = set()
    order = {domain: place for place, domain in enumerate(atlas.domains)}
    parts = usable.with_columns(pl.col("licence", "dataset").fill_null("")).partition_by(
        "domain", "dataset", "licence", as_dict=True
    )
    for (domain, dataset, licence), clips in sorted(parts.items(), key=lambda item: (order[str(item[0][0])], item[0])):
        credited = _credits(clips)
        anchor = dataset_anchor(str(dataset))
        rates = ", ".join(f"{rate / 1000:g} kHz" for rate in sorted(clips["sample_rate"].unique()))
        yield LicensedSource(
            dataset=str(dataset) or "no dataset named",
            anchor="" if anchor in anchored else anchor,
            mark=mark_of(str(domain), atlas.domains),
            licence=str(licence) or "not stated",
            clips=numbers.count(len(clips)),
            time=duration(atlas.grid.seconds(int(clips["valid_frames"].sum()))),
            audible=numbers.count(int(clips["audio"].sum())),
            formats=f"{', '.join(sorted(clips['codec'].unique()))}, {rates}",
            credits=credited[:MOST_CREDITS],
            more=f"and {len(credited) - MOST_CREDITS:,} more, each on its clip's page" * (len(credited) > MOST_CREDITS),
        )
        anchored.add(anchor)


def _credits(clips: pl.DataFrame) -> tuple[SourceCredit, ...]:
    """Every attribution and address of some clips, once."""
    rows = clips.select("attribution", "source_url").unique().sort("attribution", "source_url").iter_rows()
    stated = ((text or url, url) for text, url in rows if text or url)
    return tuple(SourceCredit(text, web_address(url)) for text, url in stated)


def _cite(atlas: SiteAtlas) -> str:
    """How a list of references prints it; where nobody is named, what made it stands for them."""
    edition = "" if atlas.work.authors else f" ({atlas.card.tool}, atlas {atlas.card.fingerprint})"
    return reference(atlas.work) + edition
