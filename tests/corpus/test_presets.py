"""What all presets share: the manifest that is written, folders that are not the corpus, spellings of licences."""

import csv
import os
from pathlib import Path

import pytest

from atlas.config.settings import CorpusConfig
from atlas.corpus.presets import PRESETS, Preset, PresetListing, PresetRow, TimedSpan, alignments_beside, write_manifest
from atlas.corpus.presets import manifest as manifest_module
from atlas.corpus.presets.folder import ending_in, read_columns, scan
from atlas.corpus.presets.licences import licence_of_address, licence_of_words
from atlas.corpus.presets.listing import count_note, distinct
from atlas.errors import AtlasError


def plant(folder: Path, *paths: str) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    return folder


def only_preset(monkeypatch: pytest.MonkeyPatch, listing: PresetListing) -> None:
    preset = Preset("made-up", "Made up", ("sound",), "any folder", lambda folder: listing)
    monkeypatch.setattr(manifest_module, "PRESETS", {"made-up": preset})


def test_the_presets_are_the_eleven_corpora_by_their_names() -> None:
    assert set(PRESETS) == {
        "librispeech",
        "libritts",
        "common-voice",
        "esc-50",
        "fsd50k",
        "musan",
        "gtzan",
        "mtg-jamendo",
        "vocalsound",
        "crema-d",
        "timit",
    }
    assert all(name == preset.name for name, preset in PRESETS.items())
    assert all(set(preset.domains) <= {"speech", "music", "sound"} for preset in PRESETS.values())


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_folder_that_holds_something_else_is_refused_with_what_it_holds_and_what_was_expected(
    name: str, tmp_path: Path
) -> None:
    plant(tmp_path, "holiday.mov", "letters/one.txt")
    with pytest.raises(AtlasError) as caught:
        PRESETS[name].read(tmp_path)
    preset = PRESETS[name]
    assert str(caught.value) == (
        f"{tmp_path}: not the folder of {preset.title}, as it holds holiday.mov, letters/; expected {preset.expects}"
    )


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_folder_that_is_not_there_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="gone: not a folder; give the folder of the unpacked corpus"):
        PRESETS[name].read(tmp_path / "gone")


def test_what_a_wrong_folder_holds_is_shortened_to_five_names(tmp_path: Path) -> None:
    plant(tmp_path, *"abcdefg")
    with pytest.raises(AtlasError, match="as it holds a, b, c, d, e and 2 more; expected"):
        PRESETS["gtzan"].read(tmp_path)


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(AtlasError) as caught:
        write_manifest("libris", tmp_path, tmp_path / "manifest.csv")
    assert str(caught.value) == (
        "no preset for a corpus 'libris'; there are common-voice, crema-d, esc-50, fsd50k, gtzan, librispeech, "
        "libritts, mtg-jamendo, musan, timit, vocalsound"
    )


def test_the_manifest_is_sorted_by_path_with_labels_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (
        PresetRow(path="b.wav", domain="sound", dataset="Made up", labels=("dog", "cat"), licence="CC0-1.0"),
        PresetRow(
            path="a,1.wav",
            domain="speech",
            dataset="Made up",
            recording="r",
            speaker="s",
            text='she said "no"',
            language="en",
        ),
    )
    only_preset(monkeypatch, PresetListing(rows, notes=("1 file is odd",)))
    listing = write_manifest("made-up", tmp_path, tmp_path / "new" / "manifest.csv")
    assert listing == PresetListing(rows, notes=("1 file is odd",))
    assert (tmp_path / "new" / "manifest.csv").read_text(encoding="utf-8") == (
        "path,domain,dataset,recording,speaker,labels,language,text,licence,attribution,source_url\n"
        '"a,1.wav",speech,Made up,r,s,,en,"she said ""no""",,,\n'
        "b.wav,sound,Made up,,,dog|cat,,,CC0-1.0,,\n"
    )
    assert os.listdir(tmp_path / "new") == ["manifest.csv"]


def test_a_reader_of_csv_gets_every_text_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a "b", c\nd\te; ü “f”'
    only_preset(monkeypatch, PresetListing((PresetRow(path="a.wav", domain="speech", dataset="Made up", text=text),)))
    write_manifest("made-up", tmp_path, tmp_path / "manifest.csv")
    with (tmp_path / "manifest.csv").open(encoding="utf-8", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == [text]


def test_labels_are_joined_by_what_the_config_splits_them_by() -> None:
    assert CorpusConfig.model_fields["separator"].default == manifest_module.SEPARATOR


def test_alignments_are_written_beside_the_manifest_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = (TimedSpan("b.wav", "words", 0.5, 1.0, "no"), TimedSpan("a.wav", "phones", 0.0, 0.1906875, "h#"))
    only_preset(monkeypatch, PresetListing((PresetRow(path="a.wav", domain="speech", dataset="Made up"),), labels))
    write_manifest("made-up", tmp_path, tmp_path / "manifest.csv")
    assert alignments_beside(tmp_path / "manifest.csv") == tmp_path / "manifest.alignments.tsv"
    assert (tmp_path / "manifest.alignments.tsv").read_text(encoding="utf-8") == (
        "path\ttier\tstart_s\tend_s\tlabel\na.wav\tphones\t0.0\t0.1906875\th#\nb.wav\twords\t0.5\t1.0\tno\n"
    )


def test_alignments_of_an_earlier_corpus_do_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, "manifest.alignments.tsv")
    only_preset(monkeypatch, PresetListing((PresetRow(path="a.wav", domain="speech", dataset="Made up"),)))
    write_manifest("made-up", tmp_path, tmp_path / "manifest.csv")
    assert os.listdir(tmp_path) == ["manifest.csv"]


def test_a_label_that_holds_the_separator_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = PresetRow(path="a.wav", domain="sound", dataset="Made up", labels=("dog|cat",))
    only_preset(monkeypatch, PresetListing((row,), (TimedSpan("a.wav", "words", 0, 1, "x"),)))
    with pytest.raises(AtlasError, match=r"a\.wav: the label 'dog\|cat' holds '\|', which separates labels"):
        write_manifest("made-up", tmp_path, tmp_path / "manifest.csv")
    assert os.listdir(tmp_path) == []


def test_a_manifest_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_preset(monkeypatch, PresetListing((PresetRow(path="a.wav", domain="sound", dataset="Made up"),)))
    plant(tmp_path, "file")
    with pytest.raises(AtlasError, match=r"manifest\.csv: cannot be written \(.+\); choose another place"):
        write_manifest("made-up", tmp_path, tmp_path / "file" / "manifest.csv")


def test_scan_passes_over_hidden_files_and_follows_links_without_going_in_circles(tmp_path: Path) -> None:
    corpus = plant(tmp_path / "corpus", "b/2.wav", "a.wav", ".DS_Store", "b/._2.wav", ".git/x")
    plant(tmp_path / "elsewhere", "3.wav")
    (corpus / "linked").symlink_to(tmp_path / "elsewhere")
    (corpus / "b" / "up").symlink_to(corpus)
    assert scan(corpus) == ("a.wav", "b/2.wav", "linked/3.wav")


def test_ending_in_compares_whole_parts_in_any_case_and_gives_the_least_deep_first() -> None:
    paths = ("copy/meta/esc50.csv", "META/ESC50.csv", "xmeta/esc50.csv")
    assert ending_in(paths, "meta/esc50.csv") == ["META/ESC50.csv", "copy/meta/esc50.csv"]


def test_a_table_without_a_needed_column_is_refused_with_its_columns(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,fold\nx,1\n", encoding="utf-8")
    with pytest.raises(AtlasError, match=r"t\.csv: no column filename, category; its columns are name, fold; expected"):
        list(read_columns(tmp_path / "t.csv", ("filename", "category")))


def test_columns_are_read_with_a_byte_order_mark_short_rows_and_stray_quotation_marks(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text('\ufeffa\tb\n"x\ty\nz\n\n', encoding="utf-8")
    assert list(read_columns(tmp_path / "t.tsv", ("b", "a"), ("c",))) == [("y", '"x', ""), ("", "z", "")]


@pytest.mark.parametrize(
    ("address", "licence"),
    [
        ("http://creativecommons.org/licenses/by/3.0/", "CC-BY-3.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/2.0/fr/", "CC-BY-NC-SA-2.0-FR"),
        ("http://creativecommons.org/licenses/by-nc/4.0/deed.en", "CC-BY-NC-4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("http://creativecommons.org/licenses/sampling+/1.0/", "CC-SAMPLING+-1.0"),
        ("http://artlibre.org/licence/lal/en/", "LAL-1.3"),
        ("http://example.org/my-terms", ""),
    ],
)
def test_an_address_of_a_licence_becomes_its_spdx_id(address: str, licence: str) -> None:
    assert licence_of_address(address) == licence


@pytest.mark.parametrize(
    ("words", "licence"),
    [
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("License:CC BY-SA 3.0 DE", "CC-BY-SA-3.0-DE"),
        ("Attribution-NoDerivs 3.0 Unported (CC BY-ND 3.0)", "CC-BY-ND-3.0"),
        ("X by Y is licensed under a Attribution-Share Alike 3.0 United States License.", "CC-BY-SA-3.0-US"),
        ("X by Y is licensed under a Attribution-NoDerivatives 3.0 International License.", "CC-BY-ND-3.0"),
        ("X by Y is licensed under a Attribution-Non-Commercial 3.0 License.", "CC-BY-NC-3.0"),
        ("X by Y is licensed under a Creative Commons Attribution License.", "CC-BY"),
        ("License: Attribution 3.0", "CC-BY-3.0"),
        ("X by Y is licensed under a Attribution-ShareAlike 2.5 Portugal License.", "CC-BY-SA-2.5-PT"),
        ("X by Y is licensed under a Public Domain Mark 1.0 License.", "CC-PDM-1.0"),
        ("that are in the US Public Domain. These files", "public domain"),
        ("released as CC0", "CC0-1.0"),
        ("“Attribution” (by Nobody)", ""),
    ],
)
def test_a_licence_in_words_becomes_its_spdx_id_as_far_as_the_words_go(words: str, licence: str) -> None:
    assert licence_of_words(words) == licence


def test_notes_count_in_the_singular_and_the_plural_and_are_silent_about_nothing() -> None:
    assert count_note(0, "file is odd", "files are odd") == ()
    assert count_note(1, "file is odd", "files are odd") == ("1 file is odd",)
    assert count_note(1200, "file is odd", "files are odd") == ("1,200 files are odd",)


def test_distinct_labels_keep_their_order() -> None:
    assert distinct(("b", "", "a", "b")) == ("b", "a")
