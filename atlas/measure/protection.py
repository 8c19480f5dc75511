"""What protects scanned shards from being thrown away unasked."""

import shutil
from typing import Any

from atlas.audio import draws
from atlas.corpus.index import CLIP_CONTENT, CLIP_STRETCHES, IndexWorkspace, clip_notes, index
from atlas.errors import AtlasError
from atlas.formatting import counted, duration
from atlas.pool import processes
from atlas.schema import ALIGNMENTS, ANNOTATIONS, CLIPS
from atlas.stages import Options, Stage, Workspace, table_input
from atlas.store import AtlasFolder, Change, Marker, opaque

SCAN = "scan"
TRIAL = ".trial"
_NEW_ANNOTATIONS = str(Change(table_input(ANNOTATIONS).name, None, opaque("")))
"a scan that counted none stands without"


def shard_names(workspace: Workspace) -> list[str]:
    """The shards that hold usable clips."""
    return [f"{number:05d}" for number in draws.usable(workspace.folder.read_table(CLIPS))["shard"].unique().sort()]


def guard_index(workspace: IndexWorkspace, options: Options, reason: str) -> None:
    """Index on trial: a corpus whose files were only touched keeps its scan, another stops the run."""
    if not workspace.folder.marked(SCAN):
        return
    trial = AtlasFolder(workspace.folder.root / TRIAL)
    try:
        index(workspace.config, trial, workspace.window_s, workspace.grid, processes(options.workers), workspace.folder)
        outputs = trial.describe([trial.path(ALIGNMENTS)])
        left = Marker({}, outputs, clip_notes(trial.read_table(CLIPS)))
    finally:
        shutil.rmtree(trial.root, ignore_errors=True)
    sources = (CLIP_CONTENT, CLIP_STRETCHES, table_input(ALIGNMENTS))
    now = {source.name: opaque(source.digest(left)) for source in sources}
    records = [workspace.folder.record(SCAN, shard) for shard in workspace.folder.marked(SCAN)]
    if not all(now.items() <= record.facts.items() for record in records if record is not None):
        raise refusal(workspace, reason or "the corpus has changed")


def guard_scan(workspace: Workspace, _options: Options, reason: str) -> None:
    """Another calibration, or other settings, would throw away what was scanned."""
    if workspace.folder.marked(SCAN):
        way = ", or annotate.frames = false to leave it as it is" if _NEW_ANNOTATIONS in reason else ""
        raise refusal(workspace, reason or "the calibration is gone", way)


def take_away(stage: Stage[Any], workspace: Workspace, options: Options) -> None:
    """Delete what a stage left that the config no longer asks for, so that nobody takes it for this config's."""
    if workspace.folder.marked(stage.name) and not options.force:
        reason = f"the config no longer asks for what `atlas {stage.name}` made"
        raise refusal(workspace, reason, f", or put the table [{stage.name}] back", (stage.name, stage.participle))
    stage.take_away(workspace)


def refusal(workspace: Workspace, reason: str, way: str = "", of: tuple[str, str] = (SCAN, "scanned")) -> AtlasError:
    """What is said instead of throwing shards away; `way` is a further way out, `of` a stage and its participle."""
    stage, participle = of
    shards = workspace.folder.marked(stage)
    markers = [workspace.folder.record(stage, shard) for shard in shards]
    seconds = sum(float(marker.notes["seconds"]) for marker in markers if marker is not None)
    return AtlasError(
        f"{workspace.folder.root}: {reason}. That would throw away {counted(len(shards), f'{participle} shard')}"
        f" ({duration(seconds)} of work): use --force to do so, or another --out{way}"
    )
