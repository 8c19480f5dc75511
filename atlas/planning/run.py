"""From a config to its plan: looks at corpus, checkpoints and what is there of the atlas, and tries some windows."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from atlas.config.settings import Config
from atlas.planning.causes import effect_names
from atlas.planning.existing import card_of_atlas, done_shares, finished, folder_bytes, outline_of_atlas
from atlas.planning.outline import outline_corpus
from atlas.planning.plan import Known, Plan, contents_of, extent_of, make_plan
from atlas.planning.rates import EffectRates
from atlas.planning.speed import slowness
from atlas.planning.times import Machine
from atlas.pool import cores, processes
from atlas.publish.hosts import Host
from atlas.store import AtlasFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a plan is made."""

    device: str = "auto"
    workers: int | None = None
    trial_s: float | None = 30.0
    "None: no trial"
    annotated: bool = False
    "whether annotating is tried, too"


def plan_run(config: Config, folder: AtlasFolder, host: Host, asked: Asked) -> Plan:
    """What building the config into the folder would cost."""
    known = _measured_before(config, folder) or _listed(config, folder)
    known = replace(known, done=_done(config, folder, known))
    if asked.trial_s is not None:
        known = replace(known, machine=_machine(asked))
    if asked.trial_s is not None and known.done.get("scan", 0.0) < 1:
        known = _tried(config, known, asked, asked.trial_s)
    elif asked.trial_s is not None and config.effects is not None and known.done.get("effects", 0.0) < 1:
        known = replace(known, rates=_effect_rates(config, folder, known))
    return make_plan(config, known, host)


def _measured_before(config: Config, folder: AtlasFolder) -> Known | None:
    """All that a merged atlas says; None where there is none."""
    card = card_of_atlas(folder)
    outline = outline_of_atlas(folder, config.scan.timed_labels) if card is not None else None
    if card is None or outline is None or set(card.dictionaries) != {entry.name for entry in config.dictionaries()}:
        return None
    dictionaries = finished(folder, card, extent_of(config, outline))
    return Known(
        outline=outline,
        shapes=tuple(one.shape for one in dictionaries),
        grid=card.encoder.grid,
        measured={one.shape.name: one for one in dictionaries},
        folder=folder_bytes(folder),
    )


def _listed(config: Config, folder: AtlasFolder) -> Known:
    """What the corpus lists, or has been indexed to; and the shapes of the checkpoints."""
    from atlas.encoders.catalogue import find_source
    from atlas.encoders.taps import tap_widths
    from atlas.planning.shapes import shapes_of_config

    source = find_source(config.encoder.model)
    shapes = shapes_of_config(config, tap_widths(source, config.taps()))
    outline = outline_of_atlas(folder, config.scan.timed_labels)
    return Known(
        outline=outline or outline_corpus(config, source.window_s, source.grid),
        shapes=shapes,
        grid=source.grid,
    )


def _done(config: Config, folder: AtlasFolder, known: Known) -> dict[str, float]:
    shards = -(-known.outline.count // config.scan.shard_windows)
    done = dict(done_shares(folder, shards))
    return done if known.outline.exact else {}


def _machine(asked: Asked) -> Machine:
    workers = processes(asked.workers)
    return Machine(workers=workers, scan_workers=asked.workers or 1, slowness=slowness())


def _tried(config: Config, known: Known, asked: Asked, trial_s: float) -> Known:
    from atlas.measure.run import choose_device
    from atlas.planning.trial import try_run

    device = choose_device(asked.device)
    threads = max(1, cores() // known.machine.scan_workers)
    edited = effect_names(contents_of(config, known)) if config.effects is not None else []
    trial, rates = try_run(config, known.outline, device, threads, trial_s, annotated=asked.annotated, edited=edited)
    return replace(known, trial=trial, rates=rates)


def _effect_rates(config: Config, folder: AtlasFolder, known: Known) -> EffectRates | None:
    """Of an atlas whose scan is done, from its own clips; nothing is written to its folder."""
    import torch

    from atlas.measure.run import Run
    from atlas.planning.effect_trial import try_effects

    names = effect_names(contents_of(config, known))
    if not names or "calibrate" not in known.done:
        return None
    with tempfile.TemporaryDirectory(prefix="atlas-plan-") as temporary:
        return try_effects(Run(config, folder, torch.device("cpu"), 1), names, Path(temporary))
