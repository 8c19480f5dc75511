"""How an atlas and its features are cited: what is known of the work, where its features stand, and one line of text.

Pages, the files beside them, the panel that shares a feature and the metadata of an archive take it from here;
`bibtex`, `cff` and `schema_org` put it into their formats. Nothing that the config does not say is made up: a work
without authors has none.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

from atlas.config.site import CiteConfig, SiteConfig

_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_CREATIVE = re.compile(r"CC-(BY(?:-NC)?(?:-ND|-SA)?)-(1\.0|2\.0|2\.5|3\.0|4\.0)")
_SPDX = (
    *("CC0-1.0", "ODbL-1.0", "ODC-By-1.0", "PDDL-1.0", "CDLA-Permissive-1.0", "CDLA-Sharing-1.0"),
    *("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "Unlicense", "MPL-2.0", "EUPL-1.2"),
    *(f"{name}-{how}" for name in ("GPL-2.0", "GPL-3.0", "LGPL-3.0", "AGPL-3.0") for how in ("only", "or-later")),
)
"names of licences that CITATION.cff knows, and that data or pages come under; Creative Commons' follow a pattern"


@dataclass(frozen=True, slots=True)
class Author:
    """One who made the work: a person with both names, or a group with a name alone."""

    name: str
    "`Family, Given`, or that of a group"
    orcid: str | None = None
    affiliation: str | None = None

    @property
    def is_person(self) -> bool:
        return bool(self.family and self.given)

    @property
    def family(self) -> str:
        return self.name.partition(",")[0].strip()

    @property
    def given(self) -> str:
        return self.name.partition(",")[2].strip()

    @property
    def orcid_address(self) -> str | None:
        return f"https://orcid.org/{self.orcid}" if self.orcid else None


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper that a work belongs to, as the config names it."""

    text: str
    doi: str | None
    address: str | None
    "by its DOI, if it has one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An atlas as a work that is cited; None where nobody has said."""

    title: str
    authors: tuple[Author, ...] = ()
    year: int | None = None
    doi: str | None = None
    address: str | None = None
    "of its first page, with a slash at the end"
    licence: str | None = None
    version: str | None = None
    paper: Paper | None = None

    @property
    def doi_address(self) -> str | None:
        return doi_address(self.doi) if self.doi else None

    @property
    def licence_address(self) -> str | None:
        """Where the licence can be read, if it is one that is known by its SPDX name."""
        return licence_address(self.licence) if self.licence else None


@dataclass(frozen=True, slots=True)
class CitedFeature:
    """A feature as it is cited: `block2/1234`, what it is called, and the fingerprint that its address carries."""

    name: str
    label: str | None = None
    fingerprint: str | None = None

    @property
    def title(self) -> str:
        return f"{self.name}: {one_line(self.label)}" if self.label and one_line(self.label) else self.name


def work_of(title: str, cite: CiteConfig, site: SiteConfig) -> Work:
    """What a config says of an atlas as a work; `title`: that of its card."""
    paper = cite.paper or site.paper
    return Work(
        title=one_line(cite.title or title),
        authors=tuple(Author(one_line(one.name), one.orcid, _stated(one.affiliation)) for one in cite.authors),
        year=cite.year,
        doi=cite.doi,
        address=site.base_url.rstrip("/") + "/" if site.base_url else None,
        licence=_stated(cite.licence),
        version=_stated(cite.version),
        paper=_paper(one_line(paper)) if paper else None,
    )


def one_line(text: str) -> str:
    """A text without line breaks and control characters."""
    return " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text).split())


def _stated(text: str | None) -> str | None:
    return one_line(text) or None if text else None


def _paper(text: str) -> Paper:
    doi = _DOI.fullmatch(text)
    if doi:
        return Paper(text, doi[1], doi_address(doi[1]))
    return Paper(text, None, text if re.match(r"https?://", text) else None)


def doi_address(doi: str) -> str:
    """Where a DOI leads."""
    return f"https://doi.org/{quote(doi, safe='/:;().,-_~+')}"


def licence_address(licence: str) -> str | None:
    """Where a licence can be read; None where its name is none of SPDX's that are known here."""
    creative = _CREATIVE.fullmatch(licence)
    if creative:
        return f"https://creativecommons.org/licenses/{creative[1].lower()}/{creative[2]}/"
    if licence == "CC0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    return f"https://spdx.org/licenses/{licence}.html" if licence in _SPDX else None


def feature_address(work: Work, feature: CitedFeature) -> str | None:
    """The address of a feature that a paper prints; None where the config does not say where the site is published."""
    if work.address is None:
        return None
    return f"{work.address}f/{feature.name}.html" + (f"?v={feature.fingerprint}" if feature.fingerprint else "")


def reference(work: Work, feature: CitedFeature | None = None) -> str:
    """How a list of references prints it; of a feature, the work that it stands in follows."""
    names = "; ".join(author.name for author in work.authors)
    who = f"{names}{f' ({work.year})' if work.year else ''}. " if names else ""
    what = f"{work.title}{f' (version {work.version})' if work.version else ''}"
    year = f", {work.year}" if work.year and not names else ""
    where = work.doi_address or work.address
    if feature is None:
        return f"{who}{what}{year}.{f' {where}' if where else ''}"
    address, archived = feature_address(work, feature), work.doi_address
    ends = (f" {address}" if address else "", f" (archived as {archived})" if archived else "")
    return f"{who}{feature.title}. In: {what}{year}.{''.join(ends)}"
