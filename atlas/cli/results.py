"""What is done with a finished atlas: comparing it, and having its features explained."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atlas.cli.options import config_argument, out_option

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


@click.group()
def export() -> None:
    """Hand an atlas, or a part of it, to other programs."""


@export.command()
@config_argument
@out_option
@click.option(
    "--to", "bundle", type=click.Path(path_type=Path), help="A new folder. Default: the config's name and -explain."
)
@click.option("--features", help="Such as block2/12,block2/77. Default: the live features of the surest evidence.")
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True, help="How many, if not named.")
def explain(config: Path, out: Path | None, bundle: Path | None, features: str | None, count: int) -> None:
    """Write prompts and sounds that a captioning model can explain features by.

    For use on this machine: the sounds are cut from the corpus, whatever its licences. `atlas import explanations`
    reads the answers back, and scores them on clips that the model was not shown the truth of.
    """
    from functools import partial

    from atlas.config.loading import load_config
    from atlas.corpus.locate import locate
    from atlas.explain.bundle import chosen_features, export_bundle, named_features
    from atlas.reading.opening import open_atlas

    settings = load_config(config)
    atlas = open_atlas(out or Path(f"{config.stem}-atlas"))
    names = [entry.name for entry in settings.dictionary if not entry.is_control]
    wanted = named_features(atlas, features.split(",")) if features else chosen_features(atlas, names, count)
    to = bundle or Path(f"{config.stem}-explain")
    export_bundle(atlas, to, wanted, partial(locate, settings.corpus), click.echo)
