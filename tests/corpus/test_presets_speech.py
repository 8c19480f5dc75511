"""The presets of speech corpora, on miniature trees with the layout and metadata that the corpora have."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from atlas.corpus.presets import PRESETS, PresetListing, PresetRow, TimedSpan
from atlas.errors import AtlasError

LIBRI_SPEAKERS = (
    "; Some pipe(|) separated metadata\n"
    ";ID  |SEX| SUBSET           |MINUTES| NAME\n"
    "84   | F | dev-clean        | 8.02  | Christie Nowak\n"
    "174  | M | dev-clean        | 8.04  | Peter | Eastman\n"
)


def plant(folder: Path, contents: dict[str, str]) -> Path:
    for path, text in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def read(name: str, folder: Path) -> PresetListing:
    return PRESETS[name].read(folder)


def librispeech(folder: Path) -> Path:
    return plant(
        folder,
        {
            "LibriSpeech/SPEAKERS.TXT": LIBRI_SPEAKERS,
            "LibriSpeech/dev-clean/84/121123/84-121123.trans.txt": "84-121123-0000 GO DO YOU HEAR\n"
            "84-121123-0001 BUT IN LESS\n",
            "LibriSpeech/dev-clean/84/121123/84-121123-0000.flac": "",
            "LibriSpeech/dev-clean/84/121123/84-121123-0001.flac": "",
            "LibriSpeech/dev-clean/174/50561/174-50561-0000.flac": "",
            "LibriSpeech/original-mp3/84/121123/121123.mp3": "",
        },
    )


def libri_row(path: str, recording: str, speaker: str, sex: str, text: str, name: str) -> PresetRow:
    return PresetRow(
        path=path,
        domain="speech",
        dataset="LibriSpeech",
        recording=recording,
        speaker=speaker,
        labels=(sex,),
        language="en",
        text=text,
        licence="CC-BY-4.0",
        attribution=f"LibriSpeech, read by {name} for LibriVox",
        source_url="https://www.openslr.org/12/",
    )


def test_librispeech_counts_a_chapter_once_and_names_its_reader(tmp_path: Path) -> None:
    base = "dev-clean/84/121123/84-121123"
    assert read("librispeech", librispeech(tmp_path) / "LibriSpeech") == PresetListing(
        rows=(
            libri_row("dev-clean/174/50561/174-50561-0000.flac", "174-50561", "174", "male", "", "Peter | Eastman"),
            libri_row(f"{base}-0000.flac", "84-121123", "84", "female", "GO DO YOU HEAR", "Christie Nowak"),
            libri_row(f"{base}-0001.flac", "84-121123", "84", "female", "BUT IN LESS", "Christie Nowak"),
        ),
        notes=("1 file has no text",),
    )


def test_librispeech_is_read_from_a_level_above_and_from_one_of_its_parts(tmp_path: Path) -> None:
    above = read("librispeech", librispeech(tmp_path))
    part = read("librispeech", tmp_path / "LibriSpeech" / "dev-clean")
    assert [row.path for row in above.rows] == [f"LibriSpeech/dev-clean/{row.path}" for row in part.rows]
    assert [row.text for row in above.rows] == [row.text for row in part.rows]
    assert part.rows[0].labels == ()
    assert part.rows[0].attribution == "LibriSpeech, read by reader 174 for LibriVox"
    assert part.notes[-1] == "the folder has no SPEAKERS.TXT, so names and sexes of the readers are not known"


def test_libritts_takes_the_normalised_text_of_the_chapter_or_else_of_the_utterance(tmp_path: Path) -> None:
    base = "LibriTTS/dev-clean/84/121123/84_121123"
    plant(
        tmp_path,
        {
            "LibriTTS/SPEAKERS.txt": LIBRI_SPEAKERS,
            f"{base}.trans.tsv": '84_121123_000007_000001\t"No. 2,\t"Number two,\n84_121123_000008_000000\tx\ty\n',
            f"{base}.book.tsv": "84_121123_000007_000001\t123\n",
            f"{base}_000007_000001.wav": "",
            f"{base}_000007_000001.normalized.txt": "not read",
            f"{base}_000007_000001.original.txt": "not read",
            f"{base}_000009_000000.wav": "",
            f"{base}_000009_000000.normalized.txt": "Mister Wills\n",
        },
    )
    listing = read("libritts", tmp_path)
    assert [(row.path, row.recording, row.text) for row in listing.rows] == [
        (f"{base}_000007_000001.wav", "84-121123", '"Number two,'),
        (f"{base}_000009_000000.wav", "84-121123", "Mister Wills"),
    ]
    assert listing.rows[0] == PresetRow(
        path=f"{base}_000007_000001.wav",
        domain="speech",
        dataset="LibriTTS",
        recording="84-121123",
        speaker="84",
        labels=("female",),
        language="en",
        text='"Number two,',
        licence="CC-BY-4.0",
        attribution="LibriTTS, read by Christie Nowak for LibriVox",
        source_url="https://www.openslr.org/60/",
    )
    assert listing.notes == ()


CV_HEADER = (
    "client_id\tpath\tsentence_id\tsentence\tsentence_domain\tup_votes\tdown_votes\tage\tgender\taccents\tvariant\t"
    "locale\tsegment\n"
)


def common_voice(folder: Path) -> Path:
    return plant(
        folder,
        {
            "zh-CN/validated.tsv": CV_HEADER
            + 'c1\tcommon_voice_zh-CN_1.mp3\ts1\t"你好\t\t2\t0\ttwenties\tfemale_feminine\t出生地：19|B, C\t\tzh-CN\t\n'
            + "c2\tcommon_voice_zh-CN_2.mp3\ts2\t再见\t\t2\t0\t\tintersex\t\t\tzh-CN\t\n",
            "zh-CN/other.tsv": CV_HEADER,
            "zh-CN/clips/common_voice_zh-CN_1.mp3": "",
            "zh-CN/clips/common_voice_zh-CN_3.mp3": "",
        },
    )


def test_common_voice_makes_a_row_of_each_validated_clip(tmp_path: Path) -> None:
    row = PresetRow(
        path="zh-CN/clips/common_voice_zh-CN_1.mp3",
        domain="speech",
        dataset="Common Voice",
        recording="common_voice_zh-CN_1",
        speaker="c1",
        labels=("female", "出生地：19", "B", "C"),
        language="zh",
        text='"你好',
        licence="CC0-1.0",
        attribution="Mozilla Common Voice",
        source_url="https://commonvoice.mozilla.org/",
    )
    notes = ("1 file of the metadata is not in the folder", "1 clip is not among the validated and left out")
    assert read("common-voice", common_voice(tmp_path)) == PresetListing((row,), notes=notes)


def test_common_voice_of_early_releases_has_other_columns_and_names_the_locale_by_its_folder(tmp_path: Path) -> None:
    header = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccent\n"
    plant(
        tmp_path / "kab",
        {
            "train.tsv": header + "c1\tabc\tAzul\t2\t0\t\tmale\t\n",
            "test.tsv": header + "c2\tdef\tTanemmirt\t2\t0\t\t\ttest accent\n",
            "clips/abc.mp3": "",
            "clips/def.mp3": "",
        },
    )
    rows = read("common-voice", tmp_path / "kab").rows
    assert [(row.path, row.recording, row.labels, row.language, row.text) for row in rows] == [
        ("clips/def.mp3", "def", ("test accent",), "kab", "Tanemmirt"),
        ("clips/abc.mp3", "abc", ("male",), "kab", "Azul"),
    ]


def test_common_voice_given_its_clips_says_which_folder_to_give(tmp_path: Path) -> None:
    clips = common_voice(tmp_path) / "zh-CN" / "clips"
    with pytest.raises(AtlasError) as caught:
        read("common-voice", clips)
    assert str(caught.value).endswith(f"common_voice_zh-CN_3.mp3; give {tmp_path.resolve() / 'zh-CN'}")


def test_common_voice_without_its_clips_is_refused(tmp_path: Path) -> None:
    common_voice(tmp_path)
    for clip in (tmp_path / "zh-CN" / "clips").iterdir():
        clip.unlink()
    with pytest.raises(AtlasError, match=r"none of the audio files that zh-CN/validated\.tsv names is here; expected"):
        read("common-voice", tmp_path)


def crema_row(path: str, labels: tuple[str, ...], text: str) -> PresetRow:
    return PresetRow(
        path=path,
        domain="speech",
        dataset="CREMA-D",
        recording=Path(path).stem,
        speaker="actor-1001",
        labels=labels,
        language="en",
        text=text,
        licence="ODbL-1.0",
        attribution="CREMA-D by Houwei Cao and others",
        source_url="https://github.com/CheyneyComputerScience/CREMA-D",
    )


def test_crema_d_reads_names_and_demographics_and_prefers_wav(tmp_path: Path) -> None:
    demographics = '"ActorID","Age","Sex","Race","Ethnicity"\n1001,51,"Male","Caucasian","Not Hispanic"\n'
    plant(
        tmp_path,
        {
            "VideoDemographics.csv": demographics,
            "AudioMP3/1001_DFA_ANG_XX.mp3": "",
            "AudioWAV/1001_DFA_ANG_XX.wav": "",
            "AudioWAV/1001_IEO_HAP_HI.wav": "",
            "AudioWAV/1001_ITH_SAD_X.wav": "",
            "VideoFlash/1001_DFA_ANG_XX.flv": "",
        },
    )
    assert read("crema-d", tmp_path) == PresetListing(
        rows=(
            crema_row("AudioWAV/1001_DFA_ANG_XX.wav", ("anger", "male"), "Don't forget a jacket."),
            crema_row("AudioWAV/1001_IEO_HAP_HI.wav", ("happiness", "high intensity", "male"), "It's eleven o'clock."),
            crema_row("AudioWAV/1001_ITH_SAD_X.wav", ("sadness", "male"), "I think I have a doctor's appointment."),
        ),
        notes=("1 file is another copy and left out",),
    )


def test_crema_d_without_demographics_lacks_the_sex_and_says_so(tmp_path: Path) -> None:
    listing = read("crema-d", plant(tmp_path, {"1002_TSI_NEU_XX.wav": ""}))
    assert listing.rows[0].labels == ("neutral",)
    assert listing.notes == ("the folder has no VideoDemographics.csv, so the actors' sex is not known",)


def timit(folder: Path) -> Path:
    base = "TRAIN/DR1/FCJF0/SA1"
    return plant(
        folder,
        {
            f"{base}.WAV": "",
            f"{base}.WAV.wav": "",
            f"{base}.TXT": "0 46797 She had your dark suit in greasy wash water all year.\n",
            f"{base}.PHN": "0 3050 h#\n3050 4559 sh\n",
            f"{base}.WRD": "3050 5723 she\n5723 10337 had\n",
            "DOC/SPKRINFO.TXT": "",
        },
    )


def test_timit_reads_sentences_with_phones_and_words_in_seconds(tmp_path: Path) -> None:
    path = "TRAIN/DR1/FCJF0/SA1.WAV"
    row = PresetRow(
        path=path,
        domain="speech",
        dataset="TIMIT",
        recording="FCJF0-SA1",
        speaker="FCJF0",
        labels=("female", "New England"),
        language="en",
        text="She had your dark suit in greasy wash water all year.",
        licence="LicenseRef-LDC-User-Agreement",
        attribution="TIMIT, Linguistic Data Consortium LDC93S1",
        source_url="https://catalog.ldc.upenn.edu/LDC93S1",
    )
    alignments = (
        TimedSpan(path, "phones", 0.0, 0.190625, "h#"),
        TimedSpan(path, "phones", 0.190625, 0.2849375, "sh"),
        TimedSpan(path, "words", 0.190625, 0.3576875, "she"),
        TimedSpan(path, "words", 0.3576875, 0.6460625, "had"),
    )
    assert read("timit", timit(tmp_path)) == PresetListing((row,), alignments)


def test_timit_in_lower_case_and_without_its_times_is_read_with_notes(tmp_path: Path) -> None:
    listing = read("timit", plant(tmp_path, {"timit/test/dr8/mpam0/sx19.wav": ""}))
    assert [(row.path, row.recording, row.labels) for row in listing.rows] == [
        ("timit/test/dr8/mpam0/sx19.wav", "MPAM0-SX19", ("male", "Army Brat"))
    ]
    assert listing.alignments == ()
    assert listing.notes == ("1 file has no text", "2 files of phones or words are not in the folder")


def test_timit_with_a_broken_line_of_times_names_the_file_and_the_line(tmp_path: Path) -> None:
    timit(tmp_path)
    (tmp_path / "TRAIN/DR1/FCJF0/SA1.PHN").write_text("0 3050\n", encoding="utf-8")
    with pytest.raises(AtlasError, match=r"SA1\.PHN: '0 3050' is not a first sample, a last sample and a label"):
        read("timit", tmp_path)


def test_libsndfile_reads_sphere_under_the_name_wav(tmp_path: Path) -> None:
    samples = np.array([0, 1000, -1000, 32767], dtype=np.int16)
    soundfile.write(tmp_path / "SA1.WAV", samples, 16_000, format="NIST", subtype="PCM_16")
    back, rate_hz = soundfile.read(tmp_path / "SA1.WAV", dtype="int16")
    assert (back.tolist(), rate_hz) == (samples.tolist(), 16_000)
