"""How long each stage takes and what it holds in memory: from the rates of a trial, and from constants of other stages.

Index, calibration, scan, effects and media are tried, so their rates are this machine's own. Merging, analysing,
rendering and, unless it was tried, annotating follow from what they took on a reference machine, times how much slower
this one is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from atlas.planning.causes import effects_contents, effects_mib, effects_s
from atlas.planning.constants import CORE, MEMORY
from atlas.planning.contents import Contents, peaks
from atlas.planning.rates import EffectRates, Trial

MEASURED, RECKONED, DONE = "measured", "reckoned", "done before"
ORDER = ("index", "annotate", "calibrate", "scan", "merge", "analyse", "effects", "media", "render")
SAMPLE_FRAMES = 2**15
"of the calibration, at most, as `measure/thresholds.py` has it, which needs torch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What stages may use, and how slow it is beside the reference machine."""

    workers: int
    "processes of the stages that have several"
    scan_workers: int
    slowness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """One stage of a run."""

    name: str
    seconds: float
    memory_mib: float
    "of all its processes, at most"
    by: str
    "measured, reckoned, or done before"


def stage_plans(
    contents: Contents,
    trial: Trial | None,
    machine: Machine,
    done: Mapping[str, float],
    rates: EffectRates | None = None,
) -> tuple[StagePlan, ...]:
    """Every stage whose time is known, in order; of what was done before only the rest counts."""
    tried = list(_tried(contents, trial, machine)) if trial is not None else []
    reckoned = [_merge(contents, machine), _analyse(contents, machine), _render(contents, machine)]
    if trial is not None or "scan" in done:
        tried += reckoned
    if rates is not None:
        tried.append(_effects(contents, rates, machine))
    known = {stage.name: stage for stage in tried}
    stages = []
    for name in ORDER:
        left = 1 - done.get(name, 0.0)
        if left <= 0:
            stages.append(StagePlan(name=name, seconds=0.0, memory_mib=0.0, by=DONE))
        elif name in known:
            stages.append(replace(known[name], seconds=left * known[name].seconds))
    return tuple(stages)


def _tried(contents: Contents, trial: Trial, machine: Machine) -> Iterator[StagePlan]:
    yield _measured("index", contents.outline.seconds * trial.index_s, MEMORY.start)
    yield from _annotate(contents, trial, machine)
    yield _measured("calibrate", _calibrate_s(contents, trial), trial.memory_mib)
    yield _measured("scan", scan_s(contents, trial, machine), _scan_mib(contents, trial, machine))
    yield _measured("media", _media_s(contents, trial, machine), machine.workers * MEMORY.start)


def _measured(name: str, seconds: float, memory_mib: float) -> StagePlan:
    return StagePlan(name=name, seconds=seconds, memory_mib=memory_mib, by=MEASURED)


def _reckoned(name: str, core_s: float, processes: int, machine: Machine, memory_mib: float) -> StagePlan:
    seconds = core_s * machine.slowness / max(1, processes)
    return StagePlan(name=name, seconds=seconds, memory_mib=memory_mib, by=RECKONED)


def _annotate(contents: Contents, trial: Trial, machine: Machine) -> Iterator[StagePlan]:
    annotate, outline = contents.config.annotate, contents.outline
    if not annotate.asked:
        return
    spoken_s = outline.seconds_of(annotate.domains)
    if trial.annotate_s is not None:
        yield _measured("annotate", spoken_s * trial.annotate_s, 2 * MEMORY.start)
        return
    core_s = spoken_s * (CORE.words * bool(annotate.words) + CORE.phones * bool(annotate.phones))
    core_s += CORE.acoustics * outline.seconds * annotate.acoustics
    yield _reckoned("annotate", core_s, machine.workers, machine, 2 * MEMORY.start)


def _effects(contents: Contents, rates: EffectRates, machine: Machine) -> StagePlan:
    planned = effects_contents(contents)
    assert planned is not None, "they were tried"
    workers = machine.workers
    return _measured("effects", effects_s(planned, rates, workers), effects_mib(rates, workers))


def _calibrate_s(contents: Contents, trial: Trial) -> float:
    outline = contents.outline
    windows = min(contents.config.calibrate.windows, outline.count)
    frames = min(SAMPLE_FRAMES, contents.frames / outline.count * windows)
    return windows * trial.heard_s + trial.calibrate_s * frames / min(SAMPLE_FRAMES, trial.frames)


def scan_s(contents: Contents, trial: Trial, machine: Machine) -> float:
    """The pass over all windows, by workers that divide the cores among them as the one of the trial did."""
    alone_s = contents.outline.count * trial.window_s + contents.shards * trial.shard_s
    return alone_s / workers_of_scan(contents, machine)


def workers_of_scan(contents: Contents, machine: Machine) -> int:
    """No more than there are shards."""
    return min(machine.scan_workers, contents.shards)


def _scan_mib(contents: Contents, trial: Trial, machine: Machine) -> float:
    """What the trial held, and the traces of examples, of which it kept few."""
    return workers_of_scan(contents, machine) * (trial.memory_mib + MEMORY.state * contents.features)


def _merge(contents: Contents, machine: Machine) -> StagePlan:
    core_s = contents.features * (CORE.merge_feature + CORE.merge_state * contents.shards)
    largest = max(one.shape.features for one in contents.dictionaries)
    return _reckoned("merge", core_s, 1, machine, MEMORY.start + 3 * MEMORY.state * largest)


def _analyse(contents: Contents, machine: Machine) -> StagePlan:
    core_s = CORE.analyse_start + CORE.analyse_feature * contents.features + CORE.analyse_peak * peaks(contents)
    processes = min(machine.workers, len(contents.dictionaries))
    largest = max(one.shape.features * one.firing.clips for one in contents.dictionaries)
    return _reckoned("analyse", core_s, processes, machine, processes * (MEMORY.start + MEMORY.row * largest))


def _media_s(contents: Contents, trial: Trial, machine: Machine) -> float:
    return contents.outline.count * trial.media_s / machine.workers


def _render(contents: Contents, machine: Machine) -> StagePlan:
    learned = sum(one.shape.features for one in contents.learned)
    core_s = CORE.render_start + CORE.render_page * learned + CORE.render_stub * (contents.features - learned)
    core_s += CORE.render_clip * contents.outline.count + CORE.render_label * contents.labels
    return _reckoned("render", core_s, machine.workers, machine, machine.workers * (MEMORY.start + MEMORY.page_worker))
