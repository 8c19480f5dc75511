"""The guide: how to read a feature's page, on a drawing with numbered marks; and the terms that it takes."""

from collections.abc import Iterator
from dataclasses import dataclass

from atlas.render.effect_columns import effects_measured
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
        "In one line",
        "How many of its strongest peaks or recordings bear the name out; then how often it fires, and in how much of"
        " the corpus.",
    ),
    ("Play", "The sound around a moment on which the feature is strongest: one per recording, the strongest first."),
    (
        "What is heard",
        "The spectrogram of that sound: time from left to right, low to high from bottom to top. The tick above it"
        " marks the peak, which is always in the middle.",
    ),
    (
        "When it fires",
        "The activation on the same time axis: the higher, the stronger. All examples share one scale, up to the"
        " feature’s own maximum.",
    ),
    ("What is said", "Words and phones at their times, where the corpus has them or a model added them."),
    (
        "Why this name",
        "How well the name holds on recordings that did not choose it, and how well the best direction of each control"
        " does for the same label. Where a control does as well, the name is no evidence of what was learned.",
    ),
    (
        "Weaker and quiet examples",
        "A name should fit the weaker examples, too, and some drawn at random. On the quiet ones the feature does not"
        " fire, though they are as loud.",
    ),
    (
        "Figures",
        "How strongly it fires, in which domains, and the spectrum around its peaks. Every figure’s name leads to its"
        " definition.",
    ),
    (
        "Where to go from here",
        "Below the examples, the same feature in other dictionaries, and features like it. Beside them, its place on"
        " the map. At the top, how to cite it, and the features before and after it.",
    ),
)


@dataclass(frozen=True, slots=True)
class Guide:
    """What the guide says, and a feature to try it on."""

    introduction: Introduction
    marks: tuple[tuple[str, str], ...]
    example: Listed | None
    effects: bool
    "whether any were measured"


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`guide.html`."""
    lister = Lister(atlas)
    named = next((exhibit.feature for exhibit in gallery(atlas, lister)), None)
    view = Guide(introduction(atlas), MARKS, named or live_feature(atlas, lister), effects_measured(atlas))
    yield page(site_of(atlas), "guide.html", "guide.html", view=view)
