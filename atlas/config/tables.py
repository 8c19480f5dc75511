"""What all tables of a config share: strictness, names, and mistakes that are told together."""

import re
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

NAME_PATTERN = "[a-z0-9][a-z0-9._-]*"  # of a dictionary; scripts know names in addresses by it


def _checked_name(name: str) -> str:
    if not re.fullmatch(NAME_PATTERN, name) or len(name) > 40:
        raise ValueError("a name of at most 40 of a-z 0-9 . _ -, as it becomes part of addresses")
    return name


Name = Annotated[str, AfterValidator(_checked_name)]
Checked = TypeVar("Checked")


def unless(value: Checked, mistakes: list[str]) -> Checked:
    """The value, or all of its mistakes at once."""
    if mistakes:
        raise ValueError(*mistakes)
    return value


class ConfigTable(BaseModel):
    """A table of the config: frozen, and strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
