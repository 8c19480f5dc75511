"""A site that papers link to: a folder on this machine, or a host. Only what is asked for is read, each file once."""

import http.client
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from atlas.errors import AtlasError
from atlas.schema.site import SITE, PublishedSite, read_site

SCHEMES = ("http://", "https://")
TIMEOUT_S = 20.0
AGENT = "audio-feature-atlas"
NOWHERE = "no-site-has-this-page.html"


class SiteAccess(Protocol):
    """What checking needs of a site."""

    where: str
    near: bool
    "whether a file can be looked for at no cost"

    def read(self, path: str) -> bytes | None:
        """A file by its path from the site's root; None where it has none."""

    def has(self, path: str) -> bool:
        """Whether the site answers at a path."""


class FolderSite:
    """A site in a folder."""

    near = True

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._root = folder.resolve()

    def read(self, path: str) -> bytes | None:
        file = self._file(path)
        return file.read_bytes() if file else None

    def has(self, path: str) -> bool:
        return self._file(path) is not None

    def _file(self, path: str) -> Path | None:
        try:
            file = (self._root / path).resolve()
            file = file / "index.html" if file.is_dir() else file
            return file if file.is_file() and file.is_relative_to(self._root) else None
        except (OSError, ValueError):  # a name that no file can have
            return None


class HostSite:
    """A site on a host."""

    near = False

    def __init__(self, address: str) -> None:
        self.where = address.rstrip("/") + "/"

    def read(self, path: str) -> bytes | None:
        return self._asked(path, "GET")

    def has(self, path: str) -> bool:
        return self._asked(path, "HEAD") is not None

    def _asked(self, path: str, method: str) -> bytes | None:
        address = self.where + quote(path)
        try:
            with urlopen(Request(address, method=method, headers={"User-Agent": AGENT}), timeout=TIMEOUT_S) as answer:
                content: bytes = answer.read()
                return content
        except HTTPError as error:
            error.close()
            if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                return None
            if method == "HEAD" and error.code in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED):
                return self._asked(path, "GET")
            raise AtlasError(f"{address}: the host answers {error.code}; try again later") from None
        except (URLError, http.client.HTTPException, OSError, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise AtlasError(f"{address}: the host cannot be reached ({reason}); try again, or give a folder") from None


def open_site(place: str) -> tuple[SiteAccess, PublishedSite]:
    """A site, and what it says of itself."""
    site = _host(place) if place.startswith(SCHEMES) else _folder(Path(place))
    content = site.read(SITE)
    if content is None:
        raise AtlasError(
            f"{site.where}: has no {SITE}, so it is no site, or one that an older version rendered; render it again"
        )
    return site, read_site(content, f"{site.where.rstrip('/')}/{SITE}")


def _host(address: str) -> HostSite:
    """A host that tells of pages whether they are there: some answer for every address, as apps of one page want it."""
    site = HostSite(address)
    try:
        answers = site.has(NOWHERE)
    except AtlasError:  # some hosts forbid what they do not have, and one that is down is told with the first file
        answers = False
    if answers:
        raise AtlasError(
            f"{site.where}: this host answers for every address, so pages cannot be judged; have it answer 404 for what"
            " is missing, or give the folder of the site"
        )
    return site


def _folder(folder: Path) -> FolderSite:
    if not folder.is_dir():
        raise AtlasError(f"{folder}: no such folder; give the folder of a site, or an http(s) address")
    return FolderSite(folder)
