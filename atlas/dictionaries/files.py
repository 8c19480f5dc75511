"""From what the user wrote to a checkpoint in memory: a local path, or a file on the hub, safely.

A checkpoint is named by its file or by the folder that holds it; where a folder holds several, they are listed and
none is chosen. Pickles are read for their tensors and plain values only: a file that asks for more is refused.
What files are called, each format says (`formats.py`); nothing is known here of what the tensors mean.
"""

import codecs
import hashlib
import json
import pickle
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from atlas.dictionaries import formats, hub
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.errors import AtlasError

_SUFFIXES = (".pt", ".pth", ".safetensors", ".bin")
_LISTED = 8
_SCALAR: Any = np.float64(0).__reduce__()[0]
_NUMPY_NUMBERS = [
    (_SCALAR, "numpy.core.multiarray.scalar"),  # as numpy before 2.0 named it
    _SCALAR,
    np.dtype,
    np.dtypes.Float64DType,
    np.dtypes.Float32DType,
    np.dtypes.Int64DType,
    codecs.encode,
]
"what a plain number of numpy's is pickled with; training loops leave such beside their tensors"
_LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class Located:
    """Where a checkpoint's file is on this machine, and where it came from."""

    path: Path
    on_hub: hub.HubFile | None = None

    def beside(self, name: str) -> Path | None:
        """A file in the same folder, fetched if that is on the hub; None where there is none."""
        if self.on_hub is None:
            file = self.path.parent / name
            return file if file.is_file() else None
        try:
            return hub.download(self.on_hub.beside(name))
        except hub.NotThere:
            return None

    def first_beside(self, names: tuple[str, ...]) -> Path | None:
        """The first of `names` beside the file; for a file in a folder `checkpoints`, also above that folder."""
        above = ("", "../") if self.path.parent.name == "checkpoints" else ("",)
        candidates = (self.beside(prefix + name) for prefix in above for name in names)
        return next((file for file in candidates if file is not None), None)


def locate(checkpoint: str) -> Located:
    """Find a checkpoint's file, and fetch it first if it lies on the hub."""
    if checkpoint.startswith(hub.SCHEME):
        return _on_hub(hub.parse_address(checkpoint))
    path = Path(checkpoint)
    if path.is_dir():
        return Located(_in_folder(path))
    if not path.is_file():
        raise AtlasError(f"{checkpoint}: no such file or folder; give a checkpoint's path, or hf://owner/repo/path")
    return Located(path)


def read_checkpoint(checkpoint: str) -> Checkpoint:
    """Read a checkpoint's tensors, whatever was saved with them, and the settings beside the file."""
    located = locate(checkpoint)
    path = located.path
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise AtlasError(f"{path}: an empty file; fetch or save the checkpoint again")
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    return Checkpoint(
        address=checkpoint,
        path=path,
        size_bytes=size_bytes,
        sha256=sha256_of(path),
        content=content,
        config=_read_settings(located.first_beside(formats.settings_names())),
        beside={name: _read_settings(file) for name, file in _beside(located).items()},
    )


def sha256_of(path: Path) -> str:
    """The file's hash; it is taken again only when the file has changed."""
    state = path.stat()
    return _sha256_of(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256_of(path: Path, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_with_settings(checkpoint: str) -> str:
    """One sha256 over a checkpoint's file and the settings beside it, which say how it is read."""
    located = locate(checkpoint)
    settings = located.first_beside(formats.settings_names())
    others = "".join(map(sha256_of, _beside(located).values()))
    parts = (sha256_of(located.path), sha256_of(settings) if settings else "-", others or "-")
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _beside(located: Located) -> dict[str, Path]:
    """The other files beside a checkpoint that are there, by name."""
    files = ((name, located.first_beside((name,))) for name in formats.beside_names())
    return {name: file for name, file in files if file is not None}


def _on_hub(file: hub.HubFile) -> Located:
    """The file that an address names; of a folder, the first that exists of the known names."""
    if file.path.endswith(_SUFFIXES):
        return Located(hub.download(file), file)
    reasons = []
    for inside in map(file.joined, formats.file_names()):
        try:
            return Located(hub.download(inside), inside)
        except hub.NotThere as reason:
            reasons.append(str(reason))
    raise hub.NotThere(f"{reasons[0]}; nor is there {', '.join(formats.file_names()[1:])} in {file}")


def _in_folder(folder: Path) -> Path:
    known = [folder / name for name in formats.file_names() if (folder / name).is_file()]
    direct = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    for candidates in (known, direct):
        if len(candidates) == 1:
            return candidates[0]
    checkpoints = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in _SUFFIXES)
    if not checkpoints:
        raise AtlasError(f"{folder}: no checkpoint in this folder; expected a file {', '.join(_SUFFIXES)}")
    listed = ", ".join(checkpoints[:_LISTED]) + (
        f" and {len(checkpoints) - _LISTED} more" if len(checkpoints) > _LISTED else ""
    )
    raise AtlasError(f"{folder}: a folder with {len(checkpoints)} checkpoints: {listed}; name one of them")


def _read_safetensors(path: Path) -> Mapping[str, object]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise AtlasError(f"{path}: {_damage(path)} ({error}); fetch or save it again") from None


def _read_pickle(path: Path) -> Mapping[str, object]:
    if not zipfile.is_zipfile(path):
        raise AtlasError(f"{path}: {_damage(path)}; expected what torch.save writes, or a .safetensors file")
    try:
        with torch.serialization.safe_globals(_NUMPY_NUMBERS):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise AtlasError(
            f"{path}: refused: the file asks to run {_asked_for(error)}, and only tensors and plain values are read; "
            "save its state_dict() alone"
        ) from None
    except (RuntimeError, EOFError) as error:
        raise AtlasError(f"{path}: {_damage(path)} ({str(error).splitlines()[0]}); fetch or save it again") from None
    if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
        raise AtlasError(f"{path}: holds a {type(content).__name__}, not tensors by name; save its state_dict()")
    return content


def _damage(path: Path) -> str:
    """What a file that cannot be opened is, by its first and its last bytes."""
    with path.open("rb") as file:
        start = file.read(len(_LFS_POINTER))
    if start == _LFS_POINTER:
        return "a Git LFS pointer, not the file itself (run `git lfs pull`)"
    return "cut short or damaged" if start.startswith(b"PK") or path.suffix == ".safetensors" else "not a checkpoint"


def _asked_for(error: pickle.UnpicklingError) -> str:
    match = re.search(r"GLOBAL ([\w.]+)", str(error))
    return f"`{match.group(1)}`" if match else "code of its own"


def _read_settings(file: Path | None) -> Mapping[str, object]:
    if file is None:
        return {}
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AtlasError(f"{file}: not JSON: {error}") from None
    if not isinstance(settings, dict):
        raise AtlasError(f"{file}: expected a table of settings, found {type(settings).__name__}")
    return settings
