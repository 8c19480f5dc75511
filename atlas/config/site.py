"""The settings of what others see: sounds, pages, and how the atlas is cited."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from atlas.config.tables import ConfigTable, FilePath, Name, WebAddress, unless


def _checked_doi(doi: str) -> str:
    bare = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:)", "", doi)
    if not re.fullmatch(r"10\.\d{4,9}/\S+", bare):
        raise ValueError("a DOI such as 10.5281/zenodo.1234567")
    return bare


_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?"
_HERE = ("localhost", "127.0.0.1")


def _checked_origin(origin: str) -> str:
    if not re.fullmatch(rf"https?://(?:\*\.(?=[^.:]+\.))?{_HOST}/?", origin):
        raise ValueError("a host with its scheme and without a path, such as https://cdn-lfs.hf.co or https://*.hf.co")
    return _unmixed(origin).rstrip("/").lower()


def _checked_media_address(address: str) -> str:
    if not re.fullmatch(rf"https?://{_HOST}(?:/[^\s?#\"'<>\\]*)?", address):
        raise ValueError("an address that begins with https:// and ends with a folder, without ? and #")
    return _unmixed(address).rstrip("/") + "/"


def _unmixed(address: str) -> str:
    """Browsers let no page that came by https load from http, but for this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise ValueError("an address by https: browsers refuse sounds by http on a site by https")
    return address


Doi = Annotated[str, AfterValidator(_checked_doi)]
Origin = Annotated[str, AfterValidator(_checked_origin)]
MediaAddress = Annotated[str, AfterValidator(_checked_media_address)]


class MediaConfig(ConfigTable):
    """What of the corpus may be heard on the site, how much, and from where."""

    budget_mb: int = Field(default=600, ge=0)
    "audio files take at most so much"
    redistribute: tuple[str, ...] = ()
    "licences that allow publishing, `*` standing for any text; a clip with another keeps trace, time and source"
    base_url: MediaAddress | None = None
    "where else the atlas's folder `media` lies, such as in a Hugging Face dataset; in the site, if not given"
    origins: tuple[Origin, ...] = ()
    "hosts that pages may load these from beside that of `base_url`: those that it redirects to"

    @model_validator(mode="after")
    def _has_host(self) -> Self:
        return unless(self, ["origins only beside base_url"] if self.origins and self.base_url is None else [])

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every origin but the site's own that pages may load sounds and pictures from."""
        if self.base_url is None:
            return ()
        parts = urlsplit(self.base_url)
        return tuple(dict.fromkeys((f"{parts.scheme}://{parts.netloc}".lower(), *self.origins)))

    @property
    def local(self) -> "MediaConfig":
        """The same with sounds and pictures in the site itself."""
        return self.model_copy(update={"base_url": None, "origins": ()})


class SiteConfig(ConfigTable):
    """The pages."""

    base_url: WebAddress | None = None
    "the address at which the site will be published"
    project: WebAddress | None = None
    "the address of the project's page or code, which Home and About link to"
    paper: WebAddress | None = None
    "the address of the paper"
    documentation: WebAddress | None = None
    "the address of what documents the model, the dictionaries or this tool"
    notice: str | None = None
    "a sentence that every page shows, such as that the corpus is synthetic"
    truth: FilePath | None = None
    "JSON lines that say of a clip's `path` how it was made, for its page; for a corpus that was made"
    synonyms: FilePath | None = None
    "CSV with a `label`, and the `synonyms` and `classes` by which search finds it, too, several separated by `|`"
    control_pages: bool = False
    "whether every direction of a control has a page; if not, those that other pages cite, and the others have stubs"
    packed: bool | None = None
    "whether feature pages are stubs with their content in shards; if not given, beyond 12,288 features they are"
    stubs: bool | None = None
    "whether packed features have stubs; if not given, up to 300,000 do, and beyond 404.html shows what was asked for"
    redirects: dict[Name, Name] = Field(default={})
    "former name = the dictionary's name today: pages at the former addresses lead to those of today"
    tables: Literal["none", "figures", "all"] = "figures"
    "which tables can be downloaded as Parquet: those of figures, or `all`: peaks and codes of clips and frames, too"


class CreatorConfig(ConfigTable):
    """One who made the atlas; a text instead of a table is the name."""

    name: str = Field(min_length=1)
    "as `Family, Given`; without a comma it is that of a group"
    orcid: Annotated[str, Field(pattern=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$")] | None = None
    "sixteen digits with hyphens"
    affiliation: str | None = Field(default=None, min_length=1)
    "such as a university"

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        return {"name": given} if isinstance(given, str) else given


class CiteConfig(ConfigTable):
    """How the atlas is cited; it stands on pages and in files beside them."""

    authors: tuple[CreatorConfig, ...] = ()
    "each as `Family, Given`, or a table with orcid and affiliation, too"
    title: str | None = Field(default=None, min_length=1)
    "of the atlas as a work; `title`, if not given"
    year: int | None = Field(default=None, ge=1900, le=9999)
    "of publication"
    doi: Doi | None = None
    "of the archive, reserved before it is uploaded"
    paper: str | None = Field(default=None, min_length=1)
    "DOI or address of the paper that the atlas belongs to; `site.paper`, if not given"
    licence: str | None = Field(default=None, min_length=1)
    "of the tables and pages, by its SPDX name such as CC-BY-4.0; sounds keep those of their clips"
    version: str | None = Field(default=None, min_length=1)
    "such as 1.0.0"
