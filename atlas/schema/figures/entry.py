"""What is said of one figure, wherever it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of a table, or a figure that pages make of columns."""

    name: str
    meaning: str
    unit: str = ""
    "empty for names, numbers of things and ratios"
    null: str = ""
    "where the figure does not exist; empty for one that always does"


Figures = Mapping[str, Figure]
"""column -> figure"""

DICTIONARY: Figures = {"dictionary": Figure("Dictionary", "The short name of the dictionary.")}
FEATURE: Figures = {**DICTIONARY, "feature": Figure("Feature", "The number of the feature in its dictionary, from 0.")}
CLIP: Figures = {"clip": Figure("Clip", "The number of the clip, as in the table `clips`.")}
