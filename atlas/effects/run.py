"""The stage `effects`: what features do to what the model says, by edits with controls.

Every feature is looked at once, to first order, on half A; those that are chosen are taken away on half B, each beside
a decoy; those that pass are tried in doses, and some get full sets of controls. What is measured is kept by clip, so a
run that was killed goes on, and a larger budget adds.
"""

import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import torch

from atlas.config.dictionaries import LOG_MEL, UNTRAINED
from atlas.dictionaries.load import load_dictionary
from atlas.digests import digest_of
from atlas.effects.choosing import UNKNOWN_SIZE, choose, firing_in, with_reasons, within_budget
from atlas.effects.covariances import FOLDER as COVARIANCES
from atlas.effects.covariances import covariances, prune_covariances
from atlas.effects.design import RunFacts
from atlas.effects.dictionary import DictionaryWork
from atlas.effects.edits import Covariance
from atlas.effects.hearing import KEPT, HeardClip, Hearing
from atlas.effects.keys import EditKeys, edit_content, spans_name
from atlas.effects.knowledge import LabelledClips, known_clips, known_features
from atlas.effects.ledger import FOLDER, Ledger, refuse_to_lose
from atlas.effects.measured import no_rows
from atlas.effects.outcomes import OUTCOMES_RECIPE
from atlas.effects.slopes import FOLDER as SLOPES
from atlas.effects.slopes import prune_slopes, screen
from atlas.effects.summaries import effects_tables
from atlas.effects.utterances import prune_others
from atlas.formatting import counted, duration
from atlas.measure.calibrate import read_calibration
from atlas.measure.run import Run
from atlas.pool import processes
from atlas.schema import CAUSES, EFFECT_SHARES, FEATURES, FINDINGS, SCREENING
from atlas.schema.effects import (
    ALL_MEASURED,
    DOWNSTREAM,
    LOCAL,
    NAMED_MEASURED,
    NO_READOUT,
    NO_SPEECH_HEARD,
    NOT_TRAINED,
    NOTHING_FOLLOWS,
)
from atlas.schema.thresholds import DOSES, HEARD_NATS, NEAR_S, SILENT_STRETCH_S
from atlas.stages import Options, Outcome

STAGE = "effects"
LOG = logging.getLogger(__name__)

Tables = Mapping[str, pl.DataFrame]


def measure_effects(run: Run, options: Options) -> Outcome:
    """Run the stage; if it is forced, what was measured is thrown away first."""
    started, workers = time.monotonic(), processes(options.workers)
    if options.force:
        shutil.rmtree(run.folder.root / KEPT, ignore_errors=True)
    names = asked_dictionaries(run)
    trained = [name for name in names if _is_trained(run, name)]
    tables: dict[str, Tables] = {name: _empty(run, name, NOT_TRAINED) for name in names if name not in trained}
    if not trained:
        shutil.rmtree(run.folder.root / KEPT, ignore_errors=True)
    else:
        tables |= _measured(run, trained, workers)
    paths = [path for name in names for path in _write(run, name, tables[name])]
    for table in CAUSES.values():
        if not table.parts:
            joined = pl.concat([tables[name][table.name] for name in names]).sort(table.key)
            paths.append(run.folder.write_table(table, joined))
    run.folder.prune([table.name for table in CAUSES.values() if table.parts], set(paths))
    _drop_others(run, names)
    lines = [f"{STAGE:<10} {_line(name, tables[name])}" for name in names]
    lines[-1] += f"; in {duration(time.monotonic() - started)}"
    return Outcome("\n".join([lines[0], *(f"{'':<10}{line[10:]}" for line in lines[1:])]), paths)


def effects_preflight(run: Run) -> None:
    """Refuse a budget that is too small, and features that do not exist, before anything is listened to."""
    settings = run.config.effects
    if settings is None:
        return
    entries = {entry.name: entry for entry in run.config.dictionaries()}
    for name in asked_dictionaries(run):
        if _is_trained(run, name):
            entry = entries[name]
            sized = not entry.is_control and any(one.rpartition("/")[0] == name for one in settings.features)
            n = load_dictionary(entry, run.widths[entry.tap]).n if sized else UNKNOWN_SIZE
            within_budget(name, settings, n)


def asked_dictionaries(run: Run) -> list[str]:
    """Those that the config names, or all but controls."""
    settings, entries = run.config.effects, run.config.dictionaries()
    assert settings is not None, "the stage is asked for"
    if settings.dictionaries is None:
        return [entry.name for entry in entries if not entry.is_control]
    return list(dict.fromkeys(settings.dictionaries))


def _is_trained(run: Run, name: str) -> bool:
    tap = next(entry.tap for entry in run.config.dictionaries() if entry.name == name)
    return tap != LOG_MEL and not tap.startswith(UNTRAINED)


def _measured(run: Run, names: Sequence[str], workers: int) -> dict[str, Tables]:
    """The tables of dictionaries whose taps the model goes on from."""
    settings = run.config.effects
    assert settings is not None, "the stage is asked for"
    for name in names:
        within_budget(name, settings, len(run.folder.read_table(FEATURES, name)))
    hearing = Hearing.of(run, names)
    if hearing.readout.problem is not None:
        LOG.warning("effects: %s", hearing.readout.problem)
    tables = _of_hearing(hearing, workers)
    _prune_utterances(hearing)
    return tables


def _of_hearing(hearing: Hearing, workers: int) -> dict[str, Tables]:
    """Where nothing is said of any clip, what follows in the encoder is measured; if anything does."""
    run = hearing.run
    reason, heard = None if hearing.speaks else NO_READOUT, hearing.heard(workers)
    if hearing.speaks and not heard:
        reason, hearing = NO_SPEECH_HEARD, hearing.without_words()
        heard = hearing.heard(workers)
    names = [name for name in hearing.names if hearing.speaks or not _ends(hearing, name)]
    ended = {name: _empty(run, name, NOTHING_FOLLOWS) for name in hearing.names if name not in names}
    if not names or not heard:
        for folder in (FOLDER, f"{KEPT}/{COVARIANCES}", f"{KEPT}/{SLOPES}"):
            shutil.rmtree(run.folder.root / folder, ignore_errors=True)
        return ended | {name: _empty(run, name, NO_SPEECH_HEARD) for name in names}
    varying = covariances(hearing, heard, workers)
    facts = {name: _ledger_facts(hearing, name, varying[name]) for name in names}
    for name in names:
        refuse_to_lose(run.folder.root, name, facts[name])
    screenings = screen(hearing, heard, varying, workers)
    half_a = LabelledClips(run.folder, run.clips, [clip.number for clip in heard if clip.half_a])
    shared = _Shared(
        hearing=hearing,
        heard=heard,
        half_a=half_a,
        basis=half_a.name(),
        contents=_edit_contents(hearing),
        reason=reason,
        workers=workers,
    )
    tables = {name: _exact(shared, name, screenings[name], varying[name], facts[name]) for name in names}
    prune_covariances(hearing, heard)
    prune_slopes(hearing, varying)
    return ended | tables


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What the exact edits of all dictionaries share."""

    hearing: Hearing
    heard: Sequence[HeardClip]
    half_a: LabelledClips
    basis: str
    "a name for all that is known of half A"
    contents: Mapping[int, str]
    reason: str | None
    workers: int


def _exact(
    shared: _Shared, name: str, screening: pl.DataFrame, covariance: Covariance, facts: Mapping[str, str]
) -> Tables:
    """Choose and measure; what is kept of clips that are gone is deleted."""
    hearing, run = shared.hearing, shared.hearing.run
    assert run.config.effects is not None, "the stage is asked for"
    features = known_features(run.folder, name)
    firing = firing_in(run.folder, name, shared.heard)
    chosen = choose(name, run.config.effects, screening, features.findings, firing)
    screened = with_reasons(screening, run.folder.read_table(FEATURES, name), firing, chosen)
    about = known_clips(run.folder, run.clips, sorted({clip for one in chosen for clip in one.clips}))
    keys = EditKeys(
        contents={number: shared.contents[number] for number in about},
        spans={number: spans_name(clip.spans) for number, clip in about.items()},
        spoken=features.spoken,
        languages=features.languages,
        labels=features.labels,
        high_values=features.high_values,
        half_a=shared.basis,
    )
    work = DictionaryWork(
        hearing=hearing,
        name=name,
        features=features,
        covariance=covariance,
        about=about,
        half_a=shared.half_a,
        heard=shared.heard,
        ledger=Ledger.of(run.folder.root, name, facts, keys),
        workers=shared.workers,
    )
    measured = work.measure(chosen)
    recordings = {clip.number: clip.recording for clip in shared.heard}
    told = replace(_facts(run, hearing, name, shared.heard), null_reason=shared.reason)
    tables = effects_tables(told, measured, screened, features.findings, recordings)
    work.ledger.prune(set(shared.contents.values()))
    return tables


def _prune_utterances(hearing: Hearing) -> None:
    """Delete what was said of clips that are not there any more, or by another readout."""
    prune_others(hearing.kept.folder.parent, [hearing.kept])
    hearing.kept.prune({hearing.content(number) for number in hearing.clips})


def _edit_contents(hearing: Hearing) -> dict[int, str]:
    """clip -> `edit_content`, of all that may be measured."""
    texts = hearing.run.clips["text"]
    return {
        number: edit_content(clip.hash64, clip.valid, hearing.languages[number], texts[number])
        for number, clip in hearing.clips.items()
    }


def _ledger_facts(hearing: Hearing, name: str, covariance: Covariance) -> dict[str, str]:
    """What all edits of a dictionary depend on: neither the budget, nor what is found out about clips and features."""
    run = hearing.run
    entry = next(entry for entry in run.config.dictionaries() if entry.name == name)
    varying = b"".join(part.contiguous().numpy().tobytes() for part in (covariance.mean, covariance.root))
    return dict(hearing.facts) | {
        "dictionary": f"{entry.kind} {entry.tap} {entry.seed}",
        "weights of the dictionary": run.checkpoints[name],
        "calibration": read_calibration(run)[name].tensors,
        "covariance": digest_of(varying),
        "outcomes": OUTCOMES_RECIPE,
        "thresholds": f"{NEAR_S} {HEARD_NATS} {DOSES} {SILENT_STRETCH_S}",
    }


def _ends(hearing: Hearing, name: str) -> bool:
    """Whether the encoder's output is what the tap gives."""
    tap = hearing.taps[name]
    encoder, width = hearing.encoder, hearing.run.widths[tap]
    x = torch.linspace(-1, 1, encoder.frames * width).reshape(1, encoder.frames, width)
    return encoder.resumed_with(tap) is None and torch.equal(encoder.resume(tap, x), x)


def _facts(run: Run, hearing: Hearing, name: str, heard: Sequence[HeardClip]) -> RunFacts:
    half_b = [clip.number for clip in heard if not clip.half_a]
    groups = run.clips.filter(pl.col("clip").is_in(half_b))["group"].drop_nulls().n_unique()
    return RunFacts(
        dictionary=name,
        readout=hearing.readout.name if hearing.speaks else None,
        primary=LOCAL if hearing.speaks else DOWNSTREAM,
        null_reason=None,
        clips=len(heard),
        recordings_a=len({clip.recording for clip in heard if clip.half_a}),
        recordings_b=len({clip.recording for clip in heard if not clip.half_a}),
        groups_b=groups,
    )


def _empty(run: Run, name: str, reason: str) -> Tables:
    """The tables of a dictionary of which nothing can be measured."""
    facts = RunFacts(
        dictionary=name,
        readout=None,
        primary=None,
        null_reason=reason,
        clips=0,
        recordings_a=0,
        recordings_b=0,
        groups_b=0,
    )
    return effects_tables(facts, no_rows(), SCREENING.empty(), run.folder.read_table(FINDINGS, name), {})


def _write(run: Run, name: str, tables: Tables) -> list[Path]:
    return [run.folder.write_table(table, tables[table.name], name) for table in CAUSES.values() if table.parts]


def _drop_others(run: Run, names: Sequence[str]) -> None:
    """What was measured of dictionaries that are not asked for any more."""
    for folder in (run.folder.root / FOLDER).glob("*"):
        if folder.name not in names:
            shutil.rmtree(folder)


def _line(name: str, tables: Tables) -> str:
    run = tables["effect_runs"].row(0, named=True)
    if run["primary"] is None:
        return f"{name}: nothing measured ({run['null_reason']})"
    line = f"{name}: {counted(run['measured'], 'feature')} in {counted(run['passes'], 'pass', 'passes')}"
    shares = {of: row for of, row in _shares(tables[EFFECT_SHARES.name], run["primary"])}
    for of, words in ((ALL_MEASURED, ""), (NAMED_MEASURED, " that carry a name")):
        if of in shares and shares[of]["measured"]:
            one = shares[of]
            beside = "" if one["decoys"] is None else f" (decoys {one['decoys']:,})"
            line += f"; {one['passing']:,} of {one['measured']:,}{words} pass{beside}"
    untested = f"; {run['untested']:,} could not be tested" if run["untested"] else ""
    return line + untested + (f"; {run['null_reason']}" if run["null_reason"] else "")


def _shares(shares: pl.DataFrame, primary: str) -> list[tuple[str, dict[str, Any]]]:
    return [(row["of"], row) for row in shares.filter(pl.col("outcome") == primary).iter_rows(named=True)]
