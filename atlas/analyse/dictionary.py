"""All that is said of one dictionary: its own tables, and how far its features are those of the other dictionaries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.mapping import map_by_activations, map_by_decoder
from atlas.analyse.naming.candidates import homes_of
from atlas.analyse.naming.controls import (
    DictionaryFigures,
    DrawnLabels,
    drawn_figures,
    figures_of,
    figures_of_bounds,
)
from atlas.analyse.naming.findings import Analysed, findings_frame
from atlas.analyse.naming.flags import Measured, flags_frame
from atlas.analyse.naming.pairs import carriers_of
from atlas.analyse.overlap.neighbours import neighbours_frame
from atlas.analyse.overlap.overlaps import comparisons_frame, duplicates, overlap
from atlas.analyse.overlap.samples import CodeSample, sample_of
from atlas.analyse.testing.bests import with_best
from atlas.analyse.testing.blocks import blocks, matched_peaks
from atlas.analyse.testing.domains import domains_frame
from atlas.analyse.testing.grades import grades_frame
from atlas.analyse.testing.intervals import Bounds, phi_intervals
from atlas.analyse.testing.kinds import domain_kind, kinds_of
from atlas.analyse.testing.labels import Tables, label_tables
from atlas.analyse.testing.masses import ActiveValues, with_masses
from atlas.analyse.testing.origins import others_peaks, own_units
from atlas.analyse.testing.probes import PROBED, probe_labels
from atlas.analyse.testing.purity import peak_labels_frame
from atlas.analyse.testing.recordings import recordings_by_cell, recordings_of
from atlas.analyse.testing.shifts import ColumnShifts, shifts_of
from atlas.analyse.testing.spoken import halves_of, spoken_tiers
from atlas.analyse.testing.spreads import spreads_frame
from atlas.analyse.testing.strongest import strongest_shares
from atlas.analyse.testing.timed import timed_labels_frame
from atlas.schema import (
    CLIPS,
    CODES,
    COLUMN_SHIFTS,
    COLUMNS,
    DATASETS,
    DOMAINS,
    FEATURES,
    GRADES,
    LABEL_INDEX,
    LABELS,
    MEL,
    NEIGHBOURS,
    ORIGINS,
    PEAK_LABELS,
    PEAKS,
    SPREADS,
    TIMED_COUNTS,
    TIMED_LABELS,
)
from atlas.schema.card import read_card
from atlas.schema.vectors import read_vectors, vectors_path
from atlas.speech.tiers import timed_labels
from atlas.store import AtlasFolder

BY_DECODER = "decoder"
"of the config's `analyse.map`"


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryTask:
    """One dictionary to analyse."""

    root: Path
    name: str
    controls: Mapping[str, str]  # kind -> name, of its controls
    names: tuple[str, ...]  # all dictionaries of the atlas
    domains: tuple[str, ...]
    map: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryResult:
    """What was written about one dictionary, and what is told or needed of it afterwards."""

    name: str
    paths: tuple[Path, ...]
    features: int
    findings: pl.DataFrame  # written when the control's tables are there
    comparisons: pl.DataFrame
    figures: DictionaryFigures


def analyse_dictionary(task: DictionaryTask) -> DictionaryResult:
    """Write the tables of one dictionary."""
    folder, name = AtlasFolder(task.root), task.name
    clips = folder.read_table(CLIPS)
    spans = timed_labels(folder).collect()
    features = folder.read_table(FEATURES, name)
    tested = _tests(folder, task, clips, spans, len(features))
    card = read_card(task.root)
    strongest = _strongest(folder, task, clips, spans, len(features))
    measured = Measured(features, folder.read_table(DATASETS, name), folder.read_table(MEL, name), strongest)
    shifts = _column_shifts(folder, name, clips, features["state"])
    mine = Analysed(
        name=name,
        features=features,
        datasets=measured.datasets,
        domains=tested.domains,
        labels=tested.labels.labels,
        label_index=tested.labels.label_index,
        timed_labels=timed_labels_frame(folder.read_table(TIMED_COUNTS, name)),
        peak_labels=_peak_labels(folder, name, clips, spans, len(features)),
        shifts=shifts.rows,
        shift_reach=shifts.reach,
        strongest=strongest,
        flags=flags_frame(measured, clips, card.encoder.grid, card.corpus.mean_mel_db),
    )
    vectors = read_vectors(vectors_path(task.root, name))
    own = (samples := _Samples(folder, clips)).of(name)
    findings = _findings(folder, task, mine, vectors, clips)
    overlaps = [duplicates(own) if other == name else overlap(own, samples.of(other)) for other in task.names]
    frames = (
        (DOMAINS, mine.domains),
        (GRADES, grades_frame(mine.domains, task.domains)),
        (LABELS, mine.labels),
        (LABEL_INDEX, mine.label_index),
        (TIMED_LABELS, mine.timed_labels),
        (PEAK_LABELS, mine.peak_labels),
        (COLUMN_SHIFTS, shifts.rows),
        (SPREADS, tested.spreads),
        (NEIGHBOURS, neighbours_frame(own, vectors, features["state"], overlaps)),
    )
    return DictionaryResult(
        name=name,
        paths=tuple(folder.write_table(table, frame, name) for table, frame in frames),
        features=len(features),
        findings=findings,
        comparisons=comparisons_frame(overlaps),
        figures=_figures(folder, mine, findings, tested),
    )


def drawn_for(folder: AtlasFolder, control: str) -> pl.Series:
    """The features that a control's directions match, of the dictionary that it is the control of."""
    return folder.read_table(ORIGINS, control)["matches"]


@dataclass(frozen=True, slots=True)
class _Tested:
    """What is tested, and told, recording by recording."""

    domains: pl.DataFrame
    labels: Tables
    spreads: pl.DataFrame
    intervals: Bounds  # of phi
    drawn: Mapping[str, DrawnLabels]  # by control: of as many features as it has


def _tests(
    folder: AtlasFolder, task: DictionaryTask, clips: pl.DataFrame, spans: pl.DataFrame, features: int
) -> _Tested:
    """Domains by a stretch of one length over all, labels by one of a length within each cell."""
    name, over_all, by_cell = task.name, recordings_of(clips, task.domains), recordings_by_cell(clips, task.domains)
    kinds = kinds_of(clips, spans, by_cell)
    read = partial(blocks, _peaks(folder, name), features=features)
    domains = domains_frame(name, read(over_all), over_all)
    own = own_units(folder.read_table(ORIGINS, name), clips, features)
    drawn = {control: tuple(drawn_for(folder, control)) for control in task.controls.values()}
    distinct = tuple(dict.fromkeys(drawn.values()))  # controls of one seed match the same features
    peaks_of = partial(matched_peaks, _peaks(folder, name), by_cell)
    able = [None, *(np.array(some, np.int64) for some in distinct)]
    probes, *of_drawn = probe_labels(read(by_cell), peaks_of, by_cell, kinds, able)
    labels = label_tables(name, read(by_cell), by_cell, kinds, own, probes)
    of_domains = spreads_frame(name, read(over_all), [domain_kind(over_all)], labels.labels)
    of_labels = spreads_frame(name, read(by_cell), kinds, labels.labels)
    spreads = pl.concat([of_domains, of_labels]).sort(SPREADS.key)
    bounds_of = partial(phi_intervals, read=peaks_of, recordings=by_cell, kinds=kinds, own=own)
    few = {
        some: _drawn_labels(labels, pl.Series(some, dtype=pl.UInt32), found, bounds_of)
        for some, found in zip(distinct, of_drawn, strict=True)
    }
    by_control = {control: few[some] for control, some in drawn.items()}
    return _Tested(domains, labels, spreads, bounds_of(labels.label_index, labels.labels), by_control)


def _drawn_labels(
    labels: Tables, drawn: pl.Series, probes: pl.DataFrame, bounds_of: Callable[[pl.DataFrame, pl.DataFrame], Bounds]
) -> DrawnLabels:
    """The index of labels by some of the features, and how sure its phi is."""
    rows = labels.labels.filter(pl.col("feature").is_in(drawn))
    index = with_best(labels.label_index, rows).drop(PROBED)
    index = index.join(probes, on=["kind", "label"], how="left", maintain_order="left")
    return DrawnLabels(drawn, index, bounds_of(index, rows))


def _figures(folder: AtlasFolder, mine: Analysed, findings: pl.DataFrame, tested: _Tested) -> DictionaryFigures:
    card = read_card(folder.root).dictionaries[mine.name]
    return DictionaryFigures(
        whole=figures_of(mine, findings, card) | figures_of_bounds(tested.intervals),
        drawn={control: drawn_figures(mine, findings, drawn) for control, drawn in tested.drawn.items()},
    )


def _findings(
    folder: AtlasFolder, task: DictionaryTask, mine: Analysed, vectors: NDArray[np.float32], clips: pl.DataFrame
) -> pl.DataFrame:
    random = task.controls.get("random")
    control = folder.read_table(FEATURES, random) if random else None
    states = mine.features["state"]
    if task.map == BY_DECODER:
        places = map_by_decoder(vectors, states)
    else:
        places = map_by_activations(folder.read_table(CODES, task.name), states)
    return findings_frame(mine, control, places, homes_of(clips), carriers_of(clips))


def _strongest(
    folder: AtlasFolder, task: DictionaryTask, clips: pl.DataFrame, spans: pl.DataFrame, features: int
) -> pl.DataFrame:
    """Where the strongest recordings lie, and peak; domains with words or phones are spoken."""
    spoken = clips.join(spans.select("clip").unique(), on="clip", how="semi")["domain"].unique().to_list()
    recordings, grid = recordings_of(clips, task.domains), read_card(task.root).encoder.grid
    return strongest_shares(_peaks(folder, task.name), features, recordings, grid, spoken)


def _peaks(folder: AtlasFolder, name: str) -> pl.LazyFrame:
    """Read block by block; of templates without those in what they were drawn from."""
    peaks = pl.scan_parquet(sorted(folder.path(PEAKS, name, "any").parent.glob("*.parquet")))
    return others_peaks(peaks, folder.read_table(ORIGINS, name), folder.read_table(CLIPS))


def _peak_labels(
    folder: AtlasFolder, name: str, clips: pl.DataFrame, spans: pl.DataFrame, features: int
) -> pl.DataFrame:
    groups = spoken_tiers(clips, spans, read_card(folder.root).encoder.grid)
    rows = peak_labels_frame(name, _peaks(folder, name), features, groups, halves_of(clips))
    values = ActiveValues.of(folder.read_table(CODES, name))
    tiers = [tier for group in groups for tier in group.tiers]
    return with_masses(rows, values, features, tiers).select(PEAK_LABELS.columns.keys()).sort(PEAK_LABELS.key)


def _column_shifts(folder: AtlasFolder, name: str, clips: pl.DataFrame, states: pl.Series) -> ColumnShifts:
    pieces = sorted((folder.root / COLUMNS.name).glob("*.parquet"))
    columns = pl.concat([COLUMNS.empty(), *map(pl.read_parquet, pieces)])
    if columns.is_empty():
        return ColumnShifts(COLUMN_SHIFTS.empty(), ())
    return shifts_of(name, folder.read_table(CODES, name), columns, clips, states)


@dataclass(frozen=True, slots=True)
class _Samples:
    """Which sampled frames each feature of a dictionary is active on."""

    folder: AtlasFolder
    clips: pl.DataFrame

    def of(self, name: str) -> CodeSample:
        features = len(self.folder.read_table(FEATURES, name))
        return sample_of(name, features, self.folder.read_table(CODES, name), self.clips)
