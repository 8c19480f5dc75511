"""The stages in their order, each with what it reads, what it writes and the keys that it depends on.

What is done is skipped, what changed is done again, and it is said which key or table changed. A change that would
throw away scanned shards stops the run, unless it is forced. What a stage needs is imported when it runs.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from multiprocessing.process import BaseProcess
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from atlas import __version__
from atlas.corpus.index import CLIP_CONTENT, CLIP_STRETCHES, INDEX
from atlas.errors import AtlasError
from atlas.measure.protection import TRIAL, guard_index, guard_scan, shard_names, take_away
from atlas.measure.renewal import renew_card
from atlas.pool import background, processes, refuse_unguarded
from atlas.progress import Echo
from atlas.schema import (
    ALIGNMENTS,
    ANALYSED,
    ANNOTATED,
    ANNOTATIONS,
    CAUSES,
    CLIPS,
    CODES,
    DATASETS,
    EXAMPLES,
    FEATURES,
    FINDINGS,
    MEL,
    ORIGINS,
    PEAK_LABELS,
    PEAKS,
    TABLES,
    TIMED_COUNTS,
    TRACKS,
)
from atlas.schema.card import CARD, CARD_VERSION
from atlas.schema.media import MEDIA as MEDIA_TABLE
from atlas.stages import (
    AtlasWorkspace,
    Options,
    Outcome,
    RenderStage,
    ShardedStage,
    Stage,
    Workspace,
    changed,
    comparable,
    files_input,
    noted_input,
    table_input,
)
from atlas.store import Facts, opaque

if TYPE_CHECKING:
    from atlas.config.settings import Config
    from atlas.measure.run import Run

__all__ = ["STAGES", "Options", "build", "perform"]

_MODELS = ("encoder.model", "dictionary")
_CALIBRATION = files_input("calibration", "calibrate", "calibration")
_BASELINES = files_input("dictionaries beside PCA and pursuit", "calibrate", "baselines")
_FIGURES = noted_input("figures of the dictionaries in atlas.json", "merge", "figures")


def _annotates(config: "Config") -> bool:
    return config.annotate.asked


def _measures_effects(config: "Config") -> bool:
    return config.effects is not None


def _counts_annotations(config: "Config") -> bool:
    return config.annotate.asked and config.annotate.frames


_CAUSES = tuple(replace(table_input(table), wanted=_measures_effects) for table in CAUSES.values())
_ANNOTATED = tuple(replace(table_input(table), wanted=_annotates) for table in ANNOTATED.values())


def _annotate(run: "Run", options: Options, facts: Facts, names: Sequence[str], kept: int) -> str:
    from atlas.annotate.run import annotate

    return annotate(run, facts, names, kept, processes(options.workers))


def _annotate_facts(run: "Run") -> Facts:
    from atlas.annotate.run import source_facts

    return source_facts(run)


def _discard_annotations(run: "Run", names: Sequence[str] | None) -> None:
    for name in run.folder.marked("annotate") if names is None else names:
        run.folder.unmark("annotate", name)


def _calibrate(run: "Run", options: Options) -> Outcome:
    from atlas.measure.calibrate import calibrate

    return calibrate(run)


def _scan(run: "Run", options: Options, facts: Facts, names: Sequence[str], kept: int) -> str:
    from atlas.engines.local import scan_shards
    from atlas.measure.scan import scan

    workers = options.workers or 1
    return scan(run, names, kept, lambda numbers, advance: scan_shards(run, facts, numbers, workers, advance))


def _calibrate_facts(run: "Run") -> Facts:
    from atlas.measure.calibrate import VERSION

    return {**run.model_facts(), "version of the files of a calibration": str(VERSION)}


def _scan_facts(run: "Run") -> Facts:
    from atlas.measure.catalogue import digest

    return {**run.model_facts(), "sums that shards hold": opaque(digest())}


def _discard(run: "Run", names: Sequence[str] | None) -> None:
    from atlas.measure.scan import discard

    discard(run, names)


def _merge(run: "Run", options: Options) -> Outcome:
    from atlas.measure.merge import merge

    unfinished = SCAN.unfinished(run, SCAN.facts(run))
    if unfinished:
        raise SCAN.refusal(run, len(unfinished), f"first: {int(unfinished[0])}")
    return merge(run)


def _outdate(workspace: Workspace) -> None:
    """Take the card away where tables were merged from other clips or thresholds: they no longer pass for whole."""
    merged = workspace.folder.record("merge")
    facts = MERGE.stated_facts(workspace)
    if merged is not None and changed(workspace, comparable(merged.facts, facts), facts):
        (workspace.folder.root / CARD).unlink(missing_ok=True)


def _analyse(workspace: AtlasWorkspace, options: Options) -> Outcome:
    from atlas.analyse.run import analyse

    return analyse(workspace.folder, workspace.config, processes(options.workers))


def _effects(run: "Run", options: Options) -> Outcome:
    from atlas.effects.run import measure_effects

    return measure_effects(run, options)


def _effects_facts(run: "Run") -> Facts:
    from atlas.effects.hearing import source_facts

    return source_facts(run)


def _media(workspace: AtlasWorkspace, options: Options) -> Outcome:
    from functools import partial

    from atlas.corpus.locate import locate
    from atlas.media.run import discard, make_media

    if options.force:
        discard(workspace.folder)
    return make_media(
        workspace.folder, workspace.config, partial(locate, workspace.config.corpus), processes(options.workers)
    )


def _recipe(_workspace: AtlasWorkspace) -> Facts:
    from atlas.media.run import RECIPE

    return {"recipe of sounds and pictures": RECIPE}


def _render(workspace: AtlasWorkspace, options: Options) -> Outcome:
    from atlas.render.run import render

    assert options.site is not None, "a stage that is called by itself is told where"
    return Outcome(render(workspace.folder, workspace.config, options.site, processes(options.workers)))


CALIBRATE: Stage["Run"] = Stage(
    name="calibrate",  # a sample -> thresholds and scales, and what PCA and pursuit explain of it
    run=_calibrate,
    reads=(CLIP_CONTENT,),
    keys=("calibrate.windows", *_MODELS),
    finds=_calibrate_facts,
    guard=guard_scan,
    outdate=_outdate,
)
ANNOTATE: ShardedStage["Run"] = ShardedStage(
    name="annotate",  # clips -> words and phones, where the corpus brings none; only if it is asked for
    run_shards=_annotate,
    reads=(table_input(CLIPS), table_input(ALIGNMENTS)),
    writes=tuple(ANNOTATED.values()),
    keys=(*(f"annotate.{name}" for name in ("words", "model", "phones", "acoustics", "domains")), "scan.code_frames"),
    finds=_annotate_facts,
    shards=shard_names,
    discard=_discard_annotations,
    participle="annotated",
    asked=_annotates,
)
SCAN: ShardedStage["Run"] = ShardedStage(
    name="scan",  # clips -> codes -> statistics, shard by shard
    run_shards=_scan,
    reads=(
        *(CLIP_CONTENT, CLIP_STRETCHES, table_input(ALIGNMENTS), _CALIBRATION),
        replace(table_input(ANNOTATIONS), wanted=_counts_annotations),
    ),
    writes=(PEAKS, CODES, TRACKS),  # of codes and tracks the pieces, which the merge joins
    keys=("examples.top", "scan.code_frames", "scan.timed_labels", *_MODELS),
    finds=_scan_facts,
    guard=guard_scan,
    shards=shard_names,
    discard=_discard,
    participle="scanned",
    settled=lambda run: MERGE.differing(run) == (),
)
MERGE: Stage["Run"] = Stage(
    name="merge",  # statistics of all shards -> the tables
    run=_merge,
    reads=(
        *(table_input(CLIPS), table_input(ALIGNMENTS), _CALIBRATION, _BASELINES),
        files_input("scanned shards", "scan", ""),
        *(noted_input(f"torch build of `{stage}`", stage, "build") for stage in ("calibrate", "scan")),
    ),
    writes=tuple(table for table in TABLES.values() if table.writer == "merge"),
    versions={"the card": CARD_VERSION},
    keys=(
        *("corpus.domains", "corpus.group", "corpus.group_pattern"),
        *("examples", "scan.code_frames", "scan.timed_labels", *_MODELS),
    ),
    finds=lambda run: run.model_facts(),
    renew=renew_card,
    left_in=lambda run: f"; the tables are in {run.folder.root}",
)
ANALYSE: Stage[AtlasWorkspace] = Stage(
    name="analyse",  # the tables -> domains, labels, neighbours, controls, findings, map
    run=_analyse,
    reads=(
        *map(table_input, (CLIPS, ALIGNMENTS, PEAKS, FEATURES, ORIGINS, DATASETS, MEL, TIMED_COUNTS, CODES)),
        *_ANNOTATED,
        *(files_input("decoder vectors", "merge", "vectors/"), _FIGURES),
    ),
    writes=tuple(ANALYSED.values()),
    keys=("corpus.domains", "analyse"),
    finds=lambda _workspace: {"version of the tool": __version__},
)
EFFECTS: Stage["Run"] = Stage(
    name="effects",  # findings + clips -> what features do to what the model says; only if it is asked for
    run=_effects,
    reads=(
        *map(table_input, (CLIPS, ALIGNMENTS, PEAKS, FEATURES, FINDINGS, PEAK_LABELS)),
        replace(table_input(ANNOTATIONS), wanted=_annotates),
        _CALIBRATION,
    ),
    writes=tuple(CAUSES.values()),
    keys=("effects", *_MODELS),
    finds=_effects_facts,
    asked=_measures_effects,
    keeps=("causes",),
)
MEDIA: Stage[AtlasWorkspace] = Stage(
    name="media",  # the clips that examples use -> sound files and spectrograms
    run=_media,
    reads=(table_input(CLIPS), table_input(EXAMPLES), table_input(FINDINGS)),
    writes=(MEDIA_TABLE,),
    keys=("media.budget_mb", "media.redistribute", "site.control_pages"),
    finds=_recipe,
)
RENDER: Stage[AtlasWorkspace] = RenderStage(
    name="render",  # the tables -> the pages of the site; what is there with the same bytes is not touched
    run=_render,
    reads=(
        *(table_input(table) for table in (*TABLES.values(), *ANALYSED.values(), MEDIA_TABLE)),
        *_ANNOTATED,
        *_CAUSES,
    ),
)
_INDEX: Stage["Run"] = replace(INDEX, guard=guard_index, outdate=_outdate)

STAGES: Mapping[str, Stage[Any]] = MappingProxyType(
    {stage.name: stage for stage in (_INDEX, ANNOTATE, CALIBRATE, SCAN, MERGE, ANALYSE, EFFECTS, MEDIA, RENDER)}
)


def build(run: "Run", options: Options, echo: Echo) -> None:
    """Every stage that is not done."""
    from atlas.effects.run import effects_preflight
    from atlas.measure.preflight import preflight

    refuse_unguarded()
    calibrated = run.folder.record(CALIBRATE.name)
    preflight(run, calibrated is not None and CALIBRATE.facts(run).items() <= calibrated.facts.items())
    effects_preflight(run)
    shutil.rmtree(run.folder.root / TRIAL, ignore_errors=True)  # of a run that was killed
    warm_up = _warm_up(run, options)
    for stage in STAGES.values():
        if stage is SCAN and warm_up is not None:
            warm_up.join()
        if not stage.asked(run.config):
            take_away(stage, run, options)
        elif stage is not RENDER or options.site is not None:
            echo(stage.do(run, options))


def perform(name: str, workspace: AtlasWorkspace, options: Options) -> str:
    """One stage by itself, where all that it depends on is done and fits."""
    refuse_unguarded()
    stage = STAGES[name]
    if not stage.asked(workspace.config):
        raise AtlasError(f"the config asks for nothing that `atlas {name}` makes; add a table [{name}] to it")
    needed = {source.writer for source in stage.sources(workspace.config)}
    for upstream in reversed(tuple(STAGES.values())):
        sources = upstream.sources(workspace.config) if upstream.name in needed else []
        needed |= {source.writer for source in sources}
    for upstream in STAGES.values():
        if not upstream.asked(workspace.config):
            take_away(upstream, workspace, options)
        elif upstream.name in needed:
            looks = stage.name in _MEASURING  # outside of config and folder, for which the others would import torch
            upstream.require(workspace, upstream.facts(workspace) if looks else upstream.stated_facts(workspace))
            upstream.renew(workspace)
    return stage.do(workspace, options)


_MEASURING = ("index", "annotate", "calibrate", "scan", "merge", "effects")


def _warm_up(run: "Run", options: Options) -> BaseProcess | None:
    """A process that warms up for the scan meanwhile, where several workers would begin at once."""
    indexed = run.folder.marker(INDEX.name) is not None
    scanned = indexed and set(shard_names(run)) <= set(run.folder.marked(SCAN.name)) and not options.force
    return None if (options.workers or 1) == 1 or scanned else background("atlas.measure.warmup", "warm_up")
