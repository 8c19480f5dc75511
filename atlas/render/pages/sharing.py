"""What is needed to cite a feature: `data/citing.js` for scripts, and `atlas.sty` for papers in LaTeX.

`citing.js` says whose features this site shows, by which a page that was opened by a copied address tells whether it is
what was cited, and what the Share panel puts together. It stands once for the site, so that pages stay small and a page
whose content has not changed is the same file.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from atlas.reading.bibtex import bibtex
from atlas.reading.citation import CitedFeature, feature_address, reference
from atlas.render.parts.downloads import vector_files
from atlas.render.parts.featuredata import json_address
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, Site, site_of, templates_folder

TITLE, ADDRESS, KEY = "\x01", "\x02", "\x03"
"where those of a feature go in what is written of any; no text of a config has control characters"
DATA, STYLE = "data/citing.js", "atlas.sty"
UNSAFE_IN_LATEX = {"\\": "%5C", "{": "%7B", "}": "%7D", " ": "%20"}
"of an address, which TeX reads with other signs made plain"


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """The script and the LaTeX package."""
    site = site_of(atlas)
    content = json.dumps(citing(atlas, site), ensure_ascii=False, separators=(",", ":"))
    yield DATA, f"(window.atlas = window.atlas || {{}}).citing = {content};\n"
    yield STYLE, latex_package(atlas, site)


def citing(atlas: SiteAtlas, site: Site) -> dict[str, Any]:
    """What scripts know of the site; a dictionary by identity, size, where vectors and JSON are, and figures."""
    vectors = {file.part: file.address for file in vector_files(atlas) if file.fits}
    somewhere, some = replace(atlas.work, address="https://a.invalid/"), CitedFeature("anydictionary/0")
    address = str(feature_address(somewhere, some))
    written = [
        text.replace(address, ADDRESS).replace(some.name, TITLE).replace(some.name.replace("/", "-"), KEY)
        for text in (reference(somewhere, some), bibtex(somewhere, some))
    ]
    return {
        "reference": written[0],
        "entry": written[1],
        "work": bibtex(atlas.work),
        "base": site.base_url,
        "archive": atlas.work.doi_address,
        "dictionaries": {
            name: [
                card.identity,
                card.features,
                vectors.get(name),
                json_pattern(atlas, name),
                atlas.figures_by_name[name],
            ]
            for name, card in atlas.card.dictionaries.items()
        },
    }


def json_pattern(atlas: SiteAtlas, name: str) -> str | None:
    """Where the JSON of a dictionary's features lies, number or shard left open; None where there is none."""
    feature = min(atlas.cited.get(name, {0}), default=0) if atlas.is_stubbed_control(name) else 0
    address = json_address(atlas, name, feature)
    if address is None:
        return None
    return f"p/{name}/{{shard}}.json.gz" if address.startswith("p/") else f"f/{name}/{{feature}}.json"


def latex_package(atlas: SiteAtlas, site: Site) -> str:
    """`atlas.sty` with the address and the dictionaries of this site."""
    known = [
        rf"\atlas@dictionary{{{name}}}{{{atlas.fingerprint(name)}}}{{{card.features}}}"
        for name, card in atlas.card.dictionaries.items()
    ]
    known += [rf"\atlas@former{{{old}}}{{{new}}}" for old, new in atlas.redirects.items()]
    base = "".join(UNSAFE_IN_LATEX.get(sign, sign) for sign in site.base_url or "")
    values = {"TITLE": _line(site.title), "TOOL": site.version, "BASE": base, "DICTIONARIES": "\n".join(known)}
    package = (templates_folder() / STYLE).read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda name: values[name[1]], package)


def _line(text: str) -> str:
    """A text for a comment, which ends with its line."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
