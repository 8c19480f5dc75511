"""The card of a dataset folder: what the Hub reads at its top, and what people read below.

The top is YAML, whose texts are written as JSON, which YAML takes. The licence is that of the tables ([cite] licence);
each clip and each example says its own.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from atlas.exports.huggingface_types import column_lines
from atlas.formatting import counted
from atlas.render.site import SiteAtlas

HUB_LICENCES = frozenset(
    (
        *("apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "unlicense"),
        *("cc", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0"),
        *("cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0"),
        *("cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
        *("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "odbl", "odc-by", "pddl"),
    )
)
"those that the Hub knows by name, of its own spelling; others are `other` with a name"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
TAGS = ("audio", "sparse-autoencoder", "interpretability", "audio-feature-atlas")
WHAT = {
    "features": "a row a feature: what it is called, its figures, labels with their lifts, explanations",
    "examples": "a row an example: a stretch of a clip, with the feature's trace over it",
    "clips": "a row a clip, with the sound of its whole window",
}
DEFAULT = "features"


@dataclass(frozen=True, slots=True)
class HubTable:
    """What the card says of a table."""

    rows: int
    heard: int
    "rows with a sound"
    columns: Mapping[str, pl.DataType]


def dataset_card(
    atlas: SiteAtlas,
    dictionaries: Sequence[str],
    tables: Mapping[str, HubTable],
    licences: Sequence[tuple[str | None, int]],
) -> str:
    """README.md of the dataset; licences: those of its clips, with how many have each."""
    title = atlas.cite.title or atlas.card.title
    filled = {name: table for name, table in tables.items() if table.rows}
    top = [
        "---",
        f"pretty_name: {json.dumps(title, ensure_ascii=False)}",
        *_licence_lines(atlas.cite.licence),
        f"tags: {json.dumps(TAGS)}",
        f"size_categories: {json.dumps([_size(max(table.rows for table in filled.values()))])}",
        *_config_lines(filled),
        "---",
    ]
    parts = [f"# {title}", _about(atlas, dictionaries), _tables(filled), _use(filled), _sources(atlas, licences)]
    return "\n".join(top) + "\n\n" + "\n\n".join(parts) + "\n"


def _licence_lines(licence: str | None) -> list[str]:
    if licence is None:
        return []
    known = licence.lower()
    if known in HUB_LICENCES:
        return [f"license: {known}"]
    return ["license: other", f"license_name: {re.sub(r'[^a-z0-9.]+', '-', known).strip('-')}"]


def _config_lines(tables: Mapping[str, HubTable]) -> list[str]:
    """Which files a table is made of, and what its columns are."""
    configs, columns = ["configs:"], ["dataset_info:"]
    for name, table in tables.items():
        configs += [f"- config_name: {name}", f"  data_files: {name}/*.parquet"]
        configs += ["  default: true"] if name == DEFAULT else []
        columns += [f"- config_name: {name}", "  features:", *(f"  {line}" for line in column_lines(table.columns))]
    return configs + columns


def _size(rows: int) -> str:
    return next((name for limit, name in SIZES if rows < limit), "1M<n<10M")


def _about(atlas: SiteAtlas, dictionaries: Sequence[str]) -> str:
    card = atlas.card
    hours = sum(domain.hours for domain in card.corpus.domains.values())
    lines = [
        f"What the features of sparse autoencoders on {card.encoder.model} respond to, measured on"
        f" {counted(card.corpus.clips, 'clip')} ({length_in_words(hours)}) by {card.tool}.",
        *([atlas.settings.notice] if atlas.settings.notice else []),
        "\n".join(
            f"- `{name}`: {counted(card.dictionaries[name].features, 'feature')} of `{card.dictionaries[name].tap}`"
            for name in dictionaries
        ),
        *([f"The site: {atlas.settings.base_url}"] if atlas.settings.base_url else []),
        *([_citation(atlas)] if atlas.cite.authors or atlas.cite.doi else []),
    ]
    return "\n\n".join(lines)


def length_in_words(hours: float) -> str:
    """Minutes below an hour, as 0.1 hours says little."""
    return f"{hours:.1f} hours" if hours >= 1 else counted(max(1, round(hours * 60)), "minute")


def _citation(atlas: SiteAtlas) -> str:
    cite = atlas.cite
    authors = "; ".join(author.name for author in cite.authors)
    year = f" ({cite.year})" if cite.year else ""
    work = f"*{cite.title or atlas.card.title}*"
    doi = f"https://doi.org/{cite.doi}" if cite.doi else ""
    return "Cite as: " + ". ".join(filter(None, [f"{authors}{year}" if authors else "", work, doi]))


def _tables(tables: Mapping[str, HubTable]) -> str:
    rows = [f"| `{name}` | {table.rows:,} | {WHAT[name]} |" for name, table in tables.items()]
    return "\n".join(["| table | rows | what |", "|---|---|---|", *rows])


def _use(tables: Mapping[str, HubTable]) -> str:
    heard = tables["examples"].heard if "examples" in tables else 0
    lines = [
        "```python",
        "from datasets import load_dataset",
        "",
        *(f'{name} = load_dataset("OWNER/NAME", "{name}", split="train")' for name in tables),
        "```",
        "",
        "An example names its `clip`, and lies there from `start_s` to `end_s`, counted from the beginning of the clip."
        " `trace` is the feature's activation over it, on each frame, in 1/255 of the feature's `max`. In a sound the"
        f" clip, or the example, begins at `audio_start_s`. {_heard(heard)}",
    ]
    return "\n".join(lines)


def _heard(examples: int) -> str:
    """Which examples have a sound of their own."""
    if not examples:
        return "No example has a sound of its own: it is a part of its clip's."
    have = "has a sound of its own" if examples == 1 else "have a sound of their own"
    return f"{counted(examples, 'example')} {have}; that of any other is a part of its clip's."


def _sources(atlas: SiteAtlas, licences: Sequence[tuple[str | None, int]]) -> str:
    held = [f"- {' '.join((licence or 'unknown').split())}: {counted(clips, 'clip')}" for licence, clips in licences]
    tables = f"Tables: {atlas.cite.licence}. " if atlas.cite.licence else ""
    return "\n".join(
        [
            "## Licences",
            "",
            f"{tables}Sounds keep the licences of their clips, which the column `licence` says, with `attribution` and"
            " `source_url`. Clips that may not be redistributed are left out, with their examples.",
            "",
            *held,
        ]
    )
