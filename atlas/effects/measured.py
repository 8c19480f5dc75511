"""What was measured, a row an edit: kept as it is measured, and all that the tables of effects are made from."""

import polars as pl

from atlas.schema.table import Columns

MEASURED: Columns = {
    "feature": pl.UInt32,
    "clip": pl.UInt32,
    "edit": pl.String,
    "frames_edited": pl.UInt32,
    "norm": pl.Float64,
    "outcomes": pl.List(pl.String),
    "values": pl.List(pl.Float64),
    "tokens": pl.List(pl.String),
    "changes": pl.List(pl.Float64),
    "near": pl.List(pl.Boolean),
    "before": pl.String,
    "after": pl.String,
}
"""A row an edit of a dictionary, by (feature, clip, edit).

`frames_edited`, `norm`: how many frames, and the root mean square over them of the norms that they were moved by.
`outcomes`, `values`: what `effect_pairs` has as rows. `tokens`, `changes`, `near`: of ablations and decoys, each token
of the unedited transcript, how its log-probability changed (nats) and whether it is near an edited frame. `before`,
`after`: transcripts, where it was written out; else null.
"""


def no_rows() -> pl.DataFrame:
    return pl.DataFrame(schema=dict(MEASURED))
