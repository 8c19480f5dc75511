"""Times of tokens from aligned words: by examples that can be read off, in a miniature, and on real speech."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from atlas.annotate.whisper_words import find_writer
from atlas.audio.samples import read_sound
from atlas.effects import pieces
from atlas.effects.edits import Covariance
from atlas.effects.keys import EditKeys
from atlas.effects.label_words import LabelledSpan, words_of
from atlas.effects.ledger import Ledger
from atlas.effects.measuring import ClipKnowledge
from atlas.effects.outcomes import near
from atlas.effects.pieces import PieceJob
from atlas.effects.word_times import in_word_times, timed_by_words
from atlas.encoders.catalogue import find_source
from atlas.readouts.base import AttendingReadout, Utterance
from atlas.readouts.whisper_decoder import WhisperDecoder
from atlas.speech.words import word_label
from tests.effects.runs import files, hearing_of
from tests.effects.worlds import FRAMES, GRID, world

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary

REAL = Path(__file__).resolve().parents[3] / "shared/real"
CHECKPOINT = REAL / "models/whisper-tiny.en.pt"

TEXTS = (" The", " sh", "ips", ",", " sails", "")
ATTENDED = np.array([[0, 4], [4, 9], [9, 15], [15, 17], [17, 30], [79, 80]])
VALID = 80
WORDS = [
    LabelledSpan(0.1, 0.3, "words", "the"),
    LabelledSpan(0.5, 0.9, "words", "Ships"),
    LabelledSpan(1.0, 1.4, "words", "sails"),
]

KEYS = EditKeys(
    contents={}, spans={}, spoken={}, languages={}, labels={}, high_values=np.zeros(0, np.float32), half_a=""
)


def heard(texts: tuple[str, ...] = TEXTS, frames: np.ndarray = ATTENDED) -> Utterance:
    return Utterance(tokens=tuple(range(len(texts))), texts=texts, frames=frames.copy())


def times(words: list[LabelledSpan], utterance: Utterance | None = None) -> list[list[int]]:
    found: list[list[int]] = timed_by_words(utterance or heard(), words, GRID, VALID).frames.tolist()
    return found


def test_all_sub_words_of_a_word_have_its_time_and_the_end_keeps_its_own() -> None:
    assert times(WORDS) == [[5, 15], [25, 45], [25, 45], [25, 45], [50, 70], [79, 80]]
    assert times(WORDS[::-1]) == times(WORDS)


def test_what_is_near_an_edit_follows_the_words() -> None:
    """Frames of the third word, with which attention had no token end."""
    edited = np.arange(60, 65)

    assert near(heard(), edited, 10).tolist() == [False] * 6
    assert near(timed_by_words(heard(), WORDS, GRID, VALID), edited, 10).tolist() == [*[False] * 4, True, False]


def test_a_word_that_is_written_otherwise_keeps_attention_between_its_neighbours() -> None:
    """Attention lies before the first neighbour's end here, so it is moved behind it."""
    assert times([WORDS[0], LabelledSpan(0.5, 0.9, "words", "sheep"), WORDS[2]]) == [
        [5, 15], [15, 16], [15, 16], [15, 17], [50, 70], [79, 80],
    ]  # fmt: skip
    assert times(WORDS[1:])[0] == [0, 4]
    assert times(WORDS[:2])[4] == [45, 46]


@pytest.mark.parametrize(
    "words",
    [
        [],
        [LabelledSpan(0.0, 1.0, "words", "other")],
        [LabelledSpan(0.1, 0.3, "manner", "the")],
        [LabelledSpan(0.1, 0.3, "phones", "the")],
    ],
)
def test_without_words_that_match_attention_stays(words: list[LabelledSpan]) -> None:
    assert times(words) == ATTENDED.tolist()


def test_of_two_tiers_of_words_one_counts() -> None:
    twice = [*WORDS, *(LabelledSpan(span.start_s + 0.1, span.end_s + 0.1, "Word", span.label) for span in WORDS)]

    assert times(twice) == times(twice[3:])


def test_tokens_never_begin_before_the_one_before_and_stay_within_the_clip() -> None:
    """Of all choices of words, times in disorder and out of the clip among them."""
    random = np.random.default_rng(3)
    texts = (*(f" w{number}" for number in range(12)), "")
    for _ in range(200):
        borders = np.sort(random.integers(0, VALID, 14))
        attended = np.stack([borders[:-1], np.maximum(borders[1:], borders[:-1] + 1)], axis=1)
        attended[-1] = VALID - 1, VALID
        starts = np.sort(random.uniform(0, 1.8, 12))
        words = [
            LabelledSpan(start, start + random.uniform(0, 0.4), "words", f"w{number}")
            for number, start in enumerate(starts)
            if random.random() < 0.5
        ]
        found = timed_by_words(heard(texts, attended), words, GRID, VALID).frames

        assert (np.diff(found[:, 0]) >= 0).all()
        assert (found[:, 0] < found[:, 1]).all()
        assert found.max() <= VALID
        assert found[-1].tolist() == [VALID - 1, VALID]


def test_tokens_that_are_read_from_frames_of_their_own_keep_them() -> None:
    model, inputs = world()
    clip = model.tapped(inputs, FRAMES, None)
    spans = [LabelledSpan(0.1, 0.2, "words", "abcd")]

    assert not isinstance(model.readout, AttendingReadout)
    assert in_word_times(clip, model.readout, spans, GRID) is clip
    assert timed_by_words(clip.utterance, spans, GRID, FRAMES).frames.tolist() != clip.utterance.frames.tolist()


def test_edits_of_a_clip_are_placed_by_its_words_without_listening_again(heard_config: Path, tmp_path: Path) -> None:
    """And what was kept of the clip stays, so that it serves before and after a change of words."""
    hearing = hearing_of(heard_config, root=tmp_path / "kept")
    number, clip = next((one.number, one) for one in hearing.heard() if len(words_of(one.utterance)[0]) > 1)
    kept, (firsts, words) = files(tmp_path / "kept"), words_of(clip.utterance)
    tapped = hearing.tapped(number)["units"]
    label = next(place for place, word in enumerate(words) if words.count(word) == 1 and any(map(str.isalnum, word)))
    span = LabelledSpan(0.1, 0.2, "words", word_label(words[label].strip()))
    job = PieceJob(
        hearing=hearing.shipped,
        name="units",
        covariance=Covariance.of(tapped.x[: tapped.valid]),
        high_values=np.ones(tapped.x.shape[1], np.float32),
        means={},
        labels={},
        languages={},
        ledger=Ledger.of(tmp_path, "units", {}, KEYS),
    ).shipped
    plain, timed = (
        pieces._measurer(job, ClipKnowledge(number=number, hash64=1, text=None, language=None, spans=spans)).clip
        for spans in ((), (span,))
    )

    assert plain.utterance.frames.tolist() == clip.utterance.frames.tolist()
    assert timed.utterance.frames[firsts[label]].tolist() == [5, 10]
    assert timed.utterance.tokens == clip.utterance.tokens
    assert files(tmp_path / "kept") == kept


@pytest.mark.skipif(not CHECKPOINT.is_file(), reason="the real weights are not beside the project: ../shared/real")
def test_attention_of_a_real_model_lies_near_the_words_of_the_corpus(
    record_property: Callable[[str, object], None],
) -> None:
    """Attention comes within a tenth of a second in the median; how near is told."""
    encoder = find_source(str(CHECKPOINT)).load(torch.device("cpu"), torch.float32)
    readout = WhisperDecoder(find_writer(str(CHECKPOINT)).load(torch.device("cpu")))
    apart, tokens = list[int](), 0
    for path, spans in real_words():
        samples, _ = read_sound(str(REAL / "corpus" / path), 0.0, 30.0).for_encoder(16_000)
        found = encoder.activations(encoder.prepare(samples)[None], ["encoder.blocks.3"])
        encoded = encoder.resume("encoder.blocks.3", found["encoder.blocks.3"].clone())
        valid = GRID.frames_of(len(samples))
        (attended,) = readout.listen(encoded, [valid], ["en"])
        aligned = timed_by_words(attended, spans, GRID, valid)
        moved = (aligned.frames != attended.frames).any(axis=1)
        firsts = [place for place, text in enumerate(attended.texts) if text.startswith(" ") and moved[place]]
        apart += np.abs(aligned.frames - attended.frames)[firsts, 0].tolist()
        tokens += len(attended.tokens) - 1
    record_property("median distance in frames", float(np.median(apart)))
    print(f"{len(apart)} words moved of {tokens} tokens; median {np.median(apart)} frames")

    assert len(apart) > 20
    assert np.median(apart) <= 5


def real_words(clips: int = 8) -> list[tuple[str, list[LabelledSpan]]]:
    """Some short clips of the corpus that have timed words."""
    found: dict[str, list[LabelledSpan]] = {}
    with open(REAL / "corpus/alignments.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["tier"] == "words":
                span = LabelledSpan(float(row["start_s"]), float(row["end_s"]), "words", row["label"])
                found.setdefault(row["path"], []).append(span)
    return [(path, spans) for path, spans in sorted(found.items()) if len(spans) > 3][:clips]
