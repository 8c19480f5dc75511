"""Which language the model hears under each move -> the tables of the experiment."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from atlas.digests import digest_of
from atlas.effects.experiments.hearing import Origin, Study
from atlas.effects.experiments.language import LeftOut, SteeredPair
from atlas.effects.statistics import interval
from atlas.schema import LANGUAGE_RUNS, LANGUAGE_STEERING
from atlas.schema.experiments import UNEDITED


def shifts(dictionary: str, pairs: Sequence[SteeredPair]) -> pl.DataFrame:
    """The table `language_steering` of a dictionary."""
    rows = [row for pair in pairs for row in _rows(dictionary, pair)]
    return pl.DataFrame(rows, schema=dict(LANGUAGE_STEERING.columns), orient="row").sort(LANGUAGE_STEERING.key)


def _rows(dictionary: str, pair: SteeredPair) -> list[dict[str, Any]]:
    spoken = np.array(pair.spoken.sort("move", "clip")["languages"].to_list())
    by_move = spoken.reshape(len(pair.moves), -1, spoken.shape[1])  # [moves, clips, languages]
    unedited = by_move[0]
    sizes = pair.spoken.group_by("move").agg((pl.col("size") ** 2).mean().sqrt()).sort("move")["size"].to_list()
    rows = []
    before = unedited.argmax(axis=1) == pair.other.column
    for move, now, size in zip(pair.moves, by_move, sizes, strict=True):
        there = now.argmax(axis=1) == pair.other.column
        row = {
            "dictionary": dictionary,
            "language": pair.own.language,
            "other": pair.other.language,
            "edit": move.edit,
            "version": move.version,
            "k": move.k,
            "draw": move.draw,
            "size": size,
            "recordings": len(now),
            "changed": float((now.argmax(axis=1) != unedited.argmax(axis=1)).mean()),
            "to_other": float((there if move.version == UNEDITED else there & ~before).mean()),
        }
        for name, column in (("own", pair.own.column), ("target", pair.other.column)):
            changes = now[:, column] - unedited[:, column]
            low, high = interval(changes, np.random.default_rng(int(digest_of("recordings drawn again"), 16)))
            row |= {name: float(np.median(changes)), f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return rows


def language_runs(
    study: Study, origin: Origin, pairs: Sequence[SteeredPair], left_out: Sequence[LeftOut]
) -> pl.DataFrame:
    """The table `language_runs` of a dictionary."""
    shared = {
        "dictionary": study.dictionary,
        "identity": origin.identity,
        "basis": origin.basis,
        "readout": study.model().readout.name,
    }
    rows = [
        {
            **shared,
            "language": pair.own.language,
            "other": pair.other.language,
            "recordings_a": len(pair.own.half_a),
            "recordings_b": len(pair.own.half_b),
            "removed": list(pair.removed),
            "added": list(pair.added),
            "null_reason": None,
        }
        for pair in pairs
    ]
    rows += [
        {
            **shared,
            "language": one.language,
            "other": "",
            "recordings_a": one.recordings_a,
            "recordings_b": one.recordings_b,
            "removed": [],
            "added": [],
            "null_reason": one.reason,
        }
        for one in left_out
    ]
    return pl.DataFrame(rows, schema=dict(LANGUAGE_RUNS.columns), orient="row").sort(LANGUAGE_RUNS.key)
