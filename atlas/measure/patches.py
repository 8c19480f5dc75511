"""The mel patches: the mean second of sound around the peaks of a feature's top examples.

Top examples are decoded once more, each clip once, for as many dictionaries together as fit into memory. A patch is
[80 bands x 50 columns] in half decibels over the display mel's floor; a cell that no example reaches is NO_SOUND.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from atlas.audio.samples import COLUMNS_PER_S, MEL_BANDS, MEL_GRID, display_mel
from atlas.measure.listening import ClipSource, decode
from atlas.measure.merged import Merged
from atlas.measure.topk import EMPTY
from atlas.schema.grid import FrameGrid

COLUMNS = COLUMNS_PER_S  # of the display mel: one second, the peak at its middle
STEPS_A_DB = 2
NO_SOUND = 255
BYTES_AT_ONCE = 2**30

_CLIPS_AT_ONCE = 64

Patches = NDArray[np.uint8]  # [features, bands x columns]


def groups_that_fit(sizes: Mapping[str, int]) -> list[list[str]]:
    """Names of dictionaries (with their numbers of features) in runs whose sums fit into memory."""
    runs: list[list[str]] = [[]]
    used = 0
    for name, features in sizes.items():
        size = 2 * features * MEL_BANDS * COLUMNS
        if runs[-1] and used + size > BYTES_AT_ONCE:
            runs.append([])
            used = 0
        runs[-1].append(name)
        used += size
    return runs


def patches(
    group: Sequence[Merged], clips: Mapping[int, ClipSource], threads: int, advance: Callable[[int], None]
) -> list[Patches]:
    """The patches of some dictionaries' features."""
    sums = [np.zeros((merged.dictionary.n, COLUMNS, MEL_BANDS), np.uint16) for merged in group]
    numbers = [np.zeros((merged.dictionary.n, COLUMNS), np.uint8) for merged in group]
    wanted = [_by_clip(merged) for merged in group]
    needed = sorted(set().union(*(merged.keys() for merged in wanted)))
    for clip, mel in _mels([clips[number] for number in needed], group[0].grid, threads):
        for total, number, places in zip(sums, numbers, wanted, strict=True):
            for feature, column in places.get(clip, ()):
                first, last = column - COLUMNS // 2, column + COLUMNS // 2
                stretch = slice(max(-first, 0), COLUMNS - max(last - len(mel), 0))
                total[feature, stretch] += mel[max(first, 0) : last]
                number[feature, stretch] += 1
        advance(1)
    return [_means(total, number) for total, number in zip(sums, numbers, strict=True)]


def needed_clips(group: Sequence[Merged]) -> int:
    """How many clips `patches` will decode."""
    return len(set().union(*(_by_clip(merged).keys() for merged in group)))


def _means(sums: NDArray[np.uint16], numbers: NDArray[np.uint8]) -> Patches:
    averaged = np.full((len(sums), MEL_BANDS, COLUMNS), NO_SOUND, np.uint8)
    for feature in np.flatnonzero(numbers.any(axis=1)):
        here = numbers[feature] > 0
        means = np.rint(sums[feature, here] / numbers[feature, here, None])  # [columns, bands]
        averaged[feature][:, here] = np.minimum(means, NO_SOUND - 1).T
    return averaged.reshape(len(sums), -1)


def _by_clip(merged: Merged) -> Mapping[int, Sequence[tuple[int, int]]]:
    """clip -> the (feature, column of its peak) of each top example in it."""
    places: dict[int, list[tuple[int, int]]] = {}
    feature, slot = np.nonzero(merged.top.keys != EMPTY)
    clips, frames = merged.top.clips[feature, slot], merged.top.frames[feature, slot]
    columns = MEL_GRID.frames_at(merged.grid.middles_s(frames))
    for owner, clip, column in zip(feature.tolist(), clips.tolist(), columns.tolist(), strict=True):
        places.setdefault(clip, []).append((owner, column))
    return places


def _mels(clips: Sequence[ClipSource], grid: FrameGrid, threads: int) -> Iterator[tuple[int, NDArray[np.uint16]]]:
    """The display mels in half decibels, decoded in threads, a few at a time."""

    def hear(clip: ClipSource) -> tuple[int, NDArray[np.uint16]]:
        mel = np.rint(display_mel(decode(clip, grid)[1]) * STEPS_A_DB)
        return clip.number, np.minimum(mel, NO_SOUND - 1).astype(np.uint16)

    waiting = iter(clips)
    with ThreadPoolExecutor(threads) as pool:
        while chunk := list(islice(waiting, _CLIPS_AT_ONCE)):
            yield from pool.map(hear, chunk)
