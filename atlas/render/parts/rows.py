"""The examples of a feature, group by group: what a row plays, shows and says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from atlas.formatting import counted
from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.extent import Extent
from atlas.render.parts.labellinks import LinkedName, linked_label
from atlas.render.parts.marks import Mark, mark_of
from atlas.render.parts.snippets import Snippet, snippet, trace_path
from atlas.render.parts.spoken import Name, Spoken, spoken_of
from atlas.schema import GROUPS

NAME, LINE = 60, 120  # characters of a clip's label in the name of its button, and in its row

_ABOUT = {
    "top": "the largest peaks, at most one per recording",
    "high": "drawn from the third of its clips with the largest peaks",
    "mid": "drawn from the middle third",
    "low": "drawn from the weakest third",
    "random": "drawn from all of its clips",
    "quiet": "as loud and from the same datasets, but the feature is silent",
}
_TITLES = {"mid": "Middle"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One row."""

    anchor: str
    value: str
    mark: Mark
    labels: tuple[LinkedName, ...]
    clip: str
    time: str
    source: str  # dataset and licence
    snippet: Snippet
    trace: str
    spoken: Spoken | None


@dataclass(frozen=True, slots=True)
class ExampleGroup:
    """Rows that were chosen alike."""

    key: str
    title: str
    about: str
    examples: tuple[Example, ...]

    @property
    def number(self) -> str:
        return counted(len(self.examples), "example")


def groups_of(atlas: Atlas, dictionary: DictionaryTables, feature: int, extent: Extent) -> tuple[ExampleGroup, ...]:
    """The groups that a feature has, in their order."""
    by_group: dict[str, list[Example]] = {group: [] for group in GROUPS}
    finding = dictionary.row("findings", feature) or {}
    naming = finding.get("kind") or "", finding.get("label") or ""
    for row in dictionary.records("examples", feature):
        if row["rank"] <= (extent.top if row["group"] == "top" else extent.others):
            by_group[row["group"]].append(example(atlas, row, naming))
    return tuple(
        ExampleGroup(key, _TITLES.get(key, key.capitalize()), _ABOUT[key], tuple(rows))
        for key, rows in by_group.items()
        if rows
    )


def example(atlas: Atlas, row: Mapping[str, Any], naming: Name) -> Example:
    """A row of the table `examples` as a row of the page; naming: the kind and label that name the feature."""
    clip = atlas.clip_rows[row["clip"]]
    anchor = f"{row['group']}-{row['rank']}"
    labels = [label for label in clip["labels"] if label != clip["domain"]] or [clip["language"] or ""]
    named = f"{row['group']} {row['rank']}, {numbers.cut(labels[0], NAME) or clip['domain']}"
    return Example(
        anchor=anchor,
        value=numbers.figure(row["peak"]),
        mark=mark_of(clip["domain"], atlas.domains),
        labels=tuple(_labels(atlas, clip)),
        clip=clip["path"].rpartition("/")[2],
        time=f"{clip['offset_s'] + row['start_s']:.2f}–{clip['offset_s'] + row['end_s']:.2f} s",
        source=" · ".join(part for part in (clip["dataset"], clip["licence"] or "licence unknown") if part),
        snippet=snippet(clip, row["start_s"], row["end_s"], row["peak_s"], named),
        trace=trace_path(row["trace"], row["start_s"], atlas.grid),
        spoken=spoken_of(atlas, row, naming),
    )


def _labels(atlas: Atlas, clip: Mapping[str, Any]) -> Iterator[LinkedName]:
    """What a clip is labelled with beside its domain, or else its language; as many as a row has room for."""
    labels = [label for label in clip["labels"] if label != clip["domain"]]
    kind, shown = ("label", labels) if labels else ("language", [clip["language"]] if clip["language"] else [])
    room = LINE
    for label in shown:
        room -= len(label) + 2
        if room < 0:
            return
        yield linked_label(atlas, kind, label)
