"""Transcripts before and after an edit, chosen by rule: the largest effect, the median one, and the smallest dose."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from atlas.schema.effects import (
    ABLATE,
    DECOY,
    DOSE_DECOYS,
    DOSE_EDITS,
    EFFECT_EXAMPLES,
    LARGEST,
    MEDIAN,
    SILENT_DECOYS,
    SILENT_EDITS,
    SMALLEST_DOSE,
)
from atlas.schema.thresholds import DOSES
from atlas.speech.words import is_spoken, word_label

DOSE_OF: Mapping[str, float] = {
    edit: dose for edits in (DOSE_EDITS, SILENT_EDITS) for edit, dose in zip(edits, DOSES, strict=True)
}
"edit -> its dose; of two of one dose, that on the feature's own frames comes first"
_DECOY_OF = dict(zip((ABLATE, *DOSE_EDITS, *SILENT_EDITS), (DECOY, *DOSE_DECOYS, *SILENT_DECOYS), strict=True))


@dataclass(frozen=True, slots=True)
class _Written:
    clip: int
    value: float | None
    "of the primary outcome"
    before: str
    after: str


def examples(dictionary: str, measured: pl.DataFrame, primary: str | None) -> pl.DataFrame:
    """MEASURED -> EFFECT_EXAMPLES."""
    written = measured.filter(pl.col("after").is_not_null()).sort("feature", "clip", "edit")
    rows = []
    for (feature,), edits in written.group_by("feature", maintain_order=True):
        found = _by_edit(edits, primary)
        chosen = [*_ablations(found), *_smallest_dose(found)]
        rows += [(dictionary, feature, rank, *row) for rank, row in enumerate(chosen, start=1)]
    return pl.DataFrame(rows, dict(EFFECT_EXAMPLES.columns), orient="row").sort(EFFECT_EXAMPLES.key)


def _by_edit(edits: pl.DataFrame, primary: str | None) -> Mapping[str, list[_Written]]:
    found: dict[str, list[_Written]] = {}
    columns = edits.select("edit", "clip", "outcomes", "values", "before", "after")
    for edit, clip, outcomes, values, before, after in columns.iter_rows():
        value = dict(zip(outcomes, values, strict=True)).get(primary)
        found.setdefault(edit, []).append(_Written(clip, value, before, after))
    return found


_Row = tuple[int, str, float | None, str, str, str | None, str]


def _ablations(found: Mapping[str, list[_Written]]) -> Iterator[_Row]:
    """The ablation of largest effect, and of the others the one nearest the median; the first clip of equal ones."""
    known = [(one, one.value) for one in found.get(ABLATE, ()) if one.value is not None]
    if not known:
        return
    middle = float(np.median([value for _, value in known]))
    largest, _ = max(known, key=lambda pair: abs(pair[1]))
    chosen = [(largest, LARGEST)]
    others = [pair for pair in known if pair[0] is not largest]
    if others:
        chosen.append((min(others, key=lambda pair: abs(pair[1] - middle))[0], MEDIAN))
    for one, why in chosen:
        yield one.clip, ABLATE, None, one.before, one.after, _control_after(found, ABLATE, one.clip), why


def _smallest_dose(found: Mapping[str, list[_Written]]) -> Iterator[_Row]:
    """Of the smallest dose that changes a word, the clip of largest effect."""
    for edit, dose in sorted(DOSE_OF.items(), key=lambda pair: pair[1]):
        changed = [one for one in found.get(edit, ()) if _folded(one.before) != _folded(one.after)]
        if changed:
            one = max(changed, key=lambda written: abs(written.value or 0.0))
            yield one.clip, edit, dose, one.before, one.after, _control_after(found, edit, one.clip), SMALLEST_DOSE
            return


def _control_after(found: Mapping[str, list[_Written]], edit: str, clip: int) -> str | None:
    """What the model writes with the decoy of an edit; None where that was not written."""
    return next((one.after for one in found.get(_DECOY_OF[edit], ()) if one.clip == clip), None)


def _folded(text: str) -> list[str]:
    """The words of a text, without case and punctuation."""
    return [word_label(word) for word in text.split() if any(map(is_spoken, word))]
