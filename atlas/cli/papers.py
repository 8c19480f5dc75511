"""What a paper takes from an atlas: figures of features, and links that are checked."""

from pathlib import Path

import click

from atlas.cli.options import config_argument, out_option

_ALLOWABLE = ("figures changed", "another dictionary", "moved", "no such page", "unreachable")
"statuses of links that a paper may have on purpose"


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


@click.command()
@click.argument("papers", metavar="PAPER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--site", required=True, help="Folder of the site, or its http(s) address.")
@click.option("--base", "former", multiple=True, metavar="ADDRESS", help="Another address that links may have, too.")
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice(_ALLOWABLE),
    help="A status that does not fail the check.",
)
@click.option(
    "--json",
    "to",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write what was found as JSON; - writes it in place of the table.",
)
def links(
    papers: tuple[Path, ...], site: str, former: tuple[str, ...], allow: tuple[str, ...], to: Path | None
) -> None:
    """Check the links of papers to an atlas.

    Reads .tex, .bib, .bbl, .md, .html and .pdf. Each link to the site is looked up: whether its page exists, whether
    its dictionary is the one that it was written for, and what the feature is called today. The exit code is 0 where
    all is well, and 1 where a link is broken or stale.
    """
    import logging

    from rich.console import Console

    from atlas.errors import AtlasError
    from atlas.publish.papers.checking import check_papers, closing_line, json_of, print_table

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it tells of every oddity of a file that it can read
    checked = check_papers(papers, site, former)
    if to is not None:
        try:
            with click.open_file(str(to), "w", encoding="utf-8") as file:
                file.write(json_of(checked))
        except OSError as error:
            raise AtlasError(f"{to}: {error.strerror}; name another file with --json") from None
    if to is None or str(to) != "-":
        print_table(checked, Console(highlight=False))
    click.echo(closing_line(checked), err=to is not None and str(to) == "-")
    if checked.failing(allow):
        click.get_current_context().exit(1)
