"""The merge: the states of all shards, in any order, to the tables of the atlas and its card.

Dictionary by dictionary, so that memory is bounded by the largest; only the mel patches are made for several at once,
as they decode the top examples again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from safetensors.numpy import save

from atlas import __version__
from atlas.config.settings import DictionaryConfig
from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.measure import card, catalogue, features, patches
from atlas.measure.calibrate import STAGE as CALIBRATE
from atlas.measure.calibrate import Calibration, calibrated_dictionary, read_calibration
from atlas.measure.corpusview import CorpusView, corpus_view
from atlas.measure.merged import Merged
from atlas.measure.peak_stats import firing
from atlas.measure.reconstruction import CorpusMel
from atlas.measure.run import Run, file_digest
from atlas.measure.scan import STAGE as SCAN
from atlas.measure.scan import scan_facts, shards, unfinished
from atlas.measure.serialise import fixed_lists, merged_states
from atlas.measure.shard import (
    CODES_FILE,
    CORPUS_FILE,
    STATES_FILE,
    TRACKS_FILE,
    WORK,
    dictionary_context,
    shard_name,
    work_file,
)
from atlas.measure.states import CorpusContext
from atlas.measure.threads import Threads
from atlas.measure.tiers import read_tiers
from atlas.measure.topk import DrawnPicks
from atlas.progress import bar
from atlas.schema import (
    CLIPS,
    CODES,
    DATASETS,
    MEL,
    PEAKS,
    SCHEMA_VERSION,
    TABLES,
    TRACKS,
)
from atlas.schema.card import CARD, CARD_VERSION, Card, DictionaryCard, card_bytes
from atlas.store import Marker

STAGE = "merge"
_NOTHING = Marker({}, {}, {})


@dataclass(frozen=True, slots=True)
class MergeSummary:
    """What a merge found, for the closing line."""

    features: int
    dictionaries: dict[str, str]
    builds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _MergeInputs:
    """What the merges of all dictionaries share."""

    run: Run
    shards: Sequence[int]
    view: CorpusView
    context: CorpusContext
    sounds: CorpusMel
    calibration: dict[str, Calibration]

    def files(self, name: str) -> list[Path]:
        """A file that every shard left."""
        return [work_file(self.run.folder, shard, name) for shard in self.shards]


def merge_facts(run: Run) -> dict[str, str]:
    """What the merge depends on."""
    return scan_facts(run) | {
        "shards": _shards_digest(run),
        "config": digest_of(json.dumps(_settings(run), sort_keys=True)),
        "title": run.config.title,
        "clips.parquet": file_digest(run.folder.path(CLIPS)),
        "corpus.domains": ", ".join(run.config.corpus.domains),
        "examples.others": str(run.config.examples.others),
    }


def _settings(run: Run) -> dict[str, Any]:
    """What the card tells of the config, less what is a fact of its own."""
    return {key: value for key, value in card.portable(run.config).items() if key not in ("title", "examples")}


def _shards_digest(run: Run) -> str:
    """What the shards left, and with which arithmetic; also once their `work` is deleted."""
    markers = [run.folder.record(SCAN, shard_name(shard)) for shard in shards(run)]
    return digest_of(repr([(sorted(one.outputs.items()), one.notes["build"]) if one else None for one in markers]))


def merged(run: Run) -> bool:
    """Whether the tables are those of the shards: then the shards' own states are needed no more."""
    marker = run.folder.marker(STAGE)
    facts = scan_facts(run)
    return marker is not None and facts.items() <= marker.facts.items()


def merge(run: Run) -> MergeSummary:
    """Merge all shards into tables, and leave the marker."""
    missing = unfinished(run)
    if missing:
        raise AtlasError(
            f"{run.folder.root}: {len(missing)} of {len(shards(run))} shards are not scanned with these settings"
            f" (first: {missing[0]}); run `atlas scan`"
        )
    corpus = _corpus(run)
    outputs: list[Path] = []
    cards: dict[str, DictionaryCard] = {}
    entries = {entry.name: entry for entry in run.config.dictionaries()}
    sizes = {name: len(_density(run, entry)) for name, entry in entries.items()}
    for names in patches.groups_that_fit(sizes):
        group = []
        for name in names:
            merged, paths, cards[name] = _merge_dictionary(corpus, entries[name])
            group.append(merged)
            outputs += paths
        outputs += _write_mels(run, group)
    builds = _builds(run)
    outputs.append(_write_card(corpus, cards, builds))
    outputs += [run.folder.path(PEAKS, name, shard_name(shard)) for name in entries for shard in corpus.shards]
    _prune(run, outputs)
    run.folder.mark((STAGE,), merge_facts(run), outputs)
    return MergeSummary(sum(sizes.values()), {name: _summary(one) for name, one in cards.items()}, builds)


def _summary(measured: DictionaryCard) -> str:
    """A dictionary's main figures in a line."""
    unexplained = "" if measured.fvu is None else f", FVU {measured.fvu:.3f}"
    states = ", ".join(f"{share:.1%} {state}" for state, share in measured.states.items())
    doubts = "".join(f"\n           ? {doubt}" for doubt in card.doubts_of(measured.l0, measured.fvu))
    return f"L0 {measured.l0:.1f}{unexplained}; {states}{doubts}"


def _prune(run: Run, outputs: Sequence[Path]) -> None:
    """Delete what dictionaries or shards of other settings left in the folders that are read by pattern."""
    work = [run.folder.record(SCAN, shard_name(shard)) for shard in shards(run)]
    kept = {run.folder.root / name for one in work if one for name in one.outputs}
    kept |= {run.folder.root / name for name in (run.folder.record(CALIBRATE) or _NOTHING).outputs}
    tables = [table.name for table in TABLES.values() if table.parts]
    run.folder.prune([*tables, "vectors", "calibration", WORK], {*outputs, *kept})


def _density(run: Run, entry: DictionaryConfig) -> np.ndarray[Any, Any]:
    from safetensors.numpy import load_file

    return load_file(run.folder.root / "calibration" / f"{entry.name}.safetensors")["density"]


def _corpus(run: Run) -> _MergeInputs:
    numbers, view = shards(run), corpus_view(run.clips, run.config.corpus.domains)
    context = CorpusContext(
        recordings=view.recording,
        tiers=read_tiers(run.alignments, run.clips, run.counted_labels, ()),
        top=run.config.examples.top,
        threads=Threads(run.threads),
    )
    files = [work_file(run.folder, shard, CORPUS_FILE) for shard in numbers]
    sounds = merged_states(files, catalogue.CORPUS_STATES, context)["sounds"]
    assert isinstance(sounds, CorpusMel)
    return _MergeInputs(
        run=run,
        shards=numbers,
        view=view,
        context=context,
        sounds=sounds,
        calibration=dict(read_calibration(run)),
    )


def _merge_dictionary(corpus: _MergeInputs, entry: DictionaryConfig) -> tuple[Merged, list[Path], DictionaryCard]:
    run, name = corpus.run, entry.name
    merged = _merged(corpus, entry)
    outputs = [run.folder.write_table(table, frame, name) for table, frame in catalogue.tables(merged)]
    outputs += [
        run.folder.write_table(DATASETS, features.datasets_frame(merged), name),
        run.folder.join_parquet(CODES, corpus.files(f"{name}{CODES_FILE}"), name),
        run.folder.join_parquet(TRACKS, corpus.files(f"{name}{TRACKS_FILE}"), name),
        _write_vectors(run, merged),
    ]
    return merged, outputs, card.dictionary_card(entry, merged, corpus.calibration[name])


def _merged(corpus: _MergeInputs, entry: DictionaryConfig) -> Merged:
    run, name, scales = corpus.run, entry.name, corpus.calibration[entry.name].scales
    dictionary, others = calibrated_dictionary(run, entry), run.config.examples.others
    context = dictionary_context(corpus.context, dictionary, scales)
    states = merged_states(corpus.files(f"{name}{STATES_FILE}"), catalogue.kinds(), context)
    draw = states["draw"]
    assert isinstance(draw, DrawnPicks)
    paths = [run.folder.path(PEAKS, name, shard_name(shard)) for shard in corpus.shards]
    return Merged(
        name=name,
        dictionary=dictionary,
        scales=scales,
        states=states,
        firing=firing(paths, corpus.view, draw, scales, others),
        sounds=corpus.sounds,
        corpus=corpus.view,
        tiers=corpus.context.tiers,
        window_frames=run.source.dimensions().n_audio_ctx,
        others=others,
    )


def _write_vectors(run: Run, merged: Merged) -> Path:
    rows = merged.dictionary.decoder.cpu().numpy().astype(np.float16)
    return run.folder.write_bytes(run.folder.root / "vectors" / f"{merged.name}.safetensors", save({"decoder": rows}))


def _write_mels(run: Run, group: Sequence[Merged]) -> list[Path]:
    clips = {clip.number: clip for clip in run.usable}
    with bar("patches", patches.needed_clips(group), "clips") as advance:
        found = patches.patches(group, clips, run.threads, advance)
    return [
        run.folder.write_table(MEL, _mel_frame(merged, patch), merged.name)
        for merged, patch in zip(group, found, strict=True)
    ]


def _mel_frame(merged: Merged, patch: patches.Patches) -> pl.DataFrame:
    n = merged.dictionary.n
    fired = pl.Series(merged.counts.column("sum") > 0)
    frame = MEL.frame(
        {
            "dictionary": [merged.name] * n,
            "feature": np.arange(n, dtype=np.uint32),
            "spectrum": fixed_lists(features.spectra(merged)),
            "patch": fixed_lists(patch),
            "windows": (merged.top.sizes > 0).sum(axis=1).astype(np.uint8),
        }
    )
    blank = [pl.when(fired).then(pl.col(name)).otherwise(None).alias(name) for name in ("spectrum", "patch")]
    return frame.with_columns(blank)


def _write_card(corpus: _MergeInputs, cards: Mapping[str, DictionaryCard], builds: tuple[str, ...]) -> Path:
    run = corpus.run
    whole = Card(
        version=CARD_VERSION,
        schema=SCHEMA_VERSION,
        title=run.config.title,
        tool=f"audio-feature-atlas {__version__}",
        fingerprint=digest_of(repr(sorted(merge_facts(run).items()))),
        builds=builds,
        config=card.portable(run.config),
        corpus=card.corpus_card(run.clips, corpus.sounds, run.config.corpus.domains),
        encoder=card.encoder_card(run.source, run.config.taps()),
        display=card.DISPLAY,
        dictionaries={entry.name: cards[entry.name] for entry in run.config.dictionaries()},
    )
    return run.folder.write_bytes(run.folder.root / CARD, card_bytes(whole))


def _builds(run: Run) -> tuple[str, ...]:
    """The builds that calibrated and scanned; more than one is a mixture, which the card names."""
    markers = [run.folder.marker(CALIBRATE), *(run.folder.marker(SCAN, shard_name(shard)) for shard in shards(run))]
    return tuple(sorted({marker.notes["build"] for marker in markers if marker is not None}))
