"""What is said of a feature at the head of its page: the verdict, and beside it the truth where that is known."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atlas.formatting import counted
from atlas.reading.tables import DictionaryTables
from atlas.render import numbers
from atlas.render.site import SiteAtlas

_COMPARED = re.compile(r" \(denser than [^)]*\)")
_LABELS, _LABEL = 5, 40  # of the truth: the most frequent ones, and the characters of each


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence in three parts, and the truth in words; empty where nobody knows it."""

    begin: str
    compared: str  # with other features: a phone has no room for it
    end: str
    truth: str

    @property
    def text(self) -> str:
        return self.begin + self.compared + self.end


def verdict_of(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int) -> Verdict:
    """The verdict of the analyses, or what can be said before them."""
    finding = dictionary.row("findings", feature) or {}
    text = finding.get("verdict") or _plain(dictionary.row("features", feature) or {})
    found = _COMPARED.search(text)
    start, stop = found.span() if found else (len(text), len(text))
    return Verdict(text[:start], text[start:stop], text[stop:], _truth(atlas, dictionary, feature))


def _plain(row: Mapping[str, Any]) -> str:
    """What can be said of a feature before the analyses: its state and its density."""
    if row["state"] == "dead":
        return "Dead on this corpus: no active frame. Another corpus may wake it."
    return f"{row['state'].capitalize()}: fires on {numbers.percent(row['density'])} of frames; not analysed yet."


def _truth(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int) -> str:
    """Where those who made the corpus know what is in each clip: what is in the top examples."""
    if atlas.settings.truth is None:
        return ""
    clips = [row["clip"] for row in dictionary.records("examples", feature) if row["group"] == "top"]
    held = Counter(label for clip in clips for label in atlas.clip_rows[clip]["labels"])
    if not held:
        return ""
    _, found = dictionary.best_labels.get(feature, ("", ""))
    (label, number), *others = sorted(held.items(), key=lambda one: (one[0] != found, -one[1], one[0]))[:_LABELS]
    first = f"{numbers.cut(label, _LABEL)} in {number} of the clips of its {counted(len(clips), 'top example')}"
    return ", ".join([first, *(f"{numbers.cut(label, _LABEL)} in {number}" for label, number in others)])
