"""A planted truth with the hard cases: what features do is known, so false discoveries can be counted.

Recordings of 8 clips, clips of 2 to 30 s, 9 datasets nested in 3 domains, each of its own length of clips, of its own
share of each label. Every feature fires at a constant rate a second, and so more often in a longer clip, and in the
stretch of a dataset of longer clips. Of 500 features, 400 follow no label and no domain: 240 are noise, from .1 % to
90 % of matched stretches, alike within a recording; 80 fire at rates where the length of a clip matters most; 80 follow
one dataset. Of the others, 80 follow one label each, half of them strongly and half weakly, and 20 one domain. Labels
are independent of each other within a dataset, apart from three that long recordings have far more often; no feature is
planted on those.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtri

from tests.analyse.making import DOMAINS, Clip, World, clips_frame, peaks_frame, world

RECORDINGS, CLIPS_EACH, FRAMES_A_SECOND = 540, 8, 50
DATASETS = tuple((domain, f"{domain}{number}") for domain in DOMAINS for number in range(3))
LABEL_SIZES = (200, 150, 120, 100, 80, 60, 50, 40, 40, 30, 30, 30, 20, 20, 15, 12)
LONG_LABELS = 3
NOISE, LENGTH, DATASET, STRONG, WEAK, DOMAIN = (
    *(range(240), range(240, 320), range(320, 400)),
    *(range(400, 440), range(440, 480), range(480, 500)),
)
FEATURES = 500
STRENGTH = {STRONG: (0.8, 0.05), WEAK: (0.35, 0.05)}
"how often a feature fires in a matched stretch with its label, and without"
DOMAIN_STRENGTH = (0.7, 0.1)

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """What was planted."""

    world: World
    labels: dict[int, str]  # feature -> its label
    domains: dict[int, str]  # feature -> its domain

    def seen_whole(self) -> World:
        """The same corpus, tested by whole clips: what length alone would then earn."""
        peaks = self.world.peaks.with_columns(peak_cell=pl.col("peak"))
        return World(self.world.clips, self.world.recordings, self.world.kinds, peaks, FEATURES)

    def in_one_stratum(self) -> World:
        """The same corpus without its datasets: what a dataset alone would then earn."""
        return self._with(self.world.clips.with_columns(dataset=pl.lit("all"), domain=pl.lit("sound")))

    def clip_by_clip(self) -> World:
        """The same corpus, each clip a recording of its own: what is alike within recordings would then earn."""
        return self._with(self.world.clips.with_columns(recording=pl.col("sha256")))

    def _with(self, clips: pl.DataFrame) -> World:
        silent = world(clips, np.zeros((1, len(clips))))
        return World(clips, silent.recordings, silent.kinds, self.world.peaks, FEATURES)


def planted(seed: int) -> Truth:
    random = np.random.default_rng(seed)
    place = np.sort(random.integers(len(DATASETS), size=RECORDINGS))
    seconds = np.clip(random.lognormal(np.log(random.uniform(4, 14, len(DATASETS)))[place], 0.5), 2, 30)
    has, names = _labels(random, place, seconds), [f"label{number:02d}" for number in range(len(LABEL_SIZES))]
    planted_on = random.integers(LONG_LABELS, len(LABEL_SIZES) - 2, FEATURES)
    domain_of = np.array([DOMAINS.index(domain) for domain, _ in DATASETS])[place]
    follows = random.integers(3, size=FEATURES)
    chance = _chances(random, place, has[planted_on], domain_of == follows[:, None])
    clips = [
        Clip(
            f"{number:04d}",
            *DATASETS[place[number]],
            labels=[name for name, held in zip(names, has[:, number], strict=True) if held],
            frames=round(seconds[number] * FRAMES_A_SECOND),
        )
        for number in range(RECORDINGS)
        for _ in range(CLIPS_EACH)
    ]
    frame = clips_frame(clips)
    made = world(frame, np.zeros((1, len(clips))))
    stretches = [_shortest(seconds, group) for group in (np.zeros(RECORDINGS, np.int64), place)]
    matched, in_cell, whole = _peaks(random, chance, seconds, *stretches)
    labels = {feature: names[planted_on[feature]] for feature in (*STRONG, *WEAK)}
    domains = {feature: DOMAINS[follows[feature]] for feature in DOMAIN}
    return Truth(
        World(frame, made.recordings, made.kinds, peaks_frame(matched, whole, in_cell=in_cell), FEATURES),
        labels,
        domains,
    )


def _labels(random: Generator, place: NDArray[np.int64], seconds: Matrix) -> NDArray[np.bool_]:
    """[labels, recordings]: about so many recordings each, some datasets more than others."""
    weights = random.gamma(0.7, 1, (len(LABEL_SIZES), len(DATASETS)))[:, place]
    weights[:LONG_LABELS] *= (seconds / seconds.mean()) ** 4
    shares = weights * np.array(LABEL_SIZES)[:, None] / weights.sum(axis=1, keepdims=True)
    held: NDArray[np.bool_] = random.random(shares.shape) < np.minimum(shares, 0.8)
    return held


def _chances(random: Generator, place: NDArray[np.int64], has: NDArray[np.bool_], within: NDArray[np.bool_]) -> Matrix:
    """[features, recordings]: how often a feature fires in a matched stretch."""
    base = 10 ** random.uniform(-3, np.log10(0.9), FEATURES)
    chance = np.repeat(base[:, None], RECORDINGS, axis=1)
    alike = random.gamma(0.5, 2, chance.shape)
    follows = random.integers(len(DATASETS), size=FEATURES)
    chance[LENGTH] = random.uniform(0.03, 0.3, len(LENGTH))[:, None]
    for feature in DATASET:
        chance[feature] = np.where(place == follows[feature], 0.7, 0.05)
    for features, (inside, outside) in STRENGTH.items():
        chance[features] = np.where(has[features], inside, outside)
    chance[DOMAIN] = np.where(within[DOMAIN], *DOMAIN_STRENGTH)
    chance[NOISE] = 1 - (1 - chance[NOISE]) ** alike[NOISE]
    return np.minimum(chance, 0.97)


def _shortest(seconds: Matrix, group: NDArray[np.int64]) -> Matrix:
    """[recordings]: the length of the stretch that is tested, that of the clip a tenth of the way up in its group."""
    lengths = np.zeros(RECORDINGS)
    for number in np.unique(group):
        here = group == number
        lengths[here] = np.floor(np.quantile(seconds[here], 0.1, method="lower") * FRAMES_A_SECOND) / FRAMES_A_SECOND
    return lengths


def _peaks(
    random: Generator, chance: Matrix, seconds: Matrix, stretch: Matrix, in_cell: Matrix
) -> tuple[Matrix, Matrix, Matrix]:
    """[features, clips] each: the largest of the events in the matched stretch, in that of the cell, and in the clip.

    Events come at a constant rate: by chance in a matched stretch as wanted, and more of them in a longer one. The
    shorter stretch lies within the longer one.
    """
    rate = np.repeat(-np.log1p(-chance) / stretch, CLIPS_EACH, axis=1)
    length, stretch, in_cell = (np.repeat(one, CLIPS_EACH) for one in (seconds, stretch, in_cell))
    short, long = np.minimum(stretch, in_cell), np.maximum(stretch, in_cell)
    within_short = _largest(random, rate * short)
    within_long = np.maximum(within_short, _largest(random, rate * (long - short)))
    matched, of_cell = (
        np.where(length >= one, np.where(one == short, within_short, within_long), 0) for one in (stretch, in_cell)
    )
    inside = np.maximum(matched, of_cell)
    return matched, of_cell, np.maximum(inside, _largest(random, rate * np.maximum(length - long, 0)))


def _largest(random: Generator, events: Matrix) -> Matrix:
    """The largest of a Poisson number of log-normal values; 0 of none."""
    largest = np.zeros(events.shape)
    number = random.poisson(events)
    some = number > 0
    largest[some] = np.exp(ndtri(random.random(int(some.sum())) ** (1 / number[some])))
    return largest
