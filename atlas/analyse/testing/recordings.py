"""The corpus as tests see it: one clip stands for each recording, in the cell of its domain and dataset.

Clips that are cut from one recording are no independent evidence, and a peak over a long clip beats one over a short
clip by chance alone. So tests look at one stretch of a clip, and of the clips of a recording that are at least as long
as the stretch, the one of smallest content hash stands for it. Domains are held against each other, so their stretch is
as long in all clips (`recordings_of`, `peak_matched`). Labels are tested within a cell, so theirs is as long as the
clips of the cell allow, and short commands are tested beside long readings (`recordings_by_cell`, `peak_cell`).

A dataset that spans two domains makes two cells: music of a corpus is held against music of that corpus, not against
its speech.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.audio import draws
from atlas.audio.units import unit_numbers

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cell:
    """The part of a dataset that lies in one domain."""

    domain: str
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """The clips of a corpus by their cell, and the recordings that tests count, ordered by cell and content hash."""

    domains: tuple[str, ...]  # those that occur, in the order of the config
    cells: tuple[Cell, ...]  # by domain, then dataset
    clip_cell: Longs  # [clips]; -1 for a clip with a problem
    clip_frames: Longs  # [clips]; 0 for a clip with a problem
    clip_recording: Longs  # [clips]: a number for each recording
    clip_rank: Longs  # [clips]: by content hash, for ties
    clip_energy_db: NDArray[np.float64]  # [clips]: how loud it is
    clip: Longs  # [recordings]: the clip that stands for it
    cell: Longs  # [recordings]
    hashes: draws.Hashes  # [recordings], of that clip
    unit: Longs  # [recordings]: what halves and bootstraps keep whole, the recording or its group
    peak: str  # the column of `peaks` that holds the peak in that clip's stretch

    def cells_of(self, domain: str) -> Longs:
        """The numbers of a domain's cells."""
        return np.array([i for i, cell in enumerate(self.cells) if cell.domain == domain], np.int64)


def recordings_of(clips: pl.DataFrame, domains: Sequence[str]) -> Recordings:
    """What tests of domains count: recordings by a stretch of one length over all.

    clips: the table, whose rows are sorted by their number; domains: in the order of the config.
    """
    return _recordings(clips, domains, np.full(len(clips), draws.matched_frames(clips), np.int64), "peak_matched")


def recordings_by_cell(clips: pl.DataFrame, domains: Sequence[str]) -> Recordings:
    """What tests of labels count: recordings by a stretch of one length within each cell."""
    return _recordings(clips, domains, draws.cell_frames(clips), "peak_cell")


def _recordings(clips: pl.DataFrame, domains: Sequence[str], stretch_frames: Longs, peak: str) -> Recordings:
    """stretch_frames: [clips], the length of each clip's stretch."""
    usable = clips["problem"].is_null().to_numpy()
    pairs = draws.usable(clips).select("domain", "dataset").unique().rows()
    ordered = sorted((domains.index(domain), dataset) for domain, dataset in pairs)
    cells = tuple(Cell(domains[number], dataset) for number, dataset in ordered)
    place = {(cell.domain, cell.dataset): i for i, cell in enumerate(cells)}
    named = zip(clips["domain"].to_list(), clips["dataset"].to_list(), strict=True)
    clip_cell = np.where(usable, np.array([place.get(pair, -1) for pair in named], np.int64), -1)
    frames = np.where(usable, clips["valid_frames"].to_numpy(), 0).astype(np.int64)
    hashes = draws.clip_hashes(clips)
    long_enough = usable & (frames >= np.maximum(stretch_frames, 1))
    chosen = _lowest_hashes(clips["recording"], hashes, np.flatnonzero(long_enough))
    chosen = chosen[np.lexsort((hashes[chosen], clip_cell[chosen]))]
    present = tuple(domain for domain in domains if any(cell.domain == domain for cell in cells))
    return Recordings(
        domains=present,
        cells=cells,
        clip_cell=clip_cell,
        clip_frames=frames,
        clip_recording=_numbered(clips["recording"]),
        clip_rank=np.argsort(np.argsort(hashes, kind="stable")),
        clip_energy_db=clips["energy_db"].cast(pl.Float64).fill_null(0).to_numpy(),
        clip=chosen,
        cell=clip_cell[chosen],
        hashes=hashes[chosen],
        unit=unit_numbers(clips)[chosen],
        peak=peak,
    )


def _numbered(names: pl.Series) -> Longs:
    """The same number for the same name."""
    _, number = np.unique(names.to_list(), return_inverse=True)
    return number.astype(np.int64)


def _lowest_hashes(names: pl.Series, hashes: draws.Hashes, long_enough: Longs) -> Longs:
    """Of the clips that are long enough, the one of smallest hash in each recording."""
    recording = _numbered(names)
    order = long_enough[np.lexsort((long_enough, hashes[long_enough], recording[long_enough]))]
    first = np.ones(len(order), bool)
    first[1:] = recording[order[1:]] != recording[order[:-1]]
    return order[first]
