"""What protects scanned shards from being thrown away unasked."""

import shutil

from atlas.audio import draws
from atlas.corpus.index import CLIP_CONTENT, CONTENT_NOTE, IndexWorkspace, content_digest, index
from atlas.errors import AtlasError
from atlas.formatting import counted, duration
from atlas.pool import processes
from atlas.schema import ALIGNMENTS, ANNOTATIONS, CLIPS
from atlas.stages import Options, Workspace, table_input
from atlas.store import AtlasFolder, Marker, opaque

SCAN = "scan"
TRIAL = ".trial"


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
        left = Marker({}, outputs, {CONTENT_NOTE: content_digest(trial.read_table(CLIPS))})
    finally:
        shutil.rmtree(trial.root, ignore_errors=True)
    now = {source.name: opaque(source.digest(left)) for source in (CLIP_CONTENT, table_input(ALIGNMENTS))}
    records = [workspace.folder.record(SCAN, shard) for shard in workspace.folder.marked(SCAN)]
    if not all(now.items() <= record.facts.items() for record in records if record is not None):
        raise refusal(workspace, reason or "the corpus has changed")


def guard_scan(workspace: Workspace, _options: Options, reason: str) -> None:
    """Another calibration, or other settings, would throw away what was scanned."""
    if workspace.folder.marked(SCAN):
        way = ", or annotate.frames = false to leave it as it is" if ANNOTATIONS.name in reason else ""
        raise refusal(workspace, reason or "the calibration is gone", way)


def refusal(workspace: Workspace, reason: str, way: str = "") -> AtlasError:
    """What is said instead of throwing shards away; `way` is a further way out."""
    shards = workspace.folder.marked(SCAN)
    markers = [workspace.folder.record(SCAN, shard) for shard in shards]
    seconds = sum(float(marker.notes["seconds"]) for marker in markers if marker is not None)
    return AtlasError(
        f"{workspace.folder.root}: {reason}. That would throw away {counted(len(shards), 'scanned shard')}"
        f" ({duration(seconds)} of work): use --force to do so, or another --out{way}"
    )
