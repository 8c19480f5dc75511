"""The page at the root of a branch that holds several atlases: what there is, with links.

It is written where nobody else's page stands, and made anew by each publication. Which page is ours is told by a mark
in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from atlas.formatting import counted
from atlas.publish.content import Blob, blob_of
from atlas.render.templating import POLICY, environment, templates_folder
from atlas.schema.site import PublishedSite

PAGE, STYLE = "index.html", "atlases.css"
MARK = b'<meta name="generator" content="atlas publish">'


@dataclass(frozen=True, slots=True)
class LandingView:
    """An atlas in the list."""

    title: str
    address: str
    dictionaries: str
    doi: str | None


def is_landing(content: bytes) -> bool:
    """Whether a page is one of ours."""
    return MARK in content


def landing(sites: Mapping[str, PublishedSite | None]) -> dict[str, Blob]:
    """The page and its style sheet, for sites by their folder; None where one does not say what it is."""
    views = [_view(folder, site) for folder, site in sorted(sites.items())]
    text = environment().get_template("landing.html").render(atlases=views, style=STYLE, policy=Markup(POLICY))
    style = (templates_folder() / "landing.css").read_bytes()
    return {PAGE: blob_of(text.encode("utf-8")), STYLE: blob_of(style)}


def _view(folder: str, site: PublishedSite | None) -> LandingView:
    if site is None:
        return LandingView(folder, f"{folder}/", "", None)
    own = [(name, one.features) for name, one in site.dictionaries.items() if one.control_of is None]
    told = " · ".join(f"{name}, {counted(features, 'feature')}" for name, features in own)
    return LandingView(site.title, f"{folder}/", told, site.doi)
