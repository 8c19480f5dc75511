"""The stage `annotate`: what the corpus brings wins, a clip is annotated once, and what was not asked for is absent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

import atlas.annotate.run as stage
from atlas.annotate.base import MISFIT, SILENT, Alignment, SpeechClip, SpokenSpan, Transcript
from atlas.annotate.clips import AskedClip
from atlas.config.loading import load_config
from atlas.encoders.base import EncoderSource
from atlas.errors import AtlasError
from atlas.pipeline import Options
from atlas.schema import ANNOTATIONS, CLIPS, Table
from atlas.schema.analysed import split_column
from atlas.store import AtlasFolder
from tests.building import build_all, build_stage, contents, replaced

ASKED = '[scan]\nshard_windows = 16\n\n[annotate]\nwords = "whisper"\nphones = "pocketsphinx"\n'
SCAN = "[scan]\nshard_windows = 16\n"


@dataclass
class MadeUpWriter:
    """Writes the length of a clip in words, and places them evenly; a clip of under 2.5 s is silent."""

    name: str = "made-up"
    sha256: str = "0" * 64
    clips: list[int] = field(default_factory=list)

    def load(self, _device: object) -> "MadeUpWriter":
        return self

    def encodes_like(self, _encoder: EncoderSource) -> bool:
        return True

    def annotate(self, clips: Sequence[SpeechClip]) -> list[tuple[Transcript, Alignment]]:
        self.clips += [clip.clip for clip in clips]
        return [self.one(clip) for clip in clips]

    def one(self, clip: SpeechClip) -> tuple[Transcript, Alignment]:
        if clip.duration_s < 2.5:
            return Transcript(text="", language="en", problem=SILENT), Alignment(problem=SILENT)
        words = clip.text or " ".join(["word"] * int(clip.duration_s))
        spans = [SpokenSpan(number + 0.1, number + 0.9, word) for number, word in enumerate(words.split())]
        return Transcript(text=words, language=clip.language or "en", avg_logprob=-0.5), Alignment(words=spans)


@dataclass
class MadeUpAligner:
    """Places one phone in the first tenth of a second; a clip of over 5 s does not fit."""

    clips: list[int] = field(default_factory=list)

    def align(self, clip: SpeechClip, transcript: Transcript) -> Alignment:
        self.clips.append(clip.clip)
        if clip.duration_s > 5:
            return Alignment(problem=MISFIT)
        first = (transcript.text or "").split()[0]
        return Alignment(words=[SpokenSpan(0, 0.3, first)], phones=[SpokenSpan(0, 0.1, "s", 0.5)])


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> MadeUpWriter:
    made_up = MadeUpWriter()
    monkeypatch.setattr(stage, "find_writer", lambda _model: made_up)
    return made_up


@pytest.fixture
def aligner(monkeypatch: pytest.MonkeyPatch) -> MadeUpAligner:
    made_up = MadeUpAligner()
    monkeypatch.setattr(stage, "_aligner", lambda: made_up)
    monkeypatch.setattr(stage, "aligner_version", lambda: "1")
    return made_up


def table(out: Path, name: str) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in sorted((out / name).glob("*.parquet"))])


def annotated(config: Path, out: Path, share: tuple[int, int] = (1, 1)) -> str:
    return build_stage("annotate", config, out, Options(workers=1, share=share))


def test_what_the_corpus_brings_is_not_made_again(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_stage("index", asked, tmp_path)
    annotated(asked, tmp_path)
    clips, brought = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("clips", "alignments"))
    speech = clips.filter(pl.col("domain") == "speech", pl.col("problem").is_null())
    transcripts, annotations = table(tmp_path, "transcripts"), table(tmp_path, "annotations")
    have_phones = set(brought.filter(pl.col("tier") == "phones")["clip"])

    assert transcripts["clip"].to_list() == speech["clip"].to_list() == writer.clips
    assert set(transcripts["source"]) == {"studied:made-up"}
    assert have_phones.isdisjoint(aligner.clips)
    phones = annotations.filter(pl.col("tier") == "phones")
    assert have_phones.isdisjoint(phones["clip"])
    assert set(phones["label"]) == {"s"}
    assert len(phones) > 2


def test_words_are_the_forced_aligners_or_where_it_refuses_the_models(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_stage("index", asked, tmp_path)
    annotated(asked, tmp_path)
    rows = table(tmp_path, "transcripts")
    words = table(tmp_path, "annotations").filter(tier="words")
    refused = rows.filter(pl.col("aligned_by") == "studied:made-up")
    silent = rows.filter(pl.col("problem") == SILENT)

    assert len(refused) > 0
    assert set(refused["alignment_problem"]) == {MISFIT, None}  # of some the corpus has the phones
    assert rows["alignment_problem"].count() == refused["alignment_problem"].count()
    assert set(words.join(refused, on="clip")["start_s"]) >= {0.1, 1.1, 2.1, 3.1, 4.1}
    assert len(silent) > 0
    assert silent["aligned_by"].to_list() == [None] * len(silent)
    assert set(silent["clip"]).isdisjoint(words["clip"])
    forced = rows.filter(pl.col("aligned_by") == "pocketsphinx")
    assert words.join(forced, on="clip").group_by("clip").len()["len"].to_list() == [1] * len(forced)


def test_a_second_run_does_nothing_and_a_lost_shard_is_made_again_alike(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_stage("index", asked, tmp_path)
    lines = [annotated(asked, tmp_path, share=(part, 2)) for part in (1, 2)]
    before, heard = contents(tmp_path), len(writer.clips)

    assert all("more were done before" not in line for line in lines)
    assert annotated(asked, tmp_path) == "annotate   was done before (3 shards)"
    assert len(writer.clips) == heard
    (tmp_path / "annotations/00001.parquet").unlink()
    annotated(asked, tmp_path)
    assert contents(tmp_path) == before


def test_a_clip_that_is_there_in_another_place_keeps_what_was_made(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_stage("index", asked, tmp_path)
    annotated(asked, tmp_path)
    before, heard = table(tmp_path, "annotations"), len(writer.clips)
    paths = pl.read_parquet(tmp_path / "clips.parquet", columns=["clip", "path", "offset_s"])
    header, *rows = (tiny_config.parent / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines()
    fewer = [row for row in rows if not row.startswith(("street/00", "voices/00"))]
    (tiny_config.parent / "corpus/fewer.csv").write_text("\n".join([header, *fewer]) + "\n", encoding="utf-8")
    other = replaced(asked, ("corpus/manifest.csv", "corpus/fewer.csv"), name="fewer.toml")
    build_stage("index", other, tmp_path)
    annotated(other, tmp_path)
    after = table(tmp_path, "annotations")
    renamed = pl.read_parquet(tmp_path / "clips.parquet", columns=["clip", "path", "offset_s"])
    columns = ["path", "offset_s", "tier", "start_s", "end_s", "label", "source"]

    assert len(writer.clips) == heard
    kept = before.join(paths, on="clip").filter(pl.col("path") != "voices/00.flac").select(columns).sort(columns)
    assert after.join(renamed, on="clip").select(columns).sort(columns).equals(kept)


def test_nothing_is_there_that_is_not_asked_for_and_nothing_goes_unasked(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_stage("index", asked, tmp_path)
    annotated(asked, tmp_path)
    before = contents(tmp_path)
    for stage_name in ("index", "calibrate"):
        with pytest.raises(
            AtlasError,
            match=r"no longer asks for what `atlas annotate` made\. That would throw away 3 annotated shards \(.*"
            r"use --force to do so, or another --out, or put the table \[annotate\] back",
        ):
            build_stage(stage_name, tiny_config, tmp_path)
    assert contents(tmp_path) == before
    build_stage("index", tiny_config, tmp_path, Options(force=True))
    build_stage("calibrate", tiny_config, tmp_path)
    build_stage("scan", tiny_config, tmp_path)

    assert not list(tmp_path.rglob("annotations/*.parquet")) + list(tmp_path.rglob("transcripts/*.parquet"))
    with pytest.raises(AtlasError, match=r"asks for nothing that `atlas annotate` makes; add a table \[annotate\]"):
        annotated(tiny_config, tmp_path)


def test_annotations_after_a_scan_ask_for_another_or_leave_it_where_their_frames_are_not_counted(
    tiny_config: Path, tiny_atlas: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    out = tmp_path / "atlas"
    build_all(tiny_config, out)
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    with pytest.raises(AtlasError, match=r"table annotations is new\. .*annotate\.frames = false"):
        build_all(asked, out)
    quiet = replaced(asked, ("[annotate]", "[annotate]\nframes = false"), name="quiet.toml")
    lines = build_all(quiet, out)

    assert "scan       was done before (3 shards)" in lines
    with pytest.raises(AtlasError, match="no longer asks for what `atlas annotate` made"):
        build_all(tiny_config, out)
    assert table(out, "annotations").height > 0
    assert (out / "timed_counts/last.parquet").read_bytes() == (tiny_atlas / "timed_counts/last.parquet").read_bytes()


def test_a_scan_that_counted_other_annotations_is_offered_no_way_out_that_is_none(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_all(asked, tmp_path)
    fewer = replaced(asked, ('phones = "pocketsphinx"\n', ""), name="fewer.toml")

    with pytest.raises(AtlasError, match=r"table annotations changed\. That .* or another --out$"):
        build_all(fewer, tmp_path)


def test_counted_made_labels_go_into_the_scan_like_those_of_the_corpus(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_all(asked, tmp_path)
    counts = pl.read_parquet(tmp_path / "timed_counts/last.parquet")

    assert set(counts["tier"]) == {"phones", "words"}
    assert "s" in set(counts.filter(pl.col("tier") == "phones")["label"])


def test_shards_that_the_corpus_no_longer_has_leave_nothing(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_stage("index", asked, tmp_path)
    annotated(asked, tmp_path)
    whole = replaced(asked, ("shard_windows = 16", "shard_windows = 512"), name="whole.toml")
    build_stage("index", whole, tmp_path)
    heard, before = len(writer.clips), table(tmp_path, "annotations")
    annotated(whole, tmp_path)

    assert len(writer.clips) == heard
    assert sorted(path.name for path in (tmp_path / "annotations").iterdir()) == ["00000.parquet"]
    assert table(tmp_path, "annotations").sort("clip", "tier", "start_s").equals(before.sort("clip", "tier", "start_s"))


def test_a_shard_whose_clips_all_have_problems_keeps_no_stale_ones(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_stage("index", asked, tmp_path)
    annotated(asked, tmp_path)
    folder = AtlasFolder(tmp_path)
    record = folder.record("annotate", "00000")
    assert record is not None
    broken = pl.when(pl.col("shard") == 2).then(pl.lit("broken")).otherwise("problem").alias("problem")
    folder.write_table(CLIPS, folder.read_table(CLIPS).with_columns(broken))
    stage._drop_shards_beyond(folder, record.facts)

    assert sorted(path.stem for path in (tmp_path / "annotations").iterdir()) == ["00000", "00001"]
    assert folder.marked("annotate") == ("00000", "00001")


def test_a_shard_that_was_killed_half_written_is_made_again(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two recordings change places, so that files of the same size hold other clips."""
    asked = replaced(tiny_config, (SCAN, ASKED.replace("16", "512")), name="asked.toml")
    build_stage("index", asked, tmp_path)
    annotated(asked, tmp_path)
    rows = (tiny_config.parent / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines()
    first, second = sorted({row.split(",")[3] for row in rows if row.startswith("voices/")})[:2]
    swap = {first: second, second: first}
    swapped = [",".join(swap.get(cell, cell) for cell in row.split(",")) for row in rows]
    (tiny_config.parent / "corpus/swapped.csv").write_text("\n".join(swapped) + "\n", encoding="utf-8")
    other = replaced(asked, ("corpus/manifest.csv", "corpus/swapped.csv"), name="other.toml")
    build_stage("index", other, tmp_path)
    write = AtlasFolder.write_table

    def killed(folder: AtlasFolder, kind: Table, frame: pl.DataFrame, *parts: str) -> Path:
        if kind is ANNOTATIONS:
            raise KeyboardInterrupt
        return write(folder, kind, frame, *parts)

    monkeypatch.setattr(AtlasFolder, "write_table", killed)
    with pytest.raises(KeyboardInterrupt):
        annotated(other, tmp_path)
    monkeypatch.setattr(AtlasFolder, "write_table", write)
    annotated(other, tmp_path)
    fresh = tmp_path / "fresh"
    build_stage("index", other, fresh)
    annotated(other, fresh)

    for name in ("transcripts", "annotations"):
        assert table(tmp_path, name).equals(table(fresh, name))


def test_sound_that_is_gone_stops_the_run_and_what_could_not_be_read_is_tried_again(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = replaced(tiny_config, (SCAN, ASKED), name="asked.toml")
    build_stage("index", asked, tmp_path)
    read = AskedClip.samples
    monkeypatch.setattr(AskedClip, "samples", lambda _clip: None)
    with pytest.raises(AtlasError, match=r"clips cannot be read any more, over the allowed share of 0\.05: see that"):
        annotated(asked, tmp_path)
    lenient = replaced(asked, ("[corpus]\n", "[corpus]\nmax_problem_share = 1\n"), name="lenient.toml")
    assert "unreadable" in annotated(lenient, tmp_path)
    monkeypatch.setattr(AskedClip, "samples", read)
    quiet = replaced(lenient, ("[annotate]\n", "[annotate]\nacoustics = true\n"), name="acoustic.toml")
    line = annotated(quiet, tmp_path)

    assert "unreadable" not in line
    assert table(tmp_path, "annotations").height > 0


def test_the_closing_line_counts_each_clip_once(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner
) -> None:
    asked = replaced(tiny_config, (SCAN, f"{ASKED}acoustics = true\n"), name="asked.toml")
    build_stage("index", asked, tmp_path)
    lines = annotated(asked, tmp_path).split("\n")
    rows, clips = table(tmp_path, "transcripts"), pl.read_parquet(tmp_path / "clips.parquet")
    placed, silent = rows["aligned_by"].count(), rows.filter(pl.col("problem") == SILENT).height

    assert placed + silent == len(rows)
    assert lines[0].startswith("annotate   3 shards, in ")
    assert lines[1].strip() == (
        f"{len(rows)} clips of speech: 0 texts of the corpus, {len(rows)} written; {placed} with times;"
        f" without: {silent} no speech"
    )
    assert lines[2].strip() == f"acoustic columns of {clips['problem'].null_count()} clips"


def test_acoustics_alone_ask_for_no_transcript_and_are_not_measured_again(
    tiny_config: Path, tmp_path: Path, writer: MadeUpWriter, aligner: MadeUpAligner, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = replaced(tiny_config, (SCAN, f"{SCAN}\n[annotate]\nacoustics = true\n"), name="alone.toml")
    build_stage("index", alone, tmp_path)
    line = annotated(alone, tmp_path)
    before = [path.read_bytes() for path in sorted((tmp_path / "columns").iterdir())]

    assert "acoustic columns of" in line
    assert "texts" not in line
    assert table(tmp_path, "transcripts").is_empty()
    monkeypatch.setattr("atlas.annotate.sampled.acoustics", lambda *_arguments: pytest.fail("was measured before"))
    more = replaced(alone, ("acoustics = true\n", 'acoustics = true\nwords = "whisper"\n'), name="more.toml")
    annotated(more, tmp_path)
    assert table(tmp_path, "transcripts").height > 0
    assert [path.read_bytes() for path in sorted((tmp_path / "columns").iterdir())] == before


def test_domains_to_annotate_are_domains_of_the_corpus(tiny_config: Path) -> None:
    wrong = replaced(tiny_config, (SCAN, f'{ASKED}domains = ["spech"]\n'), name="wrong.toml")

    with pytest.raises(AtlasError, match=r"annotate\.domains: no domain 'spech' in speech, music, sound"):
        load_config(wrong)


def test_acoustic_columns_are_of_every_clip_and_are_held_against_features(tiny_config: Path, tmp_path: Path) -> None:
    asked = replaced(tiny_config, (SCAN, f"{SCAN}\n[annotate]\nacoustics = true\n"), name="asked.toml")
    build_all(asked, tmp_path)
    clips, columns = pl.read_parquet(tmp_path / "clips.parquet"), table(tmp_path, "columns")
    codes = pl.read_parquet(tmp_path / "codes/last.parquet")

    assert set(columns["clip"]) == set(clips.filter(pl.col("problem").is_null())["clip"])
    assert codes.select("clip", "frame").equals(columns.sort("clip", "frame").select("clip", "frame"))
    assert "loudness" in set(pl.read_parquet(tmp_path / "column_shifts/units.parquet")["column"])
    counted = pl.read_parquet(tmp_path / "controls.parquet").filter(dictionary="units", figure="shift_eligible")
    assert "loudness" in {split_column(of)[0] for of in counted["of"]}
    assert table(tmp_path, "annotations").is_empty()
