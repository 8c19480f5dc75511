"""A feature as other pages list it: its name, what is found of it, and the sound of its strongest example."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atlas.reading.names import label_of
from atlas.render import numbers
from atlas.render.parts.detections import label_address
from atlas.render.parts.snippets import Snippet, snippet
from atlas.render.site import SiteAtlas
from atlas.render.terms import TIERS
from atlas.schema.analysed import BY_LABEL, BY_PEAKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One feature in a list and its strongest example."""

    dictionary: str
    name: str
    address: str
    label: str
    label_page: str
    "of the label that names it; empty where a person, a domain or nothing does"
    state: str
    density: str
    snippet: Snippet | None


class Lister:
    """Lists features of an atlas; reads what it needs of each dictionary once."""

    def __init__(self, atlas: SiteAtlas) -> None:
        self._atlas = atlas
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def listed(self, dictionary: str, feature: int, beside: str = "") -> Listed:
        """One feature; a page that lists it more than once says beside what, so that its buttons have other names."""
        row = self._row(dictionary, feature)
        name = f"{dictionary}/{feature}"
        return Listed(
            dictionary=dictionary,
            name=name,
            address=self._atlas.address(name),
            label=label_of(row) or "",
            label_page=_label_page(row),
            state=row["state"],
            density=numbers.percent(row["density"]),
            snippet=self._snippet(name, row, beside),
        )

    def _row(self, dictionary: str, feature: int) -> dict[str, Any]:
        if dictionary not in self._rows:
            self._rows[dictionary] = self._atlas.headlines(dictionary).rows(named=True)
        return self._rows[dictionary][feature]

    def _snippet(self, name: str, row: Mapping[str, Any], beside: str) -> Snippet | None:
        """The strongest example; a dead feature has none."""
        if row["clip"] is None:
            return None
        clip = self._atlas.clip_rows[row["clip"]]
        called = ", ".join(part for part in (name, label_of(row), beside) if part)
        return snippet(clip, row["start_s"], row["end_s"], row["peak_s"], called)


def _label_page(row: Mapping[str, Any]) -> str:
    """A label that names a feature has a page, as the feature finds it."""
    if row["given_name"] is not None or row["named_by"] not in (BY_PEAKS, BY_LABEL):
        return ""
    return label_address(TIERS.get(row["kind"], row["kind"]), row["label"])
