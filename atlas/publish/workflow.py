"""The GitHub Actions workflow that deploys a site from a release's archive: for sites that should not live in git.

What is typed when it is started, and what a release is called, reaches its commands through the environment alone, so
none of it is read as a command.
"""

from pathlib import Path

from atlas.errors import AtlasError
from atlas.progress import Echo
from atlas.publish.publishing import INDENT, NOTHING_SENT, Confirm
from atlas.publish.remotes import top_of
from atlas.render.templating import templates_folder
from atlas.render.writing import put

WORKFLOW = ".github/workflows/pages.yml"


def write_workflow(name: str, here: Path, confirm: Confirm, echo: Echo, *, dry_run: bool) -> None:
    """Write it into the repository that a folder lies in; asks before another file is replaced."""
    top = top_of(here)
    if top is None:
        raise AtlasError(f"{here}: no repository; call it in a clone of the one that is to publish the site")
    path, content = top / WORKFLOW, (templates_folder() / "pages.yml").read_bytes()
    is_there = path.exists() and path.read_bytes() == content
    if dry_run:
        echo(NOTHING_SENT)
        return
    if path.exists() and not is_there and not confirm(f"{path} is another file. Replace it?"):
        echo("publish    nothing was written")
        return
    put(top, WORKFLOW, content)
    echo(f"publish    {path} {'was there before' if is_there else 'is written'}; commit it, and push it")
    echo(f"{INDENT}Settings > Pages > Source: GitHub Actions, once")
    archive = f"{name}-site.zip"
    echo(f"{INDENT}then, for each release: atlas archive, and gh release create TAG {archive} {archive}.sha256")
