"""A finished site: looking at it, and checking it."""

import contextlib
from pathlib import Path

import click

from atlas.cli.options import host_option

no_open_option = click.option("--no-open", is_flag=True, help="Do not open the browser.")


@click.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: any that is free.")
@no_open_option
def serve(site: Path, port: int, no_open: bool) -> None:
    """Look at a site on this machine.

    Serves the folder SITE until it is stopped (Ctrl-C), to this machine alone, and answers ranges, as players need.
    """
    serve_site(site, port, open_browser=not no_open)


def serve_site(site: Path, port: int, *, open_browser: bool) -> None:
    """Serve a site until Ctrl-C."""
    from atlas.publish.serve import address_of, server_of

    with server_of(site, port) as server:
        address = address_of(server)
        click.echo(f"serve      {site} at {address}; Ctrl-C stops it")
        if open_browser:
            click.launch(address)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


@click.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option(
    "--against", metavar="DIR_OR_URL", help="A published site: list every feature's address that would be lost."
)
@host_option
def check(site: Path, against: str | None, host: str) -> None:
    """Check a site before it is published.

    Links and anchors, sizes and the limits of its host, the security policy, addresses that leave the site, and that
    every feature has its page.
    """
    from atlas.publish.checks import check_site
    from atlas.publish.hosts import HOSTS

    mistakes = check_site(site, click.echo, HOSTS[host])
    if against is not None:
        mistakes += _lost(site, against)
    if mistakes:
        raise click.ClickException("\n  ".join([f"{site}: not ready", *mistakes]))


def _lost(site: Path, against: str) -> list[str]:
    from atlas.publish.against import lost_addresses, site_at

    lost = lost_addresses(site_at(against), site_at(str(site)))
    if not lost:
        click.echo(f"check      no feature's address of {against} would be lost")
    return lost
