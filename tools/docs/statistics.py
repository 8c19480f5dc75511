"""docs/statistics.md: how figures are defined and why: preface, cards, definitions from the registry, thresholds."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from atlas.render.definitions import SECTIONS, Section
from atlas.schema import thresholds

_PREFACE = Path(__file__).parent / "statistics-preface.md"
_CARDS = Path(__file__).parent / "statistics-cards.md"


def statistics_page() -> str:
    """The page."""
    sections = "\n".join("\n".join(_lines(section)) for section in SECTIONS)
    reasons = reasons_of_thresholds()
    rows = "\n".join(f"| `{name}` | {_value(getattr(thresholds, name))} | {why} |" for name, why in reasons.items())
    return (
        f"{_PREFACE.read_text(encoding='utf-8')}\n"
        "## Cards of two atlases\n\n"
        "Made from their tables by `python -m tools.docs.cards`; each figure is defined below.\n\n"
        f"{_CARDS.read_text(encoding='utf-8')}\n"
        f"{sections}\n"
        "## Thresholds\n\nEach is stated once, in `atlas/schema/thresholds.py`.\n\n"
        f"| threshold | value | reason |\n|---|---|---|\n{rows}\n"
    )


def reasons_of_thresholds() -> dict[str, str]:
    """threshold -> the string that stands below it in the source."""
    body = ast.parse(Path(thresholds.__file__).read_text(encoding="utf-8")).body
    reasons = {}
    for stated, below in pairwise(body):
        match stated, below:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str() as reason)):
                reasons[name] = reason
    return reasons


def _lines(section: Section) -> Iterator[str]:
    yield f"## {section.title}\n\n{section.about}\n"
    for figure in section.figures:
        absent = f" None where {figure.absent}." if figure.absent else ""
        yield f"- **{figure.name}.** {figure.text}{absent}"
    yield ""


def _value(value: object) -> str:
    match value:
        case tuple():
            return ", ".join(_value(one) for one in value)
        case dict():
            return "; ".join(f"{key}: {_value(one)}" for key, one in value.items())
        case float():
            return f"{value:g}"
    return str(value)
