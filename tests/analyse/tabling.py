"""Made-up tables of a dictionary, row by row, for the tests of findings, controls and figures."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from atlas.analyse.naming.findings import Analysed
from atlas.analyse.naming.flags import flags_frame
from atlas.analyse.testing.shifts import ShiftReach
from atlas.encoders.whisper import GRID
from atlas.schema import (
    DATASETS,
    DOMAINS,
    FEATURES,
    LABEL_INDEX,
    LABELS,
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


def table(of: Table, rows: Rows, **defaults: object) -> pl.DataFrame:
    """A frame with a row for each dict; what none of them names is blank."""
    whole = [dict.fromkeys(of.columns) | {"dictionary": "d"} | defaults | row for row in rows]
    return of.frame({name: [row[name] for row in whole] for name in of.columns})


def analysed(features: Rows, name: str = "d", shift_reach: Sequence[ShiftReach] = (), **tables: Rows) -> Analysed:
    """A dictionary: features by number, and whatever other rows are given."""
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
        label_index=table(LABEL_INDEX, tables.get("label_index", ()), kind="label"),
        timed_labels=table(TIMED_LABELS, tables.get("timed_labels", ()), tier="phones", recordings=40),
        peak_labels=table(PEAK_LABELS, tables.get("peak_labels", ()), tier="phones", peaks=16, base=0.03, q=1e-9),
        shift_reach=tuple(shift_reach),
        flags=flags_frame(frame, datasets, CLIPS, GRID),
    )


def siren(feature: int, **others: Any) -> dict[str, Any]:
    """A row of `labels` that makes a feature a siren's."""
    figures = {"auroc": 0.984, "lift": 31.2, "lift_low": 22.4, "q": 1.2e-9, "f1_heldout": 0.8}
    return {"feature": feature, "label": "siren", **figures, **others}


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
