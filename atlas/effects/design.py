"""What is to be measured exactly: features with the clips that each is measured on, and single edits of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from atlas.schema.effects import ABLATE, DECOY


@dataclass(frozen=True, slots=True)
class Chosen:
    """A feature that is measured exactly."""

    feature: int
    by: str
    "one of `schema.effects.CHOSEN_BY`"
    clips: tuple[int, ...]
    "of half B, one a recording, drawn equally from the quartiles of its clip peaks; in the order of use"


@dataclass(frozen=True, slots=True, order=True)
class PlannedEdit:
    """One pass: an edit of a feature on a clip. Sorted by clip, so that a clip is encoded once."""

    clip: int
    feature: int
    edit: str
    "as in `effect_pairs.edit`"


def ablations(chosen: Sequence[Chosen]) -> list[PlannedEdit]:
    """Each feature taken away on its clips, beside its decoy."""
    return sorted(
        PlannedEdit(clip, one.feature, edit) for one in chosen for clip in one.clips for edit in (ABLATE, DECOY)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a dictionary's effects beside the edits themselves."""

    dictionary: str
    readout: str | None
    primary: str | None
    "one of `schema.effects.OUTCOMES`; None where nothing was measured"
    null_reason: str | None
    clips: int
    recordings_a: int
    recordings_b: int
    groups_b: int
