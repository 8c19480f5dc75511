"""The stages in their order: what is done is skipped, what changed is done again, and it is said which and why.

Every stage compares the facts that it depends on with those in its marker. A change that would throw away scanned
shards stops the run, unless it is forced. Each function returns the closing line of its stage.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

from atlas.analyse import run as analysing
from atlas.corpus import index as indexing
from atlas.corpus.locate import locate
from atlas.corpus.sources import read_entries
from atlas.dictionaries.load import load_dictionary
from atlas.engines.local import scan_shards
from atlas.errors import AtlasError
from atlas.formatting import counted, duration
from atlas.measure import calibrate, merge, scan
from atlas.measure.run import Run, content_digest, file_digest
from atlas.measure.warmup import warm_up
from atlas.media import run as media
from atlas.pool import context, cores
from atlas.progress import bar
from atlas.render.run import render
from atlas.schema import ALIGNMENTS, CLIPS
from atlas.schema.card import CARD
from atlas.store import AtlasFolder, Change, Facts, changes

_TRIAL = ".trial"
_SHOWN = 4
RENDER = "render"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How a build runs; none of them changes what is computed."""

    workers: int = 1
    force: bool = False
    share: tuple[int, int] = (1, 1)  # the part of the shards to scan, and of how many parts
    site: Path | None = None  # where the pages go; none are made without it


def build(run: Run, options: Options, say: Say) -> None:
    """Every stage that is not done."""
    preflight(run)
    rehearsal = _rehearsal(run, options)
    for name, stage in STAGES.items():
        if name == scan.STAGE and rehearsal is not None:
            rehearsal.join()
        if name != RENDER or options.site is not None:
            say(stage(run, options))


def _rehearsal(run: Run, options: Options) -> BaseProcess | None:
    """A process that rehearses the scan meanwhile, where several workers would begin at once."""
    if options.workers == 1 or run.folder.marker(merge.STAGE) is not None:
        return None
    process = context().Process(target=warm_up, daemon=True)
    process.start()
    return process


def preflight(run: Run) -> None:
    """Find the mistakes that cost nothing to find, before the corpus is decoded: listing, taps, checkpoints."""
    read_entries(run.config.corpus)
    calibrated = run.folder.record(calibrate.STAGE)
    if calibrated is not None and run.dictionary_facts().items() <= calibrated.facts.items():
        return
    for entry in run.config.dictionary:
        width = run.widths[entry.tap]
        if entry.kind == "sae":
            load_dictionary(entry, width)


def index(run: Run, options: Options) -> str:
    """corpus -> clips."""
    shutil.rmtree(run.folder.root / _TRIAL, ignore_errors=True)  # of a run that was killed
    facts = indexing.index_facts(run.config, run.window_s)
    differing = _differing(run.folder, indexing.STAGE, facts)
    if differing == () and not options.force:
        return "index      was done before"
    if run.folder.marked(scan.STAGE) and not options.force:
        _guard_index(run, differing or ())
    before = _clips_digest(run)
    done = indexing.index(run.config, run.folder, run.window_s, cores())
    _forget(run)
    if _clips_digest(run) != before:
        _outdate(run)
    problems = f"{done.problems} with a `problem` in clips.parquet" if done.problems else "0 with a problem"
    found = f"{counted(done.clips, 'clip')} of {counted(done.recordings, 'recording')}, {done.hours:.2f} h, {problems}"
    shares = ", ".join(f"{domain} {clips:,}" for domain, clips in done.domains)
    said = f"{counted(done.datasets, 'dataset')}, {done.labelled:,} clips with labels, {done.spans:,} timed labels"
    return (
        f"index      {found}, in {counted(done.shards, 'shard')}, in {duration(done.seconds)}{_because(differing)}\n"
        f"           {shares}; {said}"
    )


def _clips_digest(run: Run) -> str:
    path = run.folder.path(CLIPS)
    return file_digest(path) if path.exists() else ""


def _outdate(run: Run) -> None:
    """What was merged from other clips or other thresholds no longer passes for whole."""
    run.folder.unmark(merge.STAGE)
    (run.folder.root / CARD).unlink(missing_ok=True)


def _guard_index(run: Run, differing: tuple[Change, ...]) -> None:
    """Index on trial: a corpus whose files were only touched keeps its scan, another stops the run."""
    trial = AtlasFolder(run.folder.root / _TRIAL)
    try:
        indexing.index(run.config, trial, run.window_s, cores())
        now = {
            "clips": content_digest(trial.read_table(CLIPS)),
            "alignments": file_digest(trial.path(ALIGNMENTS)),
        }
    finally:
        shutil.rmtree(trial.root, ignore_errors=True)
    records = [run.folder.record(scan.STAGE, shard) for shard in run.folder.marked(scan.STAGE)]
    if not all(now.items() <= one.facts.items() for one in records if one is not None):
        raise _would_discard(run, differing)


def run_calibrate(run: Run, options: Options) -> str:
    """A sample -> thresholds and scales."""
    _require_index(run)
    facts = calibrate.calibrate_facts(run)
    differing = _differing(run.folder, (calibrate.STAGE,), facts)
    if differing == () and not options.force:
        return "calibrate  was done before"
    if run.folder.marked(scan.STAGE) and not options.force:
        raise _would_discard(run, differing or ())
    _outdate(run)
    found = calibrate.calibrate(run)
    l0 = ", ".join(f"{name} {one.l0:.1f}" for name, one in found.items())
    first = next(iter(found.values()))
    return (
        f"calibrate  {counted(first.windows, 'window')}, {counted(first.frames, 'frame')}; L0 {l0}{_because(differing)}"
    )


def run_scan(run: Run, options: Options) -> str:
    """clips -> codes -> statistics, shard by shard."""
    _require_calibration(run)
    facts = scan.scan_facts(run)
    for name in run.folder.marked(scan.STAGE):
        record = run.folder.record(scan.STAGE, name)
        if record is not None and dict(record.facts) != facts and not options.force:
            raise _would_discard(run, changes(record.facts, facts))
    part, parts = options.share
    mine = scan.shards(run)[part - 1 :: parts]
    if options.force:
        scan.discard(run, None if parts == 1 else mine)
    elif merge.merged(run):
        return f"scan       was done before ({counted(len(mine), 'shard')})"
    unfinished = set(scan.unfinished(run))
    todo = [number for number in mine if number in unfinished]
    if not todo:
        return f"scan       was done before ({counted(len(mine), 'shard')})"
    sizes = dict(run.clips.filter(run.clips["problem"].is_null()).group_by("shard").len().iter_rows())
    windows = sum(sizes[number] for number in todo)
    started = time.monotonic()
    with bar("scan", windows) as advance:
        scan_shards(run, todo, options.workers, advance)
    kept = f" ({len(mine) - len(todo)} more were done before)" if len(todo) < len(mine) else ""
    scanned = f"{counted(windows, 'window')} in {counted(len(todo), 'shard')}"
    return f"scan       {scanned}{kept}, in {duration(time.monotonic() - started)}"


def run_merge(run: Run, options: Options) -> str:
    """Statistics of all shards -> the tables."""
    _require_calibration(run)
    facts = merge.merge_facts(run)
    differing = _differing(run.folder, (merge.STAGE,), facts)
    if differing == () and not options.force:
        return f"merge      was done before; the tables are in {run.folder.root}"
    started = time.monotonic()
    found = merge.merge(run)
    took = duration(time.monotonic() - started)
    mixture = f"; a mixture of builds: {' | '.join(found.builds)}" if len(found.builds) > 1 else ""
    again = _because(differing)
    lines = [f"merge      {found.features} features in {took}{mixture}; the tables are in {run.folder.root}{again}"]
    return "\n".join([*lines, *(f"           {name}: {told}" for name, told in found.dictionaries.items())])


def run_analyse(run: Run, options: Options) -> str:
    """The tables -> domains, labels, timed labels."""
    _require(run, (merge.STAGE,), merge.merge_facts(run))
    facts = analysing.analyse_facts(run.folder, run.config)
    differing = _differing(run.folder, (analysing.STAGE,), facts)
    if differing == () and not options.force:
        return "analyse    was done before"
    started = time.monotonic()
    done = analysing.analyse(run.folder, run.config, cores())
    found = ", ".join(f"{one.name} {one.labelled:,} of {one.features:,}" for one in done)
    return (
        f"analyse    {counted(len(done), 'dictionary', 'dictionaries')} in {duration(time.monotonic() - started)}"
        f"{_because(differing)}\n           features with a significant label: {found}"
    )


def run_media(run: Run, options: Options) -> str:
    """The clips that examples use -> sound files and spectrograms."""
    _require(run, (merge.STAGE,), merge.merge_facts(run))
    differing = _differing(run.folder, (media.STAGE,), media.media_facts(run.folder, run.config))
    if options.force:
        media.discard(run.folder)
    elif differing == ():
        return "media      was done before"
    done = media.make_media(run.folder, run.config, partial(locate, run.config.corpus), cores())
    first, *more = done.splitlines()
    return "\n".join([first + _because(differing), *more])


def run_render(run: Run, options: Options) -> str:
    """The tables -> the pages of the site; what is there with the same bytes is not touched."""
    _require(run, (merge.STAGE,), merge.merge_facts(run))
    _require(run, (analysing.STAGE,), analysing.analyse_facts(run.folder, run.config))
    _require(run, (media.STAGE,), media.media_facts(run.folder, run.config))
    assert options.site is not None, "a stage that is called by itself is told where"
    return render(run.folder, run.config, options.site, cores())


STAGES: Mapping[str, Callable[[Run, Options], str]] = {
    "index": index,
    "calibrate": run_calibrate,
    "scan": run_scan,
    "merge": run_merge,
    "analyse": run_analyse,
    "media": run_media,
    RENDER: run_render,
}


def _differing(folder: AtlasFolder, stage: tuple[str, ...], facts: Facts) -> tuple[Change, ...] | None:
    """The facts that differ from the marker's; None where there is no whole marker."""
    marker = folder.marker(*stage)
    return None if marker is None else changes(marker.facts, facts)


def _require_index(run: Run) -> None:
    _require(run, indexing.STAGE, indexing.index_facts(run.config, run.window_s))


def _require_calibration(run: Run) -> None:
    _require_index(run)
    _require(run, (calibrate.STAGE,), calibrate.calibrate_facts(run))


def _require(run: Run, stage: tuple[str, ...], facts: Facts) -> None:
    differing = _differing(run.folder, stage, facts)
    if differing is None:
        raise AtlasError(f"{run.folder.root}: the stage {stage[0]!r} is not done; run `atlas {stage[0]}` first")
    if differing:
        raise AtlasError(
            f"{run.folder.root}: the stage {stage[0]!r} was done with other inputs: {_told(differing)};"
            f" run `atlas {stage[0]}` again"
        )


def _would_discard(run: Run, differing: tuple[Change, ...]) -> AtlasError:
    shards = run.folder.marked(scan.STAGE)
    markers = [run.folder.record(scan.STAGE, shard) for shard in shards]
    seconds = sum(float(marker.notes["seconds"]) for marker in markers if marker is not None)
    return AtlasError(
        f"{run.folder.root}: {_told(differing) or 'the corpus has changed'}. That would throw away"
        f" {counted(len(shards), 'scanned shard')} ({duration(seconds)} of work):"
        " use --force to do so, or another --out"
    )


def _forget(run: Run) -> None:
    """What was read from the folder before a stage wrote to it is read again."""
    for name in ("clips", "counted_labels", "usable"):
        run.__dict__.pop(name, None)


def _because(differing: tuple[Change, ...] | None) -> str:
    return f"; again, as {_told(differing)}" if differing else ""


def _told(differing: tuple[Change, ...]) -> str:
    more = len(differing) - _SHOWN
    return "; ".join(str(change) for change in differing[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
