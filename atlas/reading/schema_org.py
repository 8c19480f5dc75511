"""The atlas as a `Dataset` of schema.org, by which search engines for data find it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from atlas.reading.cff import KEYWORDS
from atlas.reading.citation import Author, Work, one_line


@dataclass(frozen=True, slots=True)
class Download:
    """A file of the site that holds data."""

    name: str
    address: str
    "from the site's root"
    media_type: str


def schema_org(work: Work, description: str, downloads: Sequence[Download] = ()) -> dict[str, Any]:
    """The atlas as a `Dataset` of schema.org, ready for JSON-LD."""
    places = [place for place in (work.doi_address, work.address) if place]
    content: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": places[0] if places else None,
        "name": work.title,
        "description": one_line(description),
        "url": work.address,
        "identifier": work.doi_address,
        "creator": [_schema_org_author(author) for author in work.authors],
        "datePublished": str(work.year) if work.year else None,
        "version": work.version,
        "license": work.licence_address or work.licence,
        "citation": (work.paper.address or work.paper.text) if work.paper else None,
        "keywords": list(KEYWORDS),
        "isAccessibleForFree": True,
        "distribution": [_schema_org_download(work.address, one) for one in downloads] if work.address else None,
    }
    return {key: value for key, value in content.items() if value}


def _schema_org_author(author: Author) -> dict[str, Any]:
    if not author.is_person:
        return {"@type": "Organization", "name": author.name}
    person = {
        "@type": "Person",
        "@id": author.orcid_address,
        "name": f"{author.given} {author.family}",
        "givenName": author.given,
        "familyName": author.family,
        "affiliation": {"@type": "Organization", "name": author.affiliation} if author.affiliation else None,
    }
    return {key: value for key, value in person.items() if value}


def _schema_org_download(base: str, download: Download) -> dict[str, str]:
    return {
        "@type": "DataDownload",
        "name": download.name,
        "encodingFormat": download.media_type,
        "contentUrl": f"{base}{download.address}",
    }
