"""The stage `analyse`: the tables of measuring -> those that say what a feature finds, and how sure that is.

Dictionaries are worked on one by one, each in a process of its own where there are several; what compares them comes
after all of them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from atlas import __version__
from atlas.analyse.blocks import Block, blocks
from atlas.analyse.domains import domains_frame
from atlas.analyse.grades import grades_frame
from atlas.analyse.kinds import kinds_of
from atlas.analyse.labels import label_tables
from atlas.analyse.recordings import recordings_of
from atlas.analyse.timed import timed_labels_frame
from atlas.config import Config
from atlas.errors import AtlasError
from atlas.pool import each
from atlas.progress import bar
from atlas.schema import (
    ALIGNMENTS,
    ANALYSED,
    CLIPS,
    DOMAINS,
    FEATURES,
    GRADES,
    LABEL_INDEX,
    LABELS,
    PEAKS,
    TIMED_COUNTS,
    TIMED_LABELS,
)
from atlas.store import CARD, AtlasFolder

STAGE = "analyse"


@dataclass(frozen=True, slots=True)
class Task:
    """One dictionary to analyse."""

    root: Path
    name: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What was written about one dictionary, and what the closing line tells of it."""

    name: str
    paths: tuple[Path, ...]
    labelled: int  # features with a significant label
    features: int


def analyse_facts(folder: AtlasFolder, config: Config) -> dict[str, str]:
    """What the analyses depend on."""
    return {
        "measured": read_card(folder)["fingerprint"],
        "domains": ", ".join(config.corpus.domains),
        "tool": __version__,
    }


def read_card(folder: AtlasFolder) -> dict[str, str]:
    """`atlas.json`, as merge left it."""
    path = folder.root / CARD
    try:
        card: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AtlasError(
            f"{folder.root}: no atlas has been measured here; run `atlas build` or `atlas merge`"
        ) from None
    return card


def analyse(folder: AtlasFolder, config: Config, workers: int) -> Sequence[Done]:
    """Analyse all dictionaries, and leave the marker."""
    folder.unmark(STAGE)
    names = [entry.name for entry in config.dictionaries()]
    tasks = [Task(folder.root, name, config.corpus.domains) for name in names]
    done = []
    with bar(STAGE, len(tasks), "dictionaries") as advance:
        for one in each(analyse_dictionary, tasks, workers):
            done.append(one)
            advance(1)
    paths = [path for one in done for path in one.paths]
    folder.prune([table.name for table in ANALYSED.values() if table.parts], set(paths))
    folder.mark((STAGE,), analyse_facts(folder, config), paths)
    return done


def analyse_dictionary(task: Task) -> Done:
    """All that can be said of one dictionary by itself."""
    folder, name = AtlasFolder(task.root), task.name
    clips = folder.read_table(CLIPS)
    recordings = recordings_of(clips, task.domains)
    features = len(folder.read_table(FEATURES, name))
    peaks = sorted(folder.path(PEAKS, name, "any").parent.glob("*.parquet"))

    def again() -> Iterator[Block]:
        return blocks(peaks, recordings, features)

    domains = domains_frame(name, again(), recordings)
    labels = label_tables(name, again(), recordings, kinds_of(clips, folder.read_table(ALIGNMENTS), recordings))
    frames = (
        (DOMAINS, domains),
        (GRADES, grades_frame(domains, task.domains)),
        (LABELS, labels.labels),
        (LABEL_INDEX, labels.label_index),
        (TIMED_LABELS, timed_labels_frame(folder.read_table(TIMED_COUNTS, name))),
    )
    paths = tuple(folder.write_table(table, frame, name) for table, frame in frames)
    significant = labels.labels.filter(pl.col("q") < 0.05)
    return Done(name, paths, significant["feature"].n_unique(), features)
