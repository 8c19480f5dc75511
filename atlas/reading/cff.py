"""`CITATION.cff`, the Citation File Format 1.2.0, which hosts of code and reference managers read."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from atlas.reading.citation import Author, Paper, Work, one_line

CFF = "CITATION.cff"
"at the root of a site"
KEYWORDS = ("sparse autoencoder", "interpretability", "audio")

_CFF_DOI = re.compile(r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+")


def cff(work: Work, abstract: str | None = None) -> str | None:
    """`CITATION.cff`, valid by its schema, version 1.2.0; None without authors, whom the format asks for."""
    if not work.authors:
        return None
    authors = [_cff_author(author) for author in work.authors]
    about: dict[str, Any] = {"title": work.title, "authors": authors, **_cff_doi(work.doi)}
    about |= {"url": work.address} if work.address else {}
    about |= {"version": work.version} if work.version else {}
    about |= {"license": work.licence} if work.licence_address else {}
    content = {
        "cff-version": "1.2.0",
        "message": "If you use this atlas, please cite it as below.",
        "type": "dataset",
        **about,
        **({"abstract": one_line(abstract)} if abstract else {}),
        "keywords": list(KEYWORDS),
        **({"preferred-citation": {"type": "data", **about, "year": work.year}} if work.year else {}),
        **({"references": [_cff_paper(work.paper)]} if work.paper else {}),
    }
    return "".join(f"{line}\n" for line in _yaml(content))


def _cff_author(author: Author) -> dict[str, str]:
    names = {"family-names": author.family, "given-names": author.given} if author.is_person else {"name": author.name}
    orcid = {"orcid": author.orcid_address} if author.orcid_address else {}
    affiliation = {"affiliation": author.affiliation} if author.affiliation and author.is_person else {}
    return names | orcid | affiliation


def _cff_doi(doi: str | None) -> dict[str, Any]:
    """A DOI as the schema spells them, or one among identifiers."""
    if doi is None:
        return {}
    return {"doi": doi} if _CFF_DOI.fullmatch(doi) else {"identifiers": [{"type": "other", "value": f"doi:{doi}"}]}


def _cff_paper(paper: Paper) -> dict[str, Any]:
    """Of the paper no more is known than where it is."""
    address = {"url": paper.address} if paper.address and not paper.doi else {}
    named = "The paper that this atlas belongs to" if paper.address else paper.text
    authors = [{"name": "The authors of the paper"}]
    return {"type": "article", "title": named, "authors": authors, **_cff_doi(paper.doi), **address}


def _yaml(content: Mapping[str, Any]) -> Iterator[str]:
    """Nested tables and lists of them as lines of YAML; a text is quoted, as JSON does, which YAML reads."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield f"{key}:"
            yield from (f"  {line}" for line in _yaml(value))
        elif isinstance(value, list):
            yield f"{key}:"
            yield from (line for item in value for line in _yaml_item(item))
        else:
            yield f"{key}: {_yaml_scalar(value)}"


def _yaml_item(item: Any) -> Iterator[str]:
    lines = list(_yaml(item)) if isinstance(item, Mapping) else [_yaml_scalar(item)]
    yield from (f"  {'-' if place == 0 else ' '} {line}" for place, line in enumerate(lines))


def _yaml_scalar(value: object) -> str:
    quoted = json.dumps(value, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff]", lambda sign: f"\\u{ord(sign[0]):04x}", quoted)
