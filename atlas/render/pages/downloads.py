"""The files of the atlas that a site offers as they are: its card and tables, so that the folder opens by its address,
and decoder rows, these at former addresses, too.
"""

from collections.abc import Iterator

from atlas.render.parts.downloads import downloads, vectors_address
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """A copy of each, read when it is its turn."""
    for file in downloads(atlas):
        yield file.address, file.content
        if file.address == vectors_address(file.part):
            yield from ((vectors_address(old), file.content) for old in atlas.former_names(file.part))
