"""The page of a dictionary: its card beside its control, how dense its features are, and the table of all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from atlas.reading.tables import Atlas
from atlas.render import numbers, svg
from atlas.render.pages.compare import Compared, compared_with
from atlas.render.parts.cardchart import CardChart, card_chart
from atlas.render.parts.cards import (
    CONTROL_WORDS,
    CardFigure,
    card_figures,
    drawn_count,
    file_facts,
    made_figures,
    what_a_control_is,
)
from atlas.render.parts.conclusions import conclusions
from atlas.render.parts.effectcard import EffectCard, effect_card
from atlas.render.parts.experiments import ExperimentLink, experiments_of
from atlas.render.parts.groups import few_groups
from atlas.render.parts.listed import Lister
from atlas.render.parts.metadata import metadata_of_page
from atlas.render.site import SiteAtlas
from atlas.render.svg import ChartTick
from atlas.render.templating import Page, page, site_of
from atlas.schema import STATES
from atlas.schema.card import DictionaryCard
from atlas.schema.wording import doubt_words

SIDE_BY_SIDE = "dictionaries.html"
WIDTH, HEIGHT, TOP = 560.0, 120.0, 4.0
BINS_A_DECADE = 8
LOWEST = -6
"the density of 10^-6, below which everything stands in the first bin"


@dataclass(frozen=True, slots=True)
class Densities:
    """How many features fire how often: two outlines over one axis, the control's as a line."""

    mine: str
    control: str
    across: tuple[ChartTick, ...]
    up: tuple[ChartTick, ...]
    caption: str


@dataclass(frozen=True, slots=True)
class StateShare:
    """A state's part of a bar that is 100 wide."""

    state: str
    x: str
    width: str
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryPage:
    """One dictionary."""

    name: str
    about: str
    "the line that the config has for readers"
    tap: str
    features: str
    control: str
    controls: tuple[tuple[str, str], ...]
    "what each control is, and its name"
    drawn: str
    "how many features are compared with as many of the controls; empty where these are all"
    control_of: str
    kind: str
    "of a control: what its features are"
    what_a_control_is: str
    short_of: str
    "of a control: how many of its directions are less dense than what they match"
    conclusions: tuple[str, ...]
    few_groups: tuple[str, ...]
    chart: CardChart | None
    "nothing of a control, which stands in the chart of its dictionary, or before analysing"
    side_by_side: bool
    "whether a page shows the dictionaries beside each other"
    measured: tuple[CardFigure, ...]
    made: tuple[CardFigure, ...]
    facts: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...]
    densities: Densities
    states: tuple[StateShare, ...]
    control_states: tuple[StateShare, ...]
    compared: tuple[Compared, ...]
    experiments: tuple[ExperimentLink, ...]
    analysed: bool
    effects: EffectCard | None
    "nothing where the stage was not run for it"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Several dictionaries, such as the layers of a model, in the figures of the card."""

    chart: CardChart | None
    what_a_control_is: str


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`d/{dictionary}.html` for each, and one for several beside each other."""
    site = site_of(atlas)
    for name in atlas.names:
        view, address = dictionary_page(atlas, name), f"d/{name}.html"
        said = " ".join((_what_it_is(view), *view.conclusions, *_first_effect(view)))
        meta = metadata_of_page(atlas, address, name, said)
        yield page(site, address, "dictionary.html", view=view, meta=meta)
    own = _own(atlas)
    if len(own) > 1:
        yield page(
            site, SIDE_BY_SIDE, "dictionaries.html", view=SideBySide(card_chart(atlas, own), what_a_control_is(atlas))
        )


def _what_it_is(view: DictionaryPage) -> str:
    if view.control_of:
        return f"{view.features} features of a control of {view.control_of}."
    return view.about or f"{view.features} features of {view.tap}."


def _first_effect(view: DictionaryPage) -> tuple[str, ...]:
    return view.effects.sentences[:1] if view.effects else ()


def _own(atlas: Atlas) -> list[str]:
    """The dictionaries that are no controls."""
    return [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]


def dictionary_page(atlas: SiteAtlas, name: str) -> DictionaryPage:
    """What is shown of one dictionary."""
    card, control = atlas.card.dictionaries[name], atlas.control_of(name)
    return DictionaryPage(
        name=name,
        about=atlas.about(name),
        tap=card.tap,
        features=numbers.count(card.features),
        control=control or "",
        controls=tuple((CONTROL_WORDS[kind], other) for kind, other in atlas.controls_of(name).items()),
        drawn=drawn_count(atlas, name),
        control_of=card.control_of or "",
        kind=CONTROL_WORDS.get(card.kind, ""),
        what_a_control_is=what_a_control_is(atlas),
        short_of=_short_of(card),
        conclusions=conclusions(atlas, name),
        few_groups=tuple(few_groups(atlas.card.corpus)),
        chart=None if card.control_of else card_chart(atlas, [name]),
        side_by_side=len(_own(atlas)) > 1,
        measured=card_figures(atlas, name),
        made=made_figures(atlas, name),
        facts=file_facts(atlas, name),
        doubts=tuple(map(doubt_words, card.doubts)),
        densities=densities(atlas, name, control),
        states=_states(atlas, name),
        control_states=_states(atlas, control) if control else (),
        compared=compared_with(atlas, name),
        experiments=experiments_of(atlas, name),
        analysed=len(atlas.label_index(name)) > 0,
        effects=effect_card(atlas, name, Lister(atlas)),
    )


def _short_of(card: DictionaryCard) -> str:
    short = card.calibration.unmatched_densities
    if not card.control_of or not short:
        return ""
    return (
        f"{numbers.count(short)} of {numbers.count(card.features)} fire less often than the features they match, as"
        " their values are seldom above zero."
    )


def densities(atlas: Atlas, name: str, control: str | None) -> Densities:
    """The distribution of densities on log scales, the control's beside it."""
    mine, other = _density_counts(atlas, name), _density_counts(atlas, control) if control else []
    most = max([*mine, *other, 1])
    width = WIDTH / len(mine)
    paths = [svg.steps(svg.log_heights(counts, most, HEIGHT), width, TOP + HEIGHT) for counts in (mine, other)]
    across = tuple(
        ChartTick(numbers.plain(WIDTH * place / -LOWEST), f"{100 * 10.0 ** (LOWEST + place):g} %")
        for place in range(-LOWEST + 1)
    )
    awake = numbers.count(sum(mine))
    beside = f"; as a line, {numbers.count(sum(other))} of the random control" if other else ""
    caption = f"How many of {awake} features that fire have which density{beside}. Both axes are logarithmic."
    return Densities(paths[0], paths[1], across, tuple(svg.log_ticks(most, HEIGHT, TOP)), caption)


def _density_counts(atlas: Atlas, name: str) -> list[int]:
    """Features a bin of density, from 10^-6 to 1; the dead have none."""
    positive = atlas.headlines(name).filter(pl.col("density") > 0)["density"].to_numpy()
    bins = np.floor((np.log10(positive) - LOWEST) * BINS_A_DECADE).astype(np.int64)
    counts: list[int] = np.bincount(
        np.clip(bins, 0, -LOWEST * BINS_A_DECADE - 1), minlength=-LOWEST * BINS_A_DECADE
    ).tolist()
    return counts


def _states(atlas: Atlas, name: str) -> tuple[StateShare, ...]:
    shares = atlas.card.dictionaries[name].states
    ordered = ("live", *(state for state in reversed(STATES) if state != "live"))
    return tuple(_stacked([(state, shares[state]) for state in ordered]))


def _stacked(shares: Sequence[tuple[str, float]]) -> Iterator[StateShare]:
    left = 0.0
    for state, share in shares:
        if share:
            yield StateShare(state, numbers.plain(100 * left), numbers.plain(100 * share), numbers.percent(share))
        left += share
