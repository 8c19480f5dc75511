"""Building in tests: the command line's work without its process, and what to compare of two folders."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from atlas.config.loading import load_config
from atlas.engines.local import scan_shards
from atlas.measure.run import Run
from atlas.measure.scan import Scanner
from atlas.pipeline import STAGES, Options, build, perform
from atlas.store import AtlasFolder

STORED_CONFIG = """\
title = "Nothing here is calibrated"

[corpus]
manifest = "manifest.csv"
root = "{models}/corpus"

[encoder]
model = "{models}/encoder.pt"

[[dictionary]]
name = "last"
tap = "encoder.ln_post"
checkpoint = "{models}/last/ae.pt"
threshold = 0.7
control = false

[[dictionary]]
name = "block0"
tap = "encoder.blocks.0"
checkpoint = "{models}/block0/ae.pt"
control = false
"""
BOOKKEEPING = (".done", ".lock")  # times and process numbers, which differ between equal runs


def run_of(config: Path, out: Path, threads: int = 1) -> Run:
    """A run on the processor."""
    return Run(load_config(config), AtlasFolder(out), torch.device("cpu"), threads)


def build_all(config: Path, out: Path, options: Options | None = None) -> list[str]:
    """Build an atlas; returns the closing lines."""
    lines: list[str] = []
    build(run_of(config, out), options or Options(), lines.append)
    return lines


def build_stage(name: str, config: Path, out: Path, options: Options | None = None) -> str:
    """Run one stage; returns its closing line."""
    return perform(name, run_of(config, out), options or Options())


def scanner_of(run: Run) -> Scanner:
    """Encoder and dictionaries, ready for a shard."""
    return Scanner(run, STAGES["scan"].facts(run))


def scan_some(run: Run, numbers: Sequence[int], workers: int, advance: Callable[[int], None]) -> None:
    """Scan shards as the stage does."""
    scan_shards(run, STAGES["scan"].facts(run), numbers, workers, advance)


def unfinished(run: Run) -> list[int]:
    """The shards that are not done with the run's settings."""
    return [int(name) for name in STAGES["scan"].unfinished(run, STAGES["scan"].facts(run))]


def contents(folder: Path, keep: Callable[[str], bool] = lambda name: True) -> dict[str, bytes]:
    """What a run left, file by file, its bookkeeping aside."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = ((path.relative_to(folder).as_posix(), path) for path in files)
    return {name: path.read_bytes() for name, path in named if not name.startswith(BOOKKEEPING) and keep(name)}


def tables(folder: Path) -> dict[str, bytes]:
    """What an atlas shows: all but what is cut by shard."""
    return contents(folder, lambda name: not name.startswith(("work/", "peaks/")))


def replaced(config: Path, *changes: tuple[str, str], name: str = "other.toml") -> Path:
    """A copy of a config, beside it, with some texts replaced; each must be there."""
    text = config.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    copy = config.with_name(name)
    copy.write_text(text, encoding="utf-8")
    return copy


def stored_world(folder: Path, models: Path, manifest: Sequence[str]) -> Path:
    """A config of its own corpus, whose dictionaries do not depend on a sample of it; `models` is the tiny world."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.csv").write_text("\n".join(manifest) + "\n", encoding="utf-8")
    config = folder / "config.toml"
    config.write_text(STORED_CONFIG.format(models=models.as_posix()), encoding="utf-8")
    return config
