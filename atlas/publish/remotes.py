"""Which remote is meant, and how git reaches it: a name that a repository knows, an address, or a path."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from atlas.errors import AtlasError
from atlas.publish.git import GitFailure, Setting, git_in

DEFAULT = "origin"
NAME, EMAIL = "atlas publish", "atlas-publish@localhost"
"who publishes where git knows of nobody"
_REACHING = r"^((credential|http|https|url|ssh|protocol)\.|(core\.(sshcommand|askpass|gitproxy)|safe\.directory)$)"
_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SECRET = re.compile(r"^(?:https?://|[a-z+]+://(?=[^/@]*:))([^/]*@)", re.IGNORECASE)
_SHORT = re.compile(r"^(?!-)[^/:\s]+:(?!:)[^\s]")  # user@host:path, as ssh has it


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository that a branch is published to."""

    address: str
    settings: tuple[Setting, ...]
    "all that the user's config says of how git reaches remotes, as it holds where they work"
    author: tuple[str, str]

    @property
    def secret(self) -> str:
        """What of the address says who somebody is: a password, or a token; empty where there is none."""
        found = _SECRET.match(self.address)
        return found[1] if found else ""

    @property
    def public(self) -> str:
        """The address without that."""
        return self.address.replace(self.secret, "", 1) if self.secret else self.address


def remote_of(given: str | None, here: Path) -> Remote:
    """The remote that a name, an address or a path stands for, seen from a folder."""
    git = git_in(here)
    try:
        top: Path | None = Path(git.text("rev-parse", "--absolute-git-dir"))
    except GitFailure:
        top = None
    author = _author(here)
    settings = tuple(_settings(here))
    names = git.text("remote").splitlines() if top else []
    name = given or DEFAULT
    if name in names:
        return Remote(_absolute(git.text("remote", "get-url", "--push", name), _base(here)), settings, author)
    if given is None:
        why = f"no remote named {DEFAULT}" if top else "no repository"
        raise AtlasError(f"{here}: {why}; say where to with --to, an address such as git@github.com:USER/REPO.git")
    address = _absolute(given, here)
    if not (_ADDRESS.match(address) or _SHORT.match(address) or Path(address).exists()):
        raise AtlasError(
            f"--to {given}: no remote of this repository ({', '.join(names) or 'it has none'}), no address and no"
            " repository on this machine; give one of them"
        )
    return Remote(address, settings, author)


def top_of(here: Path) -> Path | None:
    """The top of the work tree that a folder lies in; None outside of any."""
    try:
        return Path(git_in(here).text("rev-parse", "--show-toplevel"))
    except GitFailure:
        return None


def _base(here: Path) -> Path:
    """What a relative path in a repository's config starts from."""
    return top_of(here) or here


def _absolute(address: str, base: Path) -> str:
    if _ADDRESS.match(address):
        return address
    path = base / Path(address).expanduser()
    return str(path.resolve()) if path.exists() else address


def _settings(here: Path) -> Iterator[Setting]:
    """Of every scope, in the order in which they hold, and with what is included for this repository alone."""
    try:
        listed = git_in(here).run("config", "--includes", "--null", "--get-regexp", _REACHING)
    except GitFailure:  # none
        return
    for entry in listed.decode("utf-8", "surrogateescape").split("\0"):
        key, says, value = entry.partition("\n")
        if key:
            yield key, value if says else "true"


def _author(here: Path) -> tuple[str, str]:
    name = os.environ.get("GIT_AUTHOR_NAME") or _config(here, "user.name") or NAME
    return name, os.environ.get("GIT_AUTHOR_EMAIL") or _config(here, "user.email") or EMAIL


def _config(here: Path, key: str) -> str:
    try:
        return git_in(here).text("config", "--get", key)
    except GitFailure:
        return ""
