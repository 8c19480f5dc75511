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
from atlas.reading.citation import CitedFeature, feature_address, reference, work_of
from atlas.render.site import LARGEST_STUBBED, SiteAtlas
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
    """What scripts know of the site; a dictionary by its identity, its size, and whether its vectors are offered."""
    vectors = atlas.settings.tables == "all"
    work = work_of(atlas.card.title, atlas.cite, atlas.settings)
    somewhere, some = replace(work, address="https://a.invalid/"), CitedFeature("anydictionary/0")
    address = str(feature_address(somewhere, some))
    written = [
        text.replace(address, ADDRESS).replace(some.name, TITLE).replace(some.name.replace("/", "-"), KEY)
        for text in (reference(somewhere, some), bibtex(somewhere, some))
    ]
    return {
        "reference": written[0],
        "entry": written[1],
        "work": bibtex(work),
        "base": site.base_url,
        "archive": work.doi_address,
        "figures": atlas.figures,
        "dictionaries": {
            name: [card.identity, card.features, int(vectors or card.control_of is None)]
            for name, card in atlas.card.dictionaries.items()
        },
        "json": json_address(atlas),
        "vectors": "data/vectors/{dictionary}.safetensors",
    }


def json_address(atlas: SiteAtlas) -> str | None:
    """Where the JSON of a feature lies, its names and numbers left open; None where there is none."""
    if sum(map(atlas.feature_count, atlas.names)) > LARGEST_STUBBED:
        return None
    return "p/{dictionary}/{shard}.json.gz" if atlas.packed else "f/{dictionary}/{feature}.json"


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
