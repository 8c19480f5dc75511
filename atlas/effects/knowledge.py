"""What the tables tell of clips and features, as the measuring of effects needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.audio import draws
from atlas.digests import digest_of
from atlas.effects.label_words import LabelledSpan, SpokenLabel
from atlas.effects.means import FeatureLabel, LabelOfClips
from atlas.effects.measuring import ClipKnowledge
from atlas.schema import FEATURES, FINDINGS
from atlas.schema.analysed import BY_LABEL
from atlas.speech.tiers import kind_of, timed_labels
from atlas.store import AtlasFolder

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
LIVE = "live"
_CLIP_LABEL = "label"
"the kind of label that clips have lists of; other kinds are columns"
_LANGUAGE = "language"
_CLIP_KINDS = (_LANGUAGE, "speaker")
_BLOCK = 256
"clips"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureKnowledge:
    """Of a dictionary's features, by number."""

    findings: pl.DataFrame
    high_values: Floats
    "the 90th percentile of active values; NaN where a feature never fires"
    density: Doubles
    energy: Doubles
    "mean active value times the decoder's norm"
    live: NDArray[np.bool_]
    spoken: Mapping[int, SpokenLabel]
    "the phone or word at which its peaks stand, which both halves of the corpus chose alike"
    labels: Mapping[int, FeatureLabel]
    "the same; else the label of clips that names it"
    languages: Mapping[int, str]
    "the language that names it"


def known_features(folder: AtlasFolder, name: str) -> FeatureKnowledge:
    features, findings = folder.read_table(FEATURES, name), folder.read_table(FINDINGS, name)
    spoken, labels, languages = dict[int, SpokenLabel](), dict[int, FeatureLabel](), dict[int, str]()
    columns = ("feature", "peak_tier", "peak_label", "named_by", "kind", "label")
    for feature, tier, peak, named_by, kind, label in findings.select(columns).iter_rows():
        if named_by == BY_LABEL and kind == _LANGUAGE:
            languages[feature] = label
        if tier is not None and kind_of(tier) is not None:
            labels[feature] = spoken[feature] = SpokenLabel(tier, peak)
        elif named_by == BY_LABEL:
            labels[feature] = LabelOfClips(kind, label)
    energy = features["mean_active"] * features["decoder_norm"].cast(pl.Float64)
    return FeatureKnowledge(
        findings=findings,
        high_values=features["q90"].fill_null(float("nan")).to_numpy().astype(np.float32),
        density=features["density"].fill_null(0).to_numpy(),
        energy=energy.fill_null(0).fill_nan(0).to_numpy(),
        live=((features["state"] == LIVE) & (features["density"] > 0) & (energy > 0)).fill_null(False).to_numpy(),
        spoken=spoken,
        labels=labels,
        languages=languages,
    )


def known_clips(folder: AtlasFolder, clips: pl.DataFrame, numbers: list[int]) -> dict[int, ClipKnowledge]:
    """By number; with words and phones, whoever made them."""
    clips = clips.filter(pl.col("clip").is_in(numbers))
    labels = timed_labels(folder).filter(pl.col("clip").is_in(numbers)).collect()
    tiers = [tier for tier in labels["tier"].unique() if kind_of(tier) is not None]
    spans: dict[int, list[LabelledSpan]] = {}
    rows = labels.filter(pl.col("tier").is_in(tiers)).select("clip", "start_s", "end_s", "tier", "label")
    for clip, *span in rows.iter_rows():
        spans.setdefault(clip, []).append(LabelledSpan(*span))
    hashes = draws.clip_hashes(clips).tolist()
    return {
        number: ClipKnowledge(
            number=number, hash64=hash64, text=text, language=language, spans=tuple(sorted(spans.get(number, ())))
        )
        for (number, text, language), hash64 in zip(
            clips.select("clip", "text", "language").iter_rows(), hashes, strict=True
        )
    }


class LabelledClips(Sequence[tuple[ClipKnowledge, Mapping[str, frozenset[str]]]]):
    """What is known of some clips and their labels by kind, in order; no more than a block of it is held at once."""

    def __init__(self, folder: AtlasFolder, clips: pl.DataFrame, numbers: Sequence[int]) -> None:
        self._folder, self._clips, self._numbers = folder, clips, numbers
        self._held: tuple[int, list[tuple[ClipKnowledge, Mapping[str, frozenset[str]]]]] = (-1, [])

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> tuple[ClipKnowledge, Mapping[str, frozenset[str]]]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[tuple[ClipKnowledge, Mapping[str, frozenset[str]]]]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        block, within = divmod(place, _BLOCK)
        if self._held[0] != block:
            numbers = list(self._numbers[block * _BLOCK : (block + 1) * _BLOCK])
            clips = self._clips.filter(pl.col("clip").is_in(numbers))
            about, labels = known_clips(self._folder, clips, numbers), labels_of_clips(clips)
            self._held = block, [(about[number], labels[number]) for number in numbers]
        return self._held[1][within]

    def name(self) -> str:
        """For all that is known of them, in their order, in which sums are made."""
        parts = (
            f"{about.hash64} {about.spans} {[(kind, sorted(of_kind)) for kind, of_kind in labels.items()]}"
            for about, labels in self
        )
        return digest_of(" ".join(map(digest_of, parts)))


def labels_of_clips(clips: pl.DataFrame) -> dict[int, dict[str, frozenset[str]]]:
    """clip -> kind -> its labels of this kind; kinds of which nothing is known are left out."""
    found = {}
    for number, labels, *others in clips.select("clip", "labels", *_CLIP_KINDS).iter_rows():
        by_kind = {kind: frozenset([value]) for kind, value in zip(_CLIP_KINDS, others, strict=True) if value}
        found[number] = by_kind | ({_CLIP_LABEL: frozenset(labels)} if labels else {})
    return found
