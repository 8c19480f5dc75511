"""A build that is killed at any moment, and started again, leaves the bytes of an undisturbed one, and no litter."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.building import build_all, contents, run_of

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120


def kill_after(left: str, delay_s: float, config: Path, out: Path, *options: str) -> None:
    """Build in a process group of its own, and kill it, workers included, so long after a file is there."""
    command = [sys.executable, "-c", "from atlas.cli import main; main()", "build", str(config), "--out", str(out)]
    process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + PATIENCE_S
    while not (out / left).exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    assert (out / left).exists(), "it ended, or stood still, before the moment came"
    time.sleep(delay_s)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def finish(config: Path, out: Path) -> None:
    """Build again as the command does, which sweeps first."""
    with run_of(config, out).folder.lock():
        run_of(config, out).folder.sweep()
        build_all(config, out)


@pytest.mark.parametrize(
    ("left", "delay_s", "options"),
    [
        (".done/index.json", 0.15, ()),  # while calibrating
        (".done/scan/00000.json", 0.1, ()),  # in the second shard
        (".done/scan/00000.json", 0.2, ("--workers", "2")),  # in two shards at once
        ("histograms/last.parquet", 0.0, ()),  # while merging
    ],
)
def test_a_build_that_was_killed_goes_on_to_the_same_bytes(
    tiny_config: Path, tiny_atlas: Path, tmp_path: Path, left: str, delay_s: float, options: tuple[str, ...]
) -> None:
    kill_after(left, delay_s, tiny_config, tmp_path, *options)
    finish(tiny_config, tmp_path)

    assert contents(tmp_path) == contents(tiny_atlas)


def test_what_a_killed_run_left_half_written_is_swept(tiny_config: Path, tiny_atlas: Path, tmp_path: Path) -> None:
    litter = tmp_path / "peaks/last/00000.parquet.elsewhere.1.atlas-part"
    (tmp_path / ".lock").touch()  # which a killed run leaves too
    litter.parent.mkdir(parents=True)
    litter.write_bytes(b"PAR1")
    finish(tiny_config, tmp_path)

    assert contents(tmp_path) == contents(tiny_atlas)
