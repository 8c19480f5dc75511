"""The tables of experiments, which most atlases do not have."""

import polars as pl

from atlas.reading.tables import Atlas
from atlas.schema import EXPERIMENTS
from atlas.schema.experiments import basis_of


def experiment_table(atlas: Atlas, name: str) -> pl.DataFrame:
    """A table of an experiment; without rows where it was not made."""
    table = EXPERIMENTS[name]
    return atlas.folder.read_table(table) if atlas.folder.path(table).exists() else table.empty()


def current_basis(atlas: Atlas) -> str:
    """What an experiment would be made on now: clips, encoder, readout and domains."""
    return basis_of(atlas.clips, atlas.card.config, atlas.card.encoder.sha256)
