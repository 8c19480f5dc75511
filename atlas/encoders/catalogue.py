"""The families of encoders: which one reads a model, by the prefix of its name or by the kind of its file.

A family is imported when one of its models is asked for. To add one: a module that keeps the contract in `base.py`,
a row here, and the family in `tests/encoders/test_contract.py`.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath

from atlas.encoders.base import EncoderSource


@dataclass(frozen=True, slots=True)
class EncoderFamily:
    """How a config writes a model of the family, and the module that finds it."""

    module: str
    "it has `find_source(model)`"
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def reads(self, model: str) -> bool:
        return model.startswith(self.prefixes) or PurePath(model).suffix in self.suffixes


WHISPER = EncoderFamily("atlas.encoders.whisper", suffixes=(".pt",))
FAMILIES: tuple[EncoderFamily, ...] = (WHISPER,)


def find_source(model: str) -> EncoderSource:
    """The source of a model; a plain name is one of openai-whisper's."""
    family = next((family for family in FAMILIES if family.reads(model)), WHISPER)
    source: EncoderSource = import_module(family.module).find_source(model)
    return source
