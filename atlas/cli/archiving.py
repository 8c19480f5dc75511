"""A finished site as one file that can be kept and cited."""

from pathlib import Path

import click

from atlas.cli.options import config_argument, out_option, site_option, workers_option


@click.command()
@config_argument
@out_option
@site_option
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder that the archive is written into. Default: the one here.",
)
@click.option(
    "--what",
    type=click.Choice(["site", "all"]),
    default="site",
    show_default=True,
    help="The site, or the site and the tables that it was made from.",
)
@workers_option
def archive(config: Path, out: Path | None, site: Path | None, to: Path, what: str, workers: int | None) -> None:
    """Pack the finished site into one zip, for Zenodo or a release.

    The zip opens from the disk once it is unpacked, and has the same bytes whenever it is made of the same site. Beside
    it lie its sha256 and the metadata that Zenodo takes. Nothing is uploaded. A site that is not of this config and its
    atlas, or does not pass `atlas check`, is refused.
    """
    from atlas.config.loading import load_config

    settings = load_config(config)
    from atlas.pool import cores
    from atlas.publish.archive import ArchiveOrder
    from atlas.publish.archive import archive as archive_site

    order = ArchiveOrder(
        name=config.stem,
        root=out or Path(f"{config.stem}-atlas"),
        site=site or Path("site") / config.stem,
        to=to,
        what="all" if what == "all" else "site",
        workers=workers or cores(),
    )
    click.echo(archive_site(settings, order))
