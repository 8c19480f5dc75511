"""What is done with a finished atlas: comparing it, and bringing in what others say of its features."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from atlas.store import AtlasFolder

_atlas = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("first", metavar="A", type=_atlas)
@click.argument("second", metavar="B", type=_atlas)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A .csv or .parquet to write it into.")
def compare(first: Path, second: Path, out: Path | None) -> None:
    """Say which features two atlases over the same clips share.

    Two features match if they are active on the same sampled frames: intersection over union above one half.
    """
    from atlas.analyse.overlap.comparing import check_suffix, table_lines, write_rows
    from atlas.analyse.overlap.comparing import compare as compare_atlases

    if out is not None:
        check_suffix(out)
    rows = compare_atlases(first, second, click.echo)
    click.echo("\n".join(table_lines(rows)))
    if out is not None:
        write_rows(rows, out)


@click.group(name="import")
def import_() -> None:
    """Bring in what others say of features."""


@import_.command()
@click.argument("atlas", type=_atlas)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def explanations(atlas: Path, file: Path) -> None:
    """Read explanations of features from a CSV or JSON lines file.

    Its columns are dictionary, feature, text, author and, if there is one, score. Explanations by the same author of
    the same dictionary are replaced. The pages show them after `atlas render`.
    """
    from atlas.explain.explanations import import_explanations

    with _held(atlas) as folder:
        import_explanations(folder, file, click.echo)


@import_.command()
@click.argument("atlas", type=_atlas)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def names(atlas: Path, file: Path) -> None:
    """Read your own names of features from a CSV or JSON lines file.

    Its columns are dictionary, feature, name and author. A feature that was given a name before gets the new one;
    others keep theirs. After `atlas render` the pages show them instead of the names that analysing found.
    """
    from atlas.explain.names import import_names

    with _held(atlas) as folder:
        import_names(folder, file, click.echo)


@contextmanager
def _held(atlas: Path) -> Iterator["AtlasFolder"]:
    """An atlas's folder under its lock; what is no finished atlas is refused before a lock is left there."""
    from atlas.reading.opening import open_atlas
    from atlas.store import AtlasFolder

    open_atlas(atlas)
    folder = AtlasFolder(atlas)
    with folder.lock():
        yield folder
