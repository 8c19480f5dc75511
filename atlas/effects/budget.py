"""What a budget buys besides ablations: dose curves of features that pass, and full sets of controls.

Each set is a beginning of what a larger budget buys, as long as the features come in the same order.
"""

from collections.abc import Mapping, Sequence

from atlas.effects.design import Chosen, PlannedEdit
from atlas.effects.ledger import WantedEdit
from atlas.schema.effects import (
    ABLATE,
    COVARIANCE,
    DECOY,
    DOSE_EDITS,
    ISOTROPIC,
    MEANS,
    OF_FEATURE,
    SCALED,
    SHIFTED,
    SILENT_EDITS,
    control_edit,
)
from atlas.schema.thresholds import (
    CONTROL_DIRECTIONS,
    CONTROL_SHARE,
    DOSE_RECORDINGS,
    DOSE_SHARE,
    FEWEST_CONTROL_RECORDINGS,
)

_EVERY_DOSE = (*DOSE_EDITS, *SILENT_EDITS)
_SET = 3 * CONTROL_DIRECTIONS + 3
"controls in a full set, a clip"


def dosed_features(passing: Sequence[Chosen], budget: int) -> list[Chosen]:
    """The first of the features that pass, as many as the budget has doses for."""
    each = len(_EVERY_DOSE) * DOSE_RECORDINGS
    return list(passing[: int(DOSE_SHARE * budget / each)])


def dose_edits(features: Sequence[Chosen]) -> list[WantedEdit]:
    """Doses of features where they are active and on a stretch where they are not, on their first clips."""
    return [_plain(clip, one, edit) for one in features for clip in one.clips[:DOSE_RECORDINGS] for edit in _EVERY_DOSE]


def controlled_features(
    wished: Sequence[Chosen], strongest: Sequence[Chosen], displayed: int, budget: int
) -> list[Chosen]:
    """The features that get full sets: those that were wished for, then those that do most, as the budget bears."""
    rest = [one for one in strongest if one.feature not in {wish.feature for wish in wished}]
    affordable = int(CONTROL_SHARE * budget / (_SET * FEWEST_CONTROL_RECORDINGS)) - len(wished)
    return [*wished, *rest[: max(0, min(displayed, affordable))]]


def control_clips(features: Sequence[Chosen], budget: int) -> int:
    """On how many clips of each feature a full set is measured."""
    return max(FEWEST_CONTROL_RECORDINGS, int(CONTROL_SHARE * budget / (_SET * max(1, len(features)))))


def control_edits(
    features: Sequence[Chosen], others: Mapping[int, Sequence[int]], labelled: frozenset[int], clips: int
) -> list[WantedEdit]:
    """Full sets. others: feature -> those that are nearest to it; labelled: the features with a difference of means."""
    wanted = []
    for one in features:
        edits = [control_edit(OF_FEATURE, other) for other in others[one.feature]]
        edits += [
            control_edit(kind, number) for kind in (ISOTROPIC, COVARIANCE) for number in range(CONTROL_DIRECTIONS)
        ]
        edits += [SHIFTED, SCALED, *([MEANS] if one.feature in labelled else ())]
        wanted += [_plain(clip, one, edit) for clip in one.clips[:clips] for edit in edits]
    return wanted


def written_edits(features: Sequence[Chosen], dosed: Sequence[Chosen]) -> list[WantedEdit]:
    """What is written out of features that are displayed: each ablation, its decoy, and doses where there are some."""
    with_doses = {one.feature for one in dosed}
    wanted = []
    for one in features:
        for number, clip in enumerate(one.clips):
            doses = _EVERY_DOSE if one.feature in with_doses and number < DOSE_RECORDINGS else ()
            wanted += [WantedEdit(PlannedEdit(clip, one.feature, edit), True) for edit in (ABLATE, DECOY, *doses)]
    return wanted


def _plain(clip: int, one: Chosen, edit: str) -> WantedEdit:
    return WantedEdit(PlannedEdit(clip, one.feature, edit), False)
