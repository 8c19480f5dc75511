"""A plan as lines for a terminal, and as JSON for scripts."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from atlas.formatting import counted, duration
from atlas.planning.causes import EffectsContents, effects_contents, effects_lines
from atlas.planning.parts import SitePart
from atlas.planning.plan import MB, Plan
from atlas.planning.times import DONE, MEASURED, ORDER, scan_s, workers_of_scan

GB = 10**9


def report_lines(plan: Plan, place: Path) -> Iterator[str]:
    """All that a plan says; place: where the atlas's folder will lie."""
    yield from _corpus_lines(plan)
    yield ""
    yield from _stage_lines(plan)
    yield ""
    yield from _folder_lines(plan, place)
    yield ""
    yield from _site_lines(plan)
    yield ""
    yield from _verdict_lines(plan)


def _corpus_lines(plan: Plan) -> Iterator[str]:
    outline = plan.contents.outline
    known = "as it was indexed" if outline.exact else f"from the headers of {counted(outline.files, 'file')}"
    windows = f"{counted(outline.count, 'window')} of {counted(outline.recordings, 'recording')}"
    yield f"plan       {plan.contents.config.title}"
    yield f"           {windows}, {outline.seconds / 3600:.2f} h, {known}"
    names = [f"{one.shape.name} {one.shape.features:,}" for one in plan.contents.learned]
    controls = sum(one.shape.features for one in plan.contents.controls)
    beside = f", and {controls:,} directions of controls beside them" if controls else ""
    yield f"           features: {', '.join(names[:6])}{' ...' if len(names) > 6 else ''}{beside}"
    yield from (f"           {note}" for note in notes_of(plan))


def notes_of(plan: Plan) -> Iterator[str]:
    """What a plan could not know, and what will go wrong."""
    outline, config = plan.contents.outline, plan.contents.config
    if outline.lost:
        share = len(outline.lost) / max(1, outline.files - outline.unread)
        stops = share > config.corpus.max_problem_share
        what = "which stops the run (corpus.max_problem_share)" if stops else "which become clips with a problem"
        yield f"{counted(len(outline.lost), 'file')} that cannot be read, such as {outline.lost[0]}, {what}"
    if outline.unknown:
        yield f"{counted(outline.unknown, 'file')} whose header tells no length, taken to be as long as the others"
    if outline.unread:
        yield f"{counted(outline.unread, 'file')} not looked at, taken to be as long as the others"
    if plan.trial is None and not outline.exact:
        yield "without a trial every feature is taken to have all of its examples, so bytes are seldom more than these"


def _stage_lines(plan: Plan) -> Iterator[str]:
    planned = effects_contents(plan.contents)
    if not plan.stages:
        yield "time and memory are not known without a trial"
        yield from effects_lines(planned, None) if planned is not None else ()
        return
    rows = [_stage_row(stage.name, stage.seconds, stage.memory_mib, stage.by) for stage in plan.stages]
    asked = [name for name in ORDER if name != "annotate" and (name != "effects" or planned is not None)]
    missing = [name for name in asked if name not in {stage.name for stage in plan.stages}]
    total = ("all", duration(plan.seconds), _gigabytes(plan.memory_mib), "")
    yield from _table(("stage", "time", "memory", ""), [*rows, *([total] if not missing else [])])
    if missing:
        yield f"time of {', '.join(missing)} is not known without a trial"
    if plan.trial is not None:
        yield from _trial_lines(plan)
    yield from effects_lines(planned, plan.rates) if planned is not None else ()


def _stage_row(name: str, seconds: float, memory_mib: float, by: str) -> tuple[str, str, str, str]:
    if by == DONE:
        return name, "", "", DONE
    return name, duration(seconds), _gigabytes(memory_mib), by if by == MEASURED else "reckoned"


def _gigabytes(mib: float) -> str:
    return f"{mib * 2**20 / GB:.1f} GB"


def _trial_lines(plan: Plan) -> Iterator[str]:
    contents, trial = plan.contents, plan.trial
    assert trial is not None, "it was asked for"
    workers = workers_of_scan(contents, plan.machine)
    alone = contents.outline.count * trial.encoder_s / workers
    pass_s = scan_s(contents, trial, plan.machine)
    yield (
        f"tried on {counted(trial.windows, 'window')} ({trial.machine}): the encoder alone takes"
        f" {1000 * trial.encoder_s:.0f} ms a window, {duration(alone)} in all; the scan {pass_s / alone:.1f} times that"
    )
    if contents.shards > 1:
        yield (
            f"the scan has {counted(contents.shards, 'shard')} of {duration(pass_s * workers / contents.shards)}, which"
            " `atlas scan --shard I/N` shares among N machines"
        )


def _folder_lines(plan: Plan, place: Path) -> Iterator[str]:
    rows = [(name, _megabytes(size)) for name, size in plan.atlas.items() if size >= MB / 20]
    yield from _table(("atlas", "MB"), [*rows, ("all", _megabytes(plan.atlas_bytes))])
    free = free_bytes(place)
    needed = 0 if plan.done_folder else plan.atlas_bytes
    if needed > free:
        yield f"there is room for {free / GB:.1f} GB at {place}, which is not enough; give --out another disk"
    memory = machine_bytes()
    if memory is not None and plan.memory_mib * 2**20 > memory:
        yield f"this machine has {memory / GB:.1f} GB of memory, which is not enough; give --workers 1, or another one"


def free_bytes(place: Path) -> int:
    """Room on the disk of a folder that may not be there yet."""
    there = next(folder for folder in (place.resolve(), *place.resolve().parents) if folder.exists())
    return shutil.disk_usage(there).free


def machine_bytes() -> int | None:
    """Memory of this machine, where the system tells."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def _site_lines(plan: Plan) -> Iterator[str]:
    rows = [(name, *_site_row(part)) for name, part in plan.site.items()]
    total = ("all", f"{plan.site_pages:,}", f"{plan.site_files:,}", _megabytes(plan.site_bytes))
    yield from _table(("site", "pages", "files", "MB"), [*rows, total])


def _site_row(part: SitePart) -> tuple[str, str, str]:
    return f"{part.pages:,}" if part.pages else "", f"{part.files:,}", _megabytes(part.bytes)


def _megabytes(size: float) -> str:
    return f"{size / MB:,.1f}"


def _verdict_lines(plan: Plan) -> Iterator[str]:
    if plan.fits:
        limit = plan.host.site_bytes
        share = f", {plan.site_bytes / limit:.0%} of what it takes" if limit else ""
        yield f"The site fits {plan.host.title}{share}."
        return
    for misfit in plan.misfits:
        yield f"The site does not fit: it has {misfit}."
    rows = [
        (change.key, _megabytes(change.bytes), f"{change.files:,}", "fits" if change.fits else "")
        for change in plan.changes
    ]
    yield from _table(("what to change, each by itself", "MB then", "files then", ""), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns, the first to the left and the others to the right, the last to the left where it is words."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = [
            cell.ljust(width) if column == 0 or not head[column] else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def report_json(plan: Plan) -> dict[str, object]:
    """A plan for scripts: seconds, MiB and bytes."""
    contents, trial = plan.contents, plan.trial
    outline = contents.outline
    return {
        "corpus": {
            "windows": outline.count,
            "recordings": outline.recordings,
            "seconds": round(outline.seconds, 3),
            "indexed": outline.exact,
        },
        "dictionaries": {one.shape.name: one.shape.features for one in contents.dictionaries},
        "notes": list(notes_of(plan)),
        "encoder_seconds_a_window": trial.encoder_s if trial else None,
        "stages": {
            stage.name: {"seconds": round(stage.seconds, 1), "memory_mib": round(stage.memory_mib), "by": stage.by}
            for stage in plan.stages
        },
        "effects": _effects_json(effects_contents(contents)),
        "shards": contents.shards,
        "atlas_bytes": {name: round(size) for name, size in plan.atlas.items()},
        "site": {
            name: {"files": part.files, "pages": part.pages, "bytes": part.bytes} for name, part in plan.site.items()
        },
        "site_bytes": plan.site_bytes,
        "site_files": plan.site_files,
        "host": plan.host.title,
        "fits": plan.fits,
        "misfits": list(plan.misfits),
        "changes": [
            {"key": change.key, "bytes": change.bytes, "files": change.files, "fits": change.fits}
            for change in plan.changes
        ],
    }


def _effects_json(planned: EffectsContents | None) -> dict[str, object] | None:
    if planned is None:
        return None
    return {
        "clips": planned.clips,
        "dictionaries": {
            one.name: {"passes": one.passes, "measured": one.measured, "displayed": one.displayed}
            for one in planned.dictionaries
        },
    }
