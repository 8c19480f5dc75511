"""Each threshold is stated once, with a reason, and is used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from atlas.schema import thresholds

ROOT = Path(__file__).resolve().parents[2]
STATED = Path(thresholds.__file__).resolve()
MODULES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "atlas").rglob("*.py")) if path != STATED}
DECIDING = ("measure", "analyse", "explain", "reading", "render")
VALUES = {name: value for name, value in vars(thresholds).items() if name.isupper()}


def is_of_bits(node: ast.AST) -> bool:
    """Whether a number is one of bits: a power of two, or a shift."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.RShift)


def numbers_in(tree: ast.AST) -> Iterator[float]:
    bits = {id(node) for whole in ast.walk(tree) if is_of_bits(whole) for node in ast.walk(whole)}
    for node in ast.walk(tree):
        if id(node) in bits:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield node.value


def unmistakable() -> set[float]:
    """The values that a comparison can only mean as a threshold: small whole numbers mean other things as well."""
    values = {number for value in VALUES.values() for number in numbers_in(ast.parse(repr(value)))}
    return {value for value in values if value != int(value) or value >= 10}


def test_every_threshold_is_followed_by_its_reason() -> None:
    _, *body = ast.parse(STATED.read_text(encoding="utf-8")).body
    pairs = list(zip(body[::2], body[1::2], strict=True))

    assert [ast.unparse(node) for node, _ in pairs if not isinstance(node, ast.Assign)] == []
    reasons = [
        node.value.value for _, node in pairs if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    assert len(reasons) == len(pairs) == len(VALUES) >= 50
    assert [reason for reason in reasons if not isinstance(reason, str) or len(reason) < 30] == []


def test_every_threshold_decides_something() -> None:
    code = "\n".join(text for path, text in MODULES.items() if path.parent != STATED.parent)

    assert [name for name in VALUES if not re.search(rf"\b{name}\b", code)] == []


def test_no_module_states_a_threshold_of_its_own_under_the_same_name() -> None:
    again = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, text in MODULES.items()
        for name in re.findall(r"^_?([A-Z][A-Z_0-9]+)(?:: .+)? = ", text, re.MULTILINE)
        if name in VALUES
    ]

    assert again == []


def test_nothing_is_compared_with_the_value_of_a_threshold() -> None:
    copies = [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for path, text in MODULES.items()
        if path.relative_to(ROOT).parts[1] in DECIDING
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare)
        if unmistakable() & {number for side in (node.left, *node.comparators) for number in numbers_in(side)}
    ]

    assert {0.05, 0.5, 10} <= unmistakable()
    assert copies == []
