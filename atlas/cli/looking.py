"""A finished site: looking at it, and checking it."""

import contextlib
from pathlib import Path

import click

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
def check(site: Path) -> None:
    """Check a site before it is published.

    Links and anchors, sizes and the limits of GitHub Pages, the security policy, addresses that leave the site, and
    that every feature has its page.
    """
    from atlas.publish.checks import check_site

    mistakes = check_site(site, click.echo)
    if mistakes:
        raise click.ClickException("\n  ".join([f"{site}: not ready", *mistakes]))
