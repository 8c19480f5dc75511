"""A paper -> its links to the atlas, a reader for each format. What is behind a link is judged elsewhere."""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType

from atlas.errors import AtlasError
from atlas.formatting import listed
from atlas.publish.papers.package import Package, package_beside
from atlas.publish.papers.pdf import links_of_pdf
from atlas.publish.papers.references import Bases, Reference, addresses_in

_ESCAPED = re.compile(r"\\([_%#&~{}$])")
_TILDE = re.compile(r"\\(?:textasciitilde|string\s*~)(?:\{\}|\s)?|\\~\{\}")
_UNDER = re.compile(r"\\textunderscore(?:\{\}|\s)?|\\string\s*_")
_IN_ADDRESS = re.compile(r"https?://[^\s{}]*$")
_CODE = re.compile(r"%[0-9A-Fa-f]{2}")
_MACRO = re.compile(
    r"\\(?:atlas)?feature\s*(?:\[(?:[^\[\]{}]|\{[^{}]*\})*\])?\s*\{\s*(?P<name>[^{}]+?)\s*\}\s*\{\s*(?P<number>\d+)\s*\}"
)


def references_in(paper: Path, bases: Bases) -> list[Reference]:
    """Every link of a paper to the site, in order."""
    reader = READERS.get(paper.suffix.lower())
    if reader is None:
        raise AtlasError(f"{paper}: links are read in {listed(list(READERS))} files")
    if not paper.is_file():
        raise AtlasError(f"{paper}: no such file")
    return list(reader(paper, bases))


def _text_of(paper: Path) -> str:
    """A paper's text; older ones may be in Latin-1, in which addresses are written alike."""
    content = paper.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _latex(paper: Path, bases: Bases) -> Iterator[Reference]:
    package = package_beside(paper)
    text = "\n".join(_without_comments(_text_of(paper).splitlines()))
    known = [*_plain_links(paper, _unescaped(text), bases), *_macros(paper, text, package)]
    return iter(sorted(known, key=lambda reference: int(reference.place)))


def _bibtex(paper: Path, bases: Bases) -> Iterator[Reference]:
    return _plain_links(paper, _unescaped(_text_of(paper)), bases)


def _markdown(paper: Path, bases: Bases) -> Iterator[Reference]:
    return _plain_links(paper, html.unescape(_text_of(paper)), bases)


def _plain_links(paper: Path, text: str, bases: Bases) -> Iterator[Reference]:
    for number, line in enumerate(text.split("\n"), 1):
        for _, address in addresses_in(line):
            if reference := bases.reference(str(paper), str(number), address):
                yield reference


def _without_comments(lines: Sequence[str]) -> Iterator[str]:
    """Lines without what follows a `%`; an address that goes on behind one is put together."""
    pending, skipped = "", 0
    for line in lines:
        kept, cut = _before_comment(line)
        whole = pending + (kept.lstrip() if pending else kept)
        if cut and _IN_ADDRESS.search(whole) and line.rstrip().endswith("%"):
            pending, skipped = whole, skipped + 1
            continue
        yield whole
        yield from [""] * skipped
        pending, skipped = "", 0
    if pending:
        yield pending


def _before_comment(line: str) -> tuple[str, bool]:
    """What stands before a comment, and whether there is one; `%20` within an address is none."""
    for match in re.finditer("%", line):
        before = line[: match.start()]
        escaped = (len(before) - len(before.rstrip("\\"))) % 2 == 1
        code = _IN_ADDRESS.search(before) and _CODE.match(line, match.start())
        if not escaped and not code:
            return before, True
    return line, False


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", _UNDER.sub("_", _TILDE.sub("~", text)))


def _macros(paper: Path, text: str, package: Package) -> Iterator[Reference]:
    r"""`\feature{block2}{1234}`, as the package of the site links it."""
    for match in _MACRO.finditer(text):
        name = _unescaped(match["name"])
        today = package.former.get(name, name)
        yield Reference(
            paper=str(paper),
            place=str(text.count("\n", 0, match.start()) + 1),
            written=f"\\feature{{{name}}}{{{match['number']}}}",
            path=f"f/{today}/{int(match['number'])}.html",
            version=package.fingerprints.get(today, ""),
        )


class _Links(HTMLParser):
    """The addresses of a page: those of its attributes, and those of its text that no attribute has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        self.found += [(line, value.strip()) for name, value in attrs if name in ("href", "src", "cite") and value]

    def handle_data(self, data: str) -> None:
        first = self.getpos()[0]
        known = {address for _, address in self.found}
        for place, address in addresses_in(data):
            if address not in known:
                self.found.append((first + data.count("\n", 0, place), address))


def _html(paper: Path, bases: Bases) -> Iterator[Reference]:
    links = _Links()
    links.feed(_text_of(paper))
    links.close()
    for line, address in links.found:
        if reference := bases.reference(str(paper), str(line), address):
            yield reference


READERS: Mapping[str, Callable[[Path, Bases], Iterator[Reference]]] = MappingProxyType(
    {
        ".tex": _latex,
        ".bib": _bibtex,
        ".bbl": _latex,
        ".md": _markdown,
        ".html": _html,
        ".htm": _html,
        ".pdf": links_of_pdf,
    }
)
