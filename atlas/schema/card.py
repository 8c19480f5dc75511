"""The card, `atlas.json`: what was measured with what, so that it can be judged and made again.

Frozen dataclasses, with one reader and one writer. `CARD_VERSION` rises with the shape of the file; a card of another
version is refused, never guessed at. Figures, kinds and names; what they mean is said where they are shown.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from atlas.errors import AtlasError
from atlas.schema.grid import FrameGrid
from atlas.schema.remarks import Doubt, Fact

CARD = "atlas.json"
CARD_VERSION = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCard:
    """What was listened to of one domain."""

    clips: int
    recordings: int
    valid_frames: int
    hours: float
    groups: int | None
    "known ones, such as speakers; None where the config asks for none"
    largest_group: int | None
    "recordings of the largest one"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusCard:
    """What was listened to."""

    clips: int
    problems: int
    "clips that could not be used"
    recordings: int
    group: str | None
    "what groups of recordings are, in the corpus's own word, such as `speaker`; None where the config asks for none"
    datasets: tuple[str, ...]
    domains: Mapping[str, DomainCard]
    "every domain of the config, in its order; one without clips too"
    valid_frames: int
    hash: str
    matched_s: float
    "seconds of the stretch that tests look at in each clip: the 10th percentile of durations"
    mean_mel_db: tuple[float, ...]
    "the mean display mel of the corpus, dB over the floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderCard:
    """The audio model."""

    model: str
    sha256: str
    window_s: float
    padded: bool
    "whether shorter clips were padded to the window"
    grid: FrameGrid
    "what its frames are: whoever shows them converts to seconds by it"
    architecture: Mapping[str, int]
    "what its family says of it, such as `layers` and `width`"
    taps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationCard:
    """What thresholds and scales were found on."""

    windows: int
    frames: int
    unmatched_densities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselinesCard:
    """What a dictionary leaves unexplained beside what needs no learning, on the same held-out frames of the sample.

    Figures are means over both ways of holding out one half of the recordings.
    """

    components: int | None = None
    "what PCA and pursuit may use for a frame: the dictionary's L0 on the sample, rounded"
    templates: int | None = None
    "what pursuit chooses from: the smaller number of both ways"
    frames: int | None = None
    "held-out ones, of both ways"
    fvu_sample: float | None = None
    "of the dictionary"
    fvu_pca: float | None = None
    "of as many principal components"
    fvu_pursuit: float | None = None
    "of orthogonal matching pursuit with as many templates a frame"
    null_reason: str | None = None
    "why there are no figures: one of NULL_REASONS"


NULL_REASONS = ("rebuilds_nothing", "never_active", "l0_not_below_width", "few_recordings", "few_frames", "constant")


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryCard:
    """What a dictionary is, and how it did on this corpus."""

    tap: str
    kind: str
    control_of: str | None
    "the dictionary that this one is a control of"
    recognised: str
    "the format or architecture"
    sha256: str
    identity: str
    "a short name for its features, whatever the dictionary is called: what addresses in papers are held against"
    width: int
    features: int
    selection: str
    k: int | None
    threshold: float | None
    "None where each feature has its own, or where values of a frame or clip are compared"
    decoder_norm_min: float
    decoder_norm_max: float
    l0: float
    l0_calibration: float
    calibration: CalibrationCard
    fvu: float | None
    "squared error over squared distance from the mean activation, on valid frames; None where nothing is rebuilt"
    baselines: BaselinesCard
    frames_clamped: int
    "active frames whose value exceeded 16 units and entered sums as 16"
    histogram_edges: tuple[float, ...]
    facts: tuple[Fact, ...]
    "what its file said, in the order of display"
    doubts: tuple[Doubt, ...]
    states: Mapping[str, float]
    "the share of its features in each state"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayCard:
    """How spectra and patches of the table `mel` are to be read."""

    frames_per_s: int
    bands: int
    floor_db: float
    top_hz: int
    patch_frames: int
    patch_steps_a_db: int
    patch_no_sound: int
    "the step that stands for what no sound filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What an atlas is."""

    version: int
    "of this file's shape"
    title: str
    tool: str
    fingerprint: str
    builds: tuple[str, ...]
    "the builds of torch that measured, with their arithmetic"
    config: Mapping[str, object]
    "what was asked for, without the machine's paths; for the record, as nothing reads it"
    corpus: CorpusCard
    encoder: EncoderCard
    display: DisplayCard
    dictionaries: Mapping[str, DictionaryCard]
    "in the order of the config, each control after its dictionary"


def card_bytes(card: Card) -> bytes:
    """The content of `atlas.json`; equal cards give equal bytes."""
    return (json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n").encode()


def read_card(root: Path) -> Card:
    """The card of the atlas in a folder."""
    path = root / CARD
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise AtlasError(
            f"{root}: not a finished atlas, as it has no {CARD}; run `atlas build`, or give the folder that it left"
        ) from None
    except OSError as error:
        raise AtlasError(f"{path}: cannot be read: {error.strerror or error}") from None
    _check_version(path, text)
    try:
        return _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise _broken(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _check_version(path: Path, text: bytes) -> None:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _broken(path, f"no JSON: {error}") from None
    if not isinstance(content, dict) or "fingerprint" not in content or not isinstance(content.get("version", 1), int):
        raise _broken(path, "an object with `version` and `fingerprint` was expected")
    version = content.get("version", 1)  # the first cards named none
    if version == CARD_VERSION:
        return
    remedy = "upgrade the tool" if version > CARD_VERSION else "run `atlas build`, which makes it anew"
    raise AtlasError(f"{path}: a card of version {version}, where this tool reads version {CARD_VERSION}; {remedy}")


def _broken(path: Path, reason: str) -> AtlasError:
    return AtlasError(f"{path}: not the card of an atlas ({reason}); delete this file and run `atlas build` again")


@cache
def _adapter() -> TypeAdapter[Card]:
    return TypeAdapter(Card)
