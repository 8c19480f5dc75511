"""Where each feature lies on the map of its dictionary: decoder directions in two dimensions.

By principal components, or by UMAP, which draws neighbourhoods but not distances and comes with the extra `map`. Both
are deterministic. Coordinates lie in the square from -1 to 1, with one scale for both axes. Dead features have none,
and so have all features of a dictionary whose directions vary alike in every dimension, as raw neurons do.
"""

import importlib
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.overlap.neighbours import Floats, directed, unit_rows
from atlas.errors import AtlasError

Doubles = NDArray[np.float64]

SEED = 0
UMAP_NEIGHBOURS = 15
DECIMALS = 4
ALIKE = 1e-6  # variances that differ by a smaller share are rounding apart


def map_frame(vectors: Floats, states: pl.Series, method: str) -> pl.DataFrame:
    """feature, map_x, map_y for every feature. vectors: [features, width]; states: [features]."""
    numbers = directed(vectors, states)
    places = np.full((len(vectors), 2), np.nan)
    if len(numbers) > 2:
        places[numbers] = _squared(METHODS[method](unit_rows(vectors[numbers])))
    x, y = places.astype(np.float32).T
    frame = pl.DataFrame({"feature": np.arange(len(vectors), dtype=np.uint32), "map_x": x, "map_y": y})
    return frame.fill_nan(None)


def _squared(places: Doubles) -> Doubles:
    """The same shape, centred, within the square from -1 to 1. places: [features, 2]."""
    centred = places - (places.min(axis=0) + places.max(axis=0)) / 2
    extent = np.abs(centred).max()
    # adding 0 turns -0 into 0: equal inputs give equal bytes
    scaled: Doubles = np.round(centred / extent if extent > 0 else centred, DECIMALS) + 0.0
    return scaled


def principal(units: Floats) -> Doubles:
    """Along the two axes of most variance, of which no other has as much; NaN where there are none.

    An axis points to where the dimension that weighs most in it is positive.
    """
    centred = units - units.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(centred.T @ centred)
    if len(variances) < 3 or variances[-3] > (1 - ALIKE) * variances[-2]:
        return np.full((len(units), 2), np.nan)
    largest = axes[:, [-1, -2]]
    signs = np.sign(largest[np.abs(largest).argmax(axis=0), [0, 1]])
    places: Doubles = centred @ (largest * signs)
    return places


def umap_places(units: Floats) -> Doubles:
    """UMAP by cosine, begun from the principal components, on one thread with a fixed seed."""
    start = 10 * _squared(principal(units))
    if np.isnan(start).any():
        return start
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of what else could be installed
        try:
            umap: Any = importlib.import_module("umap")
        except ImportError as error:
            raise AtlasError(
                f'the map is to be made by UMAP ([analyse] map = "umap"), which is not installed whole ({error}):'
                " pip install 'audio-feature-atlas[map]', or write map = \"pca\""
            ) from None
        reducer = umap.UMAP(
            n_neighbors=min(UMAP_NEIGHBOURS, len(units) - 1), metric="cosine", init=start, random_state=SEED, n_jobs=1
        )
        places: Doubles = reducer.fit_transform(units).astype(np.float64)
    return places


METHODS: Mapping[str, Callable[[Floats], Doubles]] = MappingProxyType({"pca": principal, "umap": umap_places})
