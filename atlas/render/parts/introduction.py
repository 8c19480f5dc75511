"""What a newcomer is told first, on Home, on About and in the guide: three terms, and where else to go."""

from dataclasses import dataclass

from atlas.formatting import counted
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.site import SiteAtlas

TERMS = (
    (
        "Feature",
        "One unit of a dictionary. It is silent most of the time and fires on the moments of sound that it responds"
        " to; press play on some, and you hear what they share.",
    ),
    (
        "Dictionary",
        "A set of features that together describe what the audio model computes at one layer: usually a sparse"
        " autoencoder, which was trained to rebuild the layer from a few features at a time.",
    ),
    (
        "Control",
        "Directions that were not learned from this layer, made to fire as often as features do. What a control finds"
        " as well is no evidence of what the dictionary learned.",
    ),
)


@dataclass(frozen=True, slots=True)
class OutwardLink:
    """Where the site leads outside."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Introduced:
    """A dictionary, and the line that its config has for readers."""

    name: str
    address: str
    about: str


@dataclass(frozen=True, slots=True)
class Introduction:
    """The terms and what is introduced by them."""

    terms: tuple[tuple[str, str], ...]
    links: tuple[OutwardLink, ...]


def introduction(atlas: SiteAtlas) -> Introduction:
    """What Home and About begin with."""
    settings = atlas.settings
    links = (("Project", settings.project), ("Paper", settings.paper), ("Documentation", settings.documentation))
    return Introduction(TERMS, tuple(OutwardLink(name, address) for name, address in links if address))


def in_a_sentence(atlas: Atlas) -> str:
    """What the atlas holds."""
    own = [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]
    features = sum(atlas.feature_count(name) for name in own)
    corpus = atlas.card.corpus
    hours = numbers.hours(sum(domain.hours for domain in corpus.domains.values()))
    return (
        f"What {counted(features, 'feature')} of {counted(len(own), 'dictionary', 'dictionaries')} respond to"
        f" in {hours} of audio: {counted(corpus.clips, 'clip')} from {counted(corpus.recordings, 'recording')}."
        f"{_measured(atlas)}"
    )


def _measured(atlas: Atlas) -> str:
    """Of how many features it is known what they do."""
    ablated = int(atlas.effect_runs["measured"].sum())
    return f" What {counted(ablated, 'of them does', 'of them do')} was measured by ablation." if ablated else ""


def introduced(atlas: SiteAtlas, name: str) -> Introduced:
    """A dictionary with its line; a control says itself what it is."""
    card = atlas.card.dictionaries[name]
    about = atlas.about(name)
    if card.control_of and not about:
        words = CONTROL_WORDS.get(card.kind, card.kind)
        about = f"{words[:1].upper()}{words[1:]}: a control of {card.control_of}."
    return Introduced(name, f"d/{name}.html", about)
