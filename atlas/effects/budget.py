"""What a budget buys besides ablations: dose curves of features that pass, and full sets of controls.

All that is passed through the model counts, what is passed again for its transcript, too; so none is exceeded. Each
set is a beginning of what a larger budget buys, as long as the features come in the same order.
"""

from collections.abc import Collection, Mapping, Sequence

from atlas.effects.design import Chosen, PlannedEdit
from atlas.effects.ledger import WantedEdit
from atlas.schema.effects import (
    ABLATE,
    COVARIANCE,
    DECOY,
    DOSE_DECOYS,
    DOSE_EDITS,
    ISOTROPIC,
    MEANS,
    OF_FEATURE,
    SCALED,
    SHIFTED,
    SILENT_DECOYS,
    SILENT_EDITS,
    control_edit,
)
from atlas.schema.thresholds import (
    CONTROL_DIRECTIONS,
    CONTROL_SHARE,
    DOSE_RECORDINGS,
    DOSE_SHARE,
    EFFECT_RECORDINGS,
    FEWEST_CONTROL_RECORDINGS,
    FEWEST_EFFECT_RECORDINGS,
)

_EVERY_DOSE = (*DOSE_EDITS, *DOSE_DECOYS, *SILENT_EDITS, *SILENT_DECOYS)
_SET = 3 * CONTROL_DIRECTIONS + 3
"controls in a full set, a clip"
_WRITTEN = 2 * EFFECT_RECORDINGS
"ablations and decoys of a displayed feature, which are passed again for their transcripts"

Others = Mapping[tuple[int, int], Sequence[int]]
"(feature, clip) -> features that are active where it is, nearest first"


def dosed_features(passing: Sequence[Chosen], budget: int) -> list[Chosen]:
    """The first of the features that pass, as many as the budget has doses for."""
    return list(passing[: _share(DOSE_SHARE, budget) // (len(_EVERY_DOSE) * DOSE_RECORDINGS)])


def dose_edits(features: Sequence[Chosen], displayed: Collection[int] = ()) -> list[WantedEdit]:
    """Doses and their decoys, on first clips: where features are active, and on a stretch where they are not.

    displayed: the features whose transcripts are written out at once.
    """
    return [
        WantedEdit(PlannedEdit(clip, one.feature, edit), one.feature in displayed)
        for one in features
        for clip in one.clips[:DOSE_RECORDINGS]
        for edit in _EVERY_DOSE
    ]


def controlled_features(
    wished: Sequence[Chosen], strongest: Sequence[Chosen], displayed: int, budget: int
) -> list[Chosen]:
    """The features that get full sets: those that were wished for, then those that do most, as the budget bears."""
    known = {wish.feature for wish in wished}
    rest = [one for one in strongest if one.feature not in known]
    affordable = _share(CONTROL_SHARE, budget) // (_SET * FEWEST_CONTROL_RECORDINGS + _WRITTEN)
    return [*wished, *rest[:displayed]][:affordable]


def control_clips(asked: int, budget: int) -> int:
    """On how many clips of each feature a full set is measured, where so many features are asked for.

    More than the fewest only where the budget bears all of these; so that it never grows at another feature's cost.
    """
    each = _share(CONTROL_SHARE, budget) // max(1, asked) - _WRITTEN
    return max(FEWEST_CONTROL_RECORDINGS, each // _SET)


def held_back(one: Chosen, telling: Collection[int]) -> tuple[int, ...]:
    """The clips of a feature on which controls are measured, in the order of use: the later half of those that tell.

    By the earlier half the features to display are chosen: so a rank is told on recordings that had no say in it.
    telling: clips that have the primary outcome; where they are too few, other outcomes are told on any clips.
    """
    able = [clip for clip in one.clips if clip in telling]
    if len(able) < FEWEST_EFFECT_RECORDINGS:
        able = list(one.clips)
    return tuple(reversed(able[len(able) - len(able) // 2 :]))


def choosing_clips(one: Chosen, telling: Collection[int]) -> tuple[int, ...]:
    """The clips by which it is judged whether to display a feature."""
    able = [clip for clip in one.clips if clip in telling]
    return tuple(able[: len(able) - len(able) // 2])


def control_edits(features: Mapping[int, Sequence[int]], others: Others, labelled: Collection[int]) -> list[WantedEdit]:
    """Full sets. features: each with its clips; labelled: the features with a difference of means."""
    drawn = [control_edit(kind, number) for kind in (ISOTROPIC, COVARIANCE) for number in range(CONTROL_DIRECTIONS)]
    wanted = []
    for feature, clips in features.items():
        alike = [*drawn, SHIFTED, SCALED, *([MEANS] if feature in labelled else ())]
        for clip in clips:
            edits = [*(control_edit(OF_FEATURE, other) for other in others.get((feature, clip), ())), *alike]
            wanted += [WantedEdit(PlannedEdit(clip, feature, edit), False) for edit in edits]
    return wanted


def written_edits(features: Sequence[Chosen]) -> list[WantedEdit]:
    """What is passed again of features that are displayed, to be written out: each ablation and its decoy."""
    return [
        WantedEdit(PlannedEdit(clip, one.feature, edit), True)
        for one in features
        for clip in one.clips
        for edit in (ABLATE, DECOY)
    ]


def _share(share: float, budget: int) -> int:
    """Passes of a part of the budget."""
    return int(round(share * budget, 6))
