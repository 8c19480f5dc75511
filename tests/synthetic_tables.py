"""The tables of one made-up dictionary; see synthetic.py. All columns are drawn at once, a dictionary at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.naming.beside import COMPARED
from atlas.analyse.naming.findings import Analysed, findings_frame
from atlas.analyse.naming.flags import DENSE, FLAGS, PADDING
from atlas.schema import (
    CODES,
    COLUMN_SHIFTS,
    COMPARISONS,
    CONTROLS,
    DATASETS,
    DOMAINS,
    EXAMPLES,
    FEATURES,
    FINDINGS,
    GRADES,
    GROUPS,
    HISTOGRAMS,
    LABEL_INDEX,
    LABELS,
    MEL,
    NEIGHBOURS,
    ORIGINS,
    PEAK_LABELS,
    SPREADS,
    TIMED_COUNTS,
    TIMED_LABELS,
    TRACKS,
    Table,
    peaks_table,
)
from atlas.schema.analysed import WHOLE

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

EDGES = 2.0 ** (np.arange(65) / 4 - 7)
LEVELS = 32
_FIELDS = {COLUMN_SHIFTS.name: "shifts"}
"table -> the field of `Analysed`, where the names differ"
SNIPPETS = ((151, 75), (120, 60), (101, 25))
"frames of a snippet, and the peak's: in the middle of a clip, a clip shorter than 3 s, at a clip's start"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a dictionary is to look like."""

    name: str
    tap: str
    control_of: str | None
    features: int
    top: int
    others: int
    seed: int


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the tables of all dictionaries refer to; clips lie in the order of `labels`, as many to each."""

    clips: int
    recordings: int
    frames: int
    durations: Doubles  # [clips]
    domains: tuple[str, ...]
    datasets: tuple[str, ...]
    labels: tuple[str, ...]
    kinds: tuple[str, ...]
    timed: tuple[tuple[str, tuple[str, ...]], ...]
    annotated: bool


@dataclass(frozen=True, slots=True)
class Features:
    """What one dictionary's features have; all of shape [features]."""

    number: Longs
    active: Longs
    clips: Longs
    recordings: Longs
    maximum: Doubles
    label: Longs  # a place in the corpus's labels
    strength: Doubles  # 0 to 1: how well it finds that label
    state: NDArray[np.str_]

    @property
    def tested(self) -> Longs:
        return np.flatnonzero(np.isin(self.state, ("live", "dense")))


def draw(corpus: Corpus, shape: Shape) -> Features:
    """Densities are log-normal, one feature in twenty is dead, most that live have a label."""
    rng, n = np.random.default_rng(shape.seed), shape.features
    density = np.minimum(rng.lognormal(np.log(0.004), 1.3, n), 0.4)
    active = np.where(rng.random(n) < 0.05, 0, np.maximum(1, (density * corpus.frames).astype(np.int64)))
    clips = np.minimum(corpus.clips, (active + 9) // 10)
    recordings = np.minimum(corpus.recordings, np.maximum(clips - clips // 10, np.minimum(clips, 1)))
    chosen = np.select([active == 0, recordings < 5, active > 0.1 * corpus.frames], ["dead", "rare", "dense"], "live")
    return Features(
        number=np.arange(n),
        active=active,
        clips=clips,
        recordings=recordings,
        maximum=np.where(active > 0, rng.lognormal(1.9, 0.5, n), np.nan),
        label=rng.integers(0, len(corpus.labels), n),
        strength=rng.beta(2, 2, n) * (1 if shape.control_of is None else 0.4),
        state=chosen,
    )


def measured(corpus: Corpus, shape: Shape, features: Features) -> Iterator[tuple[Table, pl.DataFrame]]:
    """The tables that measuring writes."""
    examples = _examples(corpus, shape, features)
    yield FEATURES, _features(corpus, shape, features)
    yield ORIGINS, _origins(shape)
    yield HISTOGRAMS, _histograms(corpus, shape, features)
    yield EXAMPLES, examples
    yield peaks_table(shape.features), _peaks(shape, examples)
    yield TRACKS, _tracks(corpus, shape, features)
    yield DATASETS, _datasets(corpus, shape, features)
    yield MEL, _mel(shape, features)
    yield TIMED_COUNTS, _timed_counts(corpus, shape, features)
    yield CODES, _codes(corpus, shape)


def analysed(
    corpus: Corpus, shape: Shape, features: Features, others: Sequence[str]
) -> Iterator[tuple[Table, pl.DataFrame]]:
    """The tables that analysing adds."""
    tables = {
        DOMAINS.name: _domains(corpus, shape, features),
        LABELS.name: _labels(corpus, shape, features),
        LABEL_INDEX.name: _label_index(corpus, shape, features),
        PEAK_LABELS.name: _peak_labels(shape, features) if corpus.annotated else PEAK_LABELS.empty(),
        COLUMN_SHIFTS.name: _column_shifts(shape, features) if corpus.annotated else COLUMN_SHIFTS.empty(),
    }
    for table in (DOMAINS, LABELS, LABEL_INDEX, PEAK_LABELS, COLUMN_SHIFTS):
        yield table, tables[table.name]
    labels = tables[LABELS.name]
    yield GRADES, _grades(corpus, shape, features)
    yield TIMED_LABELS, _timed_labels(corpus, shape, features)
    yield NEIGHBOURS, _neighbours(shape, features, others)
    yield FINDINGS, _findings(corpus, shape, features, tables)
    yield SPREADS, _spreads(labels)


def _frame(table: Table, shape: Shape, columns: dict[str, Any]) -> pl.DataFrame:
    """A frame of a table, sorted by its key; NaN becomes null."""
    kinds = dict(table.columns)
    made = {name: pl.Series(name, columns[name], dtype=kinds[name], strict=False) for name in columns}
    frame = pl.DataFrame(made).with_columns(pl.lit(shape.name).alias("dictionary")).select(list(kinds))
    floats = [name for name, kind in frame.schema.items() if kind in (pl.Float32, pl.Float64)]
    return frame.with_columns(pl.col(floats).fill_nan(None)).sort(table.key)


def _pool(rows: NDArray[Any], place: Longs, kind: Any) -> pl.Series:
    """A list column that repeats a few rows."""
    return pl.Series(rows.tolist(), dtype=pl.List(kind)).gather(place)


def _features(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    rng, n = np.random.default_rng(shape.seed + 1), shape.features
    maximum, live = features.maximum, features.active > 0
    blank = np.where(live, 1.0, np.nan)
    return _frame(
        FEATURES,
        shape,
        {
            "feature": features.number,
            "frames_active": features.active,
            "clips_active": features.clips,
            "recordings_active": features.recordings,
            "density": features.active / corpus.frames,
            "clip_density": features.clips / corpus.clips,
            "max": maximum,
            "mean_active": 0.45 * maximum,
            "sd_active": 0.15 * maximum,
            "q50": 0.4 * maximum,
            "q90": 0.7 * maximum,
            "q99": 0.9 * maximum,
            "burst_s": rng.lognormal(-2.6, 0.6, n) * blank,
            "pad_rate": rng.beta(0.1, 3, n) * blank,
            "onset_ratio": rng.lognormal(0, 0.6, n) * blank,
            "energy_corr": rng.normal(0, 0.1, n).clip(-1, 1) * blank,
            "decoder_norm": np.ones(n),
            "state": features.state,
            "mass_shown": np.minimum(1, 20 / np.maximum(features.clips, 20)) * blank,
        },
    )


def _origins(shape: Shape) -> pl.DataFrame:
    """Of a control, in which each direction has the density of the feature of its number."""
    n = shape.features if shape.control_of else 0
    return _frame(ORIGINS, shape, {"feature": range(n), "matches": range(n), "clip": [None] * n})


def _histograms(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    """A bell below the maximum, scaled to the number of frames or clips."""
    bins = np.arange(64)
    centre = np.nan_to_num(np.searchsorted(EDGES, features.maximum), nan=0)[:, None] - 6
    bell = np.where(bins <= centre + 6, np.exp(-(((bins - centre) / 2.5) ** 2)), 0)
    bell /= bell.sum(axis=1, keepdims=True)
    frames = np.round(bell * features.active[:, None]).astype(np.uint32)
    n, shares = shape.features, (0.6, 0.3, 0.1)
    own = features.label // 8
    pieces = [
        _histogram_piece(features, "frames", "", frames),
        *(
            _histogram_piece(features, "peaks", name, np.round(bell * (features.clips * share)[:, None]))
            for place, name in enumerate(corpus.domains)
            for share in [np.array(shares)[(place - own) % 3]]
        ),
    ]
    frame = pl.concat(pieces).with_columns(pl.lit(shape.name).alias("dictionary")).select(list(HISTOGRAMS.columns))
    assert len(frame) == n * (1 + len(corpus.domains))
    return frame.sort(HISTOGRAMS.key)


def _histogram_piece(features: Features, what: str, domain: str, counts: NDArray[Any]) -> pl.DataFrame:
    n = len(features.number)
    values = pl.Series("counts", counts.astype(np.uint32), dtype=pl.Array(pl.UInt32, 64)).cast(pl.List(pl.UInt32))
    number = features.number.astype(np.uint32)
    return pl.DataFrame({"feature": number, "counted": [what] * n, "domain": [domain] * n, "counts": values})


def _examples(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    """A feature's top examples lie side by side, from the first clip of its label on."""
    sizes = np.array([shape.top, *[shape.others] * 5])
    group = np.repeat(np.arange(6), sizes)
    rank = np.concatenate([np.arange(1, size + 1) for size in sizes])
    fires = (rank[None] <= features.clips[:, None]) & (features.active > 0)[:, None]
    row, slot = np.nonzero(fires | ((group == 5) & (features.active > 0)[:, None]))
    rng = np.random.default_rng(shape.seed + 2)
    offset = np.where(group[slot] == 0, rank[slot] - 1, shape.top + rng.integers(0, corpus.clips, len(row)))
    clip = (features.label[row] * corpus.clips // len(corpus.labels) + offset) % corpus.clips
    share = np.array([1.0, 0.7, 0.5, 0.2, 0.4, 0.0])[group[slot]] * (1 - 0.02 * (rank[slot] - 1))
    kind = np.where(corpus.durations[clip] < 3.02, 1, np.where(rank[slot] % 7 == 5, 2, 0))
    frames, peak = np.array(SNIPPETS)[kind].T
    room = np.where(kind == 0, np.maximum(corpus.durations[clip] * 50 - frames, 0), 0)
    start = np.floor(rng.random(len(row)) * room) / 50
    level = np.round(share * (LEVELS - 1)).astype(np.int64)
    return _frame(
        EXAMPLES,
        shape,
        {
            "feature": row,
            "group": np.array(GROUPS)[group[slot]],
            "rank": rank[slot],
            "clip": clip,
            "start_s": start,
            "end_s": start + frames / 50,
            "peak_s": start + (peak + 0.5) / 50,
            "peak": share * features.maximum[row],
            "trace": _traces().gather(kind * LEVELS + level),
        },
    )


def _traces() -> pl.Series:
    """For each kind of snippet and each level, a bump at the peak."""
    rows = []
    for frames, peak in SNIPPETS:
        bump = np.exp(-(((np.arange(frames) - peak) / 6) ** 2))
        bump += 0.4 * np.exp(-(((np.arange(frames) - peak - 40) / 4) ** 2))
        rows += [
            np.round(255 * level / (LEVELS - 1) * bump).clip(0, 255).astype(int).tolist() for level in range(LEVELS)
        ]
    return pl.Series(rows, dtype=pl.List(pl.UInt8))


def _peaks(shape: Shape, examples: pl.DataFrame) -> pl.DataFrame:
    """What the examples know of peaks: not all of them, but enough to count by."""
    table = peaks_table(shape.features)
    fired = examples.filter(pl.col("peak") > 0).unique(["feature", "clip"], keep="first", maintain_order=True)
    frames = pl.col("trace").list.eval(pl.element() > 0).list.sum()
    return fired.select(
        pl.col("feature").cast(table.columns["feature"]),
        "clip",
        "peak",
        (pl.col("peak_s") * 50).cast(pl.UInt16).alias("peak_frame"),
        frames.cast(pl.UInt16).alias("frames_active"),
        (pl.col("peak") * 10).alias("sum"),
        pl.col("peak").alias("peak_matched"),
        pl.col("peak").alias("peak_cell"),
    ).sort(table.key)


def _tracks(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    rng = np.random.default_rng(shape.seed + 3)
    fires = np.flatnonzero(features.active > 0)
    clip, rank = np.repeat(np.arange(corpus.clips), 12), np.tile(np.arange(1, 13), corpus.clips)
    step = rng.integers(0, len(fires), corpus.clips).repeat(12)
    feature = fires[(step + rank * 7) % len(fires)]
    lengths = np.unique(corpus.durations)
    shapes = [
        np.round(255 * np.abs(np.sin((np.arange(round(25 * seconds)) + 9 * one) / (4 + one)))).astype(int).tolist()
        for seconds in lengths
        for one in range(12)
    ]
    place = np.searchsorted(lengths, corpus.durations[clip]) * 12 + rank - 1
    return _frame(
        TRACKS,
        shape,
        {
            "clip": clip,
            "rank": rank,
            "feature": feature,
            "peak": features.maximum[feature] * (1 - 0.05 * rank),
            "trace": pl.Series(shapes, dtype=pl.List(pl.UInt8)).gather(place),
        },
    )


def _datasets(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    number, parts = features.number.repeat(len(corpus.datasets)), len(corpus.datasets)
    place = np.tile(np.arange(parts), shape.features)
    weight = np.where(place * 3 // parts == features.label[number] // 8, 0.7, 0.15) / (parts / 3)
    return _frame(
        DATASETS,
        shape,
        {
            "feature": number,
            "dataset": np.array(corpus.datasets, dtype=object)[place].tolist(),
            "frames": np.full(len(number), corpus.frames // parts),
            "frames_active": (features.active[number] * weight).astype(np.int64),
            "clips": np.full(len(number), corpus.clips // parts),
            "clips_active": (features.clips[number] * weight).astype(np.int64),
            "recordings_active": (features.recordings[number] * weight).astype(np.int64),
        },
    )


def _mel(shape: Shape, features: Features) -> pl.DataFrame:
    rng = np.random.default_rng(7)
    bands = np.arange(80)
    spectra = 50 - bands / 5 + 12 * np.exp(-(((bands - rng.uniform(0, 80, (64, 1))) / 5) ** 2))
    patches = np.round(spectra[:, :, None] / 2 + 10 * np.exp(-(((np.arange(50) - 25) / 6) ** 2))).reshape(64, -1)
    place = features.number % 64
    dead = pl.Series(features.active == 0)
    frame = pl.DataFrame(
        {
            "dictionary": [shape.name] * shape.features,
            "feature": features.number.astype(np.uint32),
            "spectrum": _pool(spectra.round(3), place, pl.Float32),
            "patch": _pool(patches.astype(np.int64), place, pl.UInt8),
            "windows": np.minimum(features.clips, shape.top).astype(np.uint8),
        },
        schema=dict(MEL.columns),
    )
    blank = [pl.when(dead).then(None).otherwise(pl.col(name)).alias(name) for name in ("spectrum", "patch")]
    return frame.with_columns(blank)


def _timed_rows(corpus: Corpus, features: Features) -> tuple[Longs, list[str], list[str], Longs]:
    """[rows]: feature, tier, label, and the label's place among its tier's; for features that are tested."""
    pairs = [(tier, label, place) for tier, labels in corpus.timed for place, label in enumerate(labels[:6])]
    feature = features.tested.repeat(len(pairs))
    many = len(features.tested)
    place = np.tile(np.array([pair[2] for pair in pairs]), many)
    return feature, [pair[0] for pair in pairs] * many, [pair[1] for pair in pairs] * many, place


def _timed_counts(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    feature, tier, label, place = _timed_rows(corpus, features)
    active = features.active[feature] // (2 + place)
    return _frame(
        TIMED_COUNTS,
        shape,
        {
            "feature": feature,
            "tier": tier,
            "label": label,
            "frames_label": np.full(len(feature), corpus.frames // 20),
            "frames_active": active,
            "shifted": pl.Series([[1, 2, 3, 2, 1]] * len(feature), dtype=pl.List(pl.Int64)),
            "sum": active * 2.5,
            "sum_squares": active * 7.5,
            "recordings": np.minimum(features.recordings[feature], 40),
            "recording_moments": pl.Series([[1.5, 4.25]] * len(feature), dtype=pl.List(pl.Float64)),
        },
    )


def _timed_labels(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    feature, tier, label, place = _timed_rows(corpus, features)
    strength = features.strength[feature]
    best = place == feature % 4
    share = np.where(best, 0.15 + 0.8 * strength, 0.04)
    return _frame(
        TIMED_LABELS,
        shape,
        {
            "feature": feature,
            "tier": tier,
            "label": label,
            "share": share,
            "expected": np.full(len(feature), 0.05),
            "share_shifted_max": np.full(len(feature), 0.07),
            "mean": share * features.maximum[feature],
            "sd": share * features.maximum[feature] / 3,
            "recordings": np.minimum(features.recordings[feature], 40),
            "q": np.where(best & (strength > 0.4), 10.0 ** (-30 * strength), 0.6),
        },
    )


def _column_shifts(shape: Shape, features: Features) -> pl.DataFrame:
    """Every second feature that is tested fires where it is loud, every third where it is dark; all a little high."""
    places = {("f0", "music"): (1, 0.9, 0.6), ("loudness", "speech"): (2, 1.2, 1.4)}
    places |= {("centroid", "sound"): (3, -2.3, -1.96)}
    parts = []
    for (column, domain), (step, shift_a, shift_b) in places.items():
        shifted = features.tested[features.tested % step == 0]
        parts.append(
            {
                "feature": shifted,
                "column": np.full(len(shifted), column),
                "domain": np.full(len(shifted), domain),
                "shift_a": np.full(len(shifted), shift_a),
                "shift_b": np.full(len(shifted), shift_b),
                "sd": np.full(len(shifted), 0.6),
                "frames": np.full(len(shifted), 80),
                "shifted_max": np.full(len(shifted), 0.2),
                "held_out": np.full(len(shifted), step > 1),
            }
        )
    return _frame(COLUMN_SHIFTS, shape, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _peak_labels(shape: Shape, features: Features) -> pl.DataFrame:
    """Every third feature that is tested has a phone at its peaks, every fifth a word, every seventh only a class."""
    tiers = {"words": ("atlas", 5), "phones": ("i", 3), "manner": ("vowel", 7), "edge": ("word onset", 11)}
    number = features.tested
    parts = []
    for place, (tier, (label, step)) in enumerate(tiers.items()):
        named = (number % step == 0) & (shape.control_of is None)
        undecided = ~named & (number % 2 == 0)
        parts.append(
            {
                "feature": number,
                "tier": [tier] * len(number),
                "label": [None if one else label for one in undecided],
                "purity": np.where(named, 0.8125, 0.25),
                "purity_shifted_max": np.full(len(number), 0.1875),
                "base": [None if one else 0.005 * 3**place for one in undecided],
                "peaks": np.full(len(number), 16),
                "q": np.where(named, 1e-9, 0.6),
                "mass_share": [None if one else 0.41 for one in undecided],
                "precision": [None if one else 0.62 for one in undecided],
                "recall": [None if one else 0.3 for one in undecided],
            }
        )
    columns = {key: [value for part in parts for value in part[key]] for key in parts[0]}
    return _frame(PEAK_LABELS, shape, columns)


def _codes(corpus: Corpus, shape: Shape) -> pl.DataFrame:
    clip = np.arange(corpus.clips).repeat(4)
    features = (np.arange(8) * (shape.features // 8) + clip[:, None] % (shape.features // 8)).tolist()
    return pl.DataFrame(
        {
            "clip": clip.astype(np.uint32),
            "frame": np.tile(np.arange(4), corpus.clips).astype(np.uint16) * 20,
            "features": pl.Series(features, dtype=pl.List(pl.UInt32)),
            "values": pl.Series([[2.5] * 8] * len(clip), dtype=pl.List(pl.Float16)),
        },
        schema=dict(CODES.columns),
    )


def _domains(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    number = features.number.repeat(3)
    place = np.tile(np.arange(3), shape.features)
    own = features.label[number] // 8 == place
    strength = features.strength[number]
    tested = np.isin(features.state[number], ("live", "dense"))
    blank = np.where(tested, 1.0, np.nan)
    auroc = (0.5 + np.where(own, 0.48, -0.24) * strength) * blank
    rate = np.where(own, 0.1 + 0.8 * strength, 0.1) * (features.clips[number] / corpus.clips)
    p = np.where(own & (strength > 0.35), 10.0 ** (-40 * strength), 0.5) * blank
    specialised = pl.Series(own & (strength > 0.45) & tested)
    frame = {
        "feature": number,
        "domain": np.array(corpus.domains)[place],
        "frames": np.full(len(number), corpus.frames // 3),
        "frames_active": (features.active[number] * np.where(own, 0.8, 0.1)).astype(np.int64),
        "clips": np.full(len(number), corpus.clips // 3),
        "clips_active": (features.clips[number] * np.where(own, 0.6, 0.2)).astype(np.int64),
        "recordings": np.full(len(number), corpus.recordings // 3),
        "datasets": np.full(len(number), 2),
        **{f"rate_{kind}_{level}": rate for kind in ("pooled", "macro") for level in ("frame", "clip")},
        **{f"entropy_{level}": 1 - strength for level in ("frame", "clip")},
        "auroc": auroc,
        "auroc_low": auroc - 0.03,
        "auroc_high": np.minimum(auroc + 0.02, 1),
        "auroc_worst": auroc - 0.05,
        "auroc_worst_low": auroc - 0.1,
        "auroc_worst_high": auroc,
        "p": p,
        "q": np.minimum(p * 3, 1),
        "auroc_loudness": 0.55 * np.ones(len(number)),
        "auroc_length": 0.5 * np.ones(len(number)),
        **dict.fromkeys(("follows_loudness", "follows_length"), 0.1 * blank),
        "confounded": [None] * len(number),
        "specialised": pl.select(pl.when(pl.Series(tested)).then(specialised).otherwise(None)).to_series(),
        "null_reason": np.where(tested, None, "in fewer than 5 recordings").tolist(),
    }
    return _frame(DOMAINS, shape, frame)


def _grades(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    compared = ["/".join(corpus.domains), *("/".join(pair) for pair in combinations(corpus.domains, 2))]
    n, own = shape.features, features.label // 8
    pieces = []
    for level, tau in (("frame", 0.04), ("audio", 0.3)):
        for names in compared:
            graded = (features.strength > 0.5) & np.isin(np.array(corpus.domains)[own], names.split("/"))
            columns = {
                "feature": features.number,
                "level": [level] * n,
                "comparison": [names] * n,
                "domain": np.where(graded, np.array(corpus.domains, dtype=object)[own], None).tolist(),
                "tau": np.where(graded, tau, np.nan),
                "dead": features.active == 0,
            }
            pieces.append(_frame(GRADES, shape, columns))
    return pl.concat(pieces).sort(GRADES.key)


def _labels(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    """The feature's own label and four others of the same kind, each found less well."""
    tested = features.tested
    feature, step = tested.repeat(5), np.tile(np.arange(5), len(tested))
    own = features.label[feature]
    place = np.where(own < 8, (own + step) % 8, 8 + (own - 8 + step) % 16)
    strength = features.strength[feature] / (1 + step)
    auroc, lift = 0.5 + 0.49 * strength, 1 + 23 * strength**2
    p = np.where(strength > 0.3, 10.0 ** (-40 * strength), 0.4)
    kinds = np.array(corpus.kinds)[place]
    return _frame(
        LABELS,
        shape,
        {
            "feature": feature,
            "kind": kinds,
            "label": np.array(corpus.labels, dtype=object)[place].tolist(),
            "recordings": np.full(len(feature), corpus.recordings // 24),
            "auroc": auroc,
            "auroc_low": auroc - 0.04,
            "lift": lift,
            "lift_low": 0.8 * lift,
            "precision10": np.ceil(10 * strength) / 10,
            "r_precision": np.ceil(10 * strength) / 10,
            "mass_share": 0.9 * strength,
            "mass_base": np.full(len(feature), 1 / 24),
            **{f"threshold_{half}": 0.3 * features.maximum[feature] for half in "ab"},
            **{f"phi_chosen_{half}": strength for half in "ab"},
            **{f"{figure}_{half}": 0.95 * strength for figure in ("phi", "f1") for half in "ab"},
            "phi_heldout": 0.95 * strength,
            "f1_heldout": 0.95 * strength,
            "f1_permuted_max": np.full(len(feature), 0.15),
            "p": p,
            "q": np.minimum(p * 4, 1),
        },
    ).unique(["feature", "kind", "label"], keep="first", maintain_order=True)


def _label_index(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    n = len(corpus.labels)
    columns = {
        "kind": list(corpus.kinds),
        "label": list(corpus.labels),
        "clips": np.full(n, corpus.clips // n),
        "recordings": np.full(n, corpus.recordings // n),
        "datasets": np.full(n, 2),
        "tests": np.full(n, len(features.tested)),
        "within": [list(corpus.datasets[:2])] * n,
        "auroc_loudness": np.full(n, 0.55),
        "auroc_length": np.full(n, 0.5),
        **dict.fromkeys(("best_a", "best_b"), np.zeros(n)),
        **dict.fromkeys(("best_phi", "best_f1"), np.full(n, 0.7)),
        "found": np.ones(n),
        "found_f1": np.full(n, 0.7),
        "halved": np.ones(n, bool),
        **dict.fromkeys(("probe_a", "probe_b", "probe_auroc"), np.full(n, 0.9)),
        "probe_permuted": np.full(n, 0.5),
        "null_reason": [None] * n,
    }
    return _frame(LABEL_INDEX, shape, columns).unique(["kind", "label"], keep="first", maintain_order=True)


def _neighbours(shape: Shape, features: Features, others: Sequence[str]) -> pl.DataFrame:
    """Ten by cosine, five by co-firing, and the nearest in each other dictionary."""
    rng = np.random.default_rng(shape.seed + 5)
    feature = features.number[features.active > 0]
    kinds = [("decoder", shape.name, 10), ("cofiring", shape.name, 5)]
    pieces = []
    for kind, other, many in kinds:
        pieces.append(_near(feature, rng, (kind, other, many, 1), shape))
    for first, other in enumerate(others, start=1):
        pieces.append(_near(feature, rng, ("overlap", other, 1, first), shape))
    return _frame(NEIGHBOURS, shape, pl.concat(pieces).to_dict())


def _near(feature: Longs, rng: np.random.Generator, wanted: tuple[str, str, int, int], shape: Shape) -> pl.DataFrame:
    kind, other, many, first = wanted
    rank = np.tile(np.arange(many), len(feature))
    base = rng.integers(1, shape.features - many, len(feature)).repeat(many)
    value = (rng.beta(2, 4, len(feature)).repeat(many) + 0.1) * (1 - 0.05 * rank)
    return pl.DataFrame(
        {
            "feature": feature.repeat(many).astype(np.uint32),
            "kind": [kind] * len(rank),
            "rank": (rank + first).astype(np.uint8),
            "other_dictionary": [other] * len(rank),
            "other": ((feature.repeat(many) + base + rank) % shape.features).astype(np.uint32),
            "value": value * (20 if kind == "cofiring" else 1),
        }
    )


def _findings(corpus: Corpus, shape: Shape, features: Features, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """What the tables of the dictionary say, by the rules of analysing; every 41st feature is flagged as padding."""
    state = pl.Series(features.state)
    flags = pl.DataFrame({"feature": features.number.astype(np.uint32), "onset_share": [0.1] * shape.features})
    raised = dict.fromkeys(FLAGS, pl.lit(False)) | {
        PADDING: (pl.col("feature") % 41 == 0) & pl.lit(state != "dense"),
        DENSE: pl.lit(state == "dense"),
    }
    mine = Analysed(
        name=shape.name,
        features=_features(corpus, shape, features).with_columns(pad_rate=pl.lit(0.0)),
        datasets=DATASETS.empty(),
        timed_labels=TIMED_LABELS.empty(),
        **{_FIELDS.get(name, name): table for name, table in tables.items()},
        shift_reach=(),
        strongest=flags.select("feature", spoken_share=pl.lit(1.0), clips=pl.lit([], pl.List(pl.UInt32))),
        flags=flags.with_columns(**raised),
    )
    found = findings_frame(mine, None, _places(corpus, shape, features))
    if shape.control_of:
        return found
    compared = pl.col("named_by").is_in(COMPARED)  # beside a control whose every eighth direction is the best for some
    beside = {"control_best": 0.31, "control_feature": pl.col("feature") // 8 * 8, "control_rank": 1}
    kinds = {name: FINDINGS.columns[name] for name in beside}
    return found.with_columns(
        **{name: pl.when(compared).then(value).cast(kinds[name]) for name, value in beside.items()}
    )


def _places(corpus: Corpus, shape: Shape, features: Features) -> pl.DataFrame:
    """A feature lies in the direction of its label, the farther out the stronger; a dead one nowhere."""
    rng = np.random.default_rng(shape.seed + 6)
    angle = 2 * np.pi * features.label / len(corpus.labels)
    away = np.where(features.active > 0, 1.0, np.nan)
    places = {
        "feature": features.number,
        "map_x": (np.cos(angle) * features.strength + rng.normal(0, 0.12, shape.features)).clip(-1, 1) * away,
        "map_y": (np.sin(angle) * features.strength + rng.normal(0, 0.12, shape.features)).clip(-1, 1) * away,
    }
    frame = pl.DataFrame(places).cast({name: FINDINGS.columns[name] for name in places})
    return frame.with_columns(pl.col("map_x", "map_y").fill_nan(None))


def _spreads(labels: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("auroc").cast(pl.Float32)
    figures = {"mean": 1.0, "low": 0.9, "high": 1.1, "q25": 0.6, "q50": 0.9, "q75": 1.3, "q95": 1.9}
    columns = [(value * share).cast(pl.Float32).alias(name) for name, share in figures.items()]
    return labels.select("dictionary", "feature", "kind", "label", "recordings", *columns).sort(SPREADS.key)


def comparisons(shapes: Sequence[Shape]) -> pl.DataFrame:
    """Every ordered pair of dictionaries."""
    pairs = [(own.name, other.name, own.features) for own in shapes for other in shapes]
    overlaps = [4000 // (bin_ + 2) for bin_ in range(20)]
    data = {
        "dictionary": [pair[0] for pair in pairs],
        "other_dictionary": [pair[1] for pair in pairs],
        "compared": [pair[2] for pair in pairs],
        "matched": [pair[2] // 3 for pair in pairs],
        "frames": [2**18] * len(pairs),
        "coverage": [1 / 3] * len(pairs),
        "overlaps": [overlaps] * len(pairs),
        "null_reason": [None] * len(pairs),
    }
    return COMPARISONS.frame(data).sort(COMPARISONS.key)


def controls(shapes: Sequence[Shape], annotated: bool) -> pl.DataFrame:
    """A few figures of each dictionary beside its control; of the control those of sounds alone."""
    figures = {"l0": (16.9, 17.0), "named": (0.31, 0.12), "dead": (0.05, 0.01)}
    fit = {"components": (17.0, None), "fvu_sample": (0.118, None), "fvu_pca": (0.403, None)}
    fit["fvu_pursuit"] = (0.153, None)
    above = {("above_control", "random"): (40.0, 0.0)}
    tiers = {("labels_tested", "label"): (24.0, 24.0), ("labels_found", "label"): (9.5, 4.0)}
    tiers |= {("label_probe", "label"): (0.92, 0.8), ("label_probe_permuted", "label"): (0.5, 0.49)}
    tiers |= {("eligible", "phones"): (9.0, 8.0), ("peak_named", "phones"): (0.33, 0.02)} if annotated else {}
    shifts = {
        ("shift_eligible", "centroid/sound"): (1204.0, 1198.0),
        ("shift_held", "centroid/sound"): (0.081, 0.0042),
        ("shift_eligible", "loudness/speech"): (962.0, 955.0),
        ("shift_held", "loudness/speech"): (0.12, 0.03),
    }
    shifts = shifts if annotated else {}
    whole = {(figure, WHOLE): values for figure, values in (figures | fit).items()}
    rows = [
        (shape.control_of, shape.name, *figure, value, None, control_value)
        for shape in shapes
        if shape.control_of
        for figure, (value, control_value) in (whole | above | tiers | shifts).items()
    ]
    rows += [
        (shape.name, "", *figure, value, None, None)
        for shape in shapes
        if shape.control_of
        for figure, (_, value) in shifts.items()
    ]
    return pl.DataFrame(rows, schema=dict(CONTROLS.columns), orient="row").sort(CONTROLS.key)
