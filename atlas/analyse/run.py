"""The stage `analyse`: the tables of measuring -> those that say what a feature finds, and how sure that is.

Dictionaries are worked on one by one, each in a process of its own where there are several; what is told of them side
by side comes after all of them.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from atlas.analyse.dictionary import DictionaryResult, DictionaryTask, analyse_dictionary, drawn_for
from atlas.analyse.naming.beside import ControlTables, with_controls
from atlas.analyse.naming.controls import DictionaryFigures, controls_frame, figures_above, with_agreements
from atlas.config.settings import Config
from atlas.formatting import counted, duration
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.schema import ANALYSED, COMPARISONS, CONTROLS, FINDINGS, LABELS, PEAK_LABELS
from atlas.schema.analysed import BY_LABEL, BY_PEAKS, WHOLE
from atlas.schema.card import read_card
from atlas.stages import Outcome
from atlas.store import AtlasFolder

STAGE = "analyse"


def analyse(folder: AtlasFolder, config: Config, workers: int) -> Outcome:
    """Analyse all dictionaries."""
    started = time.monotonic()
    names = tuple(entry.name for entry in config.dictionaries())
    controls = config.controls()
    tasks = [
        DictionaryTask(
            root=folder.root,
            name=name,
            controls=controls[name],
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
    folder: AtlasFolder, results: Sequence[DictionaryResult], controls: Mapping[str, Mapping[str, str]]
) -> list[Path]:
    """What is told of dictionaries beside others; controls: as the config has them."""
    comparisons = pl.concat([result.comparisons for result in results]).sort(COMPARISONS.key)
    paths = [folder.write_table(COMPARISONS, comparisons)]
    figures: dict[str, DictionaryFigures] = {}
    kinds = {name: kind for mine in controls.values() for kind, name in mine.items()}
    for result in results:
        itself = kinds.get(result.name)
        beside = {itself: result.name} if itself else controls[result.name]
        tables = [_tables_of(folder, kind, control) for kind, control in beside.items()]
        findings = with_controls(result.findings, tables, itself)
        paths.append(folder.write_table(FINDINGS, findings, result.name))
        figures[result.name] = _with_control_figures(folder, result, findings, beside)
    cards = read_card(folder.root).dictionaries
    frame = controls_frame(with_agreements(figures, comparisons, cards), cards)
    return [*paths, folder.write_table(CONTROLS, frame)]


def _tables_of(folder: AtlasFolder, kind: str, control: str) -> ControlTables:
    return ControlTables(kind, folder.read_table(LABELS, control), folder.read_table(PEAK_LABELS, control))


def _with_control_figures(
    folder: AtlasFolder, result: DictionaryResult, findings: pl.DataFrame, beside: Mapping[str, str]
) -> DictionaryFigures:
    """A dictionary's figures with those that its controls decide."""
    if result.figures.whole["named", WHOLE] is None:  # nothing could be named, which is no number of 0
        return result.figures
    above = {control: figures_above(findings, kind) for kind, control in beside.items()}
    drawn = {
        control: result.figures.drawn[control]
        | figures_above(findings.filter(pl.col("feature").is_in(drawn_for(folder, control))), kind)
        for kind, control in beside.items()
        if control in result.figures.drawn
    }
    return replace(result.figures, drawn=drawn, beside=above)


def _named(findings: pl.DataFrame) -> int:
    """Features named after a word, phone, class or label of clips."""
    return int(findings["named_by"].is_in((BY_PEAKS, BY_LABEL)).sum())
