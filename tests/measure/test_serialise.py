"""The files of states, and lists that become columns."""

import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.errors import AtlasError
from atlas.measure.reconstruction import CorpusMel, Fit
from atlas.measure.serialise import fixed_lists, list_column, pack, unpack
from tests.measure.making import corpus_context


def filled() -> Fit:
    rng = np.random.default_rng(0)
    return Fit(rng.integers(0, 2**60, 4), rng.integers(-(2**60), 2**60, 50))


def test_a_file_holds_no_time_and_one_member_an_array(tmp_path: Path) -> None:
    path = tmp_path / "states.zip"
    path.write_bytes(pack({"fit": filled(), "sounds": CorpusMel.empty(corpus_context())}))
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["fit/sums", "fit/activations", "sounds/mel", "sounds/energy"]
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_DEFLATED}


def test_a_file_cut_short_is_refused_with_its_path_and_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "states.zip"
    content = pack({"fit": filled()})
    for size in (0, 1, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(AtlasError, match=r"states\.zip: not a readable scan state .*; run `atlas scan --force`"):
            unpack(path, {"fit": Fit})


def test_a_damaged_file_is_refused_or_read_as_it_was_wherever_the_damage_lies(tmp_path: Path) -> None:
    path = tmp_path / "states.zip"
    content = pack({"fit": filled()})
    for place in range(0, len(content), 5):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with suppress(AtlasError):  # unless the byte says nothing of the content, such as a time
            read = unpack(path, {"fit": Fit})["fit"]
            assert np.array_equal(read.sums, filled().sums)
            assert np.array_equal(read.activations, filled().activations)


def test_a_file_that_is_missing_or_lacks_a_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "states.zip"
    with pytest.raises(AtlasError, match="not a readable scan state"):
        unpack(path, {"fit": Fit})
    path.write_bytes(pack({"sounds": CorpusMel.empty(corpus_context())}))
    with pytest.raises(AtlasError, match="fit/sums"):
        unpack(path, {"fit": Fit})


@given(st.lists(st.lists(st.integers(0, 255), max_size=5), max_size=12))
def test_a_list_column_holds_each_rows_own_values(rows: list[list[int]]) -> None:
    values = np.array([value for row in rows for value in row], np.uint8)
    lengths = np.array([len(row) for row in rows], np.int64)
    column = list_column(values, lengths)
    assert column.to_list() == rows
    assert column.dtype == pl.List(pl.UInt8)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_fixed_lists_are_the_rows_of_an_array(rows: int) -> None:
    values = np.arange(rows * 4, dtype=np.uint32).reshape(rows, 4)
    column = fixed_lists(values)
    assert column.to_list() == values.tolist()
    assert column.cast(pl.List(pl.UInt32)).to_list() == values.tolist()
