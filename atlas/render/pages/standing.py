"""Pages that stand in every site and say little of the atlas: 404, and the alias of feature addresses."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, Site, environment, page, site_of


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`404.html`, `f.html`, and the file that keeps GitHub Pages from changing anything."""
    site = site_of(atlas)
    yield _missing(site)
    yield page(site, "f.html", "alias.html")
    yield ".nojekyll", ""


def _missing(site: Site) -> Page:
    """A host shows this page at whatever address was asked for, so its links start from the site's own root."""
    depth = "../../" if site.aliased else ""  # of a feature's address, which this page then shows
    root = urlsplit(site.base_url).path if site.base_url else depth
    return "404.html", environment().get_template("404.html").render(site=replace(site, address="404.html", root=root))
