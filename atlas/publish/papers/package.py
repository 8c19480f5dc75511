r"""`atlas.sty` beside a paper: which fingerprint `\feature{block2}{1234}` carries, and what dictionaries were called.

The site writes the file (templates/atlas.sty), and a paper keeps its copy; what it has for each dictionary stands in
lines of their own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "atlas.sty"
_DICTIONARY = re.compile(r"^\s*\\atlas@dictionary\{([^{}]*)\}\{([^{}]*)\}\{\d+\}", re.MULTILINE)
_FORMER = re.compile(r"^\s*\\atlas@former\{([^{}]*)\}\{([^{}]*)\}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """What a copy of the package knows; nothing where there is none."""

    fingerprints: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)
    "name in the paper -> name when the package was written"


def package_beside(paper: Path) -> Package:
    """The package in a paper's own folder."""
    try:
        text = (paper.parent / PACKAGE).read_text(encoding="utf-8")
    except OSError:
        return Package()
    return Package(dict(_DICTIONARY.findall(text)), dict(_FORMER.findall(text)))
