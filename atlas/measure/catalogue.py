"""The table of states: what the scan gathers, files hold and the merge adds up, and the tables that each ends in.

A new state is a file of its own and a row here. A table that none had before is one of the schema besides.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import polars as pl

from atlas.digests import digest_of
from atlas.measure.counts import Counts
from atlas.measure.examples import examples_frame, mass_shown
from atlas.measure.features import features_frame, histograms_frame, timed_frame
from atlas.measure.merged import Merged
from atlas.measure.reconstruction import CorpusMel, Fit
from atlas.measure.states import CorpusState, DictionaryState, State, array_names
from atlas.measure.timed import TimedCounts
from atlas.measure.topk import DrawnPicks, TopPicks
from atlas.schema import EXAMPLES, FEATURES, HISTOGRAMS, TIMED_COUNTS, Table

TableRows = Iterator[tuple[Table, pl.DataFrame]]


def _no_tables(merged: Merged) -> TableRows:
    yield from ()


def _count_tables(merged: Merged) -> TableRows:
    yield FEATURES, features_frame(merged, mass_shown(merged))
    yield HISTOGRAMS, histograms_frame(merged)


def _pick_tables(merged: Merged) -> TableRows:
    yield EXAMPLES, examples_frame(merged)


def _timed_tables(merged: Merged) -> TableRows:
    yield TIMED_COUNTS, timed_frame(merged)


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state of every dictionary, and the tables of one dictionary that are made of it once all shards are merged."""

    state: type[DictionaryState]
    tables: Callable[[Merged], TableRows] = _no_tables


COUNTS = "counts"
DICTIONARY_STATES: Mapping[str, StateRow] = MappingProxyType(
    {
        COUNTS: StateRow(Counts, _count_tables),
        "top": StateRow(TopPicks, _pick_tables),  # the examples of both kinds of picks
        "draw": StateRow(DrawnPicks),
        "fit": StateRow(Fit),  # enters the card
        "timed": StateRow(TimedCounts, _timed_tables),
    }
)
CORPUS_STATES: Mapping[str, type[CorpusState]] = MappingProxyType({"sounds": CorpusMel})


def kinds() -> dict[str, type[DictionaryState]]:
    """The kinds of a dictionary's states, by name."""
    return {name: row.state for name, row in DICTIONARY_STATES.items()}


def digest() -> str:
    """A fingerprint of what the files of a shard hold: the states, their arrays, and a version each."""
    states: dict[str, type[State[Any, Any]]] = {**kinds(), **CORPUS_STATES}
    return digest_of(repr([(name, array_names(state), state.version) for name, state in sorted(states.items())]))


def tables(merged: Merged) -> TableRows:
    """The tables of one dictionary that are made from its states."""
    for row in DICTIONARY_STATES.values():
        yield from row.tables(merged)
