"""What all tables of a config share: strictness, names, and mistakes that are told together."""

import re
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo

NAME_PATTERN = "[a-z0-9][a-z0-9._-]*"  # of a dictionary; scripts know names in addresses by it


def _checked_name(name: str) -> str:
    if not re.fullmatch(NAME_PATTERN, name) or len(name) > 40:
        raise ValueError("a name of at most 40 of a-z 0-9 . _ -, as it becomes part of addresses")
    return name


def _checked_address(address: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\S*", address):
        raise ValueError("an address that begins with https:// or http://")
    return address


def _from_config_folder(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return path if path.is_absolute() else folder / path


Settings = TypeVar("Settings", bound="ConfigTable")
Name = Annotated[str, AfterValidator(_checked_name)]
WebAddress = Annotated[str, AfterValidator(_checked_address)]
FilePath = Annotated[Path, AfterValidator(_from_config_folder)]
Checked = TypeVar("Checked")


def unless(value: Checked, mistakes: list[str]) -> Checked:
    """The value, or all of its mistakes at once."""
    if mistakes:
        raise ValueError(*mistakes)
    return value


class ConfigTable(BaseModel):
    """A table of the config: frozen, and strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    def __hash__(self) -> int:  # pydantic's own fails where a key holds a table
        return hash(self.model_dump_json())
