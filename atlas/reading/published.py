"""A published atlas: a folder of tables at an http(s) address, fetched file by file when they are asked for.

The card is always fetched anew. Files are kept in the user's cache below a digest of the card that they came with, and
asked for once a session; the server says whether a kept one still holds. A file that arrives when another card has been
published is refused, so that no two atlases are mixed. So is what comes cut short, and no name that an atlas brings
leads out of its own folder.
"""

import http.client
import os
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin
from urllib.request import Request, urlopen

from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.schema import Table
from atlas.schema.card import CARD
from atlas.schema.media import FOLDER
from atlas.schema.offered import BESIDE
from atlas.schema.site import SITE, read_site
from atlas.store import AtlasFolder

SCHEMES = ("http://", "https://")
TIMEOUT_S = 60.0


def cache_root() -> Path:
    """Where fetched files are kept: below XDG_CACHE_HOME where it is set, else below ~/.cache."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if os.path.isabs(named) else Path.home() / ".cache") / "audio-feature-atlas"


@dataclass(frozen=True, slots=True)
class PublishedAnswer:
    """What a server said of a file."""

    status: int
    content: bytes
    modified: str | None


_NOWHERE = PublishedAnswer(http.HTTPStatus.NOT_FOUND, b"", None)


class PublishedFolder(AtlasFolder):
    """The cached copy of a published atlas; a path that is asked for is fetched first."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/") + "/"
        self._card = _get(self.address + CARD)
        if self._card.status == http.HTTPStatus.NOT_FOUND:
            raise AtlasError(f"{self.address}: no atlas there, as it has no {CARD}; give a folder of tables")
        super().__init__(cache_root() / digest_of(self.address) / digest_of(self._card.content))
        self._asked = {self.write_bytes(self.root / CARD, self._card.content)}

    def absent(self, path: Path, writer: str) -> AtlasError:
        relative = path.relative_to(self.root).as_posix()
        return AtlasError(f"{self.address}{relative}: not there; the atlas was published without it")

    def path(self, table: Table, *parts: str) -> Path:
        return self.fetch(super().path(table, *parts))

    def fetch(self, path: Path) -> Path:
        """Bring the file up to date, once a session; where the server has none, none is kept."""
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise AtlasError(f"{self.address}: names a file outside of its folder, {path.name!r}; do not trust it")
        if path in self._asked:
            return path
        relative = path.relative_to(self.root).as_posix()
        modified = formatdate(path.stat().st_mtime, usegmt=True) if path.exists() else None
        answer = next(filter(_is_there, (_get(address, modified) for address in self._addresses(relative))), _NOWHERE)
        if answer.status == http.HTTPStatus.OK:
            self._refuse_another_card()
            self._keep(path, answer.content, answer.modified)
        elif answer.status == http.HTTPStatus.NOT_FOUND:
            path.unlink(missing_ok=True)
        self._asked.add(path)
        return path

    def _addresses(self, relative: str) -> Iterator[str]:
        """Where a file may lie: in the folder, or where a site keeps such files beside it or on another host."""
        yield self.address + quote(relative)
        for folder, beside in BESIDE.items():
            if relative.startswith(folder):
                yield urljoin(self.address, beside + quote(relative.removeprefix(folder)))

        if relative.startswith(f"{FOLDER}/") and self._media is not None:
            yield self._media + quote(relative.removeprefix(f"{FOLDER}/"))

    @cached_property
    def _media(self) -> str | None:
        """Where the site whose tables these are has its sounds and pictures, if on another host."""
        address = urljoin(self.address, f"../{SITE}")
        try:
            content = content_at(address)
            named = read_site(content, address).media.base_url if content else None
        except AtlasError:  # what lies beside the tables is no site
            return None
        return f"{named.rstrip('/')}/" if named and named.startswith(SCHEMES) else None

    def _refuse_another_card(self) -> None:
        if _get(self.address + CARD).content != self._card.content:
            raise AtlasError(f"{self.address}: was published anew since it was opened; open it again")

    def _keep(self, path: Path, content: bytes, modified: str | None) -> None:
        self.write_bytes(path, content)
        if modified is not None:
            second = parsedate_to_datetime(modified).timestamp()
            os.utime(path, (second, second))


def _is_there(answer: PublishedAnswer) -> bool:
    return answer.status != http.HTTPStatus.NOT_FOUND


def content_at(address: str) -> bytes | None:
    """What lies at an address; None where the server has nothing there."""
    answer = _get(address)
    return answer.content if answer.status == http.HTTPStatus.OK else None


def _get(address: str, modified: str | None = None) -> PublishedAnswer:
    """What the server has; not modified and not found are answers, too."""
    headers = {} if modified is None else {"If-Modified-Since": modified}
    try:
        with urlopen(Request(address, headers=headers), timeout=TIMEOUT_S) as response:
            return PublishedAnswer(response.status, response.read(), response.headers.get("Last-Modified"))
    except HTTPError as error:
        if error.code in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.NOT_MODIFIED):
            return PublishedAnswer(error.code, b"", None)
        raise AtlasError(f"{address}: could not be fetched (the server answers {error.code}); try again") from None
    except (URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise AtlasError(f"{address}: could not be fetched ({_reason(error)}); try again") from None


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return f"cut short: {len(error.partial):,} of {len(error.partial) + (error.expected or 0):,} bytes came"
    return str(error.reason if isinstance(error, URLError) else error) or type(error).__name__
