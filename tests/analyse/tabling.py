"""Made-up tables of a dictionary, row by row, for the tests of findings, controls and figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from atlas.analyse.naming.findings import Analysed
from atlas.analyse.naming.flags import Measured, flags_frame
from atlas.analyse.testing.shifts import ShiftReach
from atlas.encoders.whisper import GRID
from atlas.schema import (
    COLUMN_SHIFTS,
    DATASETS,
    DOMAINS,
    FEATURES,
    LABEL_INDEX,
    LABELS,
    MEL,
    PEAK_LABELS,
    TIMED_LABELS,
    Table,
)
from tests.analyse.making import Clip, clips_frame

CLIPS = clips_frame(
    [
        Clip(f"{dataset}{number}", domain, dataset)
        for domain, dataset in (("speech", "read"), ("sound", "street"), ("sound", "lab"), ("music", "stage"))
        for number in range(20)
    ]
)
Rows = Sequence[dict[str, Any]]
IN_THE_STREET = {"kind": "label", "within": ["street"], "auroc_loudness": 0.45, "auroc_length": 0.6}
CORPUS_DB = (-40.0,) * 4


def table(of: Table, rows: Rows, **defaults: object) -> pl.DataFrame:
    """A frame with a row for each dict; what none of them names is blank."""
    whole = [dict.fromkeys(of.columns) | {"dictionary": "d"} | defaults | row for row in rows]
    return of.frame({name: [row[name] for row in whole] for name in of.columns})


def analysed(
    features: Rows,
    name: str = "d",
    shift_reach: Sequence[ShiftReach] = (),
    levels: Mapping[int, float] | None = None,
    at_edges: Sequence[int] = (),
    unspoken: Sequence[int] = (),
    **tables: Rows,
) -> Analysed:
    """A dictionary: features by number, and whatever other rows are given; levels: the dB of a feature's
    spectrum; at_edges: the features that peak at the edges of clips; unspoken: those
    whose strongest recordings are mostly no speech.
    """
    common = {"state": "live", "density": 0.01, "clips_active": 30, "recordings_active": 20, "pad_rate": 0.0}
    frame = table(FEATURES, [{"feature": number, **row} for number, row in enumerate(features)], **common)
    reached = [
        {"feature": number, "dataset": dataset, "clips_active": 10 if row["state"] != "dead" else 0}
        for number, row in enumerate(frame.iter_rows(named=True))
        for dataset in ("lab", "read", "stage", "street")
    ]
    datasets = table(DATASETS, tables.get("datasets", reached))
    return Analysed(
        name=name,
        features=frame,
        datasets=datasets,
        domains=table(DOMAINS, tables.get("domains", ())),
        labels=table(LABELS, tables.get("labels", ()), kind="label", recordings=23, p=1e-12),
        label_index=table(LABEL_INDEX, tables.get("label_index", ()), **IN_THE_STREET),
        timed_labels=table(TIMED_LABELS, tables.get("timed_labels", ()), tier="phones", recordings=40),
        peak_labels=table(PEAK_LABELS, tables.get("peak_labels", ()), tier="phones", peaks=16, base=0.03, q=1e-9),
        shifts=table(COLUMN_SHIFTS, tables.get("shifts", ())),
        shift_reach=tuple(shift_reach),
        strongest=_strongest(frame, at_edges, unspoken),
        flags=flags_frame(
            Measured(frame, datasets, _mel(frame, levels), _strongest(frame, at_edges, unspoken)),
            CLIPS,
            GRID,
            CORPUS_DB,
        ),
    )


def _strongest(features: pl.DataFrame, at_edges: Sequence[int], unspoken: Sequence[int]) -> pl.DataFrame:
    edge_share = [0.5 if feature in at_edges else 0.45 for feature in features["feature"]]
    spoken_share = [0.5 if feature in unspoken else 0.6 for feature in features["feature"]]
    shares = {"feature": features["feature"], "edge_share": edge_share, "spoken_share": spoken_share}
    return pl.DataFrame({**shares, "clips": pl.Series([[*range(20)]] * len(features), dtype=pl.List(pl.UInt32))})


def _mel(features: pl.DataFrame, levels: Mapping[int, float] | None) -> pl.DataFrame:
    spectra = [[(levels or {}).get(feature, CORPUS_DB[0])] * len(CORPUS_DB) for feature in features["feature"]]
    return MEL.frame(
        {**dict.fromkeys(MEL.columns, [None] * len(spectra)), "feature": features["feature"], "spectrum": spectra}
    )


def siren(feature: int, **others: Any) -> dict[str, Any]:
    """A row of `labels` that makes a feature a siren's."""
    tested = {"auroc": 0.984, "lift": 31.2, "lift_low": 22.4, "q": 1.2e-9}
    chosen = {f"phi_{way}": 0.75 for way in ("chosen_a", "chosen_b", "a", "b", "heldout")}
    held_out = {"f1_heldout": 0.8, "f1_permuted_max": 0.2}
    corpus = {"precision10": 0.9, "r_precision": 0.85, "mass_share": 0.9, "mass_base": 0.04}
    return {"feature": feature, "label": "siren", **tested, **chosen, **held_out, **corpus, **others}


def phone(feature: int, **others: Any) -> dict[str, Any]:
    """A row of `timed_labels` that makes a feature a phone's."""
    return {
        "feature": feature,
        "label": "s",
        "share": 0.62,
        "expected": 0.04,
        "share_shifted_max": 0.06,
        "q": 1e-9,
        **others,
    }
