"""What all tests share: nothing reaches the network, property tests draw the same cases on every run, two atlases.

The tiny world with its atlas, and the demo's site, are made once and read by many: a test that writes makes its own.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported, so before any test module
os.environ.setdefault("OMP_NUM_THREADS", "1")  # likewise by torch: on busy cores its threads wait for each other

TOOLS = Path(__file__).parent / "tools"

hypothesis.settings.register_profile("atlas", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("atlas")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Tests of the demo's makers take minutes: they run where they are named, and by `make test` if they are due."""
    return True if collection_path == TOOLS else None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    folders = [Path(name.partition("::")[0]).resolve() for name in config.args]
    if any(folder in TOOLS.parents for folder in folders):
        terminalreporter.write_line("tests/tools: left out, as they take minutes; make test-tools runs them")


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of the tiny world."""
    from tests.tiny import write_world

    return write_world(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_atlas(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The atlas of the tiny world."""
    from tests.building import build_all

    out = tmp_path_factory.mktemp("tiny-atlas")
    build_all(tiny_config, out)
    return out


def made_once(folders: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that one of the processes which share the tests makes, while those that need it wait."""
    root = folders.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else folders.getbasetemp()
    folder, whole = root / name, root / f"{name}.whole"
    with open(root / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            make(folder)
            whole.touch()
    return folder


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's site; its tables lie beside it."""
    from atlas.demo.show import show_demo

    return made_once(tmp_path_factory, "demo", lambda folder: show_demo(folder / "demo", lambda line: None)) / "demo"


@pytest.fixture(scope="session")
def demo_atlas(demo_site: Path) -> Path:
    """The tables of the demo."""
    from atlas.demo.show import atlas_beside

    return atlas_beside(demo_site)
