"""Sounds and spectrograms, before they are there: which windows have one, and their bytes."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import exp

import polars as pl

from atlas.media.pictures import MOST_BYTES
from atlas.media.plan import MB
from atlas.media.sounds import most_bytes
from atlas.planning import parts
from atlas.planning.contents import Contents
from atlas.planning.parts import SitePart, part_of_size


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWindows:
    """Windows with a sound on the site, and those with a picture."""

    sounds: float
    sound_bytes: float
    seconds: float
    pictures: float
    picture_bytes: float


def heard_windows(contents: Contents) -> HeardWindows:
    windows, media = contents.outline.windows, contents.config.media
    shown = 1 - exp(-sum(one.shape.features * one.firing.examples for one in contents.learned) / 2 / len(windows))
    lengths = windows["duration_s"].to_list()
    licences = windows["licence"].unique().to_list()
    allowed = [one for one in licences if one and any(fnmatchcase(one, pattern) for pattern in media.redistribute)]
    heard = windows.filter(pl.col("licence").is_in(allowed))["duration_s"].to_list()
    wanted = shown * sum(map(most_bytes, heard))
    share = min(1.0, media.budget_mb * MB / wanted) if wanted else 0.0
    pictures = shown * sum(min(MOST_BYTES, contents.picture_bytes * length) for length in lengths)
    return HeardWindows(
        sounds=shown * share * len(heard),
        sound_bytes=share * wanted,
        seconds=shown * share * sum(heard),
        pictures=shown * len(lengths),
        picture_bytes=pictures,
    )


def media_parts(contents: Contents) -> dict[str, SitePart]:
    """Sounds and spectrograms, which lie in the atlas's folder, and in the site."""
    heard = heard_windows(contents)
    longest = most_bytes(max(contents.outline.windows["duration_s"].to_list(), default=0.0))
    return {
        parts.SOUNDS: part_of_size(heard.sounds, heard.sound_bytes, largest=longest),
        parts.SPECTROGRAMS: part_of_size(heard.pictures, heard.picture_bytes, largest=MOST_BYTES),
    }
