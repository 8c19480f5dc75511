"""Made-up atlases of a few kinds, opened as renderers open them, and what their pages hold."""

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from atlas.config.site import MediaConfig, SiteConfig
from atlas.render.pages import about, clip, compare, dictionary, guide, home, label, labels
from atlas.render.site import SiteAtlas, site_atlas
from tests.synthetic import LICENCES, Spec, write_atlas

KINDS = (home, guide, about, dictionary, compare, labels, label, clip)
SMALL = Spec(features=96, dictionaries=("block1", "block2"), clips=48)
VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")


def opened(folder: Path, spec: Spec, settings: SiteConfig | None = None) -> SiteAtlas:
    """A made-up atlas, with the licences that its media were made with."""
    return licensed(write_atlas(folder, spec), settings)


def licensed(folder: Path, settings: SiteConfig | None = None) -> SiteAtlas:
    """The same of a folder that was written before."""
    return replace(site_atlas(folder, settings or SiteConfig()), media=MediaConfig(redistribute=LICENCES[:2]))


def written(atlas: SiteAtlas) -> dict[str, str]:
    """All pages of these kinds, by address."""
    every = [page for kind in KINDS for page in kind.pages(atlas)]
    assert len({address for address, _ in every}) == len(every), "no address is written twice"
    return {address: text for address, text in every if isinstance(text, str) and address.endswith(".html")}


class Parsed(HTMLParser):
    """A page: its elements with their attributes, its text, and whether its elements nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.crossed: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def values(self, *names: str) -> Iterator[str]:
        """The values of some attributes, whichever element has them."""
        for _, attributes in self.elements:
            yield from (value for name in names if (value := attributes.get(name)) is not None)

    @property
    def said(self) -> str:
        """The text, blanks made one."""
        return " ".join(" ".join(self.text).split())
