"""Features of one dictionary that are active together more often than by chance: their lift over sampled frames.

The lift is P(both) / (P(one) P(other)). Of two rare features, a single moment that they share would give a lift of
thousands; so two features count as firing together only on 10 frames of 3 recordings or more. Frames of one recording
follow each other and resemble each other, and 10 of them may be one sound.
"""

import numpy as np

from atlas.analyse.overlap.ranking import Doubles, Ranked, best, joined
from atlas.analyse.overlap.samples import CodeSample, Ints, Longs, frames_together, recordings_together
from atlas.schema.thresholds import CHANCE_LIFT, FEWEST_TOGETHER_FRAMES, FEWEST_TOGETHER_RECORDINGS, NEIGHBOURS_KEPT


def cofiring(sample: CodeSample) -> Ranked:
    """Each feature's ten largest lifts above 1; none for features that are active on too few of the frames."""
    blocks = zip(frames_together(sample, sample), recordings_together(sample, sample), strict=True)
    return joined(
        [
            best(frames.features, _lifts(sample, frames.features, frames.counts, recordings.counts), NEIGHBOURS_KEPT)
            for frames, recordings in blocks
        ]
    )


def _lifts(sample: CodeSample, features: Longs, frames: Ints, recordings: Ints) -> Doubles:
    """[features, others]: 0 where there is nothing to tell. frames, recordings: those in which both are active."""
    # of whole numbers below 2^53, so that equal lifts are equal
    lifts = frames * np.float64(len(sample.recording)) / (sample.active[features, None] * sample.active.clip(1))
    often = (frames >= FEWEST_TOGETHER_FRAMES) & (recordings >= FEWEST_TOGETHER_RECORDINGS)
    kept = often & sample.compared & (lifts > CHANCE_LIFT)
    kept[np.arange(len(features)), features] = False
    return np.where(kept, lifts, 0)
