"""A publication that is killed between any two calls of git leaves the remote as it was, or published whole."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from atlas.publish.publishing import publish
from tests.publish.worlds import World

STAND_IN = """#!/bin/sh
# counts the calls of git, and kills who calls it at the one that is named
n=$(($(cat "$COUNTER") + 1))
echo $n > "$COUNTER"
if [ "$n" -eq "$KILL_BEFORE" ]; then kill -9 $PPID; exit 1; fi
"$REAL_GIT" "$@"
code=$?
if [ "$n" -eq "$KILL_AFTER" ]; then kill -9 $PPID; fi
exit $code
"""
SCRIPT = """
import os, sys
from pathlib import Path
from atlas.config.loading import load_config
from atlas.publish.hosts import HOSTS
from atlas.publish.publishing import Order, publish
config, site, remote = sys.argv[1:]
order = Order(config=load_config(Path(config)), atlas=Path("none"), site=Path(site), host=HOSTS["github"], to=remote)
for line in sys.stdin:
    os.environ["KILL_BEFORE"], os.environ["KILL_AFTER"] = line.split()
    child = os.fork()
    if child == 0:
        publish(order, lambda question: True, lambda line: None)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"publishes in a process of its own for each line, so that what is imported is imported once"


class Publisher:
    """Publishes again and again, with a stand-in for git."""

    def __init__(self, world: World) -> None:
        real = shutil.which("git")
        assert real is not None
        tools, scratch = world.root / "tools", world.root / "scratch"
        tools.mkdir()
        scratch.mkdir()
        (tools / "git").write_text(STAND_IN)
        (tools / "git").chmod(0o755)
        self.counter = world.root / "counter"
        environment = {
            **os.environ,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "REAL_GIT": real,
            "COUNTER": str(self.counter),
            "TMPDIR": str(scratch),  # what is left behind goes with the test
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }
        arguments = [sys.executable, "-c", SCRIPT, str(world.config), str(world.site), str(world.remote)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(arguments, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def run(self, before: int = 0, after: int = 0) -> tuple[int, int]:
        """The exit code of one publication, and how often it called git."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.counter.write_text("0\n")
        self.process.stdin.write(f"{before} {after}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline()), int(self.counter.read_text())


@pytest.fixture
def publisher(world: World) -> Iterator[Publisher]:
    made = Publisher(world)
    yield made
    made.process.communicate()


def test_killed_between_any_two_calls_of_git_the_remote_is_before_or_after(world: World, publisher: Publisher) -> None:
    code, _ = publisher.run()
    assert code == 0
    first = world.tip()
    (world.site / "about.html").write_text((world.site / "index.html").read_text() + "<p>second")
    states = []
    for call in range(1, 100):
        code, calls = publisher.run(before=call)
        if calls < call:
            break
        assert code == -signal.SIGKILL
        states.append(world.tip())
    else:
        pytest.fail("it never came through")

    assert len(states) >= 10
    assert set(states) == {first}  # the last call is the push: killed before it, nothing has moved
    assert code == 0
    assert "second" in world.text("about.html")

    second = world.tip()
    (world.site / "about.html").write_text((world.site / "index.html").read_text() + "<p>third")
    assert publisher.run(after=calls) == (-signal.SIGKILL, calls)
    third = world.tip()
    assert third != second
    assert "third" in world.text("about.html")
    assert publisher.run()[0] == 0
    assert world.tip() == third  # there was nothing left to do


def test_who_asks_it_to_end_finds_no_temporary_repository_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = world.root / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    before = signal.getsignal(signal.SIGTERM)

    def asked(question: str) -> bool:
        assert any(place.iterdir())
        os.kill(os.getpid(), signal.SIGTERM)
        return True

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with pytest.raises(SystemExit) as left:
            publish(world.order(), asked, lambda line: None)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)

    assert left.value.code == 128 + signal.SIGTERM
    assert not any(place.iterdir())
    assert world.tip() == ""
