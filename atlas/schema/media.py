"""The table `media/index`: which windows have a sound and a picture, and where these lie.

A window's key follows from its content and its cut alone, so that it names the same sound in every atlas and nothing
of the machine. Whoever shows a window reads this table; nobody guesses at files.
"""

from pathlib import Path

import polars as pl

from atlas.digests import digest_of
from atlas.schema import Table

FOLDER, INDEX = "media", "index"
LICENCE, BUDGET = "licence", "budget"
LEAD_S = 0.1  # every sound begins with so much silence: second t of a window is t + LEAD_S in its file
RUN_UP_S = 0.14  # so long, at most, is Chromium silent after a seek in it; why, is said in atlas/media/sounds.py
DECODER_DELAY_S = 529 / 16_000  # so early is Firefox, which drops the first samples

MEDIA = Table(
    name=FOLDER,
    writer="media",
    key=("clip",),
    columns={
        "clip": pl.UInt32,
        "key": pl.String,
        "gain_db": pl.Float64,  # what was added to the source; null without a sound
        "seconds": pl.Float64,
        "audio_bytes": pl.UInt32,  # null without a sound
        "reason": pl.String,  # why there is none: its licence allows no publishing or is unknown, or the budget is full
        "picture_bytes": pl.UInt32,
    },
    parts=("file",),  # there is one, the index
)


def window_key(sha256: str, offset_s: float, duration_s: float) -> str:
    """16 hex digits that name a window: a stretch of a file of this content, to the millisecond."""
    return digest_of(f"{sha256} {round(offset_s * 1000)} {round(duration_s * 1000)}")


def sound_path(root: Path, key: str) -> Path:
    """Where the sound of a window lies."""
    return root / FOLDER / "audio" / f"{key}.mp3"


def picture_path(root: Path, key: str) -> Path:
    """Where the spectrogram of a window lies."""
    return root / FOLDER / "spectrograms" / f"{key}.webp"
