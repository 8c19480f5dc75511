"""The references in docs/: up to date, and nothing in them without a meaning."""

from collections.abc import Iterator

import click
import pytest
from pydantic import BaseModel

from atlas.cli import main
from atlas.config.settings import Config
from atlas.config.tables import ConfigTable
from atlas.train.config import TrainConfig
from tools.docs.__main__ import DOCS, REFERENCES
from tools.docs.config_reference import meanings_of, table_in


def tables(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for info in model.model_fields.values():
        table = table_in(info.annotation)
        if table is not None:
            yield from tables(table)


def options(command: click.Command) -> Iterator[tuple[str, click.Option]]:
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from options(inner)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield f"{command.name} {parameter.opts[-1]}", parameter


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_says_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == REFERENCES[name](), "run `make docs-reference`"


@pytest.mark.parametrize(
    "model", dict.fromkeys((*tables(Config), *tables(TrainConfig))), ids=lambda model: model.__name__
)
def test_every_table_and_key_of_a_config_has_a_meaning(model: type[BaseModel]) -> None:
    plain = {name for name, info in model.model_fields.items() if table_in(info.annotation) is None}

    assert model.__doc__ != ConfigTable.__doc__
    assert plain - meanings_of(model).keys() == set()


def test_every_option_has_a_help() -> None:
    assert [name for name, option in options(main) if not option.help] == []


def test_every_key_and_command_is_on_its_page() -> None:
    config, commands = REFERENCES["config.md"](), REFERENCES["commands.md"]()
    keys = {
        name
        for model in (*tables(Config), *tables(TrainConfig))
        for name, info in model.model_fields.items()
        if table_in(info.annotation) is None
    }

    assert {key for key in keys if f"| `{key}` |" not in config} == set()
    assert {path for path in paths(main, "atlas") if f"## `{path}`" not in commands} == set()


def paths(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from paths(inner, f"{path} {name}")
    else:
        yield path
