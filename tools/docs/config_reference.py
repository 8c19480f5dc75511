"""docs/config.md: every key of a config, from the settings' own fields: its type, default, bounds and meaning.

The meaning is the string below a field, and the sentence of a table is its docstring. Types are put into the words of
TOML. A field without a meaning is a mistake.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from atlas.config.settings import Config
from atlas.train.config import TrainConfig

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
_ABOVE = """# Config reference

*Made from the code by `make docs-reference`; edit the settings in `atlas/config/` and `atlas/train/config.py` instead.*

A run is described by one TOML file. The config says **what** is computed; options of commands say only where and how.
Unknown keys are mistakes, and all mistakes are reported at once, each with its key, the value given and what is
accepted. Relative paths are relative to the config file.
"""


def config_reference() -> str:
    """The page."""
    builds = "\n".join(_tables(Config, "", set()))
    trains = "\n".join(_tables(TrainConfig, "", {"corpus", "encoder"}))
    return (
        f"{_ABOVE}\n## Configs that `atlas build` reads\n\n{builds}\n"
        "## Configs that `atlas train` reads\n\n`[corpus]` and `[encoder]` are those above.\n\n"
        f"{trains}"
    )


def _tables(model: type[BaseModel], name: str, known: set[str]) -> Iterator[str]:
    """The section of a table, then those of the tables inside it."""
    inside = {field: table_in(info.annotation) for field, info in model.model_fields.items()}
    plain = [field for field, table in inside.items() if table is None]
    if name:
        yield f"### `{name}`\n\n{_sentence(model)}\n"
    if plain:
        yield from _rows(model, plain)
    for field, table in inside.items():
        if table is not None and field not in known:
            brackets = "[[{}]]" if get_origin(model.model_fields[field].annotation) is tuple else "[{}]"
            above = f"{name.strip('[]')}." if name else ""
            yield from _tables(table, brackets.format(above + field), known)


def _rows(model: type[BaseModel], fields: list[str]) -> Iterator[str]:
    meanings = meanings_of(model)
    yield "| key | type | default | meaning |\n|---|---|---|---|"
    for name in fields:
        info = model.model_fields[name]
        yield f"| `{name}` | {_type_of(info)} | {_default(info)} | {_cell(meanings.get(name, ''))} |"
    yield ""


def meanings_of(model: type[BaseModel]) -> dict[str, str]:
    """field -> the string that stands below it in the source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)
    meanings = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as meaning)):
                meanings[name] = meaning
    return meanings


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((inspect.getdoc(model) or "").split("\n\n")[0].split())


def table_in(annotation: Any) -> type[BaseModel] | None:
    """The table that a field holds, or each of whose entries it holds."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _type_of(info: FieldInfo) -> str:
    bounds = [
        f"{sign} {_number(getattr(part, key))}"
        for part in info.metadata
        for key, sign in _BOUNDS.items()
        if getattr(part, key, None) is not None
    ]
    return _cell(", ".join([_words(info.annotation), *bounds]))


def _number(value: float) -> str:
    power = int(value).bit_length() - 1
    return f"2^{power}" if power > 20 and value == 2**power else f"{value:g}"


def _words(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(parts[0])
    if origin is Literal:
        return " or ".join(f'`"{value}"`' for value in parts)
    if origin in (Union, UnionType):
        return " or ".join(_words(part) for part in parts if part is not NoneType)
    if origin is tuple:
        return f"list of {_plural(_words(parts[0]))}"
    if origin is dict:
        return f"table: {_words(parts[0])} = {_words(parts[1])}"
    return _WORDS.get(annotation, str(annotation))


def _plural(word: str) -> str:
    return word if word.startswith("`") else f"{word}s"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    value = info.default
    if value is None:
        return "—"
    return _cell(f"`{_toml(value)}`")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return "{}" if value == {} else f"{value:_}" if isinstance(value, int) and value >= 10_000 else str(value)


def _cell(text: str) -> str:
    """Text that may stand in a cell of a Markdown table."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|")
