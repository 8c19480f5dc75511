"""What was rehearsed need not be compiled again: each process takes it from numba's cache."""

import os
import subprocess
import sys
from pathlib import Path

from tests.building import build_stage

ROOT = Path(__file__).resolve().parents[2]
REHEARSED = "from atlas.measure.warmup import warm_up; warm_up()"
SCANNED = """
import sys
from pathlib import Path

from numba.core import event

from tests.building import run_of, scanner_of
from atlas.measure.scan import shards

class Compiled(event.Listener):
    def on_start(self, happened):
        print(happened.data["dispatcher"].py_func.__name__)

    def on_end(self, happened):
        pass

run = run_of(Path(sys.argv[1]), Path(sys.argv[2]))
event.register("numba:compile", Compiled())
scanner_of(run).scan(shards(run)[0], lambda _: None)
"""


def test_a_scan_compiles_only_the_selections_that_were_not_rehearsed(tiny_config: Path, tmp_path: Path) -> None:
    build_stage("index", tiny_config, tmp_path / "atlas")
    build_stage("calibrate", tiny_config, tmp_path / "atlas")
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    printed = [
        subprocess.run(
            [sys.executable, "-c", script, str(tiny_config), str(tmp_path / "atlas")],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for script in (REHEARSED, SCANNED)
    ]

    own = {"impl", "top_k", "_above", "kth_largest"}
    assert "top_k" in printed[1], "what is compiled is seen"
    assert set(printed[1]) - own == set()
