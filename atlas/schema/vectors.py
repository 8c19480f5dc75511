"""The decoder rows of a dictionary: one safetensors file beside the tables, its path, its writer and its reader."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from atlas.errors import AtlasError

_KEY = "decoder"


def vectors_path(root: Path, name: str) -> Path:
    """Where the decoder rows of a dictionary lie in an atlas folder."""
    return root / "vectors" / f"{name}.safetensors"


def vectors_bytes(rows: NDArray[np.float16]) -> bytes:
    """The content of the file. rows: [features, width], of length 1."""
    return save({_KEY: rows})


def read_vectors(path: Path) -> NDArray[np.float32]:
    """The decoder rows that `merge` wrote: [features, width]."""
    try:
        return load_file(path)[_KEY].astype(np.float32)
    except FileNotFoundError:
        raise AtlasError(f"{path}: not there; run the stage that writes it, `atlas merge`") from None
    except (OSError, SafetensorError, KeyError) as error:
        raise AtlasError(f"{path}: not readable decoder rows ({error}); run `atlas merge`") from None
