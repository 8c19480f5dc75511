"""The table `domains`: how often a feature fires in each domain, and whether that is more than a dataset's doing.

Call `domains_frame` once a dictionary, with the blocks of its peaks. Rates count all clips, whole; the test and the
AUROCs count recordings by the stretch of one length over all. `recordings` are those tested; `datasets` those with at
least five of them, which `auroc_worst` compares one by one with the datasets of other domains; its interval is that of
the pair which the sample shows to be the worst, by resampling the recordings of these two. Rates are pooled, or the
mean over datasets; the entropy is of pooled rates, 0 for one domain alone and 1 for all alike.

Not called specialised, but `confounded`, is a feature that would be, where loudness or length explains it: its peaks
follow that within the domain's datasets, in the direction in which the domain differs, and that alone tells the domain
as well as the feature does, as far as its interval can tell.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import entr

from atlas.analyse.testing.blocks import Block
from atlas.analyse.testing.confounds import CONFOUNDS, confounds, followed
from atlas.analyse.testing.exact import q_values
from atlas.analyse.testing.kinds import LabelKind, domain_kind
from atlas.analyse.testing.recordings import Recordings
from atlas.analyse.testing.resampling import BootstrapDraws, drawn, draws
from atlas.analyse.testing.trials import outcome, subjects
from atlas.schema import DOMAINS
from atlas.schema.analysed import BY_LENGTH, BY_LOUDNESS
from atlas.schema.thresholds import (
    FEWEST_DATASETS,
    FEWEST_IN_DATASET,
    FEWEST_RECORDINGS,
    FOLLOWED_RANK,
    SIGNIFICANT_Q,
    WORST_AUROC,
)

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]


RARE_FEATURE = f"the feature fires in fewer than {FEWEST_RECORDINGS} recordings that can be tested"
ONE_DOMAIN = "the corpus has one domain"
_TESTED = (
    *("auroc", "auroc_low", "auroc_high", "auroc_worst", "auroc_worst_low", "auroc_worst_high", "p"),
    *("follows_loudness", "follows_length"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _DomainCells:
    """What all blocks share."""

    recordings: Recordings
    kind: LabelKind
    weights: Floats
    frames: Longs  # [cells]
    clips: Longs  # [cells]
    tested: Longs  # [cells]: recordings
    alone: Doubles  # [domains, CONFOUNDS]: how well loudness and length tell each; NaN where it is not tested


def domains_frame(name: str, blocks: Iterable[Block], recordings: Recordings) -> pl.DataFrame:
    """The table `domains` of one dictionary."""
    cells = len(recordings.cells)
    usable = recordings.clip_cell >= 0
    of_clip = recordings.clip_cell[usable]
    kind = domain_kind(recordings)
    corpus = _DomainCells(
        recordings=recordings,
        kind=kind,
        weights=draws(recordings.cell, recordings.unit),
        frames=np.bincount(of_clip, recordings.clip_frames[usable], cells).astype(np.int64),
        clips=np.bincount(of_clip, minlength=cells),
        tested=np.bincount(recordings.cell, minlength=cells),
        alone=np.array(confounds(kind, recordings), np.float64),
    )
    if not cells:
        return DOMAINS.empty()
    frame = pl.concat([DOMAINS.empty(), *(_block_frame(name, block, corpus) for block in blocks)])
    floats = [column for column, kind in DOMAINS.columns.items() if kind == pl.Float64]
    q = pl.Series("q", q_values(frame["p"].to_numpy()))
    tested = frame.with_columns(q).with_columns(pl.col(floats).fill_nan(None)).with_columns(_confounded())
    return tested.with_columns(_specialised()).sort(DOMAINS.key)


def _tells() -> pl.Expr:
    """Whether a feature tells a domain from the others, and each of its datasets from each of theirs."""
    worst = (pl.col("auroc_worst") > WORST_AUROC).fill_null(False)
    return (pl.col("q") < SIGNIFICANT_Q) & worst & (pl.col("datasets") >= FEWEST_DATASETS)


def _confounded() -> pl.Expr:
    """What explains that a feature tells a domain, where loudness or length does."""
    reasons = {"loudness": BY_LOUDNESS, "length": BY_LENGTH}
    explained = (
        pl.when(_tells() & _explains(f"follows_{name}", f"auroc_{name}")).then(pl.lit(reason))
        for name, reason in reasons.items()
    )
    return pl.coalesce(*explained).alias("confounded")


def _explains(follows: str, alone: str) -> pl.Expr:
    """Whether a feature follows what tells the domain as well alone, the same way round."""
    same_way = pl.when(pl.col(follows) > 0).then(pl.col(alone)).otherwise(1 - pl.col(alone))
    return (pl.col(follows).abs() >= FOLLOWED_RANK) & (same_way >= pl.col("auroc_low"))


def _specialised() -> pl.Expr:
    """What may be called specialised to a domain; null where nothing is tested."""
    specialised = _tells() & pl.col("confounded").is_null()
    return pl.when(pl.col("q").is_not_null()).then(specialised).alias("specialised")


def _block_frame(name: str, block: Block, corpus: _DomainCells) -> pl.DataFrame:
    labels = corpus.kind.labels
    features, domains = len(block.matched), len(labels)
    cells = [corpus.recordings.cells_of(label.name) for label in labels]
    compared = corpus.tested >= FEWEST_IN_DATASET
    tests, null_reason = _tests(block, corpus, compared)
    rates = {"frame": (block.frames_active, corpus.frames), "clip": (block.clips_active, corpus.clips)}
    sums = {
        f"{level}s": np.tile([total[some].sum() for some in cells], features) for level, (_, total) in rates.items()
    }
    sums |= {f"{level}s_active": _by_domain(active, cells).ravel() for level, (active, _) in rates.items()}
    columns = {
        "dictionary": [name] * (features * domains),
        "feature": np.repeat(np.arange(block.first, block.first + features, dtype=np.uint32), domains),
        "domain": [label.name for label in labels] * features,
        **sums,
        "recordings": np.tile([len(label.labelled) for label in labels], features),
        "datasets": np.tile([int(compared[some].sum()) for some in cells], features),
        **{column: tests[number].ravel() for number, column in enumerate(_TESTED)},
        **{column: np.tile(corpus.alone[:, number], features) for number, column in enumerate(CONFOUNDS)},
        "q": np.full(features * domains, np.nan),
        "confounded": pl.Series([None] * (features * domains), dtype=pl.String),
        "specialised": pl.Series([None] * (features * domains), dtype=pl.Boolean),
        "null_reason": null_reason.ravel().tolist(),
    }
    for level, (active, total) in rates.items():
        columns |= {f"{column}_{level}": values.ravel() for column, values in _rates(active, total, cells).items()}
    return DOMAINS.frame(columns)


def _by_domain(active: Longs, cells: list[Longs]) -> Longs:
    """[features, cells] -> [features, domains]"""
    return np.stack([active[:, some].sum(axis=1) for some in cells], axis=1)


def _rates(active: Longs, total: Longs, cells: list[Longs]) -> dict[str, Doubles]:
    """[features, domains]: the share of frames, or of clips, in which a feature is active; and how even it is."""
    pooled = _by_domain(active, cells) / np.array([total[some].sum() for some in cells])
    macro = np.stack([(active[:, some] / total[some]).mean(axis=1) for some in cells], axis=1)
    return {"rate_pooled": pooled, "rate_macro": macro, "entropy": np.repeat(entropy(pooled), len(cells))}


def entropy(rates: Doubles) -> Doubles:
    """[features] of [features, domains]: normalised entropy; NaN for a single domain, or where all rates are 0."""
    total = rates.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = rates / total
        even: Doubles = entr(p).sum(axis=1) / np.log(rates.shape[1])
    return even


def _tests(block: Block, corpus: _DomainCells, compared: NDArray[np.bool_]) -> tuple[Doubles, NDArray[np.object_]]:
    """[_TESTED, features, domains], and why there is no test: [features, domains]."""
    kind, features = corpus.kind, len(block.matched)
    tests = np.full((len(_TESTED), features, len(kind.labels)), np.nan)
    null_reason = np.full((features, len(kind.labels)), RARE_FEATURE, dtype=object)
    tested = subjects(block, kind)
    rows = tested.features - block.first
    again = drawn(tested, kind.stratum, corpus.weights)
    worst = worst_aurocs(tested.values, corpus.recordings, compared)
    follows = followed(tested.values, corpus.recordings, compared)
    for column, label in enumerate(kind.labels):
        null_reason[rows, column] = label.null_reason
        if label.null_reason is None:
            result = outcome(tested, label.contrast)
            bounds = again.interval(np.arange(len(rows)), result.auroc, label.contrast)
            worst_bounds = _worst_interval(again, worst, column, corpus.recordings)
            worst_figures = worst.auroc[:, column], *worst_bounds
            tests[:, rows, column] = (result.auroc, *bounds, *worst_figures, result.p, *follows[:, :, column])
    if len(kind.labels) == 1:
        null_reason[:] = ONE_DOMAIN
    return tests, null_reason


@dataclass(frozen=True, slots=True)
class WorstPairs:
    """[features, domains] each: the pair of a dataset inside and one outside that a feature tells apart worst."""

    auroc: Doubles  # NaN where there is no pair
    inside: Longs  # cells; -1 where there is no pair
    outside: Longs


def worst_aurocs(values: Floats, recordings: Recordings, compared: NDArray[np.bool_]) -> WorstPairs:
    """The lowest AUROC of a dataset inside against one outside, the first of equals.

    values: [features, recordings]; compared: [cells], those with recordings enough.
    """
    kept = np.flatnonzero(compared[recordings.cell])
    numbers = np.flatnonzero(compared)
    dataset = np.searchsorted(numbers, recordings.cell[kept])
    shape = (len(values), len(recordings.domains))
    worst = WorstPairs(np.full(shape, np.nan), np.full(shape, -1), np.full(shape, -1))
    within = [np.isin(numbers, recordings.cells_of(domain)) for domain in recordings.domains]
    pairs = [(column, np.nonzero(np.outer(inside, ~inside))) for column, inside in enumerate(within)]
    pairs = [(column, places) for column, places in pairs if len(places[0])]
    for feature, peaks in enumerate(values[:, kept]):
        table = pair_aurocs(peaks, dataset, len(numbers)) if pairs else np.empty((0, 0))
        for column, places in pairs:
            lowest = np.argmin(table[places])
            inside, outside = (numbers[place[lowest]] for place in places)
            worst.auroc[feature, column] = table[places][lowest]
            worst.inside[feature, column], worst.outside[feature, column] = inside, outside
    return worst


def _worst_interval(
    again: BootstrapDraws, worst: WorstPairs, column: int, recordings: Recordings
) -> tuple[Doubles, Doubles]:
    """[features] each: the bounds of the worst AUROC of one domain; NaN where there is none."""
    low, high = (np.full(len(worst.auroc), np.nan) for _ in range(2))
    pairs = np.stack([worst.inside[:, column], worst.outside[:, column]], axis=1)
    for pair in np.unique(pairs[pairs[:, 0] >= 0], axis=0):
        features = np.flatnonzero((pairs == pair).all(axis=1))
        members, others = (np.flatnonzero(recordings.cell == cell) for cell in pair)
        bounds = again.interval_between(features, worst.auroc[features, column], members, others)
        low[features], high[features] = bounds
    return low, high


def pair_aurocs(values: Floats, group: Longs, groups: int) -> Doubles:
    """[groups, groups]: the chance that a value of the first group is larger than one of the second, ties half."""
    _, level = np.unique(values, return_inverse=True)
    counts = np.bincount(level * groups + group, minlength=(int(level.max()) + 1) * groups).reshape(-1, groups)
    sizes = counts.sum(axis=0)
    below = counts.cumsum(axis=0) - counts / 2
    table: Doubles = (counts.T @ below) / np.outer(sizes, sizes)
    return table
