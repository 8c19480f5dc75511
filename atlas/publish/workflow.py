"""The GitHub Actions workflow that deploys a site from a release's archive: for sites that should not live in git.

A release runs it at its tag, from which GitHub lets nobody deploy to Pages unless a setting of the environment
github-pages is changed; so that run only starts another one, from the default branch.

What is typed when it is started, and what a release is called, reaches its commands through the environment alone, so
none of it is read as a command.
"""

import shlex
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
        would = "is there already" if is_there else "would be replaced" if path.exists() else "would be written"
        echo(f"publish    {path} {would}")
        echo(NOTHING_SENT)
        return
    if path.exists() and not is_there and not confirm(f"{path} is another file. Replace it?"):
        echo("publish    nothing was written")
        return
    put(top, WORKFLOW, content)
    done = "was there before" if is_there else "is written"
    echo(f"publish    {path} {done}; commit it, and push it to the default branch")
    echo(f"{INDENT}Settings > Pages > Source: GitHub Actions, once")
    files = shlex.join((f"{name}-site.zip", f"{name}-site.zip.sha256"))
    echo(f"{INDENT}then, for each release: atlas archive, and gh release create TAG {files}")
