"""The presets of sound corpora, on miniature trees with the layout and metadata that the corpora have."""

import json
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


ESC50_TABLE = (
    "filename,fold,target,category,esc10,src_file,take\n"
    "1-100032-A-0.wav,1,0,dog,True,100032,A\n"
    "1-17092-A-27.wav,1,27,brushing_teeth,False,17092,A\n"
    "1-17092-B-27.wav,1,27,brushing_teeth,False,17092,B\n"
)


def esc50(folder: Path) -> Path:
    audio = ("1-100032-A-0.wav", "1-17092-A-27.wav", "9-1-A-1.wav")
    return plant(
        folder, {"ESC-50-master/meta/esc50.csv": ESC50_TABLE} | {f"ESC-50-master/audio/{n}": "" for n in audio}
    )


def esc50_row(name: str, source: str, label: str, licence: str) -> PresetRow:
    return PresetRow(
        path=f"ESC-50-master/audio/{name}",
        domain="sound",
        dataset="ESC-50",
        recording=source,
        labels=(label,),
        licence=licence,
        attribution=f"Freesound {source}, from ESC-50 by Karol J. Piczak",
        source_url=f"https://freesound.org/s/{source}/",
    )


def test_esc50_counts_clips_of_one_freesound_source_once_and_frees_the_clips_of_esc10(tmp_path: Path) -> None:
    assert read("esc-50", esc50(tmp_path)) == PresetListing(
        rows=(
            esc50_row("1-100032-A-0.wav", "100032", "dog", "CC-BY-3.0"),
            esc50_row("1-17092-A-27.wav", "17092", "brushing teeth", "CC-BY-NC-3.0"),
        ),
        notes=(
            "1 file of the metadata is not in the folder",
            "1 audio file is not in the metadata and left out",
        ),
    )


def test_esc50_given_its_audio_folder_says_which_folder_to_give(tmp_path: Path) -> None:
    root = esc50(tmp_path).resolve() / "ESC-50-master"
    with pytest.raises(AtlasError) as caught:
        read("esc-50", root / "audio")
    held = "1-100032-A-0.wav, 1-17092-A-27.wav, 9-1-A-1.wav"
    assert str(caught.value) == f"{root / 'audio'}: not the folder of ESC-50, as it holds {held}; give {root}"


def test_esc50_without_audio_is_refused_with_an_example(tmp_path: Path) -> None:
    plant(tmp_path, {"meta/esc50.csv": ESC50_TABLE})
    with pytest.raises(
        AtlasError, match=r"none of the audio files that meta/esc50\.csv names is here; expected files s"
    ):
        read("esc-50", tmp_path)


def clip_information(title: str, licence: str, uploader: str) -> dict[str, object]:
    return {"title": title, "description": "", "tags": [], "license": licence, "uploader": uploader}


def fsd50k(folder: Path) -> Path:
    dev = (
        "fname,labels,mids,split\n"
        '64760,"Electric_guitar,Guitar,Music","/m/02sgy,/m/0342h,/m/04rlf",train\n'
        '2,"Child_speech_and_kid_speaking,Speech,Human_voice","/m/0ytgt,/m/09x0r,/m/09l8g",val\n'
        '3,"Speech,Music,Human_voice","/m/09x0r,/m/04rlf,/m/09l8g",train\n'
        "4,Rain,/m/06mb1,train\n"
    )
    information = {
        "64760": clip_information("guitarras_63.wav", "http://creativecommons.org/licenses/sampling+/1.0/", "casual"),
        "2": clip_information("two\nlines", "http://creativecommons.org/publicdomain/zero/1.0/", "someone"),
    }
    return plant(
        folder,
        {
            "FSD50K.ground_truth/dev.csv": dev,
            "FSD50K.ground_truth/eval.csv": 'fname,labels,mids\n37199,"Dog,Animal","/m/0bt9lr,/m/0jbk"\n',
            "FSD50K.ground_truth/vocabulary.csv": "0,Accelerating_and_revving_and_vroom,/m/07q2z82\n",
            "FSD50K.metadata/dev_clips_info_FSD50K.json": json.dumps(information),
            "FSD50K.dev_audio/64760.wav": "",
            "FSD50K.dev_audio/2.wav": "",
            "FSD50K.dev_audio/3.wav": "",
            "FSD50K.dev_audio/99.wav": "",
            "FSD50K.eval_audio/37199.wav": "",
        },
    )


def fsd50k_row(path: str, domain: str, labels: tuple[str, ...], licence: str, attribution: str) -> PresetRow:
    number = Path(path).stem
    return PresetRow(
        path=path,
        domain=domain,
        dataset="FSD50K",
        recording=number,
        labels=labels,
        licence=licence,
        attribution=attribution,
        source_url=f"https://freesound.org/s/{number}/",
    )


def test_fsd50k_takes_the_domain_from_the_labels_and_the_licence_of_each_clip(tmp_path: Path) -> None:
    music = ("Electric guitar", "Guitar", "Music")
    speech = ("Child speech and kid speaking", "Speech", "Human voice")
    dev = "FSD50K.dev_audio"
    assert read("fsd50k", fsd50k(tmp_path)) == PresetListing(
        rows=(
            fsd50k_row(f"{dev}/64760.wav", "music", music, "CC-SAMPLING+-1.0", "guitarras_63.wav by casual"),
            fsd50k_row(f"{dev}/2.wav", "speech", speech, "CC0-1.0", "two lines by someone"),
            fsd50k_row(f"{dev}/3.wav", "sound", ("Speech", "Music", "Human voice"), "", "Freesound 3"),
            fsd50k_row("FSD50K.eval_audio/37199.wav", "sound", ("Dog", "Animal"), "", "Freesound 37199"),
        ),
        notes=(
            "1 file of the metadata is not in the folder",
            "1 audio file is not in the metadata and left out",
            "2 files have no licence",
        ),
    )


def test_fsd50k_with_broken_metadata_names_the_file(tmp_path: Path) -> None:
    fsd50k(tmp_path)
    plant(tmp_path, {"FSD50K.metadata/dev_clips_info_FSD50K.json": '{"1": {"title": "x"}}'})
    with pytest.raises(AtlasError, match=r"dev_clips_info_FSD50K\.json: not the clips' information \(KeyError"):
        read("fsd50k", tmp_path)


def test_fsd50k_given_its_audio_folder_says_which_folder_to_give(tmp_path: Path) -> None:
    with pytest.raises(AtlasError) as caught:
        read("fsd50k", fsd50k(tmp_path) / "FSD50K.dev_audio")
    assert str(caught.value).endswith(f"; give {tmp_path.resolve()}")


def test_fsd50k_without_audio_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, {"FSD50K.ground_truth/eval.csv": "fname,labels,mids\n1,Dog,/m/0bt9lr\n"})
    with pytest.raises(AtlasError, match=r"none of the audio files that FSD50K\.ground_truth/eval\.csv names is here"):
        read("fsd50k", tmp_path)


def test_vocalsound_reads_names_and_of_both_rates_takes_one(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "data/audio_16k/f0003_0_throatclearing.wav": "",
            "data/audio_44k/f0003_0_throatclearing.wav": "",
            "data/audio_44k/m0012_1_cough.wav": "",
            "data/meta/all_meta.json": "[]",
        },
    )
    rows = [
        PresetRow(
            path=path,
            domain="sound",
            dataset="VocalSound",
            recording=Path(path).stem,
            speaker=speaker,
            labels=labels,
            licence="CC-BY-SA-4.0",
            attribution="VocalSound by Yuan Gong, Jin Yu and James Glass",
            source_url="https://github.com/YuanGongND/vocalsound",
        )
        for path, speaker, labels in (
            ("data/audio_16k/f0003_0_throatclearing.wav", "f0003", ("throat clearing", "female")),
            ("data/audio_44k/m0012_1_cough.wav", "m0012", ("cough", "male")),
        )
    ]
    assert read("vocalsound", tmp_path) == PresetListing(tuple(rows), notes=("1 file is another copy and left out",))
