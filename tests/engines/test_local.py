"""Worker processes on this machine: what one of them meets becomes one sentence, and nothing finished is lost."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atlas.encoders.base import Encoder
from atlas.errors import AtlasError
from atlas.measure.run import Run
from atlas.measure.scan import shards
from tests.building import build_all, build_stage, contents, run_of, scan_some, unfinished


@pytest.fixture
def calibrated(tiny_config: Path, tmp_path: Path) -> Run:
    """The tiny world, ready to be scanned."""
    build_stage("index", tiny_config, tmp_path / "atlas")
    build_stage("calibrate", tiny_config, tmp_path / "atlas")
    return run_of(tiny_config, tmp_path / "atlas")


def test_one_worker_is_this_process(calibrated: Run) -> None:
    heard: list[int] = []
    scan_some(calibrated, shards(calibrated)[:1], 1, heard.append)

    assert sum(heard) == 15
    assert unfinished(calibrated) == shards(calibrated)[1:]


def test_a_killed_worker_is_told_in_a_sentence_and_the_next_run_goes_on(
    calibrated: Run, tiny_config: Path, tiny_atlas: Path
) -> None:
    killed: list[int] = []

    def kill_one(_windows: int) -> None:
        if not killed:
            worker = multiprocessing.active_children()[0].pid
            assert worker is not None
            killed.append(worker)
            os.kill(worker, signal.SIGKILL)

    with pytest.raises(AtlasError) as caught:
        scan_some(calibrated, shards(calibrated) * 20, 2, kill_one)  # again and again, so that work is left

    assert str(caught.value) == (
        "a worker process was killed, perhaps for lack of memory; finished shards are kept: run the same command again,"
        " with fewer --workers"
    )
    assert multiprocessing.active_children() == []
    calibrated.folder.sweep()
    build_all(tiny_config, calibrated.folder.root)
    assert contents(calibrated.folder.root) == contents(tiny_atlas)


class FullDevice(Run):
    """A run whose encoder does not fit."""

    def encoder(self) -> Encoder:
        raise RuntimeError("out of memory")


def test_an_exception_in_a_worker_is_no_missing_guard(calibrated: Run, tiny_config: Path) -> None:
    script = (
        "from tests.engines.test_local import FullDevice;"
        "run = FullDevice(run.config, run.folder, run.device, run.threads);"
        "scan_some(run, shards(run), 2, lambda _: None)"
    )
    ended = in_another_process(script, calibrated, tiny_config)
    _, errors = ended.communicate(timeout=120)

    assert "RuntimeError: out of memory" in errors
    assert errors.endswith("RuntimeError: a worker process failed; its traceback is above\n")


def test_what_the_user_can_mend_is_told_as_if_no_other_process_had_met_it(
    calibrated: Run, tiny_config: Path, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(tiny_config.parent / "corpus", corpus)
    text = tiny_config.read_text(encoding="utf-8").replace("encoder.pt", f"{tiny_config.parent.as_posix()}/encoder.pt")
    for name in ("last", "block0"):
        text = text.replace(f"{name}/ae.pt", f"{tiny_config.parent.as_posix()}/{name}/ae.pt")
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    (corpus / "voices/04.flac").unlink()
    moved = run_of(tmp_path / "config.toml", calibrated.folder.root)

    with pytest.raises(AtlasError) as caught:
        scan_some(moved, shards(moved), 2, lambda _: None)

    assert str(caught.value) == ("voices/04.flac: file not found, though it was fine at `atlas index`; run it again")


def test_workers_end_with_the_process_that_started_them(calibrated: Run, tiny_config: Path) -> None:
    script = "scan_some(run, shards(run) * 400, 2, lambda _: print('heard', flush=True))"
    parent = in_another_process(script, calibrated, tiny_config)
    assert parent.stdout is not None
    parent.stdout.readline()
    parent.kill()
    parent.wait()
    killed_s = time.monotonic()

    parent.communicate()  # the workers share its pipes, whose end is theirs
    assert time.monotonic() - killed_s < 20  # their work would take minutes


def in_another_process(script: str, calibrated: Run, config: Path) -> "subprocess.Popen[str]":
    """A process that finds `run` and does something with it."""
    begin = (
        "import sys; from pathlib import Path; from tests.building import run_of, scan_some;"
        "from atlas.measure.scan import shards; run = run_of(Path(sys.argv[1]), Path(sys.argv[2]));"
    )
    command = [sys.executable, "-c", begin + script, str(config), str(calibrated.folder.root)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=Path(__file__).parents[2])
