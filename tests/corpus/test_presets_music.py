"""The presets of music corpora, and of MUSAN, on miniature trees with the layout and metadata that the corpora have."""

from pathlib import Path

import pytest

from atlas.corpus.presets import PRESETS, PresetListing, PresetRow
from atlas.errors import AtlasError


def plant(folder: Path, contents: dict[str, str]) -> Path:
    for path, text in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def read(name: str, folder: Path) -> PresetListing:
    return PRESETS[name].read(folder)


MUSAN_FMA_LICENCE = (
    "“Memory Bank” (by Airglow)\n"
    "music-fma-0000 \n"
    "Memory Bank by Airglow is licensed under a Attribution 3.0 International License.\n"
    "http://freemusicarchive.org/music/Airglow/Memory_Bank\n"
    "==============================================================================\n"
    "music-fma-0002\n"
    "Attribution-ShareAlike 3.0 Unported (CC BY-SA 3.0)\n"
    "music-fma-0003\n"
    "Attribution-NoDerivs 3.0 Unported (CC BY-ND 3.0)\n"
    "music-fma-0004\n"
    "==============================================================================\n"
    "music-fma-0005\n"
    "from SeaStars 2007\n"
    "==============================================================================\n"
)


def musan(folder: Path) -> Path:
    audio = (
        *(f"music/fma/music-fma-000{number}.wav" for number in (0, 2, 3, 4, 5)),
        "music/rfm/music-rfm-0001.wav",
        "noise/free-sound/noise-free-sound-0000.wav",
        "noise/sound-bible/noise-sound-bible-0046.wav",
        "speech/librivox/speech-librivox-0002.wav",
        "speech/us-gov/speech-us-gov-0000.wav",
    )
    rule = "=" * 78
    texts = {
        "music/fma/ANNOTATIONS": "music-fma-0000 electronica,pop N The_Airglow\nmusic-fma-0002 rock Y Mau Composer\n",
        "music/fma/LICENSE": MUSAN_FMA_LICENCE,
        "music/rfm/LICENSE": f"CC BY 3.0\nhttp://incompetech.com\n{rule}\nmusic-rfm-0058\nHustle (by Kevin MacLeod)\n",
        "noise/free-sound/LICENSE": "All selected recordings were marked as in the Public Domain\non Free Sound\n",
        "noise/free-sound/ANNOTATIONS": "Background noises:\nnoise-free-sound-0000\n",
        "noise/sound-bible/LICENSE": f"noise-sound-bible-0046\nTitle: MP5\nLicense: Attribution 3.0\n{rule}\n",
        "speech/librivox/ANNOTATIONS": "speech-librivox-0002 m portuguese\n",
        "speech/us-gov/LICENSE": "US government hearings\nthat are in the US Public Domain.\n",
    }
    return plant(folder, {f"musan/{path}": "" for path in audio} | {f"musan/{path}": t for path, t in texts.items()})


def test_musan_reads_domains_annotations_and_the_licence_of_each_file(tmp_path: Path) -> None:
    listing = read("musan", musan(tmp_path))
    assert listing.rows[0] == PresetRow(
        path="musan/music/fma/music-fma-0000.wav",
        domain="music",
        dataset="MUSAN",
        recording="music-fma-0000",
        labels=("electronica", "pop", "instrumental"),
        licence="CC-BY-3.0",
        attribution="The Airglow, from MUSAN (fma)",
        source_url="https://www.openslr.org/17/",
    )
    rest = [
        (row.recording, row.domain, row.labels, row.language, row.licence, row.attribution) for row in listing.rows[1:]
    ]
    assert rest == [
        ("music-fma-0002", "music", ("rock", "vocals"), "", "CC-BY-SA-3.0", "Mau, from MUSAN (fma)"),
        ("music-fma-0003", "music", (), "", "CC-BY-ND-3.0", "MUSAN (fma)"),
        ("music-fma-0004", "music", (), "", "CC-BY-ND-3.0", "MUSAN (fma)"),
        ("music-fma-0005", "music", (), "", "", "MUSAN (fma)"),
        ("music-rfm-0001", "music", (), "", "CC-BY-3.0", "MUSAN (rfm)"),
        ("noise-free-sound-0000", "sound", ("background noise",), "", "public domain", "MUSAN (free-sound)"),
        ("noise-sound-bible-0046", "sound", (), "", "CC-BY-3.0", "MUSAN (sound-bible)"),
        ("speech-librivox-0002", "speech", ("male",), "pt", "", "MUSAN (librivox)"),
        ("speech-us-gov-0000", "speech", (), "en", "public domain", "MUSAN (us-gov)"),
    ]
    assert listing.notes == ("2 files have no licence",)


def test_musan_is_read_from_one_of_its_folders_alike(tmp_path: Path) -> None:
    whole = read("musan", musan(tmp_path)).rows[:5]
    part = read("musan", tmp_path / "musan" / "music" / "fma").rows
    assert [(row.recording, row.licence, row.attribution) for row in part] == [
        (row.recording, row.licence, row.attribution) for row in whole
    ]


def test_gtzan_reads_genres_from_either_copy(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "genres/blues/blues.00000.au": "",
            "Data/genres_original/jazz/jazz.00054.wav": "",
            "Data/genres_original/blues/blues.00000.wav": "",
            "Data/images_original/jazz/jazz00054.png": "",
        },
    )
    assert read("gtzan", tmp_path) == PresetListing(
        rows=(
            PresetRow(
                path="Data/genres_original/blues/blues.00000.wav",
                domain="music",
                dataset="GTZAN",
                recording="blues.00000",
                labels=("blues",),
            ),
            PresetRow(
                path="Data/genres_original/jazz/jazz.00054.wav",
                domain="music",
                dataset="GTZAN",
                recording="jazz.00054",
                labels=("jazz",),
            ),
        ),
        notes=("1 file is another copy and left out",),
    )


JAMENDO_TABLE = (
    "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
    "track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t124.6\tgenre---punkrock\n"
    "track_0000382\tartist_000020\talbum_000046\t82/382.mp3\t211.1\tgenre---choir\tinstrument---voice\tinstrument---choir\n"
    "track_0000759\tartist_000103\talbum_000124\t59/759.mp3\t379.8\tgenre---pop\tmood/theme---calm\n"
)
JAMENDO_LICENCES = (
    "14/214.mp3\n"
    "Here by Myself by Some Artist from Jamendo: http://www.jamendo.com/track/214\n"
    "Available under a Creative Commons Attribution-NonCommercial-ShareAlike license: "
    "http://creativecommons.org/licenses/by-nc-sa/2.0/fr/\n"
    "\n"
    "59/759.mp3\n"
    "X by Y from Jamendo: http://www.jamendo.com/track/759\n"
    "Available under a Creative Commons Attribution license: http://creativecommons.org/licenses/by/3.0/\n"
)


def jamendo(folder: Path, table: str) -> Path:
    audio = ("14/214.mp3", "14/214.low.mp3", "82/382.low.mp3", "00/100.mp3")
    texts = {f"repository/data/{table}": JAMENDO_TABLE, "repository/audio_licenses.txt": JAMENDO_LICENCES}
    return plant(folder, texts | {f"audio/{path}": "" for path in audio})


def test_mtg_jamendo_joins_tags_and_licences_to_the_best_copy_of_each_track(tmp_path: Path) -> None:
    assert read("mtg-jamendo", jamendo(tmp_path, "autotagging.tsv")) == PresetListing(
        rows=(
            PresetRow(
                path="audio/14/214.mp3",
                domain="music",
                dataset="MTG-Jamendo",
                recording="track_0000214",
                labels=("punkrock",),
                licence="CC-BY-NC-SA-2.0-FR",
                attribution="Here by Myself by Some Artist",
                source_url="http://www.jamendo.com/track/214",
            ),
            PresetRow(
                path="audio/82/382.low.mp3",
                domain="music",
                dataset="MTG-Jamendo",
                recording="track_0000382",
                labels=("choir", "voice"),
                attribution="Jamendo track 382",
                source_url="https://www.jamendo.com/track/382",
            ),
        ),
        notes=(
            "1 file of the metadata is not in the folder",
            "1 audio file is not in the metadata and left out",
            "1 file is another copy and left out",
            "1 file has no licence",
        ),
    )


def test_mtg_jamendo_reads_the_table_itself_where_the_link_to_it_was_lost(tmp_path: Path) -> None:
    jamendo(tmp_path, "raw_30s_cleantags_50artists.tsv")
    plant(tmp_path, {"repository/data/autotagging.tsv": "raw_30s_cleantags_50artists.tsv"})
    assert [row.recording for row in read("mtg-jamendo", tmp_path).rows] == ["track_0000214", "track_0000382"]


def test_mtg_jamendo_without_audio_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, {"data/autotagging.tsv": JAMENDO_TABLE})
    with pytest.raises(AtlasError, match=r"none of the audio files that data/autotagging\.tsv names is here"):
        read("mtg-jamendo", tmp_path)


def test_mtg_jamendo_with_audio_alone_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    plant(tmp_path, {"14/214.mp3": ""})
    with pytest.raises(AtlasError, match=r"as it holds 14/; expected the folder with data/autotagging\.tsv, audio_lic"):
        read("mtg-jamendo", tmp_path)
