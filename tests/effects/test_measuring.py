"""Rows of a clip in a world whose answers are known: what is in them, what is not, and what is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor

from atlas.effects.design import PlannedEdit
from atlas.effects.edit_sets import EditMaker
from atlas.effects.edits import Covariance, ablated
from atlas.effects.keys import EditKeys
from atlas.effects.label_words import LabelledSpan, SpokenLabel
from atlas.effects.ledger import Ledger, WantedEdit
from atlas.effects.measured import MEASURED
from atlas.effects.measuring import ClipKnowledge, ClipMeasurer, edit_words
from atlas.effects.passes import heard_edits
from atlas.readouts.base import Said, Utterance
from atlas.schema.effects import (
    ABLATE,
    DECOY,
    DOSE_EDITS,
    LABEL,
    LANGUAGE,
    REFERENCE,
    REFERENCE_WER,
    SILENT_DECOYS,
    SILENT_EDITS,
    TRANSCRIPT,
    WER,
)
from tests.effects.worlds import FRAMES, GRID, TOKENS, WIDTH, PlainEncoder, PlainReadout, world

FEATURE = 0
KEYS = EditKeys(
    contents={5: "clip"},
    spans={},
    spoken={},
    languages={},
    labels={},
    high_values=np.ones(WIDTH, np.float32),
    half_a="",
)


@dataclass(frozen=True)
class ReadingReadout(PlainReadout):
    """Takes the letters of a text for tokens; hears each of them in silence about as well as the world is silent."""

    def listen(self, encoded: Tensor, lengths: Sequence[int], languages: Sequence[str | None]) -> list[Utterance]:
        heard = super().listen(encoded, lengths, languages)
        return [replace(one, texts=tuple(f" {text}" for text in one.texts)) for one in heard]

    def reading(self, text: str, language: str | None, utterance: Utterance) -> Utterance | None:
        tokens = tuple("abcd".index(letter) for letter in text)
        return None if language == "de" else replace(utterance, tokens=tokens, texts=tuple(text))

    def said(self, encoded: Tensor, utterance: Utterance) -> Said:
        return Said(super().said(encoded, utterance).logprobs[:, list(utterance.tokens)])


@dataclass(frozen=True)
class SpeakingReadout(ReadingReadout):
    """Hears one of two languages, the second of which is likelier."""

    def said(self, encoded: Tensor, utterance: Utterance) -> Said:
        score = encoded.mean(dim=(1, 2))
        languages = torch.stack([score, 2 * score.abs() + 5], dim=1).log_softmax(dim=1)
        return replace(super().said(encoded, utterance), languages=languages)


@dataclass(frozen=True)
class PreparingEncoder(PlainEncoder):
    """Gives silence for every sound that it is asked to prepare."""

    def prepare(self, samples: np.ndarray) -> Tensor:
        return torch.full((FRAMES, WIDTH), -4.0)


@pytest.fixture(scope="module")
def measurer() -> ClipMeasurer:
    model, inputs = world()
    assert isinstance(model.readout, PlainReadout)
    model = replace(model, readout=ReadingReadout(model.readout.reads), encoder=PreparingEncoder(model.encoder.layer))  # type: ignore[attr-defined]
    clip = model.tapped(inputs, FRAMES, None)
    maker = EditMaker(
        name="planted",
        dictionary=model.dictionary,
        grid=GRID,
        covariance=Covariance.of(clip.x),
        high_values=np.full(WIDTH, 2.0, np.float32),
        means={},
    )
    return ClipMeasurer(model=model, maker=maker, labels={}, languages={}, clip=clip, about=knowledge())


def knowledge(text: str | None = None, language: str | None = None, label: str = "") -> ClipKnowledge:
    spans = tuple(LabelledSpan(float(place), place + 1.0, "phones", letter) for place, letter in enumerate(label))
    return ClipKnowledge(number=5, hash64=9, text=text, language=language, spans=spans)


def wanted(edit: str, *, written: bool = False) -> WantedEdit:
    return WantedEdit(PlannedEdit(5, FEATURE, edit), written)


def outcomes_of(rows: pl.DataFrame, edit: str = ABLATE) -> dict[str, float]:
    row = rows.row(by_predicate=pl.col("edit") == edit, named=True)
    return dict(zip(row["outcomes"], row["values"], strict=True))


def test_a_row_holds_what_the_passes_give(measurer: ClipMeasurer) -> None:
    rows = measurer.rows([wanted(edit) for edit in (ABLATE, DECOY, DOSE_EDITS[1])])
    edit = ablated(measurer.clip.firing(measurer.model.dictionary, FEATURE))
    ((heard, place),) = heard_edits(measurer.model, measurer.clip, [edit])
    own = rows.row(0, named=True)

    assert dict(rows.schema) == {
        name: kind if isinstance(kind, pl.DataType) else kind() for name, kind in MEASURED.items()
    }
    assert (own["clip"], own["feature"], own["frames_edited"]) == (5, FEATURE, len(edit.frames))
    assert own["norm"] == pytest.approx(float(edit.norms.square().mean().sqrt()))
    assert own["changes"] == heard.changes(place).tolist()
    assert own["tokens"] == [" a", " b", " c", " d"]
    assert rows["tokens"].is_null().to_list() == [False, False, True]
    assert rows["after"].null_count() == len(rows)


def test_a_text_of_the_corpus_is_asked_about_in_its_own_language_alone(measurer: ClipMeasurer) -> None:
    changes = measurer.rows([wanted(ABLATE)])["changes"][0].to_list()
    told = outcomes_of(replace(measurer, about=knowledge("aab", "en")).rows([wanted(ABLATE)]))
    foreign = outcomes_of(replace(measurer, about=knowledge("aab", "de")).rows([wanted(ABLATE)]))

    assert told[REFERENCE] == pytest.approx((2 * changes[0] + changes[1]) / 3)
    assert told[TRANSCRIPT] == pytest.approx(np.mean(changes))
    assert REFERENCE not in foreign


def test_written_rows_have_both_texts_and_their_words(measurer: ClipMeasurer) -> None:
    rows = measurer.rows([wanted(ABLATE), wanted(DOSE_EDITS[3], written=True)])
    dose = rows.row(by_predicate=pl.col("edit") == DOSE_EDITS[3], named=True)
    (before,) = measurer.model.readout.write(measurer.model.encoder.resume("tap", measurer.clip.x[None]), None)  # type: ignore[union-attr]

    assert dose["before"] == before != dose["after"]
    assert outcomes_of(rows, DOSE_EDITS[3])[WER] > 0
    assert not {WER, REFERENCE_WER} & outcomes_of(rows).keys()
    against = replace(measurer, about=knowledge("a", "en")).rows([wanted(DOSE_EDITS[3], written=True)])
    assert outcomes_of(against, DOSE_EDITS[3])[WER] == outcomes_of(rows, DOSE_EDITS[3])[WER], "whatever the text is"
    assert REFERENCE_WER in outcomes_of(against, DOSE_EDITS[3])


def test_the_label_is_its_words_less_the_others_that_are_heard(measurer: ClipMeasurer) -> None:
    """Of the four tokens two lose a nat or more in silence: those are counted."""
    labelled = replace(measurer, labels={FEATURE: SpokenLabel("phones", "a")}, about=knowledge(label="abcd"))
    with torch.no_grad():
        heard = labelled.lost_in_silence >= 1
    rows = labelled.rows([wanted(ABLATE)])
    changes = np.array(rows["changes"][0])

    assert heard[0]
    assert 0 < heard[1:].sum() <= TOKENS - 1
    assert outcomes_of(rows)[LABEL] == pytest.approx(changes[0] - changes[1:][heard[1:]].mean())


def test_what_cannot_be_made_has_no_outcomes(measurer: ClipMeasurer) -> None:
    silent = replace(
        measurer.clip, active=replace(measurer.clip.active, starts=0 * measurer.clip.active.starts), valid=5
    )
    rows = replace(measurer, clip=silent).rows([wanted(ABLATE), wanted(SILENT_EDITS[0], written=True)])

    assert rows["frames_edited"].to_list() == [0, 0]
    assert rows["outcomes"].list.len().to_list() == [0, 0]


def test_an_edit_that_makes_the_model_say_nan_has_no_outcomes_and_is_not_tried_again(
    measurer: ClipMeasurer, tmp_path: Path
) -> None:
    broken = replace(measurer, maker=replace(measurer.maker, high_values=np.full(WIDTH, -8e37, np.float32)))
    asked, ledger = [wanted(DOSE_EDITS[3], written=True), wanted(ABLATE)], Ledger.of(tmp_path, "planted", {}, KEYS)
    rows = broken.rows(asked)
    ledger.add(rows)
    away, dose = rows.sort("edit").rows(named=True)

    assert (dose["outcomes"], dose["after"]) == ([], None)
    assert dose["frames_edited"] == away["frames_edited"] > 0
    assert away["outcomes"] == measurer.rows([wanted(ABLATE)])["outcomes"][0].to_list()
    assert ledger.missing(asked) == []


def test_edits_are_told_in_words() -> None:
    told = [edit_words(edit) for edit in (DOSE_EDITS[3], SILENT_DECOYS[0], DECOY)]

    assert told == ["a dose of 4", "the decoy of a dose of 0.5 where it is silent", "the edit `decoy`"]


@pytest.mark.parametrize(("languages", "column"), [({}, 1), ({FEATURE: "de"}, 0), ({FEATURE: "German"}, 0)])
def test_a_feature_that_a_language_names_is_asked_about_this_one(
    measurer: ClipMeasurer, languages: dict[int, str], column: int
) -> None:
    """Others are asked about the one that is likeliest unedited, which here is the second."""
    readout = measurer.model.readout
    assert isinstance(readout, ReadingReadout)
    told = SpeakingReadout(readout.reads, languages=("de", "en"))
    asked = replace(measurer, model=replace(measurer.model, readout=told), languages=languages)
    edit = ablated(measurer.clip.firing(measurer.model.dictionary, FEATURE))
    ((heard, row),) = heard_edits(asked.model, asked.clip, [edit])

    assert heard.languages is not None
    changes = heard.languages[row] - heard.languages[0]
    assert outcomes_of(asked.rows([wanted(ABLATE)]))[LANGUAGE] == pytest.approx(changes[column])
    assert changes[0] != pytest.approx(changes[1])
