"""The contract of a checkpoint format: how its files are named, how it is recognised, and who reads it.

A format is a module of its own that ends in a `Format`, and a row of the table in `formats.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from atlas.dictionaries.base import Dictionary
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.dictionaries.taps import SuggestedTap, tap_of_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One family of checkpoints."""

    name: str
    expects: str
    "what shows a checkpoint to be one of these, for the error about one that is none"
    file_names: tuple[str, ...]
    "the names under which it saves, looked for in a folder"
    settings_names: tuple[str, ...] = ()
    "the names of a JSON file beside it that says how it is read"
    beside_names: tuple[str, ...] = ()
    "other JSON files beside it that its values depend on"
    holder: str | None = None
    "the entry that holds the weights where the file itself does not"
    recognise: Callable[[Checkpoint], str | None]
    "what shows it, in words; None where it is another format"
    read: Callable[[Checkpoint], Dictionary]
    suggested_tap: Callable[[Checkpoint], SuggestedTap | None] = tap_of_names
    "the tap that the checkpoint's own naming points to"
