"""Mistakes that cost nothing to find, found before the corpus is decoded: listing, taps, checkpoints, readouts."""

from atlas.annotate.run import source_facts
from atlas.corpus.sources import read_entries
from atlas.dictionaries.load import load_dictionary
from atlas.measure.run import Run
from atlas.readouts.catalogue import find_readout


def preflight(run: Run, calibrated: bool) -> None:
    """Refuse what a later stage would; dictionaries that were calibrated as they are have been looked at."""
    read_entries(run.config.corpus)
    if run.config.annotate.asked:
        source_facts(run)
    if run.config.effects is not None:
        find_readout(run.config, run.source)
    if calibrated:
        return
    for entry in run.config.dictionaries():
        width = run.widths[entry.tap]
        if entry.checkpoint is not None:
            load_dictionary(entry, width)
