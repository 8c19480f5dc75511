"""How well loudness alone, and length alone, tell the recordings of a label: what a feature has to beat to be its name.

As AUROC within the label's strata, from the level and the duration of the clip that stands for each recording. Below .5
the recordings with the label are the softer, or shorter, ones, which tells them as well.

Domains differ in loudness and length, so what tells these apart tells domains, and a feature of a domain can rarely
beat both. There the question is whether the feature follows either: by Spearman's rank correlation of its peaks with
the level or the duration, within the datasets of the domain, whose recordings are alike in all else.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from atlas.analyse.testing.kinds import LabelKind
from atlas.analyse.testing.recordings import Recordings
from atlas.analyse.testing.trials import auroc, midranks, strata_of

Doubles = NDArray[np.float64]

CONFOUNDS = ("auroc_loudness", "auroc_length")


def confounds(kind: LabelKind, recordings: Recordings) -> Sequence[tuple[float | None, float | None]]:
    """Of each label of a kind; None where it is not tested."""
    ranks = midranks(_of_clips(recordings)[:, kind.recordings], kind.stratum)
    return [
        tuple(auroc(ranks, label.contrast).tolist()) if label.null_reason is None else (None, None)
        for label in kind.labels
    ]


def followed(values: NDArray[np.float32], recordings: Recordings, compared: NDArray[np.bool_]) -> Doubles:
    """[loudness and length, features, domains]: how closely peaks follow each within a domain's datasets.

    The mean of the datasets' rank correlations, each counted by its recordings; NaN where in none of them both vary.
    values: [features, recordings]; compared: [cells], those with recordings enough.
    """
    ranks, others = (midranks(rows, recordings.cell) for rows in (values, _of_clips(recordings)))
    totals, counts = (np.zeros((len(CONFOUNDS), len(values), len(recordings.domains))) for _ in range(2))
    domain_of = {name: place for place, name in enumerate(recordings.domains)}
    for cell, within in strata_of(recordings.cell):
        if compared[cell]:
            domain, size = domain_of[recordings.cells[cell].domain], within.stop - within.start
            correlation = _correlations(ranks[:, within], others[:, within])
            known = ~np.isnan(correlation)
            totals[:, :, domain] += np.where(known, size * correlation, 0)
            counts[:, :, domain] += size * known
    return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)


def _correlations(ranks: Doubles, others: Doubles) -> Doubles:
    """[others, features] of ranks: [features, recordings] and [others, recordings]; NaN where either is constant."""
    mean = (ranks.shape[1] + 1) / 2  # of midranks, whatever the ties
    ranks, others = ranks - mean, others - mean
    sizes = np.sqrt(np.outer((others**2).sum(axis=1), (ranks**2).sum(axis=1)))
    products = np.stack([(ranks * other).sum(axis=1) for other in others])
    return np.where(sizes > 0, products / np.maximum(sizes, 1), np.nan)


def _of_clips(recordings: Recordings) -> Doubles:
    """[loudness and length, recordings]"""
    return np.stack([recordings.clip_energy_db, recordings.clip_frames.astype(np.float64)])[:, recordings.clip]
