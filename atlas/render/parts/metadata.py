"""What the head of a page says to those who link to it or cite it: previews, search engines, reference managers.

Whatever needs the site's own address is left out where the config does not give it. Directions of controls are not
cited, so their pages have none of it.
"""

import json
from dataclasses import dataclass

from markupsafe import Markup

from atlas.reading.citation import CitedFeature, feature_address
from atlas.reading.schema_org import Download, schema_org
from atlas.render.parts.downloads import vector_files
from atlas.render.parts.featuretable import FEATURES
from atlas.render.parts.introduction import in_a_sentence
from atlas.render.site import SiteAtlas

MOST_ROWS = 100_000
"features whose CSV is surely not so large that it is packed, under another name"
DATASET = "Dataset"
"in the words of Dublin Core and schema.org, what the whole is"
_IN_HTML = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMetadata:
    """A page as others show and cite it; who made it, when, and its DOI are those of the whole, which `Site` has."""

    title: str
    description: str
    public: str | None = None
    "the address that a reference prints"
    kind: str | None = None
    "of the work in a word, on the page that stands for the whole"
    data: Markup | None = None
    "the same as JSON-LD"


def metadata_of_home(atlas: SiteAtlas) -> PageMetadata:
    """The whole atlas."""
    sentence = in_a_sentence(atlas)
    return PageMetadata(
        title=atlas.work.title,
        description=sentence,
        public=atlas.work.address,
        kind=DATASET,
        data=_json_ld(atlas, sentence),
    )


def metadata_of_feature(atlas: SiteAtlas, feature: CitedFeature, summary: str) -> PageMetadata:
    """A feature, at the address that says which figures it was cited for."""
    return PageMetadata(title=feature.title, description=summary, public=feature_address(atlas.work, feature))


def metadata_of_page(atlas: SiteAtlas, address: str, title: str, description: str) -> PageMetadata:
    """A page of an address of its own; `address`: empty where what the page shows stands behind it."""
    base = atlas.work.address
    return PageMetadata(title=title, description=description, public=f"{base}{address}" if base and address else None)


def _json_ld(atlas: SiteAtlas, description: str) -> Markup:
    """A data block, which no browser runs; nothing in it can end it."""
    own = [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]
    downloads = [Download(f"Features of {name}", f"d/{name}.csv", "text/csv") for name in own]
    if sum(map(atlas.feature_count, own)) <= MOST_ROWS:
        downloads.insert(0, Download("All features", FEATURES, "text/csv"))
    downloads += [
        Download(f"Decoder vectors of {file.part}", file.address, "application/octet-stream")
        for file in vector_files(atlas)
        if file.fits and file.part in own
    ]
    content = schema_org(atlas.work, f"{description} Encoder: {atlas.card.encoder.model}.", downloads)
    return Markup(json.dumps(content, ensure_ascii=False, separators=(",", ":")).translate(_IN_HTML))
