"""Keys of a config as facts that a stage may depend on, each as TOML would write its value.

A key that has its default is no fact, so that a key which a later version adds changes nothing of what was done before;
what a default is says `default_of`. So nothing here notices another default of a key that was there: whoever changes
one raises the versions of what the stages write that depend on it, and these run again. Of a list of tables every entry
is a fact by its name, and so is each of its keys. A field that is excluded from dumps, such as a dictionary's line for
readers, is never one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from pydantic import BaseModel

NOT_GIVEN = "not given"
_KEPT_PARTS: Mapping[str, int] = MappingProxyType({"checkpoint": 2, "untrained": 2, "model": 1, "readout": 1})
"of a path: its last parts alone, as the folders above them are the machine's; often layer_3/ae.pt"


_UNORDERED = ("redistribute",)


def key_facts(config: BaseModel, keys: Sequence[str]) -> dict[str, str]:
    """The value of each key that does not have its default; a table stands for all of its keys."""
    facts: dict[str, str] = {}
    for key in keys:
        *tables, name = key.split(".")
        owner = config
        for table in tables:
            owner = getattr(owner, table)
        value = getattr(owner, name)
        if isinstance(value, BaseModel):
            facts |= {f"{key}.{field}": text for field, text in _settings(value)}
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            facts[key] = ", ".join(sorted(entry.name for entry in value))
            for entry in value:
                facts |= {f"{key}.{entry.name}.{field}": text for field, text in _settings(entry) if field != "name"}
        elif value != type(owner).model_fields[name].get_default():
            facts[key] = _text(name, value)
    return facts


def default_of(config: type[BaseModel], key: str) -> str | None:
    """The default of a key as a fact would say it; None where there is none, or no such key."""
    first, _, rest = key.partition(".")
    if first not in config.model_fields:
        return None
    model, name = config, first
    if rest:
        kind = config.model_fields[first].annotation
        inner = next(iter(get_args(kind)), kind)
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return None
        model, name = inner, rest.rpartition(".")[2]  # the name of an entry may have dots
    field = model.model_fields.get(name)
    return None if field is None or field.exclude or field.is_required() else _text(name, field.get_default())


def _settings(table: BaseModel) -> Iterator[tuple[str, str]]:
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        if field.exclude:  # it is for readers alone
            continue
        if field.is_required() or value != field.get_default():
            yield name, _text(name, value)


def _text(name: str, value: object) -> str:
    if value is None:
        return NOT_GIVEN
    if isinstance(value, Path | str):
        text = str(value)
        return json.dumps("/".join(text.split("/")[-_KEPT_PARTS.get(name, 0) :]), ensure_ascii=False)
    if name in _UNORDERED and isinstance(value, tuple):
        value = sorted(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
