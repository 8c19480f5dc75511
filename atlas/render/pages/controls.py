"""The addresses of a control's directions: a full page where another page cites it as the best, else a stub.

A control is measured to be compared with, and nobody reads two thousand pages of it; but every address exists, and says
what lies there.
"""

from collections.abc import Iterator

from atlas.render.pages.feature import feature_page
from atlas.render.parts.cards import A_CONTROL, CONTROL_WORDS
from atlas.render.parts.extent import extent_of
from atlas.render.parts.verdict import verdict_of
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of


def pages(atlas: SiteAtlas, name: str, first: int, stop: int) -> Iterator[Page]:
    """A page or stub for each of a block of directions."""
    site, cited = site_of(atlas), atlas.cited.get(name, frozenset())
    dictionary = atlas.dictionary(name, first, stop)
    extent = extent_of(dictionary.card, packed=False)
    for feature in range(dictionary.first, dictionary.stop):
        if feature in cited:
            yield feature_page(atlas, site, dictionary, feature, extent)
        else:
            views = {
                "name": f"{name}/{feature}",
                "directions": CONTROL_WORDS[dictionary.card.kind],
                "control": name,
                "short": A_CONTROL,
                "control_of": dictionary.card.control_of,
                "verdict": verdict_of(atlas, dictionary, feature).text,
            }
            yield page(site, f"f/{name}/{feature}.html", "control.html", **views)
