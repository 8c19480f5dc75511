"""Audio feature atlas: what the features of sparse autoencoders listen to, measured once, shown as a static site.

    import atlas

    demo = atlas.open("demo-atlas")

The functions are those of `atlas.door`, which is imported when the first of them is asked for.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atlas.door import Atlas, AtlasClip, AtlasError, AtlasFeature, build, encode, load_dictionary
    from atlas.door import open as open  # noqa: A004 (called as atlas.open)

__version__ = "0.1.0"

__all__ = ["Atlas", "AtlasClip", "AtlasError", "AtlasFeature", "build", "encode", "load_dictionary"]
_OFFERED = (*__all__, "open")  # which `from atlas import *` leaves to Python's own


def __getattr__(name: str) -> object:
    if name not in _OFFERED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    from atlas.errors import AtlasError, refuse_windows

    if name == "AtlasError":  # which has to be there to be caught
        return AtlasError
    refuse_windows()
    return getattr(import_module("atlas.door"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_OFFERED])
