"""`atlas publish`: a finished site as one commit of a branch, checked, shown and asked for before anything is sent.

Up to the push nothing but a temporary folder is written, so whatever stops it before leaves the remote as it was; the
push moves one name, and only from the commit that was read.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from atlas.config.settings import Config
from atlas.errors import AtlasError
from atlas.formatting import counted, duration, plain
from atlas.progress import Echo, bar
from atlas.publish.addresses import check_address, domain_of, github_repository, published_at
from atlas.publish.branch import (
    OWN,
    Tip,
    check_branch,
    check_default,
    push,
    read_file,
    read_tip,
    write_blobs,
    write_commit,
)
from atlas.publish.changes import CNAME, Present, PublishPlan, check_limits, lines_of, make_plan
from atlas.publish.checks import check_site
from atlas.publish.content import Blob, files_of
from atlas.publish.git import Git, GitFailure, scratch
from atlas.publish.hosts import Host
from atlas.publish.remotes import Remote, remote_of
from atlas.publish.rendered import rendered_site, uncompared
from atlas.schema.site import PublishedSite

INDENT = " " * 11
NOTHING_SENT = "publish    nothing was written (--dry-run)"
_FOLDER_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-")
_TITLE = 80

Confirm = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be published, and where to."""

    config: Config
    atlas: Path
    site: Path
    host: Host
    to: str | None = None
    branch: str = OWN
    under: str = ""
    replace: bool = False
    dry_run: bool = False
    prompts: bool = True
    "whether git may ask for a password"


def folder_in_branch(given: str) -> str:
    """A folder for a site below the root, in its shortest form; refuse one that leads out or needs quoting in links."""
    parts = PurePosixPath(given).parts
    fine = all(set(part) <= _FOLDER_CHARACTERS and not part.startswith(".") for part in parts)
    if not parts or not fine or "\\" in given:
        raise AtlasError(
            f"--under {given!r}: no folder below the root of what is published; give a name such as tiny-en, of"
            " letters, digits, . _ ~ and -"
        )
    return "/".join(parts)


def checked(order: Order, echo: Echo) -> tuple[PublishedSite, dict[str, Blob]]:
    """The site and its files, once nothing is wrong with them."""
    site = rendered_site(order.site, order.config, order.atlas)
    if order.under and not site.files_for_features and not order.host.finds_missing_pages:
        raise AtlasError(
            f"--under {order.under}: features of this site have no files of their own, and {order.host.title} shows"
            " only the 404.html at its root; publish it without --under, or set [site] stubs = true"
        )
    mistakes = check_site(order.site, echo, order.host)
    if mistakes:
        raise AtlasError("\n  ".join([f"{order.site}: not ready", *mistakes]))
    unlike = uncompared(order.atlas)
    if unlike:
        echo(INDENT + unlike)
    return site, files_of(order.site)


def publish(order: Order, confirm: Confirm, echo: Echo) -> None:
    """Publish to a branch; says what will change, asks, and ends with the address."""
    remote = remote_of(order.to, Path.cwd())
    site, files = checked(order, echo)
    with scratch(remote.address, remote.secret, remote.settings, order.prompts) as git:
        check_branch(git, order.branch)
        tip = _tip(git, order.branch, remote)
        if tip is not None:
            check_default(git, order.branch, tip)
        present = _present(git, tip, order, remote)
        plan = make_plan(files, site, order.under, present)
        at, remarks = _address(git, tip, order, site, remote, plan)
        plan = replace(plan, remarks=remarks)
        if not decided(order, site, plan, present, confirm, echo):
            return
        message = f"Publish {_one_line(site.title)}{f' under {order.under}' if order.under else ''}"
        echo(_sent(git, tip, plan, order.branch, message, remote.author))
    echo(f"{INDENT}{_ending(at, tip, order, remote)}")


def decided(
    order: Order, site: PublishedSite, plan: PublishPlan, present: Present, confirm: Confirm, echo: Echo
) -> bool:
    """Show what will change, refuse what must not, and ask; whether to go on."""
    under = f", under {order.under}" if order.under else ""
    echo(f"publish    {_one_line(site.title)}: to {present.shown}{under}")
    refusals = [plain(refusal) for refusal in plan.refusals]
    meant = [f"--replace: {refusal}" for refusal in refusals] if order.replace else []
    for line in [*lines_of(plan, present, order.host), *meant]:
        echo(INDENT + plain(line))
    check_limits(order.host, plan, present)
    if refusals and not order.replace:
        raise AtlasError("\n  ".join(["not published; --replace says that it is meant, for all of these", *refusals]))
    if dict(plan.tree) == dict(present.tree) and not present.foreign:
        echo("publish    nothing has changed since it was published, so nothing was written")
        return False
    if order.dry_run:
        echo(NOTHING_SENT)
        return False
    if not confirm("Publish it?"):
        echo("publish    nothing was written")
        return False
    return True


def _tip(git: Git, branch: str, remote: Remote) -> Tip | None:
    try:
        return read_tip(git, branch)
    except GitFailure as failure:
        raise AtlasError(
            f"{remote.public}: cannot be read: {failure.said}; check the address, and that you may read what is there"
        ) from None


def _present(git: Git, tip: Tip | None, order: Order, remote: Remote) -> Present:
    shown = f"{order.branch} of {remote.public}"
    if tip is None:
        return Present(shown=shown, tree={}, read=_nothing, sizes={}, foreign=None)
    foreign = None
    if not tip.is_ours:
        foreign = (
            f"{shown} was last written {tip.written}, and not by `atlas publish`: look at what is there, as its history"
            " goes, too"
        )
    return Present(
        shown=shown, tree=tip.tree, read=lambda path: read_file(git, tip, path), sizes=tip.sizes, foreign=foreign
    )


def _nothing(path: str) -> bytes:
    raise KeyError(path)


def _address(
    git: Git, tip: Tip | None, order: Order, site: PublishedSite, remote: Remote, plan: PublishPlan
) -> tuple[str | None, tuple[str, ...]]:
    """Where the site will be seen, and remarks on what it says of that."""
    cname = None
    if CNAME in plan.written:
        cname = plan.written[CNAME].content()
    elif tip is not None and CNAME in tip.tree:
        cname = read_file(git, tip, CNAME)
    repository = github_repository(remote.public)
    at = published_at(repository, domain_of(cname), order.under)
    return at or site.base_url, tuple(check_address(site.base_url, at, repository))


def _sent(git: Git, tip: Tip | None, plan: PublishPlan, branch: str, message: str, author: tuple[str, str]) -> str:
    """Make the commit and push it; returns the closing line."""
    started = time.monotonic()
    with bar("publish", len(plan.written), "files") as advance:
        write_blobs(git, plan.written.values(), advance)
    commit = write_commit(git, plan.tree, message, plan.sizes, author)
    push(git, branch, commit, tip)
    took = duration(time.monotonic() - started)
    return f"publish    {counted(len(plan.tree), 'file')} in one commit, {commit[:8]}, of {branch}, in {took}"


def _one_line(title: str) -> str:
    line = " ".join(title.split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1] + "…"


def _ending(at: str | None, tip: Tip | None, order: Order, remote: Remote) -> str:
    repository = github_repository(remote.public)
    where = f"it will be at {at}" if at else "where it is seen, the remote's host says"
    if repository is None or tip is not None:
        return where
    return (
        f"{where} once GitHub Pages is on: Settings > Pages > Deploy from a branch > {order.branch} / (root), at"
        f" {repository.settings}"
    )
