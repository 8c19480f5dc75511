"""Made-up tables of experiments, for an atlas of `tests.synthetic`."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from atlas.reading.experiments import current_basis
from atlas.reading.opening import open_atlas
from atlas.schema import HALLUCINATION, HALLUCINATION_FEATURES, HALLUCINATION_RUNS, LANGUAGE_RUNS, LANGUAGE_STEERING
from atlas.schema.experiments import (
    ADDED,
    BY_TEXT,
    FEATURES_MOVED,
    MEANS_MOVED,
    NOT_KNOWN,
    RANDOM_MOVED,
    RECONSTRUCTION,
    REMOVED,
    UNEDITED,
)
from atlas.store import AtlasFolder


def write_experiments(folder: Path, name: str, commonest: str = "thank you", **former: str) -> None:
    """Both experiments with one dictionary; former: the identity or basis of another one than is there."""
    atlas, opened = AtlasFolder(folder), open_atlas(folder)
    now = {"identity": opened.dictionaries[name].identity, "basis": current_basis(opened)}
    shared = {"dictionary": name, "readout": "Whisper decoder", **now, **former}
    rates = pl.DataFrame(list(_rates(name, commonest)), schema=dict(HALLUCINATION.columns)).sort(HALLUCINATION.key)
    atlas.write_table(HALLUCINATION, rates)
    weights = [{"dictionary": name, "rank": n, "feature": n, "weight": 1 / n, "shift": -2.0} for n in range(1, 26)]
    atlas.write_table(HALLUCINATION_FEATURES, pl.DataFrame(weights, schema=dict(HALLUCINATION_FEATURES.columns)))
    run = {
        **shared,
        "domains": "music, sound",
        "recordings_a": 90,
        "taken_for_speech_a": 40,
        "recordings_b": 60,
        "taken_for_speech_b": 25,
        "probe_auroc": 0.8,
        "speech_recordings": 30,
        "with_text": 30,
        "reference": BY_TEXT,
        "features_tested": 70,
    }
    atlas.write_table(HALLUCINATION_RUNS, pl.DataFrame([run], schema=dict(HALLUCINATION_RUNS.columns)))
    shifts = pl.DataFrame(list(_shifts(name)), schema=dict(LANGUAGE_STEERING.columns)).sort(LANGUAGE_STEERING.key)
    atlas.write_table(LANGUAGE_STEERING, shifts)
    languages = {"recordings_a": 12, "recordings_b": 11, "removed": [3, 4], "added": [5], "null_reason": None}
    runs = [
        {**shared, "language": "de", "other": "en", **languages},
        {**shared, "language": "xx", "other": "", **languages, "removed": [], "added": [], "null_reason": NOT_KNOWN},
    ]
    atlas.write_table(LANGUAGE_RUNS, pl.DataFrame(runs, schema=dict(LANGUAGE_RUNS.columns)))


def _rates(name: str, commonest: str) -> Iterator[dict[str, object]]:
    for version in (UNEDITED, RECONSTRUCTION):
        yield _rate(name, version, 0, 0.0, 0, 0.95, commonest)
    for k in (10, 25):
        for dose in (1.0, 2.0, 3.0):
            yield _rate(name, FEATURES_MOVED, k, dose, 0, 0.9 - 0.2 * dose, commonest)
            yield _rate(name, MEANS_MOVED, k, dose, 0, 0.9 - 0.1 * dose, commonest)
            for draw in range(1, 6):
                yield _rate(name, RANDOM_MOVED, k, dose, draw, 0.95 - 0.01 * draw, commonest)


def _rate(name: str, version: str, k: int, dose: float, draw: int, rate: float, commonest: str) -> dict[str, object]:
    return {
        "dictionary": name,
        "version": version,
        "k": k,
        "dose": dose,
        "draw": draw,
        "size": 0.1 * dose,
        "recordings": 60,
        "texts": round(60 * rate),
        "rate": rate,
        "rate_low": rate - 0.05,
        "rate_high": rate + 0.05,
        "no_speech": 0.4,
        "commonest": commonest,
        "speech_recordings": 30,
        "words": 300,
        "wer": 0.05 + 0.4 * dose,
        "wer_low": 0.01,
        "wer_high": 0.2 + 0.4 * dose,
    }


def _shifts(name: str) -> Iterator[dict[str, object]]:
    yield _shift(name, "", UNEDITED, 0, 0, 0.0) | {"changed": 0.0, "to_other": 0.07}
    yield _shift(name, "", RECONSTRUCTION, 0, 0, -0.05)
    for edit in (REMOVED, ADDED):
        for k in (1, 5):
            yield _shift(name, edit, FEATURES_MOVED, k, 0, -0.3 * k)
            yield _shift(name, edit, MEANS_MOVED, k, 0, -0.4 * k)
            for draw in range(1, 6):
                yield _shift(name, edit, RANDOM_MOVED, k, draw, 0.01 * draw)


def _shift(name: str, edit: str, version: str, k: int, draw: int, own: float) -> dict[str, object]:
    return {
        "dictionary": name,
        "language": "de",
        "other": "en",
        "edit": edit,
        "version": version,
        "k": k,
        "draw": draw,
        "size": 0.1,
        "recordings": 11,
        "own": own,
        "own_low": own - 0.1,
        "own_high": own + 0.1,
        "target": -own,
        "target_low": -own - 0.1,
        "target_high": -own + 0.1,
        "changed": 0.2,
        "to_other": 0.1,
    }
