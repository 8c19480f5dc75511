"""From a made-up corpus and what features do in it to the figures of a card, by the steps of the stage."""

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.naming.candidates import homes_of
from atlas.analyse.naming.controls import OwnFigures, figures_of
from atlas.analyse.naming.findings import Analysed, findings_frame
from atlas.analyse.testing.domains import domains_frame
from atlas.analyse.testing.labels import label_tables
from atlas.analyse.testing.probes import probe_labels
from atlas.analyse.testing.strongest import strongest_shares
from atlas.encoders.whisper import GRID
from tests.analyse.making import World
from tests.analyse.tabling import analysed
from tests.cards import sae_card


def dictionary_in(made: World, name: str = "d") -> Analysed:
    """The tables of a dictionary whose features do this."""
    blocks = made.blocks()
    matched = blocks[0].matched
    (probes,) = probe_labels(blocks, lambda some: matched[some], made.recordings, made.kinds)
    labels = label_tables(name, made.blocks(), made.recordings, made.kinds, probes=probes)
    rows = [_state(int(number)) for number in _recordings(made)]
    return replace(
        analysed(rows, name),
        labels=labels.labels,
        label_index=labels.label_index,
        domains=domains_frame(name, made.blocks_over_all(), made.over_all),
        strongest=strongest_shares(made.peaks.lazy(), made.features, made.over_all, GRID, []),
    )


def findings_in(made: World) -> pl.DataFrame:
    """What its features are called."""
    return findings_frame(dictionary_in(made), None, None, homes_of(made.clips))


def figures_in(made: World) -> OwnFigures:
    """The figures of its card."""
    mine = dictionary_in(made)
    return figures_of(mine, findings_frame(mine, None, None, homes_of(made.clips)), sae_card())


def _recordings(made: World) -> NDArray[np.int64]:
    """[features]: in how many recordings each fires."""
    fires = made.peaks.join(made.clips.select("clip", "recording"), on="clip")
    counts = dict(fires.group_by("feature").agg(pl.col("recording").n_unique()).iter_rows())
    return np.array([counts.get(feature, 0) for feature in range(made.features)], np.int64)


def _state(recordings: int) -> dict[str, object]:
    state = "dead" if not recordings else "rare" if recordings < 5 else "live"
    return {"state": state, "recordings_active": recordings}
