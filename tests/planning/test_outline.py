"""What is known of a corpus by its listing and headers alone: the windows that `index` would cut."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from atlas.audio.draws import usable
from atlas.config.loading import load_config
from atlas.config.settings import Config
from atlas.errors import AtlasError
from atlas.planning import outline as module
from atlas.planning.outline import CorpusOutline, outline_clips, outline_corpus
from atlas.schema import ALIGNMENTS, CLIPS
from atlas.store import AtlasFolder
from tests.planning.plans import GRID
from tests.planning.plans import config as planned


def corpus(folder: Path, lengths_s: dict[str, float]) -> Config:
    (folder / "speech").mkdir(parents=True)
    for name, length_s in lengths_s.items():
        soundfile.write(folder / "speech" / name, np.zeros(round(8_000 * length_s), np.float32), 8_000)
    return planned(corpus={"folders": {"speech": folder / "speech"}})


def looked_at(config: Config) -> CorpusOutline:
    return outline_corpus(config, 30.0, GRID)


def test_headers_say_what_index_finds_by_listening(tiny_config: Path, tiny_atlas: Path) -> None:
    folder, settings = AtlasFolder(tiny_atlas), load_config(tiny_config)
    clips, spans = folder.read_table(CLIPS), folder.read_table(ALIGNMENTS)
    exact = outline_clips(clips, spans, 200)

    found = outline_corpus(settings, 10.0, GRID)

    assert found.count == usable(clips).height
    assert found.seconds == pytest.approx(exact.seconds, rel=1e-3)
    assert found.recordings == exact.recordings
    assert (found.labels, found.timed_labels) == (exact.labels, exact.timed_labels)
    assert (found.exact, exact.exact) == (False, True)


def test_a_long_file_is_cut_into_windows_and_a_rest_without_a_frame_is_none(tmp_path: Path) -> None:
    found = looked_at(corpus(tmp_path, {"long.wav": 75.0, "even.wav": 60.0}))

    assert sorted(found.windows["duration_s"].round(3)) == [15.0, 30.0, 30.0, 30.0, 30.0]


def test_files_that_are_not_there_are_named_and_leave_no_window(tmp_path: Path) -> None:
    corpus(tmp_path, {"a.wav": 5.0})
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path,domain\nspeech/a.wav,speech\nspeech/gone.wav,speech\n")

    found = looked_at(planned(corpus={"manifest": manifest}))

    assert (found.lost, found.count, found.unknown) == (("speech/gone.wav",), 1, 0)


def test_a_corpus_of_which_nothing_is_there_is_refused_with_the_place_that_was_looked_at(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path,domain\ngone.wav,speech\n")

    with pytest.raises(AtlasError, match=r"can be read; the first was looked for as .*gone.wav: set corpus.root"):
        looked_at(planned(corpus={"manifest": manifest}))


def test_a_header_that_tells_no_length_is_taken_to_be_as_long_as_the_others(tmp_path: Path) -> None:
    config = corpus(tmp_path, {"a.wav": 12.0})
    (tmp_path / "speech/b.m4a").write_bytes(b"no header that libsndfile reads")

    found = looked_at(config)

    assert (found.unknown, found.windows["duration_s"].to_list()) == (1, [12.0, 12.0])


def test_a_corpus_without_a_frame_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="no file of the corpus is as long as a frame of the encoder, 20 ms"):
        looked_at(corpus(tmp_path, {"short.wav": 0.001}))


def test_of_very_many_files_a_part_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_HEADERS", 3)

    found = looked_at(corpus(tmp_path, {f"{number}.wav": 4.0 for number in range(9)}))

    assert (found.unread, found.count, found.seconds) == (6, 9, 36.0)
