"""The files by which the whole atlas is cited: BibTeX, and `CITATION.cff` where the config names authors."""

from collections.abc import Iterator

from atlas.reading.bibtex import BIBTEX, bibtex
from atlas.reading.cff import CFF, cff
from atlas.render.parts.introduction import in_a_sentence
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """One or two files."""
    yield BIBTEX, bibtex(atlas.work)
    file = cff(atlas.work, in_a_sentence(atlas))
    if file:
        yield CFF, file
