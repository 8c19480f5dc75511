"""A paper -> its links to the atlas, a reader for each format. What is behind a link is judged elsewhere."""

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType

from atlas.errors import AtlasError
from atlas.formatting import listed
from atlas.publish.papers.latex import macros_in, unescaped, unfollowed, without_comments
from atlas.publish.papers.package import package_beside
from atlas.publish.papers.pdf import links_of_pdf
from atlas.publish.papers.references import Bases, Reference, addresses_in


def references_in(paper: Path, bases: Bases) -> list[Reference]:
    """Every link of a paper to the site, in order."""
    reader = READERS.get(paper.suffix.lower())
    if reader is None:
        raise AtlasError(f"{paper}: links are read in {listed(list(READERS))} files")
    if not paper.is_file():
        raise AtlasError(f"{paper}: no such file")
    return list(reader(paper, bases))


def not_followed(papers: Sequence[Path], bases: Bases) -> Iterator[str]:
    """What papers in LaTeX may have links in that are not read, a sentence each."""
    given = {paper.resolve() for paper in papers}
    folders = {paper.parent for paper in given}
    for paper in papers:
        if READERS[paper.suffix.lower()] is not _latex:
            continue
        for line, written, hint in sorted(unfollowed(without_comments(_text_of(paper)), given, folders, bases)):
            yield f"{paper}:{line}: not followed: {written}{hint}"


def _text_of(paper: Path) -> str:
    """A paper's text; older ones may be in Latin-1, in which addresses are written alike."""
    content = paper.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _latex(paper: Path, bases: Bases) -> Iterator[Reference]:
    package = package_beside(paper)
    text = without_comments(_text_of(paper))
    known = [*_plain_links(paper, unescaped(text), bases), *macros_in(paper, text, package)]
    return iter(sorted(known, key=lambda reference: int(reference.place)))


def _bibtex(paper: Path, bases: Bases) -> Iterator[Reference]:
    return _plain_links(paper, unescaped(_text_of(paper)), bases)


def _markdown(paper: Path, bases: Bases) -> Iterator[Reference]:
    return _plain_links(paper, html.unescape(_text_of(paper)), bases)


def _plain_links(paper: Path, text: str, bases: Bases) -> Iterator[Reference]:
    for number, line in enumerate(text.split("\n"), 1):
        for _, address in addresses_in(line):
            if reference := bases.reference(str(paper), str(number), address):
                yield reference


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
