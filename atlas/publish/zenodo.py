"""What Zenodo is told of an archive: for its REST API, and as the `.zenodo.json` that it reads from a repository.

Both are of its documented form; the API's has them below `metadata`. The day of publication is not stated, as Zenodo
takes the day on which it is published.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from atlas.formatting import counted, listed
from atlas.reading.cff import KEYWORDS
from atlas.reading.citation import Author, Work
from atlas.render.site import SiteAtlas

DOTTED = ".zenodo.json"
"at the root of a repository, where Zenodo's GitHub way reads it"

_PACKAGED = "isVariantFormOf"  # another packaging of the same
_LICENCES_NAMED = 12


def api_metadata(work: Work, description: str) -> dict[str, Any]:
    """The body that its REST API takes for a draft, which keeps the DOI that was reserved, or reserves one."""
    reserved: dict[str, Any] = {"doi": work.doi} if work.doi else {"prereserve_doi": True}
    return {"metadata": _metadata(work, description) | reserved}


def dotted_metadata(work: Work, description: str) -> dict[str, Any]:
    """What `.zenodo.json` holds; a repository gets a DOI of its own and names that of the archive."""
    metadata = _metadata(work, description)
    if work.doi:
        metadata.setdefault("related_identifiers", []).append(_related(work.doi, "isSupplementedBy", "dataset"))
    return metadata


def missing(work: Work) -> Iterator[str]:
    """What Zenodo will ask for, a sentence each."""
    if not work.authors:
        yield "[cite] authors is empty: Zenodo publishes nothing without creators; name them, or add them there"
    if work.licence is None:
        yield "[cite] licence is not given: choose one on Zenodo, or name it, such as CC-BY-4.0"
    elif work.licence_address is None:
        yield f"[cite] licence {work.licence!r} is no SPDX name that is known here: choose the licence on Zenodo"
    if work.doi is None:
        yield "[cite] doi is not given: with one that was reserved before, pages and archive name each other"


def described(atlas: SiteAtlas, work: Work, *lines: str) -> str:
    """What the atlas is, in the HTML that Zenodo shows, with lines of text on the archive."""
    own = {name: card for name, card in atlas.dictionaries.items() if card.control_of is None}
    hours = sum(domain.hours for domain in atlas.card.corpus.domains.values())
    features = sum(card.features for card in own.values())
    taps = Markup("").join(
        Markup("<li><strong>{}</strong>: {} at <code>{}</code></li>").format(
            name, counted(card.features, "feature"), card.tap
        )
        for name, card in own.items()
    )
    intro = Markup(
        "<p>What {} of the audio model {} respond to, measured and tested on {} of audio in {}. Each feature has a"
        " page, with its figures and the sounds that it fires on.</p>"
    ).format(
        counted(features, "feature"), atlas.card.encoder.model, _hours(hours), counted(atlas.card.corpus.clips, "clip")
    )
    where = (
        Markup('<p>The pages are published at <a href="{0}">{0}</a>.</p>').format(work.address) if work.address else ""
    )
    notice = (atlas.settings.notice,) if atlas.settings.notice else ()
    told = Markup("").join(Markup("<p>{}</p>").format(line) for line in (*notice, *lines))
    return f"{intro}<ul>{taps}</ul>{told}{where}{_sounds(atlas)}"


def _hours(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.0f} minutes"


def _sounds(atlas: SiteAtlas) -> Markup:
    """Whose licences the sounds keep."""
    heard = atlas.clips.filter("audio")["licence"].fill_null("not stated").to_list()
    if not heard:
        return Markup("<p>It holds no sounds.</p>")
    licences = [f"{licence} ({number:,})" for licence, number in Counter(sorted(heard)).most_common(_LICENCES_NAMED)]
    more = len(set(heard)) - len(licences)
    return Markup("<p>The sounds of {} keep their own licences: {}. The page of each names it.</p>").format(
        counted(len(heard), "clip"), listed([*licences, *([f"{more} more"] if more else [])])
    )


def _metadata(work: Work, description: str) -> dict[str, Any]:
    related = []
    if work.paper and work.paper.address:
        related.append(_related(work.paper.doi or work.paper.address, "isSupplementTo", "publication-article"))
    if work.address:
        related.append(_related(work.address, _PACKAGED, "dataset"))
    optional: Mapping[str, Any] = {
        "creators": [_creator(author) for author in work.authors],
        "license": work.licence.lower() if work.licence and work.licence_address else None,
        "version": work.version,
        "related_identifiers": related,
    }
    return {
        "title": work.title,
        "upload_type": "dataset",
        "description": description,
        "access_right": "open",
        "keywords": list(KEYWORDS),
        **{name: value for name, value in optional.items() if value},
    }


def _creator(author: Author) -> dict[str, str]:
    told = {"name": author.name, "orcid": author.orcid, "affiliation": author.affiliation}
    return {name: value for name, value in told.items() if value}


def _related(identifier: str, relation: str, kind: str) -> dict[str, str]:
    return {"identifier": identifier, "relation": relation, "resource_type": kind}
