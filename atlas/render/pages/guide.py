"""The guide: how to read a feature's page, on a drawing with numbered marks; and the terms that it takes."""

from collections.abc import Iterator
from dataclasses import dataclass

from atlas.render.pages.home import live_feature
from atlas.render.parts.gallery import gallery
from atlas.render.parts.introduction import Introduction, introduction
from atlas.render.parts.listed import Listed, Lister
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of

MARKS = (
    (
        "The name",
        "What the feature was found to respond to. A feature that nothing names has its number instead, and the line"
        " below says what comes closest.",
    ),
    (
        "The evidence, and its controls",
        "How well the name holds on recordings that did not choose it, and how well the best direction of each control"
        " does for the same label. If a control does as well, the name is nothing that the dictionary had to learn.",
    ),
    (
        "Play",
        "The sound around one of the moments on which the feature is strongest. One example per recording, the"
        " strongest first.",
    ),
    (
        "What is heard",
        "The spectrogram of that sound: time from left to right, low to high from bottom to top. The tick above it"
        " marks the peak, which is always in the middle.",
    ),
    (
        "When it fires",
        "The activation, on the same time axis: the higher, the stronger. Of every feature it is scaled to its own"
        " maximum.",
    ),
    (
        "What is said",
        "Words and phones with their times, where the corpus has them or they were made.",
    ),
    (
        "Weaker and quiet examples",
        "Closed at first. A feature is what its weak examples have in common, too; on quiet ones it does not fire,"
        " though they are as loud.",
    ),
    (
        "Figures",
        "How often it fires, on which domains, around which spectra, with which labels. Every figure’s name leads to"
        " its definition.",
    ),
    (
        "Where to go from here",
        "Features like it, in this dictionary and in others; the next feature; its place on the map; the line to cite.",
    ),
)


@dataclass(frozen=True, slots=True)
class Guide:
    """What the guide says, and a feature to try it on."""

    introduction: Introduction
    marks: tuple[tuple[str, str], ...]
    example: Listed | None


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`guide.html`."""
    lister = Lister(atlas)
    named = next((exhibit.feature for exhibit in gallery(atlas, lister)), None)
    view = Guide(introduction(atlas), MARKS, named or live_feature(atlas, lister))
    yield page(site_of(atlas), "guide.html", "guide.html", view=view)
