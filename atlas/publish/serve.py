"""Look at a site on this machine: a small server of files, for one person.

Python's own server knows nothing of ranges, without which a player cannot seek. This one answers a single range; what
it does not understand it answers whole, as the standard allows. It listens on this machine alone.
"""

import io
import logging
import re
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

from atlas.errors import AtlasError

LOG = logging.getLogger(__name__)
HOST = "127.0.0.1"
MISSING = "404.html"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_TYPES = {  # named here, as a machine's own list may name them otherwise
    ".css": "text/css",
    ".js": "text/javascript",
    ".mp3": "audio/mpeg",
    ".parquet": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}


def server_of(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of a folder's files, ready to serve; port 0 is any that is free."""
    if not folder.is_dir():
        raise AtlasError(f"{folder}: no such folder; give the folder of a site")
    try:
        return _Server((HOST, port), partial(_Handler, directory=str(folder)))
    except OSError as error:
        raise AtlasError(f"--port {port}: {error.strerror}; leave it out to take a free one") from None


def address_of(server: ThreadingHTTPServer) -> str:
    return f"http://{HOST}:{server.server_address[1]}/"


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves in the middle of a file, as players do when they seek, is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = SimpleHTTPRequestHandler.extensions_map | _TYPES

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """The headers, and what is to be copied after them."""
        path = Path(self.translate_path(self.path))
        wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
        if wanted is None or not any(wanted.groups()) or not path.is_file():
            return super().send_head()
        size = path.stat().st_size
        first, last = _span(wanted.group(1), wanted.group(2), size)
        if first > last:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        with path.open("rb") as file:
            file.seek(first)
            return io.BytesIO(file.read(last - first + 1))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is missing is answered with the site's own page, as hosts do."""
        page = self._missing_page() if code == HTTPStatus.NOT_FOUND else None
        if page is None:
            super().send_error(code, message, explain)
            return
        content = page.read_bytes()
        self.send_response(code, message)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _missing_page(self) -> Path | None:
        """The nearest 404.html at or above the address: a site may lie below the folder that is served."""
        top = Path(self.directory)
        above = (place for place in Path(self.translate_path(self.path)).parents if place.is_relative_to(top))
        return next((place / MISSING for place in above if (place / MISSING).is_file()), None)

    def end_headers(self) -> None:
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", "no-cache")  # a site that is rendered again shows at once
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name that the base class gives it)
        LOG.debug(format, *args)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte that a range asks for; `-5` is the last five."""
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last) if last else size - 1, size - 1)
