"""`atlas export`: an atlas, or a part of it, handed to other programs."""

from pathlib import Path

import click

from atlas.cli.options import config_argument, out_option


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
