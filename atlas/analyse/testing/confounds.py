"""How well loudness alone, and length alone, tell the recordings of a label: what a feature has to beat to be its name.

As AUROC within the label's strata, from the level and the duration of the clip that stands for each recording. Below .5
the recordings with the label are the softer, or shorter, ones, which tells them as well.
"""

from collections.abc import Sequence

import numpy as np

from atlas.analyse.testing.kinds import LabelKind
from atlas.analyse.testing.recordings import Recordings
from atlas.analyse.testing.trials import auroc, midranks

CONFOUNDS = ("auroc_loudness", "auroc_length")


def confounds(kind: LabelKind, recordings: Recordings) -> Sequence[tuple[float | None, float | None]]:
    """Of each label of a kind; None where it is not tested."""
    clip = recordings.clip[kind.recordings]
    values = np.stack([recordings.clip_energy_db[clip], recordings.clip_frames[clip]])
    ranks = midranks(values, kind.stratum)
    return [
        tuple(auroc(ranks, label.contrast).tolist()) if label.null_reason is None else (None, None)
        for label in kind.labels
    ]
