"""`atlas demo`: the atlas and the site of what the package brings along, built where there is room for them."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from atlas.config.loading import load_config
from atlas.demo.embedded import CONFIG, EXPLANATIONS
from atlas.explain.explanations import import_explanations
from atlas.measure.run import Run, choose_device
from atlas.pipeline import Options, build, perform
from atlas.pool import cores
from atlas.progress import Echo
from atlas.stages import AtlasWorkspace
from atlas.store import AtlasFolder

DEFAULT = Path("site") / "demo"
MOST_WORKERS = 4  # more would take longer to start than they save


def show_demo(out: Path | None, echo: Echo) -> Path:
    """Build the demo's site in the folder given, or in the first that may be written to; returns the folder.

    Its tables lie beside it. The encoder is so small that torch's threads would only wait for each other; a worker a
    core does better.
    """
    site = out or demo_folder()
    torch.set_num_threads(1)
    run = Run(load_config(CONFIG), AtlasFolder(atlas_beside(site)), choose_device("cpu"), cores())
    with run.folder.lock():
        run.folder.sweep()
        options = Options(workers=min(cores(), MOST_WORKERS), site=site)
        build(run, replace(options, site=None), echo)
        import_explanations(run.folder, EXPLANATIONS, echo)
        echo(perform("render", AtlasWorkspace(run.config, run.folder), options))
    return site


def atlas_beside(site: Path) -> Path:
    """Where the tables of the demo's site lie."""
    return site.with_name(f"{site.name}-atlas")


def demo_folder() -> Path:
    """`site/demo` here; a temporary folder where nothing can be written here."""
    here = next(path for path in (DEFAULT, *DEFAULT.parents) if path.exists())
    return DEFAULT if os.access(here, os.W_OK) else Path(tempfile.mkdtemp(prefix="atlas-")) / DEFAULT.name
