"""docs/commands.md: every command with its arguments and options, from what `atlas COMMAND --help` is made of."""

import inspect
import re
from collections.abc import Iterator

import click

from atlas.cli import main

_ABOVE = """# Command reference

*Made from the code by `make docs-reference`; edit the commands in `atlas/cli/` instead.*

`atlas COMMAND --help` says the same in the terminal. Closing lines go to stdout; progress bars and warnings go to
stderr. A mistake that you can mend is one sentence and exit status 1; a wrong option is exit status 2.
"""


def command_reference() -> str:
    """The page."""
    return "\n".join([_ABOVE, *_sections(main, "atlas")])


def _sections(group: click.Group, above: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        path = f"{above} {name}"
        if isinstance(command, click.Group):
            yield from _sections(command, path)
        else:
            yield _section(command, path)


def _section(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## `{path}`", "", f"```\n{path} {usage}\n```", "", _text(command), ""]
    options = [option for option in command.params if isinstance(option, click.Option)]
    if options:
        lines += ["| option | meaning |", "|---|---|", *(_row(option, context) for option in options), ""]
    return "\n".join(lines)


def _text(command: click.Command) -> str:
    """The help, each paragraph on a line; capital words are arguments."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None, f"{option.name} has no help"
    names, meaning = (re.sub(r"\s+", " ", text).replace("|", "\\|") for text in record)
    return f"| `{names.replace(' RANGE', '')}` | {meaning} |"
