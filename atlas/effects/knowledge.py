"""What the tables tell of clips and features, as the measuring of effects needs it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.audio import draws
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
    labels = timed_labels(folder).filter(pl.col("clip").is_in(numbers)).collect()
    tiers = [tier for tier in labels["tier"].unique() if kind_of(tier) is not None]
    spans: dict[int, list[LabelledSpan]] = {}
    rows = labels.filter(pl.col("tier").is_in(tiers)).select("clip", "start_s", "end_s", "tier", "label")
    for clip, *span in rows.iter_rows():
        spans.setdefault(clip, []).append(LabelledSpan(*span))
    hashes = draws.clip_hashes(clips).tolist()
    wanted = set(numbers)
    return {
        number: ClipKnowledge(
            number=number, hash64=hash64, text=text, language=language, spans=tuple(sorted(spans.get(number, ())))
        )
        for (number, text, language), hash64 in zip(
            clips.select("clip", "text", "language").iter_rows(), hashes, strict=True
        )
        if number in wanted
    }


def labels_of_clips(clips: pl.DataFrame) -> dict[int, dict[str, frozenset[str]]]:
    """clip -> kind -> its labels of this kind; kinds of which nothing is known are left out."""
    found = {}
    for number, labels, *others in clips.select("clip", "labels", *_CLIP_KINDS).iter_rows():
        by_kind = {kind: frozenset([value]) for kind, value in zip(_CLIP_KINDS, others, strict=True) if value}
        found[number] = by_kind | ({_CLIP_LABEL: frozenset(labels)} if labels else {})
    return found
