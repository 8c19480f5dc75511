"""What a paper takes from an atlas: figures of features, and links that are checked."""

from pathlib import Path

import click

from atlas.cli.options import config_argument, out_option


@click.command()
@config_argument
@click.argument("features", nargs=-1, required=True)
@out_option
@click.option(
    "-o",
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write: .pdf, .svg or .png.",
)
@click.option("--columns", type=click.IntRange(min=1), default=1, show_default=True, help="Of a grid of features.")
@click.option(
    "--width-mm",
    type=click.FloatRange(min=0, min_open=True),
    help="Of the whole figure. Default: 85 mm a column, as most journals have it.",
)
@click.option(
    "--examples",
    type=click.IntRange(1, 4),
    default=3,
    show_default=True,
    help="Spectrograms of each feature, at most.",
)
def figure(
    config: Path,
    features: tuple[str, ...],
    out: Path | None,
    to: Path,
    columns: int,
    width_mm: float | None,
    examples: int,
) -> None:
    """Draw features, such as block2/1234, as a figure for a paper.

    The strongest examples with their traces and what is spoken under them, the histogram, what speaks for the name
    beside the controls, and the address that a paper can print; several features make a grid. Text stays text, at 5.5
    to 8 points.
    """
    from functools import partial

    from atlas.config.loading import load_config
    from atlas.publish.figures import write_figure
    from atlas.render.figure.drawing import FigureLook
    from atlas.render.site import site_of_config

    atlas = site_of_config(out or Path(f"{config.stem}-atlas"), load_config(config))
    look = FigureLook(width_mm=width_mm, columns=columns, examples=examples)
    write_figure(atlas, features, to, look, click.echo, partial(click.echo, err=True))
