"""How the corpora name licences -> SPDX ids.

A licence that SPDX does not list is spelled in the same way, and one of unknown version stays without a version.
What cannot be recognised is an empty text: not known, so never taken for a permission.
"""

import re

_ADDRESS = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z+-]+)/(\d\.\d)(?:/([a-z]{2})(?![a-z]))?")
_FREE_ART = re.compile(r"artlibre\.org/licence/lal")
_SHORT = re.compile(r"\bCC (BY(?:-(?:NC|ND|SA))*) (\d\.\d)(?: ([A-Z]{2})\b)?")
_LONG = re.compile(
    r"\b(Attribution(?:-(?:Non-?Commercial|Share ?Alike|No ?Deriv(?:ative)?s))*)"
    r"(?: (\d\.\d)(?: (?:International|Unported|(United States|Portugal)))?| Licen[sc]e)"
)
_TERMS = (("Attribution", "BY"), ("Non", "NC"), ("No", "ND"), ("Share", "SA"))
_COUNTRIES = {"United States": "US", "Portugal": "PT"}


def licence_of_address(address: str) -> str:
    """The licence at an address of Creative Commons, or of the Free Art License."""
    match = _ADDRESS.search(address.lower())
    if match is None:
        return "LAL-1.3" if _FREE_ART.search(address.lower()) else ""
    kind, terms, version, country = match.groups()
    if kind == "publicdomain":
        return {"zero": "CC0-", "mark": "CC-PDM-"}.get(terms, f"CC-{terms}-") + version
    return _joined(terms.upper(), version, (country or "").upper())


def licence_of_words(words: str) -> str:
    """The licence that a line names in words, such as "CC BY-SA 4.0" or "a Attribution 3.0 International License"."""
    if short := _SHORT.search(words):
        return _joined(*(part or "" for part in short.groups()))
    if long := _LONG.search(words):
        terms = "-".join(_term(word) for word in re.split(r"-(?!Commercial)", long[1]))
        return _joined(terms, long[2] or "", _COUNTRIES.get(long[3] or "", ""))
    if "Public Domain Mark 1.0" in words:
        return "CC-PDM-1.0"
    if re.search(r"\bCC0\b", words):
        return "CC0-1.0"
    return "public domain" if re.search(r"public domain", words, re.IGNORECASE) else ""


def _term(word: str) -> str:
    return next(short for start, short in _TERMS if word.startswith(start))


def _joined(terms: str, version: str, country: str) -> str:
    return "-".join(part for part in ("CC", terms, version, country) if part)
