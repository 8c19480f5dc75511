"""The tables `labels` and `label_index`: features against sound classes, languages, speakers and words.

Call `label_tables` once a dictionary, with blocks of its peaks by cell; memory is bounded by a block, and by a p for
each test. A family of q is dictionary × kind of label. Kept are rows with q < .05 and each feature's 20 smallest p.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.bests import BESTS, with_best
from atlas.analyse.testing.blocks import Block
from atlas.analyse.testing.confounds import CONFOUNDS, confounds
from atlas.analyse.testing.exact import q_values
from atlas.analyse.testing.halves import halved
from atlas.analyse.testing.kinds import Label, LabelKind
from atlas.analyse.testing.probes import NO_PROBES, PROBED
from atlas.analyse.testing.recordings import Recordings
from atlas.analyse.testing.resampling import BootstrapDraws, drawn, draws
from atlas.analyse.testing.search import SEARCHED, Searcher, searcher
from atlas.analyse.testing.strongest import precisions
from atlas.analyse.testing.trials import TrialOutcome, outcome, subjects
from atlas.schema import LABEL_INDEX, LABELS
from atlas.schema.thresholds import LABELS_KEPT, SIGNIFICANT_Q

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

_NO_LABELS = LABEL_INDEX.empty().drop(*BESTS, *PROBED)
NO_FEATURE = "no feature fires in enough of the recordings that it is asked of"

_OF_TEST = ("auroc", "auroc_low", "lift", "lift_low", "p")
_OF_CORPUS = ("precision10", "r_precision", "mass_share", "mass_base")
_FIGURES = (*_OF_TEST, *_OF_CORPUS, *SEARCHED)


@dataclass(frozen=True, slots=True)
class Tables:
    """What is found of one dictionary."""

    labels: pl.DataFrame
    label_index: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A block's features, ready for any label of a kind."""

    again: BootstrapDraws
    searcher: Searcher
    strongest: Longs  # [features, ranks]: clips
    matched: NDArray[np.float32]  # [features, recordings of the corpus]
    clip: Longs  # [recordings of the corpus]

    def figures(self, rows: Longs, label: Label, trial: TrialOutcome) -> Doubles:
        """[rows, _FIGURES]: all figures of one label for some features of the block."""
        low, _ = self.again.interval(rows, trial.auroc[rows], label.contrast)
        of_test = (trial.auroc[rows], low, trial.lift[rows], trial.lift_low[rows], trial.p[rows])
        of_corpus = (*precisions(self.strongest[rows], label.clips, label.recordings), *self._masses(rows, label))
        searched = self.searcher.find(rows, label.contrast)
        return np.stack([*of_test, *of_corpus, *(getattr(searched, figure) for figure in SEARCHED)], axis=1)

    def _masses(self, rows: Longs, label: Label) -> tuple[Doubles, Doubles]:
        """[rows] each: the share of the sum of matched peaks that the label's recordings hold, and their own share."""
        held = np.isin(self.clip, label.clips)
        peaks = self.matched[rows]
        total = peaks.sum(axis=1, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            share = peaks[:, held].sum(axis=1, dtype=np.float64) / total
        return share, np.full(len(rows), held.mean() if len(held) else np.nan)


@dataclass(frozen=True, slots=True)
class _Measured:
    """All tests of one block and kind, and the figures of those that may be kept."""

    features: Longs
    every_p: Doubles  # [features, labels]
    row: Longs  # of every_p; and so on for each that may be kept
    column: Longs
    figures: Doubles  # [those that may be kept, _FIGURES]


def label_tables(
    name: str,
    blocks: Iterable[Block],
    recordings: Recordings,
    kinds: Sequence[LabelKind],
    own: Longs | None = None,
    probes: pl.DataFrame = NO_PROBES,
) -> Tables:
    """The tables `labels` and `label_index` of one dictionary; probes: as `probe_labels` gives them.

    own: [features], the unit that is passed over for a feature of templates, whose peaks there are not read; or -1.
    """
    weights = draws(recordings.cell, recordings.unit)
    measured: list[list[_Measured]] = [[] for _ in kinds]
    for block in blocks:
        for kind, of_kind in zip(kinds, measured, strict=True):
            of_kind.append(_measure(block, recordings, kind, weights[kind.recordings], own))
    frames = [_kind_frame(name, kind, of_kind) for kind, of_kind in zip(kinds, measured, strict=True)]
    tested = [sum(len(part.features) for part in of_kind) for of_kind in measured]
    indexes = [_index_frame(name, kind, recordings, features) for kind, features in zip(kinds, tested, strict=True)]
    rows = pl.concat([LABELS.empty(), *frames])
    probed = pl.concat([_NO_LABELS, *indexes]).join(probes, on=["kind", "label"], how="left", maintain_order="left")
    return Tables(_kept(rows), with_best(probed, rows))


def _measure(
    block: Block, recordings: Recordings, kind: LabelKind, weights: NDArray[np.float32], own: Longs | None
) -> _Measured:
    tested = subjects(block, kind)
    place = tested.features - block.first
    ready = _Ready(
        again=drawn(tested, kind.stratum, weights),
        searcher=searcher(
            tested.values,
            kind.stratum,
            recordings.hashes[kind.recordings],
            recordings.unit[kind.recordings],
            None if own is None else own[tested.features],
        ),
        strongest=block.strongest[place],
        matched=block.matched[place],
        clip=recordings.clip,
    )
    outcomes = [outcome(tested, label.contrast) for label in kind.tested]
    every_p = np.hstack([np.empty((len(tested.features), 0)), *(trial.p[:, None] for trial in outcomes)])
    chosen = _may_be_kept(every_p)
    column, row = np.nonzero(chosen.T)
    figures = [
        ready.figures(np.flatnonzero(chosen[:, number]), label, trial)
        for number, (label, trial) in enumerate(zip(kind.tested, outcomes, strict=True))
    ]
    return _Measured(tested.features, every_p, row, column, np.concatenate([np.empty((0, len(_FIGURES))), *figures]))


def _may_be_kept(p: Doubles) -> NDArray[np.bool_]:
    """Whatever can have q < .05 (q is never below p), or be among the 20 smallest of a feature."""
    chosen = p < SIGNIFICANT_Q
    np.put_along_axis(chosen, np.argsort(p, axis=1, kind="stable")[:, :LABELS_KEPT], True, axis=1)
    return chosen


def _kind_frame(name: str, kind: LabelKind, measured: Sequence[_Measured]) -> pl.DataFrame:
    """The rows of one family, q of all its tests included."""
    if not measured:
        return LABELS.empty()
    q = q_values(np.concatenate([part.every_p for part in measured]))
    starts = np.cumsum([0, *(len(part.features) for part in measured)])
    pieces = zip(starts, measured, strict=False)
    figures = np.concatenate([part.figures for part in measured])
    column = np.concatenate([part.column for part in measured])
    names = np.array([label.name for label in kind.tested], dtype=object)
    recordings = np.array([int(label.contrast.counts.sum()) for label in kind.tested], np.uint32)
    frame = LABELS.frame(
        {
            "dictionary": [name] * len(column),
            "feature": np.concatenate([part.features[part.row] for part in measured]).astype(np.uint32),
            "kind": [kind.name] * len(column),
            "label": names[column].tolist(),
            "recordings": recordings[column],
            **{figure: figures[:, number] for number, figure in enumerate(_FIGURES)},
            "q": np.concatenate([q[start + part.row, part.column] for start, part in pieces]),
        }
    )
    return frame.with_columns(pl.col(_FIGURES).fill_nan(None))


def _kept(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with q < .05, and the 20 of smallest p of each feature over all kinds."""
    ranked = rows.sort("feature", "p", "kind", "label")
    best = pl.int_range(pl.len()).over("feature") < LABELS_KEPT
    return ranked.filter((pl.col("q") < SIGNIFICANT_Q) | best).sort(LABELS.key)


def _is_halved(label: Label, kind: LabelKind, recordings: Recordings) -> bool:
    """Whether the search can ask of a label: whether both halves have recordings enough with it, and without."""
    if label.null_reason is not None:
        return False
    within = np.flatnonzero(np.isin(kind.stratum, label.contrast.strata))
    places = kind.recordings[within]
    has = np.isin(within, label.contrast.labelled)
    return halved(has, kind.stratum[within], recordings.hashes[places], recordings.unit[places]) is not None


def _index_frame(name: str, kind: LabelKind, recordings: Recordings, tested: int) -> pl.DataFrame:
    """How much of the corpus has each label, the tests made of it, and why there are none."""
    labels = kind.labels
    null_reason = [label.null_reason or (None if tested else NO_FEATURE) for label in labels]
    confounded = dict(zip(CONFOUNDS, zip(*confounds(kind, recordings), strict=True), strict=True))
    return pl.DataFrame(
        {
            "dictionary": [name] * len(labels),
            "kind": [kind.name] * len(labels),
            "label": [label.name for label in labels],
            "clips": np.array([len(label.clips) for label in labels], np.uint32),
            "recordings": np.array([label.recordings for label in labels], np.uint32),
            "datasets": np.array([label.datasets for label in labels], np.uint32),
            "tests": np.array([tested * (label.null_reason is None) for label in labels], np.uint32),
            "within": [_within(label, recordings) for label in labels],
            "halved": [_is_halved(label, kind, recordings) for label in labels],
            **confounded,
            "null_reason": null_reason,
        },
        schema=_NO_LABELS.schema,
    )


def _within(label: Label, recordings: Recordings) -> list[str] | None:
    """The datasets that a label is tested within, by name; None where it is not tested."""
    if label.null_reason is not None:
        return None
    return sorted({recordings.cells[cell].dataset for cell in label.contrast.strata.tolist()})
