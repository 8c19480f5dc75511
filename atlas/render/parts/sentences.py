"""What is said of a feature in words: the verdict that heads its page; made of columns alone.

"Siren: held-out F1 .87 (20 shuffles at most .21; best of 1,024 random directions .36), phi .85; 9 of its 10 strongest
recordings have it; recordings with it hold 91 % of its activation and are 4 % of all; one of 11 labels that could be
tested in ESC-10. Live: fires on 0.31 % of frames (more often than 62 % of the live features and 60 % of the random
directions), in 62 clips, 40 recordings, 2 of 4 datasets."
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from atlas.analyse.naming.flags import DENSE, ONE_DATASET
from atlas.formatting import counted, fraction, listed, percent, q_value
from atlas.schema.analysed import (
    AT_EDGES,
    BY_LENGTH,
    BY_LOUDNESS,
    HALVES_DIFFER,
    IMPURE,
    NO_LABELS,
    NONE_SIGNIFICANT,
    NONE_STANDS_OUT,
    OTHERS_STRONGER,
    UNTESTED,
    WEAK,
    WITHIN_CHANCE,
)
from atlas.schema.thresholds import (
    NAMED_F1,
    NAMED_PHI,
    NAMED_PRECISION,
    NAMED_PURITY,
    SHIFTS,
    SHUFFLES,
    TOP_RECORDINGS,
)

_NO_LABEL: Mapping[str, str] = MappingProxyType(
    {
        NO_LABELS: "the corpus has no label that can be tested",
        UNTESTED: "it fires in too few labelled recordings to be tested",
        NONE_SIGNIFICANT: "no label is significant",
        NONE_STANDS_OUT: "no label stands out",
        WITHIN_CHANCE: "on held-out recordings its best label does no better than shuffled ones",
    }
)
_WHY_NOT: Mapping[str, str] = MappingProxyType(
    {
        IMPURE: f"fewer than {percent(NAMED_PURITY)} of its strongest peaks are on it",
        HALVES_DIFFER: "the two halves of the recordings choose different labels",
        OTHERS_STRONGER: f"fewer than {percent(NAMED_PRECISION)} of its strongest recordings have it",
        BY_LOUDNESS: "loudness alone tells it as well",
        BY_LENGTH: "the length of clips alone tells it as well",
        AT_EDGES: "its strongest peaks stand where clips begin or end",
    }
)
"why a feature only leans to a label"
_CONFOUNDS: Mapping[str, str] = MappingProxyType({BY_LOUDNESS: "loudness", BY_LENGTH: "the length of clips"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakFigures:
    """What the verdict tells of the label at a feature's strongest peaks."""

    peaks: int
    purity: float
    shifted: float
    base: float
    q: float
    control: str  # as `best_of_controls` says it; empty where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFigures:
    """What the verdict tells of a label of clips."""

    f1: float
    f1_permuted: float
    phi: float
    precision: float
    mass_share: float | None
    mass_base: float | None
    control: str  # as `best_of_controls` says it; empty where there is none
    scope: str  # as `among_labels` says it; empty where it is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainFigures:
    """What the verdict tells of the domain that a feature is specialised to."""

    domain: str
    recordings: int  # tested ones
    others: Sequence[tuple[str, int]]  # the other domains, and theirs
    auroc: float
    worst: float
    worst_low: float
    worst_high: float
    q: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfoundFigures:
    """What the verdict tells of a feature that tells a domain by loudness or length."""

    domain: str
    auroc: float
    confound: str
    alone: float  # the AUROC of the confound for the domain, the way round that the feature follows it
    follows: float  # the rank correlation of peaks with it, within datasets


def best_of_controls(bests: Sequence[tuple[str, float | None]]) -> str:
    """What the best of each control's features reaches for the same label, as an addition; empty without controls.

    bests: what the control is ("1,024 random directions"), and the figure of its best; None where none finds it.
    """
    found = [f"of {directions} {fraction(best)}" for directions, best in bests if best is not None]
    lost = [directions for directions, best in bests if best is None]
    parts = [f"best {', '.join(found)}"] if found else []
    parts += [f"none of {' and '.join(lost)} finds it"] if lost else []
    return "".join(f"; {part}" for part in parts)


def among_labels(kind: str, labels: int, datasets: Sequence[str]) -> str:
    """Among how many labels of its kind one was chosen, and where it was tested, as an addition."""
    among = f"one of {labels:,} {kind}s" if labels > 1 else f"the only {kind}"
    within = datasets[0] if len(datasets) == 1 else counted(len(datasets), "dataset")
    return f"; {among} that could be tested in {within}"


def label_of_clips(name: str, figures: LabelFigures) -> str:
    """A label of clips as the verdict tells it."""
    hits = round(figures.precision * TOP_RECORDINGS)
    shuffled = f"{SHUFFLES} shuffles at most {fraction(figures.f1_permuted)}"
    evidence = [
        f"held-out F1 {fraction(figures.f1)} ({shuffled}{figures.control})",
        f"phi {fraction(figures.phi)}; {hits} of its {TOP_RECORDINGS} strongest recordings have it",
    ]
    mass = ""
    if figures.mass_share is not None and figures.mass_base is not None:
        held = f"{percent(figures.mass_share)} of its activation"
        mass = f"; recordings with it hold {held} and are {percent(figures.mass_base)} of all"
    return f"{name}: {', '.join(evidence)}{mass}{figures.scope}"


def label_at_peaks(name: str, figures: PeakFigures) -> str:
    """The word, phone, class or edge at a feature's strongest peaks as the verdict tells it."""
    hits = round(figures.purity * figures.peaks)
    evidence = [
        f"held-out purity {fraction(figures.purity)}, at most {fraction(figures.shifted)} under {SHIFTS} shifts"
        f"{figures.control}",
        f"it covers {percent(figures.base)} of frames",
        f"q {q_value(figures.q)}",
    ]
    peaks = f"{hits} of its {counted(figures.peaks, 'strongest peak')}, at most one per recording and text, are on it"
    return f"{name}: {peaks} ({'; '.join(evidence)})"


def no_label(null_reason: str, significant: int) -> str:
    """Why a feature has no best label; significant: of how many labels q is below .05."""
    though = f", though {significant} {'has' if significant == 1 else 'have'} q < .05" if significant else ""
    return f"{_NO_LABEL[null_reason]}{though}"


def why_not(null_reason: str, confound: float | None, f1: float | None, phi: float | None) -> str:
    """Why the label that a feature leans to is no name.

    confound: the AUROC of loudness or of length; f1, phi: held out, of a label of clips.
    """
    if null_reason == WEAK:
        return _too_weak(f1, phi)
    alone = f" (AUROC {fraction(confound)})" if null_reason in (BY_LOUDNESS, BY_LENGTH) and confound is not None else ""
    return f"{_WHY_NOT[null_reason]}{alone}"


def _too_weak(f1: float | None, phi: float | None) -> str:
    asked = (("F1", f1, NAMED_F1), ("phi", phi, NAMED_PHI))
    low = [
        f"its {name} of {fraction(value)} is below {fraction(least)}"
        if fraction(value) != fraction(least)
        else f"its {name} is just below {fraction(least)}"
        for name, value, least in asked
        if value is not None and value < least
    ]
    return " and ".join(low) or f"its F1 is below {fraction(NAMED_F1)} or its phi below {fraction(NAMED_PHI)}"


def specialised(figures: DomainFigures) -> str:
    """The domain that a feature is specialised to."""
    others = [f"{recordings:,} of {domain}" for domain, recordings in figures.others]
    where = f"{counted(figures.recordings, 'recording')} against {listed(others)}"
    worst = f"{fraction(figures.worst)} ({fraction(figures.worst_low)} to {fraction(figures.worst_high)})"
    told = f"AUROC {fraction(figures.auroc)}, for the worst pair of datasets {worst}, q {q_value(figures.q)}"
    return f"specialised to {figures.domain} ({where}): {told}"


def confounded(figures: ConfoundFigures) -> str:
    """What a feature follows that tells a domain only by that."""
    named = _CONFOUNDS[figures.confound]
    tells = f"tells {figures.domain} from the rest (AUROC {fraction(figures.auroc)})"
    alone = f"{named} alone does so as well ({fraction(figures.alone)})"
    follows = f"its peaks follow that within datasets (rank correlation {fraction(figures.follows)})"
    return f"{tells}, but {alone}, and {follows}"


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag that a feature has, and the share of live features that have it too."""

    flag: str
    rate: float | None

    def beside(self, verb: str) -> str:
        """How many features are like that, as an addition; empty where nobody counted."""
        return "" if self.rate is None else f" (as {verb} {percent(self.rate)} of live features)"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFigures:
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
    label: str  # what names it with figures, or why nothing does
    raised: Sequence[Raised]


def verdict(figures: VerdictFigures) -> tuple[str, str, str, str]:
    """What is said of one feature, in parts: its name with the evidence; how often it fires; beside others; where."""
    if figures.state == "dead":
        return "", _of_a_dead_feature(figures), "", ""
    where = [
        counted(figures.clips, "clip"),
        counted(figures.recordings, "recording"),
        f"{figures.datasets} of {counted(figures.all_datasets, 'dataset')}",
    ]
    fires = f"{figures.state.capitalize()}: fires on {percent(figures.density)} of frames"
    label = f"{figures.label[:1].upper()}{figures.label[1:]}. "
    return label, fires, _compared(figures), f", in {'; '.join([', '.join(where), *_flags(figures)])}."


def _of_a_dead_feature(figures: VerdictFigures) -> str:
    padding = f", only on padding ({percent(figures.pad_rate)} of padded frames)" if figures.pad_rate else ""
    return f"Dead on this corpus: never fires on a frame that is heard{padding}; another corpus may wake it."


def _compared(figures: VerdictFigures) -> str:
    shares = (("the live features", figures.denser), ("the random directions", figures.denser_control))
    denser = [f"{_portion(share)} of {others}" for others, share in shares if share]
    densest = [f"any of {others}" for others, share in shares if share == 0]
    parts = [f"more often than {listed(denser)}"] if denser else []
    parts += [f"no more often than {listed(densest, 'or')}"] if densest else []
    return f" ({', '.join(parts)})" if parts else ""


def _portion(share: float) -> str:
    if share == 1:
        return "all"
    return "nearly all" if share >= 0.995 else percent(share)


def _flags(figures: VerdictFigures) -> list[str]:
    """Those raised, dense aside, which the state tells; and that nobody knows of padding, where that is so."""
    flags = {flag.flag: flag for flag in figures.raised if flag.flag != DENSE}
    lone = flags.pop(ONE_DATASET, None)
    raised = [f"{name}{flag.beside('are')}" for name, flag in flags.items()]
    parts = [f"flagged as {listed(raised)}"] if raised else []
    if lone and figures.datasets > 1:
        parts.append(f"nearly all its clips lie in one dataset{lone.beside('do')}")
    if figures.pad_rate is None:
        parts.append("whether it fires on padding is not known")
    return parts
