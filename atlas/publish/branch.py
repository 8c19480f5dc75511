"""A branch of a remote that holds nothing but a published site: reading its tip, and replacing it by one commit.

A commit of ours says so in its last lines, and names its own tree, so that one that somebody has changed since is told
apart. The commit has no parent, and replaces exactly the tip that was read: git refuses if anything was written since.
Nothing of the remote changes before that one push, which moves one name.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from atlas.errors import AtlasError
from atlas.formatting import plain
from atlas.publish.content import Blob, Tree, TreeEntry
from atlas.publish.git import REMOTE, Git, GitFailure

OWN = "gh-pages"
"the branch that is for pages by its name, and so may be replaced if that is meant"
MARK = "Atlas-Publish: 1"
_TREE, _BYTES = "Atlas-Tree", "Atlas-Bytes"
_EMPTY = ""
PIECE_BYTES = 2**27
"contents that are in memory at once"
_COMMITTER = re.compile(r"^committer (.*) <(.*)> (\d+) ([+-])(\d\d)(\d\d)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """The last commit of a branch."""

    sha: str
    tree: Tree
    who: str
    when: str
    subject: str
    is_ours: bool
    "whether it is as `atlas publish` made it"
    sizes: Mapping[str, int]
    "bytes of each part, by its folder; empty where it is not ours"

    @property
    def written(self) -> str:
        return f"by {plain(self.who)} on {self.when} ({self.subject!r})"


def check_branch(git: Git, branch: str) -> None:
    """Refuse a name that git would not take for a branch."""
    try:
        git.run("check-ref-format", f"refs/heads/{branch}")
    except GitFailure:
        raise AtlasError(f"--branch {branch}: no name that git takes for a branch; the usual one is gh-pages") from None


def read_tip(git: Git, branch: str) -> Tip | None:
    """What is published now; None where there is no such branch, or nothing at all."""
    if not _seen(git, branch):
        return None
    git.run("fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", REMOTE, f"refs/heads/{branch}")
    sha = git.text("rev-parse", "FETCH_HEAD")
    raw = git.text("cat-file", "commit", sha)
    head, _, message = raw.partition("\n\n")
    tree = next(line.split()[1] for line in head.splitlines() if line.startswith("tree "))
    trailers = _trailers(message)
    is_ours = MARK in message.splitlines() and trailers.get(_TREE) == [tree] and "\nparent " not in head
    sizes = dict(map(_part, trailers.get(_BYTES, []))) if is_ours else {}
    who, when = _written(head)
    subject = message.strip().splitlines()[0] if message.strip() else ""
    return Tip(sha=sha, tree=_listed(git, sha), who=who, when=when, subject=subject, is_ours=is_ours, sizes=sizes)


def _seen(git: Git, branch: str) -> str:
    """What the remote says of the branch: a commit's name, or nothing."""
    answer = git.text("ls-remote", REMOTE, f"refs/heads/{branch}")
    return answer.split()[0] if answer else _EMPTY


def check_default(git: Git, branch: str, tip: Tip) -> None:
    """Refuse to replace the branch that a repository shows first by one commit, where others wrote its history."""
    if (
        tip.is_ours
        or branch == OWN
        or not git.text("ls-remote", "--symref", REMOTE, "HEAD").startswith(f"ref: refs/heads/{branch}\t")
    ):
        return
    raise AtlasError(
        f"--branch {branch}: is the default branch of the repository, and was last written {tip.written}; publishing"
        f" would put one commit in the place of its whole history. Publish to --branch {OWN}, and choose that in"
        f" Settings > Pages; or, if all of it may go, make another branch the default one and delete {branch} first"
    )


def _trailers(message: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in message.splitlines():
        key, colon, value = line.partition(": ")
        if colon and key in (_TREE, _BYTES):
            found.setdefault(key, []).append(value)
    return found


def _part(value: str) -> tuple[str, int]:
    size, _, place = value.partition(" ")
    return place, int(size) if size.isdecimal() else 0


def _written(head: str) -> tuple[str, str]:
    found = _COMMITTER.search(head)
    if found is None:
        return "somebody", "an unknown day"
    name, email, seconds, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        when = datetime.fromtimestamp(int(seconds), timezone(offset))
    except (ValueError, OverflowError, OSError):
        when = datetime.fromtimestamp(0, UTC)
    return name or email, f"{when:%Y-%m-%d %H:%M %z}"


def _listed(git: Git, sha: str) -> dict[str, TreeEntry]:
    tree = {}
    for row in git.run("ls-tree", "-r", "-z", "--full-tree", sha).split(b"\0"):
        about, tab, path = row.partition(b"\t")
        if tab:
            mode, _, name = about.decode().split()
            tree[path.decode("utf-8", "surrogateescape")] = TreeEntry(mode, name)
    return tree


def read_file(git: Git, tip: Tip, path: str) -> bytes:
    """The content of a file of the tip, fetched if need be."""
    return git.run("cat-file", "blob", tip.tree[path].sha)


def write_blobs(git: Git, blobs: Iterable[Blob], advance: Callable[[int], None]) -> None:
    """Put contents into the temporary repository, in packs."""
    pieces, size = [], 0
    for blob in blobs:
        data = blob.content()
        pieces.append(b"blob\ndata %d\n%s\n" % (len(data), data))
        size += len(data)
        if size > PIECE_BYTES:
            git.run("fast-import", "--quiet", "--depth=0", given=b"".join(pieces))
            pieces, size = [], 0
        advance(1)
    if pieces:
        git.run("fast-import", "--quiet", "--depth=0", given=b"".join(pieces))


def write_commit(git: Git, tree: Tree, message: str, sizes: Mapping[str, int], author: tuple[str, str]) -> str:
    """A commit without parents; returns its name."""
    rows = b"".join(
        f"{entry.mode} {entry.sha}\t".encode() + path.encode("utf-8", "surrogateescape") + b"\0"
        for path, entry in tree.items()
    )
    index = {"GIT_INDEX_FILE": str(git.folder / "publish.index")}
    git.run("update-index", "-z", "--index-info", given=rows, also=index)
    name = git.run("write-tree", "--missing-ok", also=index).decode().strip()
    parts = [f"{_BYTES}: {size} {place}".strip() for place, size in sorted(sizes.items())]
    text = "\n".join([message, "", MARK, f"{_TREE}: {name}", *parts]) + "\n"
    people = {
        "GIT_AUTHOR_NAME": author[0],
        "GIT_AUTHOR_EMAIL": author[1],
        "GIT_COMMITTER_NAME": author[0],
        "GIT_COMMITTER_EMAIL": author[1],
    }
    return git.run("commit-tree", name, given=text.encode(), also=people).decode().strip()


def push(git: Git, branch: str, commit: str, seen: Tip | None) -> None:
    """Replace the tip that was read by a commit; whatever was written since stays, and is told."""
    lease = f"--force-with-lease=refs/heads/{branch}:{seen.sha if seen else _EMPTY}"
    try:
        git.watched("push", "--no-thin", lease, REMOTE, f"{commit}:refs/heads/{branch}")
    except GitFailure as failure:
        now = _seen(git, branch)
        if now == commit:  # the answer was lost on its way
            return
        if now != (seen.sha if seen else _EMPTY):
            tip = read_tip(git, branch)
            by = tip.written if tip else "by somebody who deleted the branch"
            raise AtlasError(
                f"{branch}: was written to meanwhile, {by}; nothing of it was overwritten. Look at it, and publish"
                " again"
            ) from None
        refused = "[remote rejected]" in failure.said
        what = (
            "the remote refused the site, and is as it was" if refused else "the push failed, and nothing has changed"
        )
        raise AtlasError(f"{branch}: {what}: {failure.said}") from None
