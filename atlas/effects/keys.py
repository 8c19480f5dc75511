"""What a measured edit follows from, beside the facts of its dictionary: its clip's content, and the labels it uses.

No number of a clip is part of it, so that what nothing has changed of is found again, whatever was added to the corpus.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from atlas.digests import digest_of
from atlas.effects.edits import Floats
from atlas.effects.label_words import LabelledSpan, SpokenLabel
from atlas.effects.means import FeatureLabel
from atlas.schema.effects import DOSE_DECOYS, DOSE_EDITS, MEANS, SILENT_DECOYS, SILENT_EDITS

_OF_DOSES = (*DOSE_EDITS, *SILENT_EDITS, *DOSE_DECOYS, *SILENT_DECOYS)


def edit_content(hash64: int, valid: int, language: str | None, text: str | None) -> str:
    """A name for all of a clip that any edit of it follows from."""
    return f"{hash64:016x}-{digest_of(f'{valid} {language} {text}')}"


def spans_name(spans: Sequence[LabelledSpan]) -> str:
    """A name for the words and phones of a clip; empty where it has none."""
    return digest_of(repr(spans)) if spans else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditKeys:
    """Of the clips that are measured and of a dictionary's features."""

    contents: Mapping[int, str]
    "clip -> `edit_content`"
    spans: Mapping[int, str]
    "clip -> `spans_name`"
    spoken: Mapping[int, SpokenLabel]
    "feature -> the phone or word whose tokens are an outcome of all of its edits"
    languages: Mapping[int, str]
    "feature -> the language whose token is an outcome of all of its edits"
    labels: Mapping[int, FeatureLabel]
    "feature -> the label whose difference of means is a control"
    high_values: Floats
    "[features], which doses are multiples of"
    half_a: str
    "a name for all that differences of means are made from"

    def of(self, feature: int, clip: int, edit: str) -> str:
        """A name for what the edit follows from beside the clip's content; empty where that is nothing."""
        parts: list[object] = []
        if self.spans.get(clip):  # by which tokens are near edited frames, or not
            parts.append(self.spans[clip])
        if feature in self.spoken and self.spans.get(clip):
            parts.append(self.spoken[feature])
        if feature in self.languages:
            parts.append(self.languages[feature])
        if edit in _OF_DOSES:
            parts.append(float(self.high_values[feature]))
        if edit == MEANS:
            parts += [self.labels.get(feature), self.half_a]
        return digest_of(repr(parts)) if parts else ""
