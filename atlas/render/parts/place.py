"""A feature's place on the map of its dictionary, as a small picture that opens the map there.

The picture of all features is one file for each dictionary; a page adds a dot.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from atlas.reading.tables import Atlas
from atlas.render.templating import Page

SIDE = 144  # units of a side of the drawing
_SCALE = 2  # pixels a unit
_MARGIN = 6  # units
_COLOURS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {"speech": (70, 124, 200), "music": (222, 112, 40), "sound": (62, 164, 144)}
)
"between the colours of domains on light and on dark paper: one picture serves both"
_OTHER = (140, 143, 150)
_OPACITY = 170  # of 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a feature lies, and what leads to the map there."""

    picture: str  # addresses, from the site's root
    address: str
    x: str
    y: str
    side: int = SIDE


def place_of(dictionary: str, feature: int, finding: Mapping[str, Any]) -> Place | None:
    """None where the feature is not on the map. finding: its row in `findings`."""
    x, y = finding.get("map_x"), finding.get("map_y")
    if x is None or y is None:
        return None
    across, down = _units(np.array([[x, y]]))[0]
    address = f"map.html?dictionary={dictionary}&feature={feature}"
    return Place(picture=_picture(dictionary), address=address, x=f"{across:.1f}", y=f"{down:.1f}")


def pictures(atlas: Atlas) -> Iterator[Page]:
    """The picture of every dictionary that has a map."""
    for name in atlas.names:
        places = mapped(atlas, name)
        if len(places):
            yield _picture(name), _drawn(places)


def _picture(dictionary: str) -> str:
    return f"data/map/{dictionary}.webp"


def _units(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the map's square to the drawing, whose second axis points down. places: [features, 2]."""
    half = SIDE / 2 - _MARGIN
    units: NDArray[np.float64] = SIDE / 2 + places * [half, -half]
    return units


def mapped(atlas: Atlas, name: str) -> pl.DataFrame:
    """map_x, map_y, domain: where each feature fires most often."""
    rates = atlas.column(name, "domains", "feature", "domain", "rate_macro_frame")
    most = rates.sort("feature", "rate_macro_frame", "domain", descending=[False, True, False])
    places = atlas.column(name, "findings", "feature", "map_x", "map_y").drop_nulls()
    return places.join(most.unique("feature", keep="first"), on="feature", how="left").sort("feature")


def _drawn(places: pl.DataFrame) -> bytes:
    """Dots of a unit and a half, each domain in its colour, on nothing. places: map_x, map_y, domain."""
    at = np.rint(_units(places.select("map_x", "map_y").to_numpy()) * _SCALE).astype(np.int64)
    colours = [(*_COLOURS.get(domain, _OTHER), _OPACITY) for domain in places["domain"]]
    pixels = np.zeros((SIDE * _SCALE, SIDE * _SCALE, 4), np.uint8)
    for dx in range(-1, 2):
        for dy in range(-1, 2):
            pixels[at[:, 1] + dy, at[:, 0] + dx] = colours
    buffer = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(buffer, "WEBP", lossless=True, method=6)
    return buffer.getvalue()
