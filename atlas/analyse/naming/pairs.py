"""Two labels of clips that are true of a feature: "siren, also whistle".

On each half of the recordings, the label of largest phi is chosen as where one label is sought, and beside it the next
that says something else: of the recordings with the rarer of the two, fewer than half have the other, which rules out
synonyms, and a wider class beside a narrower one. Where both halves choose the same two, whichever comes first, each is
asked all that a single label is asked, held out. Only the strongest recordings are asked together, as a feature of two
sounds hears both among them: enough have either label, and some have each. The first of the two is the one that would
be the name by itself, else that of the larger held-out phi.

Words of clips make no pairs: who else says a word is not known here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import polars as pl

from atlas.analyse.naming.candidates import PASSES, ClipLabel, is_held_out, is_searched, judged
from atlas.schema.thresholds import EACH_PRECISION, OTHER_LABEL, STRONGEST_RECORDINGS, TOP_RECORDINGS

Named = tuple[str, str]
"""kind and label"""
Pairs = Mapping[int, tuple[ClipLabel, ClipLabel]]
"""feature -> its two labels"""

_HALVES = ("phi_chosen_a", "phi_chosen_b")


@dataclass(frozen=True, slots=True)
class Carriers:
    """Which clips and which recordings have each label, language or speaker."""

    clips: Mapping[Named, frozenset[int]]
    recordings: Mapping[Named, frozenset[str]]

    def differ(self, one: Named, other: Named) -> bool:
        """Whether two labels say something else, as far as it is known which recordings have them."""
        first, second = (self.recordings.get(named, frozenset()) for named in (one, other))
        rarer = min(len(first), len(second))
        return rarer > 0 and len(first & second) < OTHER_LABEL * rarer


NO_CARRIERS = Carriers(MappingProxyType({}), MappingProxyType({}))


def carriers_of(clips: pl.DataFrame) -> Carriers:
    """clips: the table."""
    usable = clips.filter(pl.col("problem").is_null())
    of_kind = {"label": pl.col("labels"), "language": pl.col("language"), "speaker": pl.col("speaker")}
    in_clips: dict[Named, frozenset[int]] = {}
    in_recordings: dict[Named, frozenset[str]] = {}
    for kind, column in of_kind.items():
        rows = usable.select("clip", "recording", label=column)
        rows = rows.explode("label") if kind == "label" else rows
        for label, numbers, recordings in rows.drop_nulls().group_by("label").agg("clip", "recording").iter_rows():
            in_clips[kind, label], in_recordings[kind, label] = frozenset(numbers), frozenset(recordings)
    return Carriers(in_clips, in_recordings)


def clip_pairs(
    labels: pl.DataFrame, index: pl.DataFrame, at_edges: pl.Series, strongest: pl.DataFrame, carriers: Carriers
) -> Pairs:
    """The features that two labels of clips are true of.

    labels, index, at_edges: as for `clip_labels`; strongest: `feature, clips`, the largest peak first.
    """
    able = labels.filter(is_searched())
    holding = able.filter(is_held_out()).filter(pl.len().over("feature") > 1)
    rows = able.join(holding.select("feature").unique(), on="feature", how="semi")
    clips = dict(strongest.select("feature", "clips").iter_rows())
    chosen = [
        pair
        for feature, mine in _by_feature(rows)
        if (two := _chosen_alike(mine, carriers)) is not None
        for pair in _asked_together(mine, two, clips.get(feature, ()), carriers)
    ]
    decided = judged(pl.concat([rows.clear().with_columns(alike=pl.lit(None, pl.Boolean)), *chosen]), index, at_edges)
    passing = decided.filter((pl.col("reason") == PASSES).all().over("feature"))
    ranked = passing.sort("feature", "phi_heldout", "kind", "label", descending=[False, True, False, False])
    found = ranked.select("feature", *ClipLabel.__dataclass_fields__.keys()).rows(named=True)
    pairs = zip(found[::2], found[1::2], strict=True)
    return {first["feature"]: (_label(first), _label(second)) for first, second in pairs}


def with_pairs(clip: Mapping[int, ClipLabel], pairs: Pairs) -> tuple[dict[int, ClipLabel], dict[int, ClipLabel]]:
    """feature -> its label, which then may name it, and feature -> the second; clip: what `clip_labels` finds."""
    firsts, seconds = dict(clip), {}
    for feature, (one, other) in pairs.items():
        alone = clip[feature]
        swapped = alone.reason == PASSES and (alone.kind, alone.label) == (other.kind, other.label)
        firsts[feature], seconds[feature] = (other, one) if swapped else (one, other)
    return firsts, seconds


def _by_feature(rows: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    for (feature,), mine in rows.group_by("feature", maintain_order=True):
        assert isinstance(feature, int)
        yield feature, mine


def _chosen_alike(rows: pl.DataFrame, carriers: Carriers) -> frozenset[Named] | None:
    """The two labels that both halves choose for one feature; None where they choose differently, or find no second."""
    by_half = {_two_best(rows, half, carriers) for half in _HALVES}
    return by_half.pop() if len(by_half) == 1 else None


def _two_best(rows: pl.DataFrame, by: str, carriers: Carriers) -> frozenset[Named] | None:
    ranked = rows.sort(by, "p", "kind", "label", descending=[True, False, False, False])
    first, *rest = ranked.select("kind", "label").iter_rows()
    second = next((other for other in rest if carriers.differ(first, other)), None)
    return None if second is None else frozenset((first, second))


def _asked_together(
    rows: pl.DataFrame, two: frozenset[Named], strongest: Sequence[int], carriers: Carriers
) -> tuple[pl.DataFrame, ...]:
    """The two rows of a pair, with the precisions of both labels together; none where one is hardly among the first."""
    either = frozenset[int]().union(*(carriers.clips[named] for named in two))
    recordings = frozenset[str]().union(*(carriers.recordings[named] for named in two))
    asked = min(len(recordings), STRONGEST_RECORDINGS)
    have = [clip in either for clip in strongest]
    mine = pl.concat([rows.filter(kind=kind, label=label) for kind, label in sorted(two)])
    if any(_alone(named, two, strongest, carriers) < EACH_PRECISION for named in two):
        return ()
    together = {
        "precision10": pl.lit(sum(have[:TOP_RECORDINGS]) / TOP_RECORDINGS),
        "r_precision": pl.lit(sum(have[:asked]) / asked),
    }
    return (mine.with_columns(**together, alike=pl.lit(True)),)


def _alone(named: Named, two: frozenset[Named], strongest: Sequence[int], carriers: Carriers) -> float:
    """The share of the strongest recordings that have a label, and not the other of the two."""
    other = frozenset[int]().union(*(carriers.clips[one] for one in two if one != named))
    alone = [clip in carriers.clips[named] and clip not in other for clip in strongest[:TOP_RECORDINGS]]
    return sum(alone) / TOP_RECORDINGS


def _label(row: Mapping[str, Any]) -> ClipLabel:
    return ClipLabel(**{name: row[name] for name in ClipLabel.__dataclass_fields__})
