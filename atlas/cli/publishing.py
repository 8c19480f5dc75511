"""A finished site to its readers: published to a host."""

import sys
from pathlib import Path

import click

from atlas.cli.options import config_argument, host_option, out_option, site_option


def _answered(question: str) -> bool:
    from atlas.errors import AtlasError

    if not sys.stdin.isatty():
        raise AtlasError("not a terminal, so nobody can be asked; give --yes to publish, or --dry-run to look")
    return click.confirm(question)


def _agreed(question: str) -> bool:
    return True


@click.command()
@config_argument
@out_option
@site_option
@click.option(
    "--to", metavar="REMOTE", help="A remote's name, an address, or a path. Default: origin of this repository."
)
@click.option("--branch", default="gh-pages", show_default=True, help="The branch, which holds nothing else.")
@click.option("--under", metavar="DIR", help="Replace only this folder of the branch, and keep the rest.")
@click.option("--replace", is_flag=True, help="It is meant: replace what others wrote, lose addresses.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--with", "extra", type=click.Choice(["workflow"]), help="Write a workflow that deploys from releases.")
@host_option
def publish(
    config: Path,
    out: Path | None,
    site: Path | None,
    to: str | None,
    branch: str,
    under: str | None,
    replace: bool,
    yes: bool,
    dry_run: bool,
    extra: str | None,
    host: str,
) -> None:
    """Publish the finished site, for GitHub Pages.

    The site becomes one commit without history on a branch of a remote: after `atlas check` passes, after showing what
    will change, and asking once. Neither the work tree nor the index of the repository here is touched. What others
    wrote to the branch, and addresses that would be lost, stop it, unless --replace says that it is meant.

    With another --host the site is written into the folder --to, and the command that uploads it is shown.
    """
    from atlas.config.loading import load_config

    settings = load_config(config)
    confirm = _agreed if yes else _answered
    if extra:
        from atlas.publish.workflow import write_workflow

        write_workflow(config.stem, Path.cwd(), confirm, click.echo, dry_run=dry_run)
        return
    from atlas.publish import foldering, publishing
    from atlas.publish.hosts import HOSTS

    order = publishing.Order(
        config=settings,
        atlas=out or Path(f"{config.stem}-atlas"),
        site=site or Path("site") / config.stem,
        host=HOSTS[host],
        to=to,
        branch=branch,
        under=publishing.folder_in_branch(under) if under is not None else "",
        replace=replace,
        dry_run=dry_run,
        prompts=not yes,
    )
    run = publishing.publish if order.host.by_git else foldering.publish_into_folder
    run(order, confirm, click.echo)
