"""`python -m tools.docs`: write the references anew; with --check, name those that are not up to date."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from tools.docs.command_reference import command_reference
from tools.docs.config_reference import config_reference
from tools.docs.data_dictionary import data_dictionary
from tools.docs.house_map import house_map
from tools.docs.statistics import statistics_page

DOCS = Path(__file__).resolve().parents[2] / "docs"

REFERENCES: Mapping[str, Callable[[], str]] = {
    "config.md": config_reference,
    "commands.md": command_reference,
    "data-dictionary.md": data_dictionary,
    "statistics.md": statistics_page,
    "house.md": house_map,
}
"file of docs/ -> what writes it"


def outdated() -> list[str]:
    """The references whose files say something else than the code."""
    return [name for name, write in REFERENCES.items() if _text_of(DOCS / name) != write()]


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where a file is not up to date.")
def main(check: bool) -> None:
    """Write the references in docs/ from the code."""
    names = outdated()
    if check and names:
        sys.exit(f"not up to date: {', '.join(f'docs/{name}' for name in names)}; run `make docs-reference`")
    for name in names:
        (DOCS / name).write_text(REFERENCES[name](), encoding="utf-8")
        click.echo(f"docs/{name}")


if __name__ == "__main__":
    main()
