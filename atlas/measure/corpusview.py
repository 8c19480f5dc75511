"""The corpus as arrays indexed by clip number: what joining `peaks` with `clips` needs."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.audio import draws


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusView:
    """[clips] each; clips with a problem have no frames and belong to no dataset."""

    domains: tuple[str, ...]
    datasets: tuple[str, ...]
    usable: NDArray[np.bool_]
    domain: NDArray[np.int32]
    dataset: NDArray[np.int32]
    recording: NDArray[np.int32]
    valid: NDArray[np.int64]
    energy_db: NDArray[np.float64]
    hashes: NDArray[np.uint64]

    @property
    def clips(self) -> int:
        return int(self.usable.sum())

    @property
    def frames(self) -> int:
        return int(self.valid.sum())

    def dataset_clips(self) -> NDArray[np.int64]:
        """[datasets]: usable clips."""
        return np.bincount(self.dataset[self.usable], minlength=len(self.datasets))

    def dataset_frames(self) -> NDArray[np.int64]:
        """[datasets]: valid frames."""
        weights = self.valid[self.usable]
        return np.bincount(self.dataset[self.usable], weights, len(self.datasets)).astype(np.int64)


def corpus_view(clips: pl.DataFrame, domains: tuple[str, ...]) -> CorpusView:
    """`clips`, whose rows are sorted by their number, as arrays; only domains that occur, in the config's order."""
    usable = clips["problem"].is_null().to_numpy()
    usable_clips = draws.usable(clips)
    present = set(usable_clips["domain"].to_list())
    kept = tuple(domain for domain in domains if domain in present)
    datasets = tuple(usable_clips["dataset"].unique().sort().to_list())
    return CorpusView(
        domains=kept,
        datasets=datasets,
        usable=usable,
        domain=np.where(usable, _numbers(clips["domain"], kept), -1).astype(np.int32),
        dataset=np.where(usable, _numbers(clips["dataset"], datasets), -1).astype(np.int32),
        recording=np.array(clips["recording"].rle_id(), np.int32),
        valid=np.where(usable, clips["valid_frames"].to_numpy(), 0).astype(np.int64),
        energy_db=clips["energy_db"].fill_null(0).to_numpy().astype(np.float64),
        hashes=draws.clip_hashes(clips),
    )


def _numbers(names: pl.Series, known: tuple[str, ...]) -> NDArray[np.int32]:
    place = {name: number for number, name in enumerate(known)}
    return np.array([place.get(name, -1) for name in names.to_list()], np.int32)
