"""The stage `analyse`: the tables of measuring -> those that say what a feature finds, and how sure that is.

Dictionaries are worked on one by one, each in a process of its own where there are several; what is told of them side
by side comes after all of them.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from atlas import __version__
from atlas.analyse.dictionary import DictionaryResult, DictionaryTask, analyse_dictionary, read_analysed
from atlas.analyse.naming.controls import Card, controls_frame
from atlas.config.settings import Config
from atlas.errors import AtlasError
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.schema import ANALYSED, COMPARISONS, CONTROLS
from atlas.store import CARD, AtlasFolder

STAGE = "analyse"


def analyse_facts(folder: AtlasFolder, config: Config) -> dict[str, str]:
    """What the analyses depend on."""
    return {
        "measured": str(_card(folder)["fingerprint"]),
        "corpus.domains": ", ".join(config.corpus.domains),
        "analyse.map": config.analyse.map,
        "tool": __version__,
    }


def analyse(folder: AtlasFolder, config: Config, workers: int) -> Sequence[DictionaryResult]:
    """Analyse all dictionaries, and leave the marker."""
    folder.unmark(STAGE)
    entries = config.dictionaries()
    names = tuple(entry.name for entry in entries)
    controls = {entry.like: entry.name for entry in entries if entry.kind == "random"}
    tasks = [
        DictionaryTask(folder.root, name, controls.get(name), names, config.corpus.domains, config.analyse.map)
        for name in names
    ]
    done = []
    with bar(STAGE, len(tasks), "dictionaries") as advance:
        for one in ordered_map(analyse_dictionary, tasks, workers):
            done.append(one)
            advance(1)
    paths = [path for one in done for path in one.paths] + _write_side_by_side(folder, done)
    folder.prune([table.name for table in ANALYSED.values() if table.parts], set(paths))
    folder.mark((STAGE,), analyse_facts(folder, config), paths)
    return done


def _write_side_by_side(folder: AtlasFolder, done: Sequence[DictionaryResult]) -> list[Path]:
    told = _card(folder)["dictionaries"]
    cards = {
        one.name: Card(*(told[one.name][key] for key in ("tap", "kind", "control_of", "l0", "fvu"))) for one in done
    }
    comparisons = pl.concat([one.comparisons for one in done]).sort(COMPARISONS.key)
    controls = controls_frame([read_analysed(folder, one.name) for one in done], cards)
    return [folder.write_table(COMPARISONS, comparisons), folder.write_table(CONTROLS, controls)]


def _card(folder: AtlasFolder) -> dict[str, Any]:
    """`atlas.json`, as merge left it."""
    try:
        card: dict[str, Any] = json.loads((folder.root / CARD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AtlasError(f"{folder.root}: nothing has been merged here yet; run `atlas build`") from None
    return card
