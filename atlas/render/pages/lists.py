"""The list page: its features are those of its address, or those that the visitor has starred; a script fills it."""

from collections.abc import Iterator

from atlas.render.parts.metadata import metadata_of_page
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`list.html`."""
    about = "Features side by side: those that the address names, or those that the visitor has starred."
    meta = metadata_of_page(atlas, "", "A list of features", about)
    yield page(site_of(atlas), "list.html", "list.html", meta=meta)
