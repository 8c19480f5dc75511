"""`atlas experiment`: an experiment on a finished atlas, from its config to its tables and a closing line."""

import time
from collections.abc import Mapping

import polars as pl

from atlas.effects.experiments import hallucination_tables, language_tables
from atlas.effects.experiments.hallucination import Steered, steer
from atlas.effects.experiments.hearing import Origin, Study, studied_dictionary
from atlas.effects.experiments.language import steer_pairs
from atlas.formatting import counted, duration, fraction, listed
from atlas.measure.renewal import portable
from atlas.measure.run import Run
from atlas.schema import EXPERIMENTS, HALLUCINATION, LANGUAGE_RUNS, LANGUAGE_STEERING
from atlas.schema.card import read_card
from atlas.schema.experiments import FEATURES_MOVED, RANDOM_MOVED, UNEDITED, basis_of


def run_hallucination(run: Run, wished: str | None, workers: int, silent: int | None) -> str:
    """The hallucination experiment; returns the closing line. Hold the folder's lock meanwhile."""
    started, study = time.monotonic(), study_of(run, wished)
    steered = steer(study, workers, silent)
    tables = hallucination_tables.all_tables(study, origin_of(study), steered)
    store(run, study.dictionary, tables)
    return (
        f"experiment {_hallucination_words(study.dictionary, steered, tables[HALLUCINATION.name])}, in"
        f" {duration(time.monotonic() - started)}; `atlas render` shows it"
    )


def run_language(run: Run, wished: str | None, workers: int) -> str:
    """The experiment on languages; returns the closing line. Hold the folder's lock meanwhile."""
    started, study = time.monotonic(), study_of(run, wished)
    pairs, left_out = steer_pairs(study, workers)
    tables = {
        LANGUAGE_STEERING.name: language_tables.shifts(study.dictionary, pairs),
        LANGUAGE_RUNS.name: language_tables.language_runs(study, origin_of(study), pairs, left_out),
    }
    store(run, study.dictionary, tables)
    reasons = sorted({f"{one.language}: {one.reason}" if one.language else one.reason for one in left_out})
    told = f"; left out: {listed(reasons)}" if reasons else ""
    return (
        f"experiment languages with {study.dictionary}: {counted(len(pairs), 'ordered pair')}{told}, in"
        f" {duration(time.monotonic() - started)}; `atlas render` shows it"
    )


def study_of(run: Run, wished: str | None) -> Study:
    """The dictionary that is studied."""
    return Study(run.folder.root, run.config, studied_dictionary(run, wished))


def origin_of(study: Study) -> Origin:
    """What the tables are of."""
    run = study.run
    identity = read_card(study.root).dictionaries[study.dictionary].identity
    return Origin(identity, basis_of(run.clips, portable(run.config), run.source.sha256))


def store(run: Run, dictionary: str, tables: Mapping[str, pl.DataFrame]) -> None:
    """Write the rows of a dictionary, in the place of former ones; those of others that the config names stay."""
    names = {entry.name for entry in run.config.dictionaries()} - {dictionary}
    for name, rows in tables.items():
        table = EXPERIMENTS[name]
        before = run.folder.read_table(table) if run.folder.path(table).exists() else table.empty()
        kept = before.filter(pl.col("dictionary").is_in(sorted(names)))
        run.folder.write_table(table, pl.concat([kept, rows]).sort(table.key))


def _hallucination_words(dictionary: str, steered: Steered, rates: pl.DataFrame) -> str:
    unedited = rates.filter(version=UNEDITED).row(0, named=True)
    lowest = rates.filter(version=FEATURES_MOVED).sort("rate", "k", "dose").row(0, named=True)
    random = rates.filter(version=RANDOM_MOVED, k=lowest["k"], dose=lowest["dose"])["rate"].to_list()
    beside = f" (random ones {fraction(min(random))} to {fraction(max(random))})" if random else ""
    return (
        f"hallucination with {dictionary}: {counted(unedited['recordings'], 'recording')} without speech and"
        f" {unedited['speech_recordings']} of speech; rate {fraction(unedited['rate'])} unedited, lowest"
        f" {fraction(lowest['rate'])} with {lowest['k']} features at dose {lowest['dose']:g}{beside}"
    )
