"""The list page: its features are those of its address, or those that the visitor has starred; a script fills it."""

from collections.abc import Iterator

from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`list.html`."""
    yield page(site_of(atlas), "list.html", "list.html")
