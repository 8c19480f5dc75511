"""Engines: where shards run. A name -> the function that scans shards there, imported when it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atlas.measure.run import Run
    from atlas.progress import Advance
    from atlas.store import Facts

    Engine = Callable[[Run, Facts, Sequence[int], int, Advance], None]

ENGINES: Mapping[str, str] = MappingProxyType({"local": "atlas.engines.local"})
"name -> the module whose `scan_shards` it is"


def engine_of(name: str) -> "Engine":
    """The engine of a name."""
    scan_shards: Engine = import_module(ENGINES[name]).scan_shards
    return scan_shards
