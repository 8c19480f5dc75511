"""What pydantic found wrong -> one sentence a mistake: the key, the value given, what is accepted.

Values are shown as the user wrote them, and entries of a list are counted from one. Which file it was, and that all
mistakes are told at once, is the caller's part.
"""

import json
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

ACCEPTED = MappingProxyType(
    {
        "bool_type": "true or false",
        "dict_type": "a table",
        "float_type": "a number",
        "greater_than": "more than {gt:g}",
        "greater_than_equal": "at least {ge:g}",
        "int_from_float": "a whole number",
        "int_type": "a whole number",
        "less_than_equal": "at most {le:g}",
        "literal_error": "{expected}",
        "model_type": "a table",
        "string_too_short": "a text that is not empty",
        "string_type": "a text, in quotes",
        "tuple_type": "a list: [...], or [[...]] before each of its tables",
    }
)
"what is accepted, by pydantic's name of the mistake; its own words for the others"


def mistakes_in(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One sentence a mistake of settings that were checked against `model`."""
    return [sentence for entry in error.errors() for sentence in _sentences(entry, model)]


def _sentences(entry: ErrorDetails, model: type[BaseModel]) -> Iterable[str]:
    location, kind, given = entry["loc"], entry["type"], entry["input"]
    key = "".join(f" {part + 1}" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")
    context = entry.get("ctx", {})
    if kind == "extra_forbidden":
        yield f"{key}: unknown key; known here: {', '.join(sorted(_known_keys(location[:-1], model)))}"
    elif kind == "missing":
        yield f"{key}: missing"
    elif kind == "value_error":
        shown = "" if _holds_tables(given) else f"{_shown(given)} given; "
        before = f"{key}: {shown}expected " if key else ""  # what tables say together names its keys itself
        yield from (f"{before}{accepted}" for accepted in context["error"].args)
    else:
        accepted = ACCEPTED.get(kind, entry["msg"]).format(**context).replace("'", '"')
        yield f"{key}: {_shown(given)} given; expected {accepted}"


def _known_keys(location: tuple[int | str, ...], model: type[BaseModel]) -> Iterable[str]:
    """The keys of the table at `location`: that of a field, or of each entry of a list."""
    for part in location:
        if isinstance(part, str):
            kind: Any = model.model_fields[part].annotation
            model = next(iter(get_args(kind)), kind)
    return model.model_fields


def _shown(value: object) -> str:
    return "a table" if _holds_tables(value) else json.dumps(value, ensure_ascii=False)


def _holds_tables(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(entry, dict) for entry in value))
