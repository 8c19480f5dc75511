"""A link to the atlas as a paper has it: where it stands, what is written there, and which page it means."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_ADDRESS = re.compile(r"""https?://[^\s<>"{}|\\^`\[\]]+""", re.IGNORECASE)
_AROUND = ".,;:!?'*_…’”»"
"what stands behind an address, and is no part of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One link to a site."""

    paper: str
    place: str
    "the line, or the page of a PDF"
    written: str
    path: str
    "from the site's root: `f/block2/1234.html`"
    version: str = ""
    "what stands behind `?v=`"
    anchor: str = ""
    "what stands behind `#`"
    features: tuple[str, ...] = ()
    "what stands behind `features=`, in the address of a list"


@dataclass(frozen=True, slots=True)
class Bases:
    """The addresses below which the site's pages lie, today and formerly."""

    addresses: tuple[str, ...]

    def path_of(self, address: str) -> str | None:
        """The rest of an address behind one of them; None for an address elsewhere."""
        bare = without_scheme(address)
        for base in map(without_scheme, self.addresses):
            if bare == base.rstrip("/"):
                return ""
            host, slash, folder = base.partition("/")
            start = bare[: len(host)].lower() + bare[len(host) :]
            if start.startswith(host.lower() + slash + folder):
                return bare[len(base) :]
        return None

    def reference(self, paper: str, place: str, address: str) -> Reference | None:
        """The link that an address is; None where it leads elsewhere."""
        rest = self.path_of(address)
        if rest is None:
            return None
        parts = urlsplit("/" + rest)
        asked = dict(reversed(list(_query(parts.query))))  # of two with the same name the first counts
        return Reference(
            paper=paper,
            place=place,
            written=address,
            path=unquote(parts.path[1:]),
            version=asked.get("v", ""),
            anchor=unquote(parts.fragment),
            features=features_in(asked.get("features", "").replace("+", " ")),
        )


def features_in(text: str) -> tuple[str, ...]:
    """The names between commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def bases_of(addresses: Sequence[str]) -> Bases:
    """Addresses with the slash that ends a folder, each once."""
    return Bases(tuple(dict.fromkeys(address.rstrip("/") + "/" for address in addresses)))


def without_scheme(address: str) -> str:
    """`http` and `https` lead to the same page, and a printed address often has neither."""
    return re.sub(r"^https?://", "", address.strip(), flags=re.IGNORECASE)


def addresses_in(text: str) -> Iterator[tuple[int, str]]:
    """Every web address of a text and where it begins, without the punctuation around it."""
    place = 0
    while match := _ADDRESS.search(text, place):
        address = _balanced(match.group()).rstrip(_AROUND)
        yield match.start(), address
        place = match.start() + max(len(address), 1)


def _query(query: str) -> Iterator[tuple[str, str]]:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        yield name, unquote(value)


def _balanced(address: str) -> str:
    """The address up to a bracket that was opened before it."""
    depth = 0
    for place, letter in enumerate(address):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return address[:place]
    return address
