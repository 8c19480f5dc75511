"""`python -m tools.docs.notebook FOLDER`: run the cells of the first look, and write them with what they show.

FOLDER is where the demo's atlas lies, as `demo-atlas`. The cells run one after another in this process, as a notebook's
kernel would run them; no kernel is needed.
"""

import ast
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs/notebooks/first-look.ipynb"

CELLS = (
    (
        "markdown",
        "# A first look\n\nThe demo's atlas, as `atlas demo --no-serve` leaves it.",
    ),
    ("code", 'import polars as pl\n\nimport atlas\n\ndemo = atlas.open("demo-atlas")\ndemo'),
    ("markdown", "The live features of a dictionary, the densest first, and the domains that they are specialised to."),
    (
        "code",
        'features = demo.features("block3")\n'
        'live = features.filter(pl.col("state") == "live").sort("density", descending=True)\n'
        'live.select("feature", "density", "recordings_active", "burst_s", "domains").head(8)',
    ),
    ("markdown", "One of them: a siren. Its histogram, and three examples that play."),
    ("code", 'demo.feature("block3", 6)'),
    ("markdown", "Which labels was it tested against, and how sure is that?"),
    ("code", 'demo.labels_of("block3", 6).select("kind", "label", "recordings", "auroc", "lift", "q").head(5)'),
    ("markdown", "Where its decoder row points: the features of its own dictionary that are most like it."),
    (
        "code",
        'rows = demo.decoder("block3")\nalike = rows @ rows[6]\n'
        'pl.DataFrame({"feature": range(len(alike)), "cosine": alike}).top_k(5, by="cosine")',
    ),
)


def notebook() -> dict[str, Any]:
    """The notebook, run in the current folder."""
    names: dict[str, Any] = {}
    cells = [
        _cell(kind, source, number, _outputs(source, names) if kind == "code" else None)
        for number, (kind, source) in enumerate(CELLS)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, source: str, number: int, outputs: list[dict[str, Any]] | None) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": lines}
    if outputs is not None:
        cell |= {"execution_count": number, "outputs": outputs}
    return cell


def _outputs(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a cell; what its last line shows."""
    *statements, last = ast.parse(source).body
    exec(compile(ast.Module(statements, []), "<cell>", "exec"), names)
    if not isinstance(last, ast.Expr):
        raise ValueError("a cell of the first look ends with something to show")
    shown = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    data = {"text/plain": repr(shown)}
    if hasattr(shown, "_repr_html_"):
        data["text/html"] = shown._repr_html_()
    lines = {kind: text.splitlines(keepends=True) for kind, text in data.items()}
    return [{"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": lines}]


def text_outputs(content: dict[str, Any]) -> Iterator[str]:
    """What each cell shows as plain text."""
    for cell in content["cells"]:
        for output in cell.get("outputs", ()):
            yield "".join(output["data"]["text/plain"])


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folder: Path) -> None:
    """Run the first look over FOLDER/demo-atlas, and write it into docs/notebooks."""
    with contextlib.chdir(folder):
        content = notebook()
    NOTEBOOK.parent.mkdir(parents=True, exist_ok=True)
    NOTEBOOK.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(f"{NOTEBOOK.name}: {NOTEBOOK.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
