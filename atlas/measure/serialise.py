"""What a scanned shard leaves for the merge: states as arrays in a zip file, sampled codes and tracks as Parquet.

Arrays are deflated lightly: a state is mostly zeros and small numbers, and is read back once. No timestamps, so that
equal states give equal bytes.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.errors import AtlasError
from atlas.measure.states import Context, Seen, State, array_names

_LEVEL = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)
# RuntimeError, zlib.error and EOFError are what zipfile raises for headers and content that were damaged
_UNREADABLE = (OSError, zipfile.BadZipFile, KeyError, ValueError, RuntimeError, zlib.error, EOFError)


def pack(states: Mapping[str, State[Any, Any]]) -> bytes:
    """Named states -> the bytes of a file; equal states give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, state in states.items():
            canonical = state.canonical()
            for array in array_names(type(state)):
                content = io.BytesIO()
                np.lib.format.write_array(content, np.asarray(getattr(canonical, array)), allow_pickle=False)
                member = zipfile.ZipInfo(f"{name}/{array}", _EPOCH)
                archive.writestr(member, content.getvalue(), zipfile.ZIP_DEFLATED, _LEVEL)
    return buffer.getvalue()


def unpack(path: Path, kinds: Mapping[str, type[State[Context, Seen]]]) -> dict[str, State[Context, Seen]]:
    """The states of a file, each of its kind."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _unpack_state(archive, name, kind) for name, kind in kinds.items()}
    except _UNREADABLE as error:
        raise AtlasError(f"{path}: not a readable scan state ({error}); run `atlas scan --force`") from None


def _unpack_state(archive: zipfile.ZipFile, name: str, kind: type[State[Context, Seen]]) -> State[Context, Seen]:
    values = {}
    for field in array_names(kind):
        content = io.BytesIO(archive.read(f"{name}/{field}"))  # whole, so that its checksum is seen first
        array = np.lib.format.read_array(content, allow_pickle=False)
        values[field] = array if array.ndim else array.item()
    return kind(**values)


def merged_states(
    paths: Sequence[Path], kinds: Mapping[str, type[State[Context, Seen]]], context: Context
) -> dict[str, State[Context, Seen]]:
    """The states of all shards together."""
    total = unpack(paths[0], kinds)
    for path in paths[1:]:
        for name, state in unpack(path, kinds).items():
            total[name].merge(state, context)
    return {name: state.canonical() for name, state in total.items()}


def list_column(values: NDArray[Any], lengths: NDArray[np.integer[Any]]) -> pl.Series:
    """Flat values, cut into lists of the given lengths: by way of one rectangle, which polars takes as it is."""
    rectangle = np.zeros((len(lengths), max(int(lengths.max(initial=0)), 1)), values.dtype)
    rectangle[np.arange(rectangle.shape[1])[None, :] < lengths[:, None]] = values
    frame = pl.DataFrame({"row": rectangle, "length": lengths.astype(np.int64)})
    return frame.select(pl.col("row").arr.to_list().list.head(pl.col("length")))["row"]


def fixed_lists(values: NDArray[Any]) -> pl.Series:
    """values: [rows, length] -> a list a row."""
    return pl.Series(values).arr.to_list() if len(values) else pl.Series([], dtype=pl.List(pl.Float64))
