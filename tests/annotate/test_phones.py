"""The aligner's own tests need pocketsphinx (the extra `phones`), and those on real speech ../shared/real as well."""

import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from atlas.annotate.base import (
    MISFIT,
    NO_LANGUAGE,
    NO_WORDS,
    TOO_FAST,
    UNKNOWN_WORDS,
    Alignment,
    SpeechClip,
    SpokenSpan,
    Transcript,
)
from atlas.annotate.phones import ForcedAligner
from atlas.audio.samples import RATE_HZ, Samples
from atlas.errors import AtlasError
from atlas.speech.symbols import ipa_of, is_silence

DEMO = Path(__file__).resolve().parents[2] / "atlas/demo/files/corpus"
REAL = Path(__file__).resolve().parents[2].parent / "shared/real/corpus"
YOUNG_MAN = "speech/ps_sense_and_sensibility_01_austen_64kb-0880.ogg"
OFFICE = "speech/oww_0f0a6dc8d003.ogg"
SHOP = "speech-read/en-09.opus"
SHOP_TEXT = "her brother repairs watches in a tiny shop"

needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="shared/real is absent")


@pytest.fixture(scope="module")
def aligner() -> ForcedAligner:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed: the extra phones")
    return ForcedAligner()


def clip_of(samples: Samples) -> SpeechClip:
    return SpeechClip(clip=0, samples=samples, text=None, language=None)


def read(path: Path) -> SpeechClip:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == RATE_HZ
    return clip_of(samples)


def shop() -> SpeechClip:
    """Synthetic speech of the demo, whose words and phones are known exactly."""
    return read(DEMO / SHOP)


def bridge() -> SpeechClip:
    return read(DEMO / "speech-archive/en-11.opus")


def noise(seconds: float) -> SpeechClip:
    return clip_of(np.random.default_rng(0).normal(0, 0.1, int(seconds * RATE_HZ)).astype(np.float32))


def said(text: str | None, language: str | None = "en") -> Transcript:
    return Transcript(text=text, language=language)


def labels(spans: Sequence[SpokenSpan]) -> list[str]:
    return [span.label for span in spans]


def truth(alignments: Path, path: str, tier: str) -> list[SpokenSpan]:
    table = pl.read_csv(alignments, separator="\t", quote_char=None, infer_schema=False).fill_null("")
    rows = table.filter((pl.col("path") == path) & (pl.col("tier") == tier)).select("start_s", "end_s", "label").rows()
    return [SpokenSpan(float(start), float(end), label) for start, end, label in rows if not is_silence(label)]


def check_order(alignment: Alignment, clip: SpeechClip) -> None:
    """The law of all spans: within the clip, in order, without overlap, and phones within words."""
    for spans in (alignment.words, alignment.phones):
        assert all(0 <= span.start_s < span.end_s <= clip.duration_s for span in spans)
        assert all(one.end_s <= two.start_s for one, two in pairwise(spans))
    for phone in alignment.phones:
        assert any(word.start_s <= phone.start_s and phone.end_s <= word.end_s for word in alignment.words)


def test_words_and_phones_of_synthetic_speech_lie_where_they_were_made(aligner: ForcedAligner) -> None:
    clip = shop()
    alignment = aligner.align(clip, said(SHOP_TEXT))
    made = truth(DEMO / "alignments.tsv", SHOP, "words")

    assert alignment.problem is None
    assert labels(alignment.words) == SHOP_TEXT.split() == labels(made)
    apart = [abs(one.start_s - two.start_s) for one, two in zip(alignment.words, made, strict=True)]
    assert np.median(apart) < 0.03
    assert all(ipa_of(label, "ipa") == label for label in labels(alignment.phones))
    assert "".join(labels(alignment.phones[:2])) == "hɚ"
    assert all(span.score is not None and 0 <= span.score <= 1 for span in (*alignment.words, *alignment.phones))
    check_order(alignment, clip)


def test_a_word_without_entry_is_a_gap_that_keeps_its_place(aligner: ForcedAligner) -> None:
    known = aligner.align(shop(), said(SHOP_TEXT))
    gapped = aligner.align(shop(), said("Her brother repairs zwatchuzz in a tiny shop"))

    assert labels(gapped.words) == ["her", "brother", "repairs", "zwatchuzz", "in", "a", "tiny", "shop"]
    gap = gapped.words[3]
    assert gap.score is None
    assert abs(gap.start_s - known.words[3].start_s) < 0.08
    assert abs(gap.end_s - known.words[3].end_s) < 0.08
    assert [phone for phone in gapped.phones if gap.start_s <= phone.start_s < gap.end_s] == []
    check_order(gapped, shop())


def test_gaps_in_a_row_share_their_stretch_by_letters(aligner: ForcedAligner) -> None:
    alignment = aligner.align(shop(), said("her brother repairs watches in a zz zwqxty shop"))
    short, long = alignment.words[6:8]

    assert labels(alignment.words[6:]) == ["zz", "zwqxty", "shop"]
    assert short.end_s == long.start_s
    assert abs((long.end_s - long.start_s) - 3 * (short.end_s - short.start_s)) < 0.04


def test_a_gap_may_begin_and_end_a_text(aligner: ForcedAligner) -> None:
    alignment = aligner.align(shop(), said("zwqx brother repairs watches in a tiny zwqx"))

    assert labels(alignment.words) == ["zwqx", "brother", "repairs", "watches", "in", "a", "tiny", "zwqx"]


def test_a_text_that_belongs_to_another_clip_is_a_misfit(aligner: ForcedAligner) -> None:
    assert aligner.align(bridge(), said(SHOP_TEXT)) == Alignment(problem=MISFIT)
    assert aligner.align(bridge(), said("yes")) == Alignment(problem=MISFIT)


def test_noise_and_silence_are_misfits(aligner: ForcedAligner) -> None:
    assert aligner.align(noise(3), said(SHOP_TEXT)) == Alignment(problem=MISFIT)
    assert aligner.align(clip_of(np.zeros(3 * RATE_HZ, np.float32)), said(SHOP_TEXT)) == Alignment(problem=MISFIT)
    for seconds in (0.1, 0.2, 0.3):
        assert aligner.align(clip_of(np.zeros(int(seconds * RATE_HZ), np.float32)), said("a")).problem == MISFIT


def test_samples_that_are_no_numbers_are_silence(aligner: ForcedAligner) -> None:
    broken, mended = shop().samples.copy(), shop().samples.copy()
    broken[100:104] = [np.nan, np.inf, -np.inf, np.nan]
    mended[100:104] = 0

    assert aligner.align(clip_of(broken), said(SHOP_TEXT)) == aligner.align(clip_of(mended), said(SHOP_TEXT))


@pytest.mark.parametrize(
    ("text", "language", "problem"),
    [
        ("Dies ist ein Satz", "de", NO_LANGUAGE),
        (None, "en", NO_WORDS),
        ("", "en", NO_WORDS),
        ("... [laughter] ♪", "en", NO_WORDS),
        ("真っ昼間なのに", None, UNKNOWN_WORDS),
        ("zwqx xqzw the", "en", UNKNOWN_WORDS),
        ("her brother repairs watches in a tiny shop " * 5, "en", TOO_FAST),
    ],
)
def test_what_cannot_be_aligned_is_refused_by_kind(
    aligner: ForcedAligner, text: str | None, language: str | None, problem: str
) -> None:
    assert aligner.align(shop(), said(text, language)) == Alignment(problem=problem)


def test_a_clip_without_samples_has_no_time_for_any_word(aligner: ForcedAligner) -> None:
    assert aligner.align(clip_of(np.zeros(0, np.float32)), said("yes")) == Alignment(problem=TOO_FAST)


def test_a_text_without_language_is_taken_for_english(aligner: ForcedAligner) -> None:
    assert aligner.align(shop(), said(SHOP_TEXT, None)) == aligner.align(shop(), said(SHOP_TEXT, "en-GB"))


def test_a_clip_does_not_depend_on_what_was_heard_before(aligner: ForcedAligner) -> None:
    fresh = ForcedAligner().align(shop(), said(SHOP_TEXT))
    louder = clip_of(np.clip(30 * bridge().samples, -1, 1))

    for before in (noise(5), louder, clip_of(np.zeros(RATE_HZ, np.float32))):
        aligner.align(before, said("he has lost his gloves somewhere zwqx the bridge"))
        assert aligner.align(shop(), said(SHOP_TEXT)) == fresh


def test_without_the_library_a_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)

    with pytest.raises(AtlasError, match=r'pip install "audio-feature-atlas\[phones\]"'):
        ForcedAligner()


@needs_real
def test_real_speech_is_aligned_as_the_corpus_has_it(aligner: ForcedAligner) -> None:
    clip = read(REAL / YOUNG_MAN)
    alignment = aligner.align(clip, said("He was not an ill-disposed young man."))
    words = truth(REAL / "alignments.tsv", YOUNG_MAN, "words")
    phones = truth(REAL / "alignments.tsv", YOUNG_MAN, "phones")

    assert labels(alignment.words) == ["he", "was", "not", "an", "ill", "disposed", "young", "man"]
    assert labels(alignment.phones) == [ipa_of(label) for label in labels(phones)]
    for found, known in ((alignment.words, words), (alignment.phones, phones)):
        apart = [abs(one.start_s - two.start_s) for one, two in zip(found, known, strict=True)]
        assert np.median(apart) <= 0.02
        assert max(apart) <= 0.1


@needs_real
def test_a_real_clip_refuses_the_text_of_another(aligner: ForcedAligner) -> None:
    clip = read(REAL / OFFICE)

    assert aligner.align(clip, said("turn on the office lights")).problem is None
    assert aligner.align(clip, said("he was not an ill disposed young man")).problem == MISFIT
