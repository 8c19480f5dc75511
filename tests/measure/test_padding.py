"""What the model pads a short clip with never reaches a count, although the encoder hears it."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from tests import sounds
from tests.building import build_all, replaced, stored_world

SHORT_S, LONG_S, WINDOW_S = 2, 5, 10


@pytest.fixture(scope="module")
def atlases(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Seconds -> the atlas of one clip: two seconds of a siren, and the same with three seconds of silence after it."""
    folder = tmp_path_factory.mktemp("padding")
    siren = sounds.siren(np.random.default_rng(1), SHORT_S)
    found = {}
    for seconds in (SHORT_S, LONG_S):
        samples = np.pad(siren, (0, seconds * sounds.RATE_HZ - len(siren)))
        soundfile.write(folder / f"{seconds}.wav", samples, sounds.RATE_HZ, subtype="FLOAT")
        lines = ["path,domain,recording", f"{folder / str(seconds)}.wav,sound,siren"]
        config = stored_world(folder / str(seconds), tiny_config.parent, lines)
        corpus = f"{tiny_config.parent.as_posix()}/corpus"
        low = replaced(config, (corpus, folder.as_posix()), ("threshold = 0.7", "threshold = 0.2"))  # silence passes it
        found[seconds] = folder / str(seconds) / "atlas"
        build_all(low, found[seconds])
    return found


@pytest.mark.parametrize("dictionary", ["last", "block0"])
def test_frames_that_are_valid_have_the_same_codes_however_the_rest_of_the_window_came_to_be_silent(
    atlases: dict[int, Path], dictionary: str
) -> None:
    short, long = (pl.read_parquet(atlas / "codes" / f"{dictionary}.parquet") for atlas in atlases.values())

    assert len(short) == SHORT_S * 50
    assert len(long) == LONG_S * 50
    assert long.filter(pl.col("frame") < SHORT_S * 50).equals(short)


def test_active_frames_are_either_counted_or_padding(atlases: dict[int, Path]) -> None:
    totals = []
    for seconds, atlas in atlases.items():
        features = pl.read_parquet(atlas / "features/last.parquet")
        padded = features["pad_rate"] * (WINDOW_S - seconds) * 50
        assert padded.sum() > 0
        totals.append((features["frames_active"] + padded.round().cast(pl.Int64)).to_list())

    assert totals[0] == totals[1]


def test_no_peak_example_or_track_lies_on_padding(atlases: dict[int, Path]) -> None:
    atlas = atlases[SHORT_S]
    for dictionary in ("last", "block0"):
        examples, tracks, peaks = (
            pl.read_parquet(atlas / name)
            for name in (f"examples/{dictionary}.parquet", f"tracks/{dictionary}.parquet", f"peaks/{dictionary}/*")
        )
        assert peaks["peak_frame"].max() < SHORT_S * 50
        assert peaks["frames_active"].max() <= SHORT_S * 50
        assert examples["end_s"].max() <= SHORT_S
        assert tracks["trace"].list.len().unique().to_list() == [SHORT_S * 25]
