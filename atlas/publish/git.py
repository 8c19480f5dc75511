"""Git as a program, in an empty repository of our own.

Nothing is ever written where the user works: objects are made in a temporary bare repository, which knows of the user's
config only what reaching the remote needs (credentials, proxies, ssh, rewritten addresses), and runs no hooks. Asking
for a password is git's own business.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import IO

from atlas.errors import AtlasError
from atlas.formatting import plain

REMOTE = "site"
"the name of the remote in the temporary repository"
_LINES_SHOWN = 6
_KEPT = (
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT"),
    *("GIT_CONFIG_KEY", "GIT_CONFIG_VALUE"),
    *("GIT_SSH", "GIT_SSL", "GIT_HTTP", "GIT_PROXY", "GIT_ASKPASS", "GIT_TERMINAL_PROMPT", "GIT_ALLOW_PROTOCOL"),
    *("GIT_TRACE", "GIT_CURL", "GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES"),
)
"what the surroundings may say to git; the rest, such as GIT_DIR in a hook, ties it to another repository"
_GIVEN = ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY", "GIT_CONFIG_VALUE")
SAFE = "safe.directory"
"repositories on this machine that the user trusts though they belong to others"
_OURS = (
    ("core.autocrlf", "false"),
    ("core.fsmonitor", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("pack.useSparse", "false"),  # what lies at another path already is not sent again
    ("protocol.version", "2"),
    ("push.recurseSubmodules", "no"),
    ("push.followTags", "false"),
    (f"remote.{REMOTE}.promisor", "true"),  # contents of files that stay are not fetched
    (f"remote.{REMOTE}.partialclonefilter", "blob:none"),
)

NOTHING: Mapping[str, str] = MappingProxyType({})

Setting = tuple[str, str]


class GitFailure(AtlasError):
    """A call of git that failed, with what git said."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"git {command} failed: {said or 'it said nothing'}")
        self.said = said


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder, with an environment of its own."""

    folder: Path
    environment: Mapping[str, str]
    secret: str = ""
    "a part of the remote's address that no message may show"

    def run(self, *arguments: str, given: bytes = b"", also: Mapping[str, str] = NOTHING) -> bytes:
        """What git answers."""
        done = subprocess.run(
            self._command(arguments), input=given, capture_output=True, env={**self.environment, **also}
        )
        if done.returncode:
            raise self._failure(arguments, done.stderr)
        return done.stdout

    def text(self, *arguments: str) -> str:
        return self.run(*arguments).decode("utf-8", "replace").strip()

    def watched(self, *arguments: str) -> bytes:
        """The same, with what git says of its progress shown where there is a terminal."""
        if not sys.stderr.isatty():
            return self.run(*arguments)
        with subprocess.Popen(
            self._command((arguments[0], "--progress", *arguments[1:])),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            said = b"".join(_shown(process.stderr))
            answer = process.stdout.read()
        if process.returncode:
            raise self._failure(arguments, said)
        return answer

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["git", "-C", str(self.folder), *arguments]

    def _failure(self, arguments: Sequence[str], said: bytes) -> GitFailure:
        lines = said.decode("utf-8", "replace").replace("\r", "\n").splitlines()
        text = "; ".join(line.strip() for line in lines if line.strip() and not line.startswith("hint:"))
        text = text.replace(self.secret, "") if self.secret else text
        shown = text.split("; ")[-_LINES_SHOWN:]
        return GitFailure(arguments[0], plain("; ".join(shown)))


def _shown(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := os.read(stream.fileno(), 4096):
        sys.stderr.buffer.write(piece)
        sys.stderr.flush()
        yield piece


def git_in(folder: Path) -> Git:
    """Git where the user works; for questions alone."""
    if shutil.which("git") is None:
        raise AtlasError(
            "git: not found; install it (https://git-scm.com), or write the site into a folder with --host folder"
            " --to DIR"
        )
    return Git(folder, _surroundings())


@contextmanager
def scratch(address: str, secret: str, settings: Sequence[Setting], prompts: bool) -> Iterator[Git]:
    """An empty repository for the while of the block, whose one remote is the address."""
    known = (*(one for one in settings if one[0] != SAFE), *_OURS, (f"remote.{REMOTE}.url", address))
    asking = {} if prompts else _unasked(settings)
    with _stoppable(), tempfile.TemporaryDirectory(prefix="atlas-publish-") as place:
        folder = Path(place)
        here = {"GIT_DIR": place}  # found nowhere else, and where config forbids to look for bare repositories
        alone = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(folder / "known")}
        git = Git(folder, {**_environment(known), **asking, **here, **alone}, secret)
        git.run("init", "--quiet", "--bare", "--template=", "--object-format=sha1")
        for _, value in (one for one in settings if one[0] == SAFE):  # git believes only files in this
            git.run("config", "--global", "--add", SAFE, value)
        yield git


@contextmanager
def _stoppable() -> Iterator[None]:
    """Leave blocks as they are left when a program is asked to end, so that nothing stays in the temporary folder."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


def _unasked(settings: Sequence[Setting]) -> dict[str, str]:
    """What keeps git and ssh from asking; a command for ssh that the user gave stays, as nothing can be added to it."""
    own = any(os.environ.get(name) for name in ("GIT_SSH_COMMAND", "GIT_SSH"))
    own = own or any(key == "core.sshcommand" for key, _ in settings)
    batch = {} if own else {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
    return {"GIT_TERMINAL_PROMPT": "0", **batch}


def _surroundings() -> dict[str, str]:
    """The environment without what ties git to a repository."""
    return {name: value for name, value in os.environ.items() if _is_kept(name)} | {"LC_ALL": "C"}


def _environment(settings: Sequence[Setting]) -> dict[str, str]:
    """The surroundings with these settings alone; they go by the environment, as process lists show arguments."""
    told = {name: value for name, value in _surroundings().items() if not name.startswith(_GIVEN)}
    for number, (key, value) in enumerate(settings):
        told |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return told | {"GIT_CONFIG_COUNT": str(len(settings))}


def _is_kept(name: str) -> bool:
    return not name.startswith("GIT_") or name.startswith(_KEPT)
