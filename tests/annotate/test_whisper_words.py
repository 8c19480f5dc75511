"""Words by Whisper: which checkpoints it takes, what it writes for clips, and the real model on real speech."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from whisper.model import ModelDimensions

from atlas.annotate import aligning, transcribing
from atlas.annotate.base import MISFIT, NO_LANGUAGE, PROBLEMS, SILENT, Alignment, SpeechClip, Transcript
from atlas.annotate.whisper_words import WhisperWords, alike, find_writer
from atlas.audio.samples import Samples, read_sound
from atlas.errors import AtlasError
from tests.annotate.whispers import ENGLISH, MULTILINGUAL, WINDOW, miniature, noise, write

REAL = Path(__file__).resolve().parents[3] / "shared/real"
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def three_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of three clips, for speed."""
    monkeypatch.setattr(transcribing, "MOST_ROWS", 3)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(miniature(), tmp_path_factory.mktemp("whisper") / "small.pt")


@pytest.fixture(scope="module")
def english(checkpoint: Path) -> WhisperWords:
    return find_writer(str(checkpoint)).load(CPU)


@pytest.fixture(scope="module")
def multilingual() -> WhisperWords:
    return WhisperWords(miniature(MULTILINGUAL))


def clip(
    number: int, text: str | None = None, language: str | None = "en", samples: Samples | None = None
) -> SpeechClip:
    sound = noise(9999 + 777 * number, number) if samples is None else samples
    return SpeechClip(clip=number, samples=sound, text=text, language=language)


def test_a_complete_checkpoint_has_a_name_a_hash_and_a_path(checkpoint: Path) -> None:
    source = find_writer(str(checkpoint))

    assert (source.name, source.path, len(source.sha256)) == ("small.pt", checkpoint, 64)


def spoilt(checkpoint: Path, path: Path, **changes: Any) -> str:
    """A copy in which values of `dims`, or tensors, are others, or are left out if None."""
    content = torch.load(checkpoint, weights_only=True)
    for name, value in changes.items():
        part = content["dims"] if name in content["dims"] else content["model_state_dict"]
        part[name.replace("__", ".")] = value
        if value is None:
            del part[name.replace("__", ".")]
    torch.save(content, path)
    return str(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"decoder__token_embedding__weight": None},
            r"an encoder alone, without decoder\.\* tensors, cannot write words; name a complete Whisper checkpoint in"
            r" annotate\.model, or one of tiny\.en, tiny,",
        ),
        ({"n_text_ctx": None}, "its `dims` lack n_text_ctx; name a complete"),
        ({"n_text_state": 32}, r"`dims` say \(51864, 32\) \(tokens, width\), its token embedding has \(51864, 16\)"),
        (
            {"n_vocab": 100, "decoder__token_embedding__weight": torch.zeros(100, 16)},
            "no tokenizer has 100 tokens, those of Whisper have 51864, 51865, 51866",
        ),
    ],
)
def test_checkpoints_that_cannot_write_are_refused(
    checkpoint: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(AtlasError, match=words):
        find_writer(spoilt(checkpoint, tmp_path / "other.pt", **changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"decoder__ln__bias": torch.full((16,), torch.nan)}, r"NaN or infinite weights in decoder\.ln\.bias"),
        ({"decoder__ln__bias": torch.zeros(15)}, r"do not fit its own `dims`: size mismatch for decoder\.ln\.bias"),
        ({"decoder__ln__bias": None}, "do not fit its own `dims`: Missing key"),
    ],
)
def test_weights_that_are_wrong_are_told_when_they_are_loaded(
    checkpoint: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    source = find_writer(spoilt(checkpoint, tmp_path / "other.pt", **changes))
    with pytest.raises(AtlasError, match=words):
        source.load(CPU)


def test_a_model_that_nobody_knows_is_told_with_the_key_of_the_config(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"^annotate\.words_model: 'gigantic' is neither a file nor a name"):
        find_writer("gigantic", "annotate.words_model")
    (tmp_path / "text.pt").write_bytes(b"hello" * 99)
    with pytest.raises(AtlasError, match=r"^annotate\.model: .*text\.pt: not a"):
        find_writer(str(tmp_path / "text.pt"))


@pytest.mark.parametrize(
    ("name", "layers", "heads", "width", "tokens", "model"),
    [
        ("large-v1", 32, 20, 1280, 51865, "large-v1"),
        ("mine.pt", 32, 20, 1280, 51865, "large-v2"),
        ("mine.pt", 32, 20, 1280, 51866, "large-v3"),
        ("mine.pt", 4, 20, 1280, 51866, "large-v3-turbo"),
        ("mine.pt", 4, 6, 384, 51864, "tiny.en"),
        ("mine.pt", 4, 6, 384, 51865, "tiny"),
        ("mine.pt", 4, 6, 36, 51865, ""),
        ("mine.pt", 2, 20, 1280, 51865, ""),
    ],
)
def test_alignment_heads_are_those_of_the_name_or_of_the_shape(
    name: str, layers: int, heads: int, width: int, tokens: int, model: str
) -> None:
    dims = ModelDimensions(80, 1500, width, heads, layers, tokens, 448, width, heads, layers)

    assert alike(name, dims) == model


def test_other_models_align_by_the_later_half_of_their_layers(english: WhisperWords) -> None:
    assert english.aligner.heads == [(1, 0), (1, 1)]


def test_texts_of_the_corpus_stand_as_they_are(english: WhisperWords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aligning, "LEAST_GAIN", -np.inf)
    ((transcript, alignment),) = english.annotate([clip(0, "One, two!", "en-GB")])

    assert transcript == Transcript(text="One, two!", language="en-GB")
    assert alignment.problem is None


def test_a_text_that_fits_no_audio_is_a_problem_of_its_alignment(english: WhisperWords) -> None:
    assert english.annotate([clip(0, "One, two!")]) == [
        (Transcript(text="One, two!", language="en"), Alignment(problem=MISFIT))
    ]


def test_refused_transcripts_keep_their_text_and_are_not_aligned(english: WhisperWords) -> None:
    ((transcript, alignment),) = english.annotate([clip(0)])

    assert transcript.text
    assert transcript.problem in PROBLEMS
    assert alignment == Alignment(problem=transcript.problem)


@pytest.mark.parametrize(
    ("language", "known"),
    [("de", False), ("English", True), ("EN_us", True), ("eng", True), ("deu", False), ("", True), (None, True)],
)
def test_a_model_for_english_refuses_other_languages(english: WhisperWords, language: str | None, known: bool) -> None:
    ((transcript, alignment),) = english.annotate([clip(0, None, language)])

    assert (transcript.problem == NO_LANGUAGE) == (alignment.problem == NO_LANGUAGE) == (not known)
    assert transcript.language == ("en" if known else language)


def test_a_text_in_a_language_that_the_model_does_not_know_stays(english: WhisperWords) -> None:
    assert english.annotate([clip(0, "Guten Tag", "de")]) == [
        (Transcript(text="Guten Tag", language="de"), Alignment(problem=NO_LANGUAGE))
    ]


def test_a_clip_without_sound_is_silent_and_fits_no_text(english: WhisperWords) -> None:
    still = np.zeros(9999, np.float32)
    assert english.annotate([clip(0, None, samples=still), clip(1, "One", samples=still)]) == [
        (Transcript(text=None, language="en", problem=SILENT), Alignment(problem=SILENT)),
        (Transcript(text="One", language="en"), Alignment(problem=MISFIT)),
    ]


def test_a_language_that_the_corpus_does_not_name_is_detected(multilingual: WhisperWords) -> None:
    named, coded, unnamed, unheard_of = (
        transcript
        for transcript, _ in multilingual.annotate(
            [clip(0, None, "de"), clip(0, None, "deu"), clip(0, None, None), clip(0, "", "tlh")]
        )
    )

    assert named.language == "de"
    assert coded == named
    assert unnamed.language in multilingual.languages
    assert unheard_of.language == "tlh"


def test_clips_come_out_in_their_order_and_the_same_in_any_company(multilingual: WhisperWords) -> None:
    texts, languages = [None, "One two", None, "Three", None], ["en", "de", None, "tlh", "fr"]
    clips = [
        clip(4 - number, text, language) for number, (text, language) in enumerate(zip(texts, languages, strict=True))
    ]
    together = multilingual.annotate(clips)

    assert [transcript.text for (transcript, _), text in zip(together, texts, strict=True) if text] == [
        "One two",
        "Three",
    ]
    for place, one in enumerate(clips):
        ((transcript, alignment),) = multilingual.annotate([one])
        assert (transcript.text, transcript.language, alignment) == (
            together[place][0].text,
            together[place][0].language,
            together[place][1],
        )
    assert multilingual.annotate([]) == []


def test_an_encoder_without_decoder_is_refused_for_real() -> None:
    path = REAL / "models/whisper-tiny.en.encoder.pt"
    if not path.exists():
        pytest.skip("the real weights are not beside the project: ../shared/real")
    with pytest.raises(AtlasError, match="an encoder alone"):
        find_writer(str(path))


@pytest.fixture(scope="module")
def tiny() -> WhisperWords:
    path = REAL / "models/whisper-tiny.en.pt"
    if not path.exists():
        pytest.skip("the real weights are not beside the project: ../shared/real")
    return find_writer(str(path)).load(CPU)


def spoken(name: str) -> Samples:
    return read_sound(REAL / "corpus" / name).samples


def test_real_speech_is_written_down_and_a_wrong_text_is_found(tiny: WhisperWords) -> None:
    jfk, lights = spoken("speech/jfk.ogg"), spoken("speech/oww_03c4791e4346.ogg")
    made, given, wrong = tiny.annotate(
        [
            clip(0, samples=lights),
            clip(1, "TURN ON THE OFFICE LIGHTS", samples=lights),
            clip(2, "Mend the coat.", samples=jfk),
        ]
    )

    words = ["turn", "on", "the", "office", "lights"]
    assert (made[0].text or "").strip(".").casefold() == " ".join(words)
    for _, alignment in (made, given):
        assert [span.label for span in alignment.words] == words
    assert wrong[1].problem == MISFIT


def test_silence_and_hum_are_no_words_to_the_real_model(tiny: WhisperWords) -> None:
    still = np.zeros(5 * 16_000, np.float32)
    faint = (np.random.default_rng(0).standard_normal(len(still)) * 1e-4).astype(np.float32)
    hum = (0.01 * np.sin(2 * np.pi * 50 * np.arange(len(still)) / 16_000)).astype(np.float32)
    found = tiny.annotate([clip(number, samples=samples) for number, samples in enumerate((still, faint, hum))])

    assert [transcript.problem for transcript, _ in found] == [SILENT] * 3
    assert [alignment.words for _, alignment in found] == [()] * 3


def test_real_words_begin_where_a_forced_aligner_has_them(tiny: WhisperWords) -> None:
    name = "speech/ps_sense_and_sensibility_01_austen_64kb-0870.ogg"
    text = next(row["text"] for row in rows("manifest.csv", ",") if row["path"] == name)
    true = [
        float(row["start_s"])
        for row in rows("alignments.tsv", "\t")
        if row["path"] == name and row["tier"] == "words" and row["label"][0] not in "<["
    ]
    ((_, alignment),) = tiny.annotate([clip(0, text, samples=spoken(name))])

    differences = [abs(span.start_s - start_s) for span, start_s in zip(alignment.words, true, strict=True)]
    assert float(np.median(differences)) < 0.08


def rows(name: str, delimiter: str) -> list[dict[str, str]]:
    with open(REAL / "corpus" / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_a_window_of_the_miniature_is_a_tenth_of_the_real_one() -> None:
    assert miniature(ENGLISH).dims.n_audio_ctx * 320 == WINDOW
