"""How far the features of two dictionaries are the same, by the frames on which they are active: AudioSAE's χ.

χ = frames where both are active / frames where at least one is, over the sampled frames of `codes`. A feature is
matched if its best χ in the other dictionary is above one half; coverage is the share of features that are matched.
Within one dictionary, features matched by another are duplicates. Features that are active on fewer than 30 of the
frames take no part, on either side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from atlas.analyse.overlap.ranking import Doubles, Ranked, best, joined
from atlas.analyse.overlap.samples import CodeSample, Together, frames_together
from atlas.schema import COMPARISONS
from atlas.schema.thresholds import FEWEST_SAMPLED_FRAMES, MATCHED_OVERLAP, OVERLAP_BINS, OVERLAPS_KEPT

NO_FEATURE = f"no feature is active on {FEWEST_SAMPLED_FRAMES} of the frames"


@dataclass(frozen=True, slots=True)
class Overlap:
    """What the features of one dictionary have in another, or the same, dictionary."""

    dictionary: str
    other_dictionary: str
    frames: int
    largest: Doubles  # [features compared]: the χ of each one's best match; 0 for none
    best: Ranked

    @property
    def compared(self) -> int:
        return len(self.largest)

    @property
    def matched(self) -> int:
        return int((self.largest > MATCHED_OVERLAP).sum())

    @property
    def histogram(self) -> list[int]:
        """The best χ in 20 equal bins, their upper ends included, so that what is matched fills the upper ten."""
        # a χ on an edge is off by rounding alone; any other is off by 1 / frames, which is far more than 1e-9
        bins = np.ceil(self.largest * OVERLAP_BINS - 1e-9).astype(np.int64) - 1
        counts: list[int] = np.bincount(np.maximum(bins, 0), minlength=OVERLAP_BINS).tolist()
        return counts


def overlap(own: CodeSample, other: CodeSample) -> Overlap:
    """The best matches of one dictionary's features in another dictionary, over the same frames."""
    return _best_matches(own, other, frames_together(own, other))


def duplicates(sample: CodeSample) -> Overlap:
    """The best matches of a dictionary's features among its other features."""
    return _best_matches(sample, sample, _without_own(frames_together(sample, sample)))


def _without_own(blocks: Iterator[Together]) -> Iterator[Together]:
    for block in blocks:
        block.counts[np.arange(len(block.features)), block.features] = 0
        yield block


def _best_matches(own: CodeSample, other: CodeSample, blocks: Iterator[Together]) -> Overlap:
    largest, ranked = [np.empty(0)], []
    for block in blocks:
        either = own.active[block.features, None] + other.active - block.counts
        scores = np.where(other.compared, block.counts / either, 0)
        largest.append(scores.max(axis=1))
        ranked.append(best(block.features, scores, OVERLAPS_KEPT))
    return Overlap(own.name, other.name, len(own.recording), np.concatenate(largest), joined(ranked))


def comparisons_frame(overlaps: Sequence[Overlap]) -> pl.DataFrame:
    """The rows of `comparisons`; `compared` counts the features active on 30 frames or more."""
    frame = COMPARISONS.frame(
        {
            "dictionary": [pair.dictionary for pair in overlaps],
            "other_dictionary": [pair.other_dictionary for pair in overlaps],
            "compared": [pair.compared for pair in overlaps],
            "matched": [pair.matched if pair.compared else None for pair in overlaps],
            "frames": [pair.frames for pair in overlaps],
            "coverage": [pair.matched / pair.compared if pair.compared else None for pair in overlaps],
            "overlaps": [pair.histogram if pair.compared else None for pair in overlaps],
            "null_reason": [None if pair.compared else NO_FEATURE for pair in overlaps],
        }
    )
    return frame.sort(COMPARISONS.key)
