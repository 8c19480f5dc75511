"""A world of local repositories to publish a small site to."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from atlas.config.loading import load_config
from atlas.publish.hosts import HOSTS, Host
from atlas.publish.publishing import Order
from tests.publish.sites import config_text, write_site

ISOLATED = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": "/"}


def git(folder: Path, *arguments: str, given: str | None = None) -> str:
    """Git as somebody else would call it."""
    people = {f"GIT_{who}_{what}": "Ann Author" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **ISOLATED, **people, "GIT_COMMITTER_DATE": "2026-03-04 12:00 +0000"}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, env=environment, input=given
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class World:
    """A site, its config, and an empty bare repository."""

    root: Path
    site: Path
    config: Path
    remote: Path

    def order(self, host: Host = HOSTS["github"], to: str | None = None, **options: object) -> Order:
        settings: dict[str, object] = {"atlas": self.root / "no-atlas", "site": self.site, "prompts": False} | options
        return Order(config=load_config(self.config), host=host, to=to or str(self.remote), **settings)  # type: ignore[arg-type]

    def tip(self, branch: str = "gh-pages") -> str:
        """The commit of a branch; empty where there is none."""
        return git(self.remote, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")

    def files(self, branch: str = "gh-pages") -> dict[str, str]:
        """Path -> name of its content, in the remote."""
        rows = git(self.remote, "ls-tree", "-r", branch).splitlines()
        return {row.split("\t")[1]: row.split()[2] for row in rows}

    def text(self, path: str) -> str:
        return git(self.remote, "show", f"gh-pages:{path}")

    def commit(self, files: Mapping[str, str], message: str = "Create CNAME", branch: str = "gh-pages") -> str:
        """Somebody's commit on top of a branch, made in a clone."""
        clone = self.root / "clone"
        if not clone.exists():
            git(self.root, "init", "--quiet", str(clone))
        if self.tip(branch):
            git(clone, "fetch", "--quiet", str(self.remote), branch)
            git(clone, "checkout", "--quiet", "--force", "-B", branch, "FETCH_HEAD")
        else:
            git(clone, "checkout", "--quiet", "--orphan", branch)
        for name, content in files.items():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_text(content, encoding="utf-8")
        git(clone, "add", "--all", "--force")
        git(clone, "commit", "--quiet", "--allow-empty", "--message", message)
        git(clone, "push", "--quiet", "--force", str(self.remote), f"HEAD:refs/heads/{branch}")
        return self.tip(branch)


def new_world(root: Path, features: Mapping[str, int] | None = None, **options: str) -> World:
    features = features or {"block2": 3}
    site = write_site(root / "site", features, **options)
    config = root / "small.toml"
    config.write_text(config_text(tuple(features), **options), encoding="utf-8")
    remote = root / "remote.git"
    git(root, "init", "--quiet", "--bare", str(remote))
    git(remote, "config", "uploadpack.allowFilter", "true")
    return World(root, site, config, remote)
