"""Decoder rows come back as they were written, or it is said what is wrong with their file."""

from pathlib import Path

import numpy as np
import pytest

from atlas.errors import AtlasError
from atlas.schema.vectors import read_vectors, vectors_bytes, vectors_path


def test_vectors_are_read_as_merge_writes_them(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float16)
    path = vectors_path(tmp_path, "b")
    path.parent.mkdir()
    path.write_bytes(vectors_bytes(rows))

    assert path == tmp_path / "vectors" / "b.safetensors"
    assert read_vectors(path).dtype == np.float32
    assert np.array_equal(read_vectors(path), rows.astype(np.float32))


@pytest.mark.parametrize("content", [None, b"", b"{}" * 50, b"\x02\0\0\0\0\0\0\0{}"])
def test_vectors_that_cannot_be_read_are_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "b.safetensors"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(AtlasError, match=r"b\.safetensors: not .*run .*`atlas merge`"):
        read_vectors(path)
