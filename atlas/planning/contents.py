"""What an atlas will be made of: the corpus, the dictionaries and what they do on it, and the settings of the site."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from atlas.config.settings import Config
from atlas.planning.constants import ATLAS, SITE
from atlas.planning.firing import FiringMeans
from atlas.planning.outline import CorpusOutline
from atlas.planning.shapes import Shape
from atlas.render.site import LARGEST_STUBBED, LARGEST_UNPACKED

COUNTED_WHERE_MADE = 260
"phones and frequent words of English"
_MADE_SPANS = 7.5  # words and phones a second of speech


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryContents:
    """One dictionary, and what it does on the corpus."""

    shape: Shape
    firing: FiringMeans
    l0: float
    code_bytes: float
    mel_bytes: float = ATLAS.mel
    "of a feature's mean spectrum and patch, in the table"
    example_bytes: float = ATLAS.example
    "of a row of examples"
    tables: Mapping[str, float] = field(default_factory=dict)
    "bytes of its tables, where they are there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What an atlas will be made of."""

    config: Config
    outline: CorpusOutline
    dictionaries: tuple[DictionaryContents, ...]
    frames_per_s: float
    picture_bytes: float
    "a second of audio"

    @property
    def learned(self) -> tuple[DictionaryContents, ...]:
        return tuple(one for one in self.dictionaries if not one.shape.is_control)

    @property
    def controls(self) -> tuple[DictionaryContents, ...]:
        return tuple(one for one in self.dictionaries if one.shape.is_control)

    @property
    def features(self) -> int:
        return sum(one.shape.features for one in self.dictionaries)

    @property
    def packed(self) -> bool:
        """Whether feature pages lie in shards, as `render` decides."""
        site = self.config.site
        if site.packed is not None:
            return site.packed
        shown = self.dictionaries if site.control_pages else self.learned
        return sum(one.shape.features for one in shown) > LARGEST_UNPACKED

    @property
    def aliased(self) -> bool:
        """Whether features have no files at their addresses."""
        stubs = self.config.site.stubs
        return self.packed and (self.features > LARGEST_STUBBED if stubs is None else not stubs)

    @property
    def has_json(self) -> bool:
        """Whether features have JSON, as `render` decides."""
        return self.features <= LARGEST_STUBBED

    @property
    def labels(self) -> int:
        """Labels that have a page: those of clips, and timed ones, of words and phones also where they are made."""
        timed = SITE.found_timed * self.outline.timed_labels
        if self.config.annotate.speech:
            timed = max(timed, SITE.made_pages)
        return round(SITE.found_labels * self.outline.labels + min(timed, SITE.timed_pages))

    @property
    def frames(self) -> float:
        return self.outline.seconds * self.frames_per_s

    @property
    def code_frames(self) -> float:
        return min(self.frames, self.config.scan.code_frames)

    @property
    def shards(self) -> int:
        return -(-self.outline.count // self.config.scan.shard_windows)


def spans(contents: Contents) -> float:
    """Timed labels, those that will be made counted in."""
    annotate, outline = contents.config.annotate, contents.outline
    made = outline.seconds_of(annotate.domains) * _MADE_SPANS if annotate.speech else 0
    return max(outline.spans, made)


def peaks(contents: Contents) -> float:
    """Rows of `peaks` of all dictionaries."""
    return sum(one.shape.features * one.firing.clips for one in contents.dictionaries)
