"""Some edits of one clip, measured: rows of what `measured.py` names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.annotate.languages import language_code
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edit_sets import EditMaker
from atlas.effects.edits import Edit
from atlas.effects.label_words import LabelledSpan, SpokenLabel, label_tokens
from atlas.effects.ledger import WantedEdit
from atlas.effects.measured import MEASURED
from atlas.effects.outcomes import Heard, LabelTokens, near, outcomes
from atlas.effects.passes import ROWS, edited_batches
from atlas.effects.wording import reference_error_change, words_changed
from atlas.readouts.base import Utterance
from atlas.schema.effects import ABLATE, DECOY, DOSE_EDITS, REFERENCE_WER, SILENT_EDITS, WER
from atlas.schema.thresholds import DOSES, NEAR_S

WRITTEN_AT_ONCE = 16  # transcripts, which Whisper decodes together anyway
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipKnowledge:
    """What is known of a clip besides its sound."""

    number: int
    hash64: int
    text: str | None
    "of the corpus"
    language: str | None
    "as the corpus names it"
    spans: tuple[LabelledSpan, ...]
    "its words and phones"


@dataclass(frozen=True, kw_only=True)  # without slots, for what is found once
class ClipMeasurer:
    """Measures edits of one clip."""

    model: TappedModel
    maker: EditMaker
    labels: Mapping[int, SpokenLabel]
    "feature -> the phone or word at which its peaks stand"
    languages: Mapping[int, str]
    "feature -> the language that names it"
    clip: TappedClip
    about: ClipKnowledge

    def rows(self, wanted: Sequence[WantedEdit]) -> pl.DataFrame:
        """As MEASURED; an edit that cannot be made of this clip, or makes the model say NaN, has no outcomes."""
        edits = [self.maker.edit(one.planned.feature, one.planned.edit, self.clip, self.about.hash64) for one in wanted]
        able = [(one, edit) for one, edit in zip(wanted, edits, strict=True) if edit is not None]
        rows = [_row(one) for one, edit in zip(wanted, edits, strict=True) if edit is None]
        batches = edited_batches(self.model, self.clip, [edit for _, edit in able], self.reference)
        unedited, to_write = None, list[tuple[Row, Tensor]]()
        for number, batch in enumerate(batches):
            for row, (one, edit) in enumerate(able[number * (ROWS - 1) : (number + 1) * (ROWS - 1)], start=1):
                measured = _row(one) | self._measured(one, edit, batch.heard, row)
                rows.append(measured)
                if one.written and self.model.readout is not None and measured["outcomes"]:
                    to_write.append((measured, batch.encoded[row]))
            unedited = batch.encoded[0]
            if len(to_write) > WRITTEN_AT_ONCE - ROWS:
                self._write(unedited, to_write)
                to_write.clear()
        if unedited is not None and to_write:
            self._write(unedited, to_write)
        return pl.DataFrame(rows, schema=dict(MEASURED), orient="row").sort("feature", "edit")

    @cached_property
    def reference(self) -> Utterance | None:
        """The corpus's text, where it is of the language that was heard."""
        if self.model.readout is None or not self.about.text:
            return None
        return self.model.readout.reading(self.about.text, self.about.language, self.clip.utterance)

    @cached_property
    def _labels_here(self) -> dict[int, LabelTokens | None]:
        return {}

    @cached_property
    def lost_in_silence(self) -> NDArray[np.float64]:
        """[tokens], how much less probable each is when the audio is silence, in nats."""
        model, utterance = self.model, self.clip.utterance
        assert model.readout is not None, "asked only where something is said"
        samples = self.clip.valid * model.encoder.grid.hop
        inputs = model.encoder.prepare(np.zeros(samples, np.float32))
        beside = model.encoder.resumed_with(model.tap)
        found = model.encoder.activations(inputs[None], [name for name in (model.tap, beside) if name])
        silence = [found[name] for name in (model.tap, beside) if name]
        sound = [part[None].to(model.encoder.device) for part in (self.clip.x, self.clip.entering) if part is not None]
        spoken, silent = (
            model.readout.said(model.encoder.resume(model.tap, *given), utterance).logprobs[0]
            for given in (sound, silence)
        )
        lost: NDArray[np.float64] = (spoken - silent).double().cpu().numpy()
        return lost

    def _measured(self, one: WantedEdit, edit: Edit, heard: Heard, row: int) -> Row:
        feature, kind = one.planned.feature, one.planned.edit
        reach = round(NEAR_S * self.maker.grid.frames_per_s)
        moved: Row = {
            "frames_edited": len(edit.frames),
            "norm": float(edit.norms.double().square().mean().sqrt()),
        }
        if not heard.finite(row):
            return moved
        found = outcomes(heard, row, edit.frames, reach, self._label(feature), self._language(feature))
        measured: Row = moved | {"outcomes": list(found), "values": list(found.values())}
        if kind in (ABLATE, DECOY) and heard.logprobs is not None:
            measured |= {
                "tokens": list(heard.utterance.texts),
                "changes": heard.changes(row).tolist(),
                "near": near(heard.utterance, edit.frames, reach).tolist(),
            }
        return measured

    def _label(self, feature: int) -> LabelTokens | None:
        label, known = self.labels.get(feature), self._labels_here
        if label is None or label.kind is None or not self.about.spans or self.model.readout is None:
            return None
        if feature not in known:
            with torch.no_grad():
                lost = self.lost_in_silence
            known[feature] = label_tokens(label, self.about.spans, self.clip.utterance, lost)
        return known[feature]

    def _language(self, feature: int) -> int | None:
        """The readout's column of the language that names a feature, however the readout writes it."""
        name, readout = self.languages.get(feature), self.model.readout
        if name is None or readout is None:
            return None
        written = (place for place, one in enumerate(readout.languages) if one in (name, language_code(name)))
        return next(written, None)

    def _write(self, unedited: Tensor, rows: Sequence[tuple[Row, Tensor]]) -> None:
        """Add transcripts and what they changed to rows; all are decoded together."""
        language = self.clip.utterance.language
        assert self.model.readout is not None, "asked only where something is said"
        encoded = torch.stack([unedited, *(edited for _, edited in rows)])
        before, *after = (text.strip() for text in self.model.readout.write(encoded, language))
        reference = self.about.text if self.reference is not None else None
        for (row, _), text in zip(rows, after, strict=True):
            row |= {"before": before, "after": text}
            rates = {WER: words_changed(before, text, language)}
            if reference is not None:
                rates[REFERENCE_WER] = reference_error_change(before, text, reference, language)
            for outcome, rate in rates.items():
                if rate is not None:
                    row["outcomes"] = [*row["outcomes"], outcome]  # type: ignore[misc]
                    row["values"] = [*row["values"], rate]  # type: ignore[misc]


def edit_words(edit: str) -> str:
    """An edit, for messages."""
    plain = edit.removesuffix("_decoy")
    for kinds, where in ((DOSE_EDITS, ""), (SILENT_EDITS, " where it is silent")):
        if plain in kinds:
            return f"{'a' if plain == edit else 'the decoy of a'} dose of {DOSES[kinds.index(plain)]:g}{where}"
    return f"the edit `{edit}`"


def _row(one: WantedEdit) -> Row:
    """An edit of which nothing is known yet."""
    unknown: Row = dict.fromkeys(MEASURED)
    planned = one.planned
    return unknown | {
        "feature": planned.feature,
        "clip": planned.clip,
        "edit": planned.edit,
        "frames_edited": 0,
        "norm": 0.0,
        "outcomes": [],
        "values": [],
    }
