"""What features are called today, from the script that search loads first; every kind of site has it.

A page of its own would have to be asked for each feature, and sites that pack their pages have none.
"""

import json
import re
from collections.abc import Mapping

from atlas.errors import AtlasError
from atlas.publish.papers.access import SiteAccess
from atlas.render.datascripts import DIGITS, part_address

SCRIPT, LABEL, STATE = "names", "label", "state"
_CALL = re.compile(r"^atlasColumn\((.*)\);$", re.MULTILINE)


def labels_of(site: SiteAccess, dictionary: str) -> Mapping[int, str]:
    """What each feature of a dictionary is called, or else its state, such as `dead`; empty where the site has no such
    script."""
    columns: dict[str, dict[int, str]] = {LABEL: {}, STATE: {}}
    number = 1
    while content := site.read(f"data/{part_address(dictionary, SCRIPT, number)}"):
        try:
            if not _read(content.decode("utf-8"), columns):
                break  # a page that stands for what is missing
        except (ValueError, KeyError, IndexError, TypeError) as error:
            where = f"{site.where}: data/{part_address(dictionary, SCRIPT, number)}"
            raise AtlasError(f"{where} cannot be read ({type(error).__name__}); render the site again") from None
        number += 1
    states = {feature: state for feature, state in columns[STATE].items() if state != "live"}
    return states | columns[LABEL]


def _read(script: str, columns: Mapping[str, dict[int, str]]) -> bool:
    """Take over what a script brings; says whether it brings anything."""
    calls = _CALL.findall(script)
    for call in calls:
        _, column, first, content = json.loads(f"[{call}]")
        if column in columns:
            known = columns[column]
            known |= {first + place: text for place, text in enumerate(_decoded(content)) if text}
    return bool(calls)


def _decoded(content: Mapping[str, object]) -> list[str]:
    """The texts of a coded column, one a feature."""
    words, codes = content["words"], content["codes"]
    if not isinstance(words, list) or not isinstance(codes, str):
        raise TypeError("no coded column")
    width = 1
    while len(DIGITS) ** width < len(words):
        width += 1
    places = []
    for start in range(0, len(codes), width):
        place = 0
        for digit in codes[start : start + width]:
            place = place * len(DIGITS) + DIGITS.index(digit)
        places.append(place)
    return [str(words[place]) for place in places]
