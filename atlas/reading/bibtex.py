"""BibTeX of an atlas and of its features, for papers in LaTeX.

An entry is `@misc`, which every style knows. All alphabets stay as they are; what LaTeX would read as a command is
written out.
"""

import re
import unicodedata
from types import MappingProxyType
from urllib.parse import quote

from atlas.reading.citation import Author, CitedFeature, Work, feature_address

BIBTEX = "cite.bib"
"at the root of a site"

_LATEX = MappingProxyType(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_"},
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",  # BibTeX counts braces, even those behind a backslash
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
    }
)
_UNSAFE_IN_URL = re.compile(r"[\s{}\\^`|<>\"]")
_UNSAFE_IN_DOI = re.compile(r"[\s{}\\]")
_VERBATIM = MappingProxyType({"doi": _UNSAFE_IN_DOI, "url": _UNSAFE_IN_URL})
"fields whose signs LaTeX does not read as commands; a DOI is a name, which percent signs would make another"
_LONGEST = 32  # letters of the name of a group in a key
_SMALL_WORDS = ("a", "an", "the", "on", "of", "in", "for", "what", "how")


def bibtex(work: Work, feature: CitedFeature | None = None) -> str:
    """One entry: of the atlas, or of a feature in it."""
    archived = f"Archived as doi:{work.doi}" if work.doi else None
    version = f"Version {work.version}" if work.version else None
    fields = {
        "author": " and ".join(map(_bibtex_author, work.authors)) or None,
        "title": f"{{{latex(feature.title if feature else work.title)}}}",
        "year": str(work.year) if work.year else None,
    }
    if feature:
        fields |= {
            "howpublished": f"Feature of {{{latex(work.title)}}}",
            "note": latex(". ".join(filter(None, (version, archived)))) or None,
            "url": feature_address(work, feature),
        }
    else:
        fields |= {
            "howpublished": "Dataset",
            "note": latex(version) if version else None,
            "doi": work.doi,
            "url": work.address or work.doi_address,
        }
    verbatim = {
        name: unsafe.sub(lambda sign: quote(sign[0]), fields.get(name) or "") for name, unsafe in _VERBATIM.items()
    }
    given = (f"  {name} = {{{value}}}" for name, value in (fields | verbatim).items() if value)
    return f"@misc{{{bibtex_key(work, feature)},\n" + ",\n".join(given) + "\n}\n"


def bibtex_key(work: Work, feature: CitedFeature | None = None) -> str:
    """A key that stays while authors, year and title do: `doe2026whisper`; of a feature with `-block2-1234` behind."""
    words = [word for word in _ascii(work.title).split() if word not in _SMALL_WORDS]
    first = "".join(_ascii(work.authors[0].family).split())[:_LONGEST] if work.authors else ""
    whole = f"{first}{work.year or ''}{words[0] if words else ''}" or "atlas"
    return f"{whole}-{feature.name.replace('/', '-')}" if feature else whole


def _ascii(name: str) -> str:
    """Lower-case words of Latin letters and digits; accents are dropped, and so are other alphabets."""
    decomposed = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", decomposed.lower()).strip()


def _bibtex_author(author: Author) -> str:
    """A person as BibTeX takes names apart; a group, and whatever it would take apart wrongly, in braces."""
    if not author.is_person:
        return f"{{{latex(author.name)}}}"
    family, given = latex(author.family), latex(author.given)
    return f"{_whole(family)}, {_whole(given)}"


def _whole(name: str) -> str:
    return f"{{{name}}}" if "," in name or re.search(r"\band\b", name, re.IGNORECASE) else name


def latex(text: str) -> str:
    """A text for LaTeX: what it would read as a command is written out, all alphabets stay as they are."""
    return "".join(_LATEX.get(sign, sign) for sign in text)
