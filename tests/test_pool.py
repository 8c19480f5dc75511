import os
import subprocess
import sys
from pathlib import Path

import pytest

from atlas.errors import AtlasError
from atlas.pool import cores, ordered_map


def square(number: int) -> int:
    return number * number


def refuse(number: int) -> int:
    raise AtlasError(f"no {number}")


def end(number: int) -> int:
    os._exit(3)


def process(number: int) -> int:
    return os.getpid()


BRANCHING = """
import os, sys
from atlas import pool
from tests import test_pool

pool.cores = lambda: 2
if __name__ == "__main__":
    pool.preload(("wave",))
    assert "PYTHONSAFEPATH" not in os.environ
    for _ in range(2):
        print(*pool.ordered_map(test_pool.imported, ["wave", "chunk"], 2))
"""


def imported(name: str) -> bool:
    return name in sys.modules


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere processes do not branch off another")
def test_processes_branch_off_one_that_has_imported_the_libraries_of_this_one(tmp_path: Path) -> None:
    (tmp_path / "wave.py").write_text("raise SystemExit('not this one')\n", encoding="utf-8")
    script = tmp_path / "elsewhere" / "script.py"
    script.parent.mkdir()
    script.write_text(BRANCHING, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(script)]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert (result.stdout, result.stderr) == ("True False\nTrue False\n", "")


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    assert list(ordered_map(square, range(7), workers)) == [0, 1, 4, 9, 16, 25, 36]
    assert list(ordered_map(square, range(50), workers, chunk=3)) == [number * number for number in range(50)]
    assert list(ordered_map(square, [], workers)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_what_an_item_raises_is_raised_to_the_caller(workers: int) -> None:
    with pytest.raises(AtlasError, match=r"^no 0$"):
        list(ordered_map(refuse, range(3), workers))


def test_one_worker_is_this_process_and_more_are_not() -> None:
    assert set(ordered_map(process, range(3), 1)) == {os.getpid()}
    assert os.getpid() not in set(ordered_map(process, range(3), 2))


def test_a_killed_worker_is_told_in_a_sentence() -> None:
    with pytest.raises(AtlasError, match="a worker process was killed"):
        list(ordered_map(end, range(2), 2))


UNGUARDED = """
import multiprocessing
from atlas.pool import ordered_map
from tests.test_pool import square

multiprocessing.set_start_method({method!r}, force=True)
list(ordered_map(square, range(4), 2))
"""


@pytest.mark.parametrize("method", ["spawn", *["forkserver"] * (sys.platform == "linux")])
def test_a_script_without_a_guard_is_told_what_to_write(tmp_path: Path, method: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED.format(method=method), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    result = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True)

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        f"atlas.errors.AtlasError: {script}: a worker process could not start. Each of them imports the script anew:"
        ' put what starts the work under `if __name__ == "__main__":`'
    )


RAISING = """
from atlas.pool import ordered_map
from tests.test_pool import square

if __name__ == "__main__":
    list(ordered_map(square, range(4), 2))
else:
    raise MemoryError("as a worker starts")
"""


def test_an_exception_in_a_worker_is_no_missing_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(RAISING, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    result = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True)

    assert "MemoryError: as a worker starts" in result.stderr
    assert result.stderr.splitlines()[-1] == "RuntimeError: a worker process failed; its traceback is above"
