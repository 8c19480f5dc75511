"""What the dictionaries of an atlas find, by label, and where a label's page lies.

A label has a page where some feature finds it: in whole clips or in time with q below .05, and more often or stronger
with the label than without; or at the strongest peaks, as the rule for names asks.
Tiers of phones and words go by the names `phone` and `word`, so that a word has one page for its text and its time.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from atlas.analyse.naming.candidates import is_peak_name
from atlas.reading.tables import Atlas
from atlas.render.columns import significant
from atlas.render.parts.withheld import unread_labels, without
from atlas.render.terms import TIERS
from atlas.schema import LABELS, PEAK_LABELS, TIMED_LABELS
from atlas.schema.thresholds import SIGNIFICANT_Q

Named = tuple[str, str]
"a kind and a label"

_PLAIN = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Tested:
    """How a label was tested in one dictionary."""

    features: int
    family: int
    null_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What one dictionary finds: the rows of each label, best first."""

    dictionary: str
    clips: Mapping[Named, pl.DataFrame]
    peaks: Mapping[Named, pl.DataFrame]
    timed: Mapping[Named, pl.DataFrame]
    clip_tests: Mapping[Named, Tested]
    peak_tests: Mapping[str, int]
    "a kind -> the features whose peaks were looked at"
    timed_tests: Mapping[Named, Tested]

    @property
    def labels(self) -> set[Named]:
        """The labels that some feature finds."""
        return {*self.clips, *self.peaks, *self.timed}


def detection_of(atlas: Atlas, dictionary: str) -> Detection:
    """What one dictionary finds."""
    clip_rows = significant(atlas.column(dictionary, LABELS.name, *LABELS.columns))
    ranked = clip_rows.sort("phi_chosen_a", "p", "feature", descending=[True, False, False], nulls_last=True)
    timed = _timed(without(atlas.column(dictionary, TIMED_LABELS.name, *TIMED_LABELS.columns), unread_labels(atlas)))
    beyond = timed.filter(pl.col("q") < SIGNIFICANT_Q)
    ranked_timed = beyond.sort("over", "feature", descending=[True, False])
    peaks = _with_kinds(atlas.column(dictionary, PEAK_LABELS.name, *PEAK_LABELS.columns))
    pure = peaks.filter(is_peak_name()).sort("purity", "base", "feature", descending=[True, False, False])
    return Detection(
        dictionary=dictionary,
        clips=_by_label(ranked),
        peaks=_by_label(pure),
        timed=_by_label(ranked_timed),
        clip_tests=_clip_tests(atlas.label_index(dictionary)),
        peak_tests=dict(peaks.group_by("kind").len().iter_rows()),
        timed_tests=_timed_tests(timed),
    )


def _timed(rows: pl.DataFrame) -> pl.DataFrame:
    """Timed labels under the names of their kinds, with how far their share exceeds what is expected."""
    named = _with_kinds(rows.filter(pl.col("label") != ""))
    return named.with_columns((pl.col("share") - pl.col("expected")).alias("over"))


def _with_kinds(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("tier").replace(dict(TIERS)).alias("kind"))


def _by_label(rows: pl.DataFrame) -> dict[Named, pl.DataFrame]:
    parts = rows.partition_by("kind", "label", as_dict=True, maintain_order=True)
    return {(str(kind), str(label)): part for (kind, label), part in parts.items()}


def _clip_tests(index: pl.DataFrame) -> dict[Named, Tested]:
    families = dict(index.group_by("kind").agg(pl.col("tests").sum()).iter_rows())
    rows = index.select("kind", "label", "tests", "null_reason").iter_rows()
    return {(kind, label): Tested(tests, families[kind], null_reason) for kind, label, tests, null_reason in rows}


def _timed_tests(timed: pl.DataFrame) -> dict[Named, Tested]:
    counts = timed.group_by("kind", "label").agg(pl.col("q").is_not_null().sum().alias("tests"))
    families = dict(counts.group_by("kind").agg(pl.col("tests").sum()).iter_rows())
    return {(kind, label): Tested(tests, families[kind], None) for kind, label, tests in counts.iter_rows()}


def labels_with_pages(detections: Iterable[Detection]) -> tuple[Named, ...]:
    """The labels that have a page, in order."""
    return tuple(sorted(set().union(*(detection.labels for detection in detections))))


def label_address(kind: str, label: str) -> str:
    """Where a label's page lies: readable where the label is plain, and never the same for two labels."""
    return f"l/{plain_name(kind)}/{plain_name(label)}.html"


def plain_name(text: str) -> str:
    """A text as part of an address: as it is where it is plain, and never the same for two texts."""
    if _PLAIN.fullmatch(text) and len(text) <= _LONGEST:
        return text.replace(" ", "-")
    readable = re.sub(r"[^a-z0-9]+", "-", text[:_LONGEST].lower()).strip("-")
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{readable}-{digest}" if readable else digest
