"""Clips with what the corpus says of them, and the rows that say what was found out."""

from pathlib import Path

import polars as pl
import pytest

from atlas.annotate.base import MISFIT, NO_LANGUAGE, SILENT, UNREADABLE, Alignment, SpokenSpan, Transcript
from atlas.annotate.clips import AnnotatedClip, AskedClip, asked_clips, transcripts_of
from atlas.schema.annotated import CORPUS
from tests.building import build_stage, replaced, run_of

TIMED = """\
path\ttier\tstart_s\tend_s\tlabel
voices/00.flac\tWord\t0.0\t0.2\tsil
voices/00.flac\tWord\t0.2\t0.5\tSo,
voices/00.flac\tWord\t0.5\t0.6\t<SPN>
voices/00.flac\tWord\t0.6\t0.9\tit(2)
voices/01.flac\tWord\t0.0\t0.9\tsil
"""


def test_the_words_of_a_corpus_are_its_text_without_what_means_silence(tiny_config: Path, tmp_path: Path) -> None:
    (tiny_config.parent / "corpus/words.tsv").write_text(TIMED, encoding="utf-8")
    config = replaced(tiny_config, ("corpus/alignments.tsv", "corpus/words.tsv"), name="words.toml")
    build_stage("index", config, tmp_path)
    run = run_of(config, tmp_path)
    clips = asked_clips(run.config, run.folder)
    rows = clips.filter(pl.col("path").is_in(["voices/00.flac", "voices/01.flac", "voices/02.flac"])).sort("path")

    assert rows.select("text", "brings").rows() == [("So, it", ["words"]), (None, ["words"]), (None, [])]


PLACED = Alignment(words=(SpokenSpan(0.1, 0.3, "so"),))
MADE = "whisper:tiny"


def refused(problem: str) -> Alignment:
    return Alignment(problem=problem)


def row_of(
    text: str | None,
    problem: str | None = None,
    words: Alignment | None = None,
    forced: Alignment | None = None,
    brings: frozenset[str] = frozenset(),
) -> tuple[str | None, ...]:
    """`problem`, `aligned_by` and `alignment_problem` of a clip with a text of the corpus, or a made one."""
    asked = AskedClip(clip=0, content=1, file="", offset_s=0, duration_s=1, text=text, language="de", brings=brings)
    transcript = Transcript(text=text or "so", language="de", problem=problem)
    clip = AnnotatedClip(
        asked=asked,
        transcript=transcript,
        text_by=CORPUS if text else MADE,
        words=words or Alignment(),
        words_by=MADE,
        forced=forced,
    )
    assert clip.may_be_forced == (text is not None or problem is None)
    ((*told,),) = transcripts_of([clip]).select("problem", "aligned_by", "alignment_problem").rows()
    return tuple(told)


@pytest.mark.parametrize(
    ("words", "forced", "by", "problem"),
    [
        (refused(NO_LANGUAGE), None, None, NO_LANGUAGE),
        (refused(NO_LANGUAGE), PLACED, "pocketsphinx", None),
        (refused(NO_LANGUAGE), refused(MISFIT), None, MISFIT),
        (PLACED, refused(MISFIT), MADE, MISFIT),
        (None, refused(MISFIT), None, MISFIT),
        (None, None, None, None),
    ],
)
def test_a_text_of_the_corpus_is_used_whoever_refuses_to_place_its_words(
    words: Alignment | None, forced: Alignment | None, by: str | None, problem: str | None
) -> None:
    assert row_of("So", None, words, forced) == (None, by, problem)


def test_words_that_the_corpus_places_want_no_other_place() -> None:
    assert row_of("So", None, None, None, frozenset({"words"})) == (None, CORPUS, None)
    assert row_of("So", None, None, refused(MISFIT), frozenset({"words"})) == (None, CORPUS, MISFIT)


def test_a_text_of_the_corpus_is_used_where_its_sound_cannot_be_read() -> None:
    assert row_of("So", UNREADABLE) == (None, None, UNREADABLE)
    assert row_of("So", UNREADABLE, None, refused(UNREADABLE)) == (None, None, UNREADABLE)


@pytest.mark.parametrize("problem", [SILENT, MISFIT])
def test_a_made_text_that_is_refused_has_a_problem_of_its_own(problem: str) -> None:
    assert row_of(None, problem, refused(problem)) == (problem, None, None)
