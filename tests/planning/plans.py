"""Made-up corpora and dictionaries to plan for; nothing is read or run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from atlas.config.settings import Config
from atlas.planning.outline import CorpusOutline
from atlas.planning.plan import Known
from atlas.planning.rates import EffectRates, Trial, TrialDictionary
from atlas.planning.shapes import Shape
from atlas.planning.times import Machine
from atlas.schema.grid import FrameGrid

GRID = FrameGrid(rate_hz=16_000, hop=320, field=400, centre=160, partial=True)
TRIED = 50


def config(**tables: Mapping[str, Any]) -> Config:
    """A config of one dictionary with two controls, whose corpus may be published."""
    media = {"redistribute": ("CC0",), **tables.pop("media", {})}
    return Config.model_validate(
        {
            "title": "planned",
            "corpus": {"folders": {"speech": Path("corpus")}},
            "encoder": {"model": "encoder.pt"},
            "dictionary": [{"name": "block2", "tap": "encoder.blocks.2", "checkpoint": "ae.pt"}],
            "media": media,
            **tables,
        }
    )


def outline(windows: int = 1_000, seconds: float = 6.0, licence: str = "CC0", **changes: Any) -> CorpusOutline:
    frame = pl.DataFrame(
        {
            "recording": [f"r{number // 2}" for number in range(windows)],
            "domain": ["speech"] * windows,
            "licence": [licence] * windows,
            "duration_s": [seconds] * windows,
        }
    )
    known: dict[str, Any] = {"files": windows, "labels": 20, "spans": 500, "timed_labels": 40}
    return CorpusOutline(windows=frame, **known | changes)


def shapes(features: int = 3_072) -> tuple[Shape, ...]:
    learned = Shape(name="block2", tap="encoder.blocks.2", features=features, width=384)
    controls = [
        Shape(
            name=f"block2-{kind}",
            tap="encoder.blocks.2",
            features=min(1024, features),
            width=384,
            control_of="block2",
            kind=kind,
        )
        for kind in ("random", "template")
    ]
    return (learned, *controls)


def trial(features: int = 3_072, share: float = 0.2) -> Trial:
    """One in which every feature fired in about such a share of the windows."""
    random = np.random.default_rng(0)

    def one(n: int) -> TrialDictionary:
        return TrialDictionary(counts=random.binomial(TRIED, share, n), features=n, l0=30.0, code_bytes=2.8)

    return Trial(
        windows=TRIED,
        frames=TRIED * 300,
        seconds=TRIED * 6.0,
        encoder_s=0.2,
        window_s=0.3,
        shard_s=2.0,
        index_s=0.001,
        heard_s=0.25,
        calibrate_s=3.0,
        media_s=0.03,
        annotate_s=None,
        picture_bytes=900.0,
        dictionaries={shape.name: one(shape.features) for shape in shapes(features)},
        memory_mib=800.0,
        device_mib=None,
        machine="a test",
    )


def known(**changes: Any) -> Known:
    given: dict[str, Any] = {
        "outline": outline(),
        "shapes": shapes(),
        "grid": GRID,
        "trial": trial(),
        "machine": Machine(workers=2, scan_workers=1, slowness=1.0),
    }
    return Known(**given | changes)


def rates(**changes: Any) -> EffectRates:
    """Of effects of the one dictionary."""
    given: dict[str, Any] = {
        "clips": 3,
        "encode_s": 0.5,
        "listen_s": 2.0,
        "screen_s": 1.0,
        "write_s": 0.25,
        "batch_s": {"block2": 1.4},
        "memory_mib": 700.0,
        "problem": None,
    }
    return EffectRates(**given | changes)
