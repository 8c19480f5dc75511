"""Clips with what the corpus says of them, and the rows that say what was found out."""

from pathlib import Path

import polars as pl

from atlas.annotate.clips import asked_clips
from tests.building import build_stage, replaced, run_of

TIMED = """\
path\ttier\tstart_s\tend_s\tlabel
voices/00.flac\tWord\t0.0\t0.2\tsil
voices/00.flac\tWord\t0.2\t0.5\tSo,
voices/00.flac\tWord\t0.5\t0.6\t<SPN>
voices/00.flac\tWord\t0.6\t0.9\tit
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
