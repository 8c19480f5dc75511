"""The links of a PDF: its annotations, which know addresses whole, and printed addresses that are no links."""

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from atlas.errors import AtlasError
from atlas.publish.papers.references import Bases, Reference, without_scheme

_WHOLE = re.compile(r"(?:f/[^/?#\s]+/\d+(?:\.html)?(?:\?v=[0-9a-f]{8}(?:-[0-9a-f]{8})?)?|[^?#\s]+\.html)(?:#\S+)?")
_PIECE = r"[^\s<>\"{}|\\^`\[\]()]+"
_AROUND = ".,;:!?'"
_UNREADABLE = (
    *(PyPdfError, ValueError, LookupError, TypeError, AttributeError, AssertionError, EOFError, ArithmeticError),
    *(RecursionError, NotImplementedError, struct.error, zlib.error),
)
"what pypdf fails with where a file is not as the standard has it"


def links_of_pdf(paper: Path, bases: Bases) -> Iterator[Reference]:
    """Every link of every page, once a page."""
    for number, page in enumerate(_pages(paper), 1):
        try:
            annotated = list(dict.fromkeys(_annotated(page)))
            text = page.extract_text()
        except (*_UNREADABLE, DependencyError) as error:
            raise AtlasError(
                f"{paper}: page {number} cannot be read ({error}); give a PDF that opens elsewhere"
            ) from None
        printed = [address for address in _printed(text, bases) if not _is_of(address, annotated)]
        for address in dict.fromkeys([*annotated, *printed]):
            if reference := bases.reference(str(paper), f"page {number}", address):
                yield reference


def _pages(paper: Path) -> list[PageObject]:
    try:
        reader = PdfReader(paper)
        if reader.is_encrypted and not reader.decrypt(""):
            raise AtlasError(f"{paper}: encrypted, and its links cannot be read; give it without a password")
        return list(reader.pages)
    except (*_UNREADABLE, OSError) as error:
        raise AtlasError(f"{paper}: no PDF that can be read ({error}); give one that opens elsewhere") from None
    except DependencyError:
        raise AtlasError(
            f"{paper}: encrypted in a way that needs the package cryptography; install that, or give it unencrypted"
        ) from None


def _annotated(page: PageObject) -> Iterator[str]:
    for held in page.annotations or ():
        action = held.get_object().get("/A")
        uri = action.get_object().get("/URI") if action is not None else None
        if uri is not None:
            yield uri.decode("utf-8", "replace") if isinstance(uri, bytes) else str(uri)


def _printed(text: str, bases: Bases) -> Iterator[str]:
    """Addresses below one of the bases, with or without `https://`; what a line breaks is put together."""
    for base in map(without_scheme, bases.addresses):
        for match in re.finditer(rf"(?:https?://|(?<![\w/.-])){re.escape(base)}(?:{_PIECE})?", text, re.IGNORECASE):
            first, place = without_scheme(match.group()), match.end()
            found = first
            while not _is_whole(found, base) and (more := re.compile(rf"-?\s*\n\s*({_PIECE})").match(text, place)):
                found, place = found + more.group(1), more.end()
            if _is_whole(found, base) or place == match.end():
                yield "https://" + found.rstrip(_AROUND)
            else:
                yield "https://" + first.rstrip(_AROUND)


def _is_whole(address: str, base: str) -> bool:
    return _WHOLE.fullmatch(address[len(base) :].rstrip(_AROUND)) is not None


def _is_of(printed: str, annotated: list[str]) -> bool:
    """Whether a printed address is the face of a link, or the part of it that stands in one line."""
    bare = without_scheme(printed)
    return any(without_scheme(address).startswith(bare) for address in annotated)
