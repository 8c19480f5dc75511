"""The merge: the states of all shards, in any order, to the tables of the atlas and its card.

Dictionary by dictionary, so that memory is bounded by the largest; only the mel patches are made for several at once,
as they decode the top examples again.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from atlas import __version__
from atlas.config.dictionaries import DictionaryConfig
from atlas.digests import digest_of
from atlas.formatting import duration
from atlas.measure import card, catalogue, features, patches
from atlas.measure.baselines import read_baselines
from atlas.measure.calibrate import STAGE as CALIBRATE
from atlas.measure.calibrate import Calibration, calibrated_dictionary, origins_of, read_calibration
from atlas.measure.corpusview import CorpusView, corpus_view
from atlas.measure.identity import identity_of
from atlas.measure.merged import Merged
from atlas.measure.peak_stats import firing
from atlas.measure.reconstruction import CorpusMel
from atlas.measure.renewal import portable
from atlas.measure.run import Run
from atlas.measure.scan import STAGE as SCAN
from atlas.measure.scan import shards
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
    CODES,
    DATASETS,
    MEL,
    ORIGINS,
    PEAKS,
    TABLES,
    TRACKS,
)
from atlas.schema.card import CARD, CARD_VERSION, BaselinesCard, Card, DictionaryCard, card_bytes
from atlas.schema.vectors import vectors_bytes, vectors_path
from atlas.schema.wording import doubt_words
from atlas.stages import Outcome
from atlas.store import Marker, Output

FIGURES = "figures"  # the note of what the card says of the dictionaries
INDEX = "index"
_NOTHING = Marker({}, {}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class _MergeInputs:
    """What the merges of all dictionaries share."""

    run: Run
    shards: Sequence[int]
    view: CorpusView
    context: CorpusContext
    sounds: CorpusMel
    calibration: Mapping[str, Calibration]
    baselines: Mapping[str, BaselinesCard]
    heard: str
    "a fingerprint of the corpus"

    def files(self, name: str) -> list[Path]:
        """A file that every shard left."""
        return [work_file(self.run.folder, shard, name) for shard in self.shards]


def merge(run: Run) -> Outcome:
    """Merge all shards into tables."""
    started = time.monotonic()
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
    shards_left = run.folder.left_by(SCAN)
    scanned: Mapping[str, Output] = shards_left.outputs if shards_left else {}
    peaks = {name: output for name, output in scanned.items() if name.startswith(f"{PEAKS.name}/")}
    left = run.folder.describe(outputs) | peaks
    builds = _builds(run)
    written = _write_card(corpus, cards, builds, _fingerprint(run, left, cards))
    _prune(run, [run.folder.root / name for name in left])
    mixture = f"; a mixture of builds: {' | '.join(builds)}" if len(builds) > 1 else ""
    took = duration(time.monotonic() - started)
    lines = [f"merge      {sum(sizes.values())} features in {took}{mixture}; the tables are in {run.folder.root}"]
    lines += [f"           {name}: {_summary(figures)}" for name, figures in cards.items()]
    return Outcome("\n".join(lines), [written], left, {FIGURES: _digest_of_figures(cards)})


def _fingerprint(run: Run, left: Mapping[str, Output], cards: Mapping[str, DictionaryCard]) -> str:
    """A name for what was measured: that of the tables' bytes and of the figures in the card."""
    indexed = run.folder.left_by(INDEX)
    tables = {**left, **(indexed.outputs if indexed else {})}
    return digest_of(repr([(name, tables[name].digest) for name in sorted(tables)]) + _digest_of_figures(cards))


def _digest_of_figures(cards: Mapping[str, DictionaryCard]) -> str:
    return digest_of(json.dumps({name: asdict(figures) for name, figures in cards.items()}, sort_keys=True))


def _summary(measured: DictionaryCard) -> str:
    """A dictionary's main figures in a line."""
    unexplained = "" if measured.fvu is None else f", FVU {measured.fvu:.3f}"
    states = ", ".join(f"{share:.1%} {state}" for state, share in measured.states.items())
    doubts = "".join(f"\n           ? {doubt_words(doubt)}" for doubt in card.doubts_of(measured.l0, measured.fvu))
    return f"L0 {measured.l0:.1f}{unexplained}; {states}{doubts}"


def _prune(run: Run, outputs: Sequence[Path]) -> None:
    """Delete what dictionaries or shards of other settings left in the folders that are read by pattern."""
    work = [run.folder.record(SCAN, shard_name(shard)) for shard in shards(run)]
    kept = {run.folder.root / name for record in work if record for name in record.outputs}
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
        tiers=read_tiers(run.alignments, run.clips, run.counted_labels, run.grid, ()),
        top=run.config.examples.top,
        grid=run.grid,
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
        calibration=read_calibration(run),
        baselines=read_baselines(run.folder.root),
        heard=card.corpus_hash(run.clips),
    )


def _merge_dictionary(corpus: _MergeInputs, entry: DictionaryConfig) -> tuple[Merged, list[Path], DictionaryCard]:
    run, name = corpus.run, entry.name
    merged = _merged(corpus, entry)
    outputs = [run.folder.write_table(table, frame, name) for table, frame in catalogue.tables(merged)]
    outputs += [
        run.folder.write_table(ORIGINS, features.origins_frame(merged), name),
        run.folder.write_table(DATASETS, features.datasets_frame(merged), name),
        run.folder.join_parquet(CODES, corpus.files(f"{name}{CODES_FILE}"), name),
        run.folder.join_parquet(TRACKS, corpus.files(f"{name}{TRACKS_FILE}"), name),
        _write_vectors(run, merged),
    ]
    identity = identity_of(entry, merged.dictionary.sha256, run.source.sha256, corpus.heard)
    figures = card.dictionary_card(entry, merged, corpus.calibration[name], corpus.baselines[name], identity)
    return merged, outputs, figures


def _merged(corpus: _MergeInputs, entry: DictionaryConfig) -> Merged:
    run, name, scales = corpus.run, entry.name, corpus.calibration[entry.name].scales
    dictionary, others = calibrated_dictionary(run, entry), run.config.examples.others
    context = dictionary_context(corpus.context, dictionary, scales)
    states = merged_states(corpus.files(f"{name}{STATES_FILE}"), catalogue.kinds(), context)
    draw = states["draw"]
    assert isinstance(draw, DrawnPicks)
    matches, source = origins_of(run, entry)
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
        grid=run.grid,
        padded_to=run.window_frames if run.source.padded else None,
        matches=matches,
        source=source,
        others=others,
    )


def _write_vectors(run: Run, merged: Merged) -> Path:
    rows = merged.dictionary.decoder.cpu().numpy().astype(np.float16)
    return run.folder.write_bytes(vectors_path(run.folder.root, merged.name), vectors_bytes(rows))


def _write_mels(run: Run, group: Sequence[Merged]) -> list[Path]:
    clips = {clip.number: clip for clip in run.usable}
    with bar("patches", patches.needed_clips(group), "clips") as advance:
        mels = patches.patches(group, clips, run.threads, advance)
    return [
        run.folder.write_table(MEL, _mel_frame(merged, patch), merged.name)
        for merged, patch in zip(group, mels, strict=True)
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


def _write_card(
    corpus: _MergeInputs, cards: Mapping[str, DictionaryCard], builds: tuple[str, ...], fingerprint: str
) -> Path:
    run = corpus.run
    whole = Card(
        version=CARD_VERSION,
        title=run.config.title,
        tool=f"audio-feature-atlas {__version__}",
        fingerprint=fingerprint,
        builds=builds,
        config=portable(run.config),
        corpus=card.corpus_card(run.clips, corpus.sounds, run.config.corpus, run.grid),
        encoder=card.encoder_card(run.source, run.config.taps()),
        display=card.DISPLAY,
        dictionaries={entry.name: cards[entry.name] for entry in run.config.dictionaries()},
    )
    return run.folder.write_bytes(run.folder.root / CARD, card_bytes(whole))


def _builds(run: Run) -> tuple[str, ...]:
    """The builds that calibrated and scanned; more than one is a mixture, which the card names."""
    markers = [run.folder.marker(CALIBRATE), *(run.folder.marker(SCAN, shard_name(shard)) for shard in shards(run))]
    return tuple(sorted({marker.notes["build"] for marker in markers if marker is not None}))
