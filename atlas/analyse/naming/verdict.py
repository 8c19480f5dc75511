"""The verdict: one sentence of plain English that heads a feature's page, made of its figures and nothing else.

"Live: fires on 0.31 % of frames (denser than 62 % of the live features and 60 % of the random control's), in 62 clips,
40 recordings, 2 of 4 datasets; best label siren, AUROC .98, q 1e-9; not padding, not positional."
"""

from collections.abc import Sequence
from dataclasses import dataclass

from atlas.analyse.naming.flags import DENSE, ONE_DATASET, PADDING, POSITIONAL
from atlas.formatting import counted, listed, percent

NO_LABEL = "no significant label"
NONE_STANDS_OUT = "no label stands out"
"some have q < .05, but less often than expected or hardly more often"
NOT_TESTED = "fires in too few labelled recordings to be tested for labels"
NOTHING_TO_TEST = "the corpus has no label that can be tested"


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag that a feature has, and the share of live features that have it too."""

    flag: str
    rate: float | None

    def __str__(self) -> str:
        flag = "nearly all in one dataset" if self.flag == ONE_DATASET else self.flag
        return flag if self.rate is None else f"{flag} (as are {percent(self.rate)} of live features)"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the sentence tells of one feature."""

    state: str
    density: float
    denser: float | None  # than this share of live features; None where there is none
    denser_control: float | None
    pad_rate: float | None
    clips: int
    recordings: int
    datasets: int
    all_datasets: int
    label: str  # its best label with figures, or why there is none
    raised: Sequence[Raised]


def verdict(figures: Figures) -> str:
    """The sentence of one feature."""
    if figures.state == "dead":
        return _of_a_dead_feature(figures)
    where = [
        counted(figures.clips, "clip"),
        counted(figures.recordings, "recording"),
        f"{figures.datasets} of {counted(figures.all_datasets, 'dataset')}",
    ]
    often = f"fires on {percent(figures.density)} of frames{_compared(figures)}, in {', '.join(where)}"
    return f"{figures.state.capitalize()}: {often}; {figures.label}; {_flags(figures)}."


def _of_a_dead_feature(figures: Figures) -> str:
    padding = f", only on padding ({percent(figures.pad_rate)} of padded frames)" if figures.pad_rate else ""
    return f"Dead on this corpus: never fires on a frame that is heard{padding}; another corpus may wake it."


def _compared(figures: Figures) -> str:
    portions = []
    if figures.denser is not None:
        portions.append(f"{_portion(figures.denser)} of the live features")
    if figures.denser_control is not None:
        portions.append(f"{_portion(figures.denser_control)} of the random control's")
    return f" (denser than {listed(portions)})" if portions else ""


def _portion(share: float) -> str:
    if share in (0, 1):
        return "all" if share else "none"
    return "nearly all" if share >= 0.995 else percent(share)


def _flags(figures: Figures) -> str:
    """Those raised, dense aside, which the state tells; then that it is not padding and not positional."""
    raised = {one.flag for one in figures.raised}
    told = [str(one) for one in figures.raised if one.flag != DENSE]
    if figures.pad_rate is None:
        told.append("padding not known")
        raised.add(PADDING)
    return ", ".join([*told, *(f"not {flag}" for flag in (PADDING, POSITIONAL) if flag not in raised)])
