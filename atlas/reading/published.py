"""A published atlas: a folder of tables at an http(s) address, fetched file by file when they are asked for.

Files are kept in the user's cache and asked for once a session; the server says whether a kept one still holds. What
comes cut short is refused, and no name that an atlas brings leads out of its own folder.
"""

import http.client
import os
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.schema import Table
from atlas.store import AtlasFolder

SCHEMES = ("http://", "https://")
TIMEOUT_S = 60.0


def cache_root() -> Path:
    """Where fetched files are kept: below XDG_CACHE_HOME where it is set, else below ~/.cache."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if os.path.isabs(named) else Path.home() / ".cache") / "audio-feature-atlas"


class PublishedFolder(AtlasFolder):
    """The cached copy of a published atlas; a path that is asked for is fetched first."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/") + "/"
        self._asked: set[Path] = set()
        super().__init__(cache_root() / digest_of(self.address))

    def path(self, table: Table, *parts: str) -> Path:
        return self.fetch(super().path(table, *parts))

    def fetch(self, path: Path) -> Path:
        """Bring the file up to date, once a session; where the server has none, none is kept."""
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise AtlasError(f"{self.address}: names a file outside of its folder, {path.name!r}; do not trust it")
        if path in self._asked:
            return path
        relative = path.relative_to(self.root).as_posix()
        address = self.address + quote(relative)
        headers = {"If-Modified-Since": formatdate(path.stat().st_mtime, usegmt=True)} if path.exists() else {}
        try:
            with urlopen(Request(address, headers=headers), timeout=TIMEOUT_S) as response:
                self._keep(path, response.read(), response.headers.get("Last-Modified"))
        except HTTPError as error:
            self._answered(path, address, error.code)
        except (URLError, http.client.HTTPException, OSError, ValueError) as error:
            raise AtlasError(f"{address}: could not be fetched ({_reason(error)}); try again") from None
        self._asked.add(path)
        return path

    def _keep(self, path: Path, content: bytes, modified: str | None) -> None:
        self.write_bytes(path, content)
        if modified is not None:
            second = parsedate_to_datetime(modified).timestamp()
            os.utime(path, (second, second))

    def _answered(self, path: Path, address: str, status: int) -> None:
        """Not modified, gone, or a failure."""
        if status == http.HTTPStatus.NOT_FOUND:
            path.unlink(missing_ok=True)
        elif status != http.HTTPStatus.NOT_MODIFIED:
            raise AtlasError(f"{address}: could not be fetched (the server answers {status}); try again")


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return f"cut short: {len(error.partial):,} of {len(error.partial) + (error.expected or 0):,} bytes came"
    return str(error.reason if isinstance(error, URLError) else error) or type(error).__name__
