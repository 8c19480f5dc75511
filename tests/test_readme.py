"""The README tells of every command, only of commands that exist, and stays short."""

import re
import tomllib
from pathlib import Path

from atlas.cli import main
from atlas.config.loading import parse_config

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def block(text: str) -> str:
    """What stands in the first fence of a text."""
    return re.split(r"^```.*\n", text, flags=re.MULTILINE)[1]


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 120


def test_the_readme_names_every_command_and_no_other() -> None:
    assert set(re.findall(r"`atlas ([a-z]+)", README)) == set(main.commands)


def test_every_command_says_what_it_does() -> None:
    assert [name for name, command in main.commands.items() if not command.get_short_help_str()] == []


def test_every_target_that_the_readme_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE))

    assert targets == {"demo", "test"}
    assert targets <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_config_of_the_readme_is_right() -> None:
    config = parse_config(tomllib.loads(block(section("An atlas of your own"))), ROOT / "config.toml")

    assert [entry.name for entry in config.dictionaries()] == ["layer6", "layer6-random", "layer6-template"]


def test_the_links_and_the_file_tree_of_the_readme_exist() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    lines = block(section("Where things are")).replace("\n  ", "\natlas/").splitlines()
    named = [line.split()[0] for line in lines]

    assert named[:2] == ["atlas/", "atlas/cli/"]
    assert [name for name in (*links, *named) if not (ROOT / name).exists()] == []
