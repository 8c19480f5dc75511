"""The rows of one block of features as Neuronpedia's tables have them: features, activations and explanations.

Every row of a table has the same keys, as their importer takes a file's columns from its first line. Lists are never
null, and no number is infinite or NaN.

Their intervals of activation are ours of histograms: octaves down from the feature's maximum, and the last one from
zero; `binContains` is the share of all frames in it. Examples of the largest peaks have -1 there, which they title
"top activations".
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from atlas.exports.blocks import FeatureBlock
from atlas.exports.cosines import AlikeRows
from atlas.exports.labelling import LabelLift, best_labels
from atlas.exports.neuronpedia_names import Line, SourceNames
from atlas.exports.tokens import Tokeniser, shortened
from atlas.formatting import fraction, q_value
from atlas.reading.names import label_of
from atlas.schema.effects import DOWN, UP

BARS = 50
"of their histogram, of equal width from zero to the maximum"
EDGES_AN_OCTAVE = 4
INTERVALS = 4
TOP, QUIET = "top", "quiet"
NO_INTERVAL = -1.0
ABOVE = 1.001


@dataclass(frozen=True, slots=True)
class ActivationInterval:
    """A stretch of activation, from low to below high, and the share of frames within."""

    low: float
    high: float
    contains: float


@dataclass(frozen=True, slots=True)
class NeuronpediaBlock:
    """A block of features, and what its rows are called there."""

    block: FeatureBlock
    names: SourceNames
    edges: Sequence[float]
    "between the bins of histograms"

    def features(self, alike: AlikeRows) -> Iterator[Line]:
        """A row a feature, dead ones too; alike: what the features of the block are most like."""
        labels = best_labels(self.block)
        for place, row in enumerate(self.block.features.iter_rows(named=True)):
            number = row["feature"]
            found = labels.get(number, [])
            moved = self.block.effect_tokens.get(number, [])
            promoted, held_back = _tokens(moved, DOWN), _tokens(moved, UP)
            heights, values = bars(self._counts(number), self.edges, row["max"] or 0.0)
            yield {
                **self._key(number),
                "sourceSetName": self.names.set_name,
                "creatorId": self.names.creator,
                "frac_nonzero": float(f"{row['density']:.6g}"),
                "maxActApprox": _short(row["max"] or 0.0),
                "pos_str": list(promoted) or [_shown_label(label) for label in found],
                "pos_values": list(promoted.values()) or [_short(label.lift) for label in found],
                "neg_str": list(held_back),
                "neg_values": list(held_back.values()),
                "freq_hist_data_bar_heights": heights,
                "freq_hist_data_bar_values": values,
                "topkCosSimIndices": alike.indices[place].tolist(),
                "topkCosSimValues": [_short(cosine) for cosine in alike.cosines[place].tolist()],
                "umap_x": None if row["map_x"] is None else _short(row["map_x"]),
                "umap_y": None if row["map_y"] is None else _short(row["map_y"]),
            }

    def activations(self, tokeniser: Tokeniser) -> Iterator[Line]:
        """A row an example in which the feature fires; the same stretch of a clip once."""
        clips = self.block.atlas.clips
        datasets, paths = clips["dataset"].to_list(), clips["path"].to_list()
        for row in self.block.features.select("feature", "max", "density", "frames_active").iter_rows(named=True):
            number = row["feature"]
            examples = firing(self.block.examples.get(number, []))
            spans = intervals(self._counts(number), self.edges, row) if examples else []
            for example in examples:
                tokens = tokeniser.row(example, row["max"])
                largest = tokens.values[tokens.peak]
                span = _interval_of(example["group"], largest, spans)
                yield {
                    "id": self.names.row_id(number, example["group"], example["rank"]),
                    **self._key(number),
                    "creatorId": self.names.creator,
                    "maxValue": largest,
                    "maxValueTokenIndex": tokens.peak,
                    "minValue": min(tokens.values),
                    "tokens": tokens.tokens,
                    "values": tokens.values,
                    "dataSource": datasets[example["clip"]],
                    "dataIndex": paths[example["clip"]],
                    "binMin": span.low,
                    "binMax": span.high,
                    "binContains": span.contains,
                }

    def explanations(self) -> Iterator[Line]:
        """What a feature is called, and what others say of it; by whom, stands in the notes."""
        for row in self.block.features.iter_rows(named=True):
            number = row["feature"]
            said = [(one["author"], one["text"], one["score"]) for one in self.block.explanations.get(number, [])]
            if row["named_by"] != "dead" and (name := label_of(row)) is not None:
                said.insert(0, (row["given_by"] or "", name, None))
            for author, text, score in said:
                yield {
                    "id": self.names.row_id(number, "explanation", author),
                    **self._key(number),
                    "authorId": self.names.creator,
                    "description": text,
                    "notes": _notes(row, author, score),
                    "embedding": None,
                }

    def _key(self, feature: int) -> Line:
        return {"modelId": self.names.model, "layer": self.names.source, "index": str(feature)}

    def _counts(self, feature: int) -> list[int]:
        return self.block.counts.get(feature, [0] * (len(self.edges) + 1))


def _short(value: float) -> float:
    return round(value, 4)


def _tokens(moved: Sequence[Mapping[str, Any]], direction: str) -> dict[str, float]:
    """Tokens with what the feature adds to their log-probability: what its ablation changes, with the other sign."""
    return {row["token"]: _short(-row["change"]) for row in moved if row["direction"] == direction}


def _shown_label(label: LabelLift) -> str:
    """Their pages show no plots of a feature without any label, so that one that is no finding says so itself."""
    return label.name if label.is_sure else f"{label.name} (not significant: q {q_value(label.q)})"


def _notes(row: Mapping[str, Any], author: str, score: float | None) -> str:
    if author:
        return f"by {author}" + ("" if score is None else f", score {fraction(score)}")
    value, q = row["value"], row["q"]
    figures = [f"value {fraction(value)}" if value is not None else "", f"q {q_value(q)}" if q is not None else ""]
    return ", ".join(filter(None, ["by the audio feature atlas", f"from {row['named_by']}", *figures]))


def firing(examples: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The examples with a peak; a stretch of a clip that two groups have stays in the first one."""
    kept: dict[tuple[int, float], Mapping[str, Any]] = {}
    for example in examples:
        if example["group"] != QUIET and example["peak"] > 0 and example["trace"]:
            kept.setdefault((example["clip"], example["start_s"]), example)
    return list(kept.values())


def intervals(counts: Sequence[int], edges: Sequence[float], feature: Mapping[str, Any]) -> list[ActivationInterval]:
    """Octaves down from the feature's maximum, and the last one from zero, the highest first.

    counts: frames below the first edge, between edges, and above the last.
    """
    above = bisect_right(edges, shortened(feature["max"]))
    cuts = list(range(above, 0, -EDGES_AN_OCTAVE))[:INTERVALS] or [0]
    highs = [edges[cut] if cut < len(edges) else 2 * edges[-1] for cut in cuts]
    frames = feature["frames_active"] / feature["density"]
    shares = [sum(counts[low + 1 : high + 1]) / frames for high, low in pairwise(cuts)]
    lows, shares = [*highs[1:], 0.0], [*shares, max(0.0, 1 - sum(shares))]
    return [ActivationInterval(*(round(part, 6) for part in parts)) for parts in zip(lows, highs, shares, strict=True)]


def _interval_of(group: str, peak: float, spans: Sequence[ActivationInterval]) -> ActivationInterval:
    """Where a peak stands. Their pages sort by the upper bound, so that the largest peaks have the largest one."""
    if group == TOP:
        return ActivationInterval(NO_INTERVAL, round(spans[0].high * ABOVE, 6), NO_INTERVAL)
    return next(span for span in spans if peak >= span.low)


def bars(counts: Sequence[int], edges: Sequence[float], maximum: float) -> tuple[list[float], list[float]]:
    """Heights and centres of bars of equal width; frames are taken to lie evenly within a bin of the histogram."""
    if maximum <= 0 or not any(counts):
        return [], []
    ends = np.minimum([0.0, *edges, np.inf], maximum)
    width = maximum / BARS
    bounds = np.arange(BARS + 1) * width
    below = np.interp(bounds, ends, np.concatenate([[0], np.cumsum(counts)]))
    below[-1] = sum(counts)
    heights, centres = np.diff(below), bounds[:-1] + width / 2
    return [round(height, 2) for height in heights.tolist()], [_short(centre) for centre in centres.tolist()]
