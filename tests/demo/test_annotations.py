"""Made annotations against the demo's, whose English is synthetic and known to the millisecond.

Most of these voices fit the aligner's acoustic model so badly that it refuses them, as it should. So its limits are
lifted here: what is held to the truth is where it puts the edges of a text that is right.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

import atlas.annotate.phones as phones
from atlas.annotate.base import MISFIT, Alignment, SpeechClip, SpokenSpan, Transcript
from atlas.audio.samples import read_sound
from atlas.demo.embedded import FILES
from atlas.speech.symbols import ipa_of

pytest.importorskip("pocketsphinx", reason="needs the extra phones")


@dataclass(frozen=True)
class Placed:
    """A clip as it is aligned with the limits lifted, whether it is refused with them, and the truth."""

    alignment: Alignment
    refused: bool
    words: Sequence[SpokenSpan]
    phones: Sequence[SpokenSpan]


@pytest.fixture(scope="module")
def english() -> list[Placed]:
    with (FILES / "corpus/manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["language"] == "en" and row["text"]]
    spans = pl.read_csv(FILES / "corpus/alignments.tsv", separator="\t", quote_char=None).sort("path", "start_s")
    return [_placed(number, row, spans.filter(path=row["path"])) for number, row in enumerate(rows)]


def _placed(number: int, row: dict[str, str], spans: pl.DataFrame) -> Placed:
    samples = read_sound(str(FILES / "corpus" / row["path"]), 0.0, 30.0).samples
    clip = SpeechClip(clip=number, samples=samples, text=row["text"], language="en")
    transcript = Transcript(text=row["text"], language="en")
    refused = phones.ForcedAligner().align(clip, transcript).problem == MISFIT
    with pytest.MonkeyPatch.context() as patch:
        for limit in ("LOWEST_FIT", "LOWEST_OVERALL"):
            patch.setattr(phones, limit, -np.inf)
        alignment = phones.ForcedAligner().align(clip, transcript)
    words, sounds = (
        [SpokenSpan(*row) for row in spans.filter(tier=tier).select("start_s", "end_s", "label").iter_rows()]
        for tier in ("words", "phones")
    )
    return Placed(alignment, refused, words, sounds)


def test_a_voice_that_the_acoustic_model_does_not_know_is_refused(english: list[Placed]) -> None:
    assert len(english) == 15
    assert 8 <= sum(clip.refused for clip in english) < 15
    assert all(clip.refused for clip in english if clip.alignment.problem)


def test_edges_of_words_and_phones_lie_where_they_were_made(english: list[Placed]) -> None:
    words, sounds = list[float](), list[float]()
    for clip in english:
        for true, made in zip(clip.words if clip.alignment.words else (), clip.alignment.words, strict=True):
            words.append(abs(true.start_s - made.start_s))
            of_true, of_made = _within(true, clip.phones), _within(made, clip.alignment.phones)
            if len(of_true) == len(of_made):
                sounds += [abs(one.start_s - other.start_s) for one, other in zip(of_true, of_made, strict=True)]

    assert len(words) > 100
    assert len(sounds) > 200
    assert np.median(words) < 0.025
    assert np.quantile(words, 0.9) < 0.12
    assert np.median(sounds) < 0.02
    assert np.quantile(sounds, 0.9) < 0.08


def test_a_moment_in_a_phone_is_labelled_with_that_phone(english: list[Placed]) -> None:
    pairs = [
        (ipa_of(true.label, "ipa"), made.label)
        for clip in english
        for true in clip.phones
        for made in clip.alignment.phones
        if made.start_s <= (true.start_s + true.end_s) / 2 < made.end_s
    ]
    for phone in ("n", "z", "s", "p", "t", "tʃ", "ð", "w", "eɪ", "i"):
        made = [label for true, label in pairs if true == phone]
        assert made.count(phone) / len(made) > 0.7, phone


def _within(word: SpokenSpan, spans: Sequence[SpokenSpan]) -> list[SpokenSpan]:
    return [span for span in spans if word.start_s - 1e-6 <= (span.start_s + span.end_s) / 2 <= word.end_s]
