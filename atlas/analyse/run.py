"""The stage `analyse`: the tables of measuring -> those that say what a feature finds, and how sure that is.

Dictionaries are worked on one by one, each in a process of its own where there are several; what is told of them side
by side comes after all of them.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from atlas.analyse.dictionary import DictionaryResult, DictionaryTask, analyse_dictionary
from atlas.analyse.naming.beside import with_control
from atlas.analyse.naming.controls import controls_frame, figures_beside
from atlas.config.settings import Config
from atlas.formatting import counted, duration
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.schema import ANALYSED, COMPARISONS, CONTROLS, FINDINGS, LABELS, PEAK_LABELS
from atlas.schema.analysed import BY_LABEL, BY_PEAKS
from atlas.schema.card import read_card
from atlas.stages import Outcome
from atlas.store import AtlasFolder

STAGE = "analyse"


def analyse(folder: AtlasFolder, config: Config, workers: int) -> Outcome:
    """Analyse all dictionaries."""
    started = time.monotonic()
    entries = config.dictionaries()
    names = tuple(entry.name for entry in entries)
    controls = {entry.like: entry.name for entry in entries if entry.kind == "random" and entry.like}
    tasks = [
        DictionaryTask(
            root=folder.root,
            name=name,
            control=controls.get(name),
            names=names,
            domains=config.corpus.domains,
            map=config.analyse.map,
        )
        for name in names
    ]
    results = []
    with bar(STAGE, len(tasks), "dictionaries") as advance:
        for result in ordered_map(analyse_dictionary, tasks, workers):
            results.append(result)
            advance(1)
    paths = [path for result in results for path in result.paths] + _write_side_by_side(folder, results, controls)
    folder.prune([table.name for table in ANALYSED.values() if table.parts], set(paths))
    named = ", ".join(f"{result.name} {_named(result.findings):,} of {result.features:,}" for result in results)
    return Outcome(
        f"analyse    {counted(len(results), 'dictionary', 'dictionaries')} in {duration(time.monotonic() - started)}\n"
        f"           features named after what they respond to: {named}",
        paths,
    )


def _write_side_by_side(
    folder: AtlasFolder, results: Sequence[DictionaryResult], controls: Mapping[str, str]
) -> list[Path]:
    """What is told of dictionaries beside others; controls: dictionary -> its random control."""
    comparisons = pl.concat([result.comparisons for result in results]).sort(COMPARISONS.key)
    paths, figures = [folder.write_table(COMPARISONS, comparisons)], {}
    for result in results:
        control = controls.get(result.name)
        tables = [folder.read_table(table, control) if control else None for table in (LABELS, PEAK_LABELS)]
        findings = with_control(result.findings, *tables)
        paths.append(folder.write_table(FINDINGS, findings, result.name))
        figures[result.name] = result.figures | figures_beside(findings)
    beside = controls_frame(figures, read_card(folder.root).dictionaries)
    return [*paths, folder.write_table(CONTROLS, beside)]


def _named(findings: pl.DataFrame) -> int:
    """Features named after a word, phone, class or label of clips."""
    return int(findings["named_by"].is_in((BY_PEAKS, BY_LABEL)).sum())
