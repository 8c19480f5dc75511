"""Where a feature's effect stands among those of control directions that moved the same frames as far."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from atlas.effects.recorded import Edits
from atlas.effects.statistics import Floats, rank_among
from atlas.schema.effects import ABLATE, COVARIANCE, ISOTROPIC, OF_FEATURE
from atlas.schema.thresholds import FEWEST_CONTROL_RECORDINGS

_KINDS = {OF_FEATURE: "features", ISOTROPIC: "isotropic", COVARIANCE: "covariance"}
"kind of control -> what its columns end in"


def control_figures(edits: Edits) -> Mapping[str, object]:
    """The columns of `effects` about control directions; null where they were measured in too few recordings."""
    columns: dict[str, object] = dict.fromkeys(
        [f"{part}_{name}" for part in ("rank", "controls") for name in _KINDS.values()]
    )
    own, measured = edits[ABLATE], np.empty(0, np.int64)
    for kind, name in _KINDS.items():
        recordings, medians = _medians(_by_recording(edits, kind, own.recordings))
        if len(recordings) >= FEWEST_CONTROL_RECORDINGS:
            beside = float(np.median(own.within(recordings)))
            columns[f"rank_{name}"] = rank_among(beside, medians)
            columns[f"controls_{name}"] = np.sort(medians).tolist()
            measured = np.union1d(measured, recordings)
    effect = float(np.median(own.within(measured))) if len(measured) else None
    return {"control_recordings": len(measured), "control_effect": effect, **columns}


def _by_recording(edits: Edits, kind: str, within: NDArray[np.int64]) -> Mapping[int, list[float]]:
    """recording -> the effects of its controls of a kind, by their number; recordings in order."""
    numbers = sorted((int(number), edit) for edit in edits for of, _, number in [edit.partition(":")] if of == kind)
    found: dict[int, list[float]] = {int(recording): [] for recording in within}
    for _, edit in numbers:
        control = edits[edit]
        for recording, value in zip(control.recordings, control.values, strict=True):
            if int(recording) in found:
                found[int(recording)].append(float(value))
    return {recording: values for recording, values in found.items() if values}


def _medians(controls: Mapping[int, list[float]]) -> tuple[NDArray[np.int64], Floats]:
    """The recordings, and medians over them of one control each: first ones with first ones, second with second ones.

    A recording that has fewer begins again with its first, so that each median is over all of them.
    """
    most = max(map(len, controls.values()), default=0)
    table = [[values[place % len(values)] for place in range(most)] for values in controls.values()]
    recordings = np.array(list(controls), np.int64)
    return recordings, np.median(np.array(table), axis=0) if most else np.empty(0)
