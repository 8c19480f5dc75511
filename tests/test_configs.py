"""The configs that ship: each parses, and the one for the real corpus fits it."""

import csv
import re
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from atlas.config.loading import load_config, parse_config
from atlas.corpus.sources import read_entries
from atlas.encoders.catalogue import find_source
from atlas.readouts.catalogue import find_readout
from atlas.train.config import load_train_config

ROOT = Path(__file__).resolve().parent.parent
TRAININGS = sorted((ROOT / "configs").glob("train-*.toml"))
CONFIGS = sorted(set((ROOT / "configs").glob("*.toml")) - set(TRAININGS))
REAL = ROOT / "../shared/real"

needs_real_corpus = pytest.mark.skipif(not REAL.is_dir(), reason="the real corpus is not beside the repository")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_config_that_ships_is_right(path: Path) -> None:
    config = load_config(path)

    assert config.taps()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_config_that_ships_says_how_it_is_built_and_what_it_costs(path: Path) -> None:
    comment = path.read_text(encoding="utf-8").partition("\ntitle")[0]

    assert re.search(r"^# Build it:  atlas build configs/(\S+)", comment, re.MULTILINE)[1] == path.name
    assert "\n# Costs: " in comment


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: path.name)
def test_a_training_that_ships_is_right_and_says_how_it_is_run_and_what_it_costs(path: Path) -> None:
    comment = path.read_text(encoding="utf-8").partition("\ntitle")[0]

    assert load_train_config(path).measured().taps()
    assert re.search(r"^# Train it:  atlas train configs/(\S+)", comment, re.MULTILINE)[1] == path.name
    assert "\n# Costs: " in comment


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_config_that_ships_measures_effects_or_says_why_not(path: Path) -> None:
    """What is commented out has to be right, too, once it is taken in."""
    text = path.read_text(encoding="utf-8")
    commented = re.findall(r"^# (\[effects\]\n(?:# \w+ = .+\n)+)", text, re.MULTILINE)

    if load_config(path).effects is None:
        (table,) = commented
        whole = f"{text}\n{table.replace('# ', '')}"
        assert parse_config(tomllib.loads(whole), path).effects is not None
        assert "says. Commented out, as" in text or "language. Commented out, as" in text
    else:
        assert commented == []


@needs_real_corpus
def test_the_configs_of_the_real_corpus_read_it_alike_and_find_a_readout() -> None:
    plain, learned = (load_config(ROOT / f"configs/{name}.toml") for name in ("real", "real-sae"))

    assert (learned.corpus, learned.encoder, learned.media, learned.annotate) == (
        *(plain.corpus, plain.encoder, plain.media, plain.annotate),
    )
    for config in (plain, learned):
        assert find_readout(config, find_source(config.encoder.model)).problem is None


def test_the_autoencoders_of_the_real_corpus_are_those_that_are_trained_on_it() -> None:
    learned, training = (
        load_config(ROOT / "configs/real-sae.toml"),
        load_train_config(ROOT / "configs/train-tiny-en.toml"),
    )

    assert [(entry.name, entry.tap) for entry in learned.dictionary] == [
        (entry.name, entry.tap) for entry in training.train
    ]
    for entry in learned.dictionary:
        assert Path(entry.checkpoint) == (ROOT / "configs" / f"../tiny-en-sae/{entry.name}/ae.pt")


@needs_real_corpus
def test_the_training_that_ships_reads_the_real_corpus_as_the_real_config_does() -> None:
    training, real = load_train_config(ROOT / "configs/train-tiny-en.toml"), load_config(ROOT / "configs/real.toml")

    assert training.encoder == real.encoder
    assert training.corpus == real.corpus.model_copy(update={"alignments": None})


def test_layers_of_audiosae_are_one_ahead_of_the_blocks_they_read() -> None:
    config = load_config(ROOT / "configs/audiosae-whisper-small-all.toml")

    assert [(entry.name, entry.tap, entry.checkpoint) for entry in config.dictionary] == [
        (
            f"layer{block + 1}",
            f"encoder.blocks.{block}",
            f"hf://Egorgij21/Audio-SAE-Whisper-small/layer_{block + 1}/ae.pt",
        )
        for block in range(12)
    ]


@pytest.mark.parametrize(
    ("path", "recording"),
    [
        ("music/uh_music2_007", "music/uh_music2"),
        ("music/librosa_Kevin_MacLeod_-_Vibe_Ace.hq.og_000", "music/librosa_Kevin_MacLeod_-_Vibe_Ace.hq.og"),
        ("sound/esc10_helicopter_1-172649-F", "sound/esc10_helicopter_1-172649"),
        ("sound/librosa_456440_000", "sound/librosa_456440"),
        ("speech/LJ001-0032", "speech/LJ001"),
        ("speech/librivox_sonnet_p002_004", "speech/librivox_sonnet_p002"),
        ("speech/ps_sense_and_sensibility_01_austen_64kb-0930", "speech/ps_sense_and_sensibility_01_austen_64kb"),
        ("speech/sb_spk2_snt6", "speech/sb_spk2"),
        ("speech/uh_voice_fr_4", "speech/uh_voice_fr"),
        ("speech/mfa_falsetto-1", "speech/mfa_falsetto-1"),
        ("speech/mfa_common_voice_ja_24511055", "speech/mfa_common_voice_ja_24511055"),
        ("speech/jfk", "speech/jfk"),
    ],
)
def test_cuts_and_takes_of_the_real_corpus_belong_to_one_recording(path: str, recording: str) -> None:
    assert recording_of(path) == recording


@needs_real_corpus
def test_the_real_corpus_has_so_many_recordings_each_of_one_label_set() -> None:
    labels = defaultdict(set)
    for row in real_rows():
        labels[recording_of(row["path"].rpartition(".")[0])].add((row["domain"], row["label"], row["source_repo"]))

    assert all(len(kinds) == 1 for kinds in labels.values())
    assert Counter(domain for kinds in labels.values() for domain, *_ in kinds) == {
        "sound": 258,
        "speech": 102,
        "music": 20,
    }


@needs_real_corpus
def test_the_speakers_of_the_real_corpus_are_few_and_one_of_them_speaks_half_of_the_recordings() -> None:
    corpus = load_config(ROOT / "configs/real.toml").corpus
    entries = read_entries(corpus)
    speakers = {entry.recording: entry.group for entry in entries if entry.domain == "speech"}
    known = Counter(speaker for speaker in speakers.values() if speaker)

    assert corpus.group_word == "speaker"
    assert (len(speakers), len(known), known["mfa"], known["LJ"]) == (102, 14, 54, 2)
    assert set(known.values()) == {1, 2, 54}
    assert {entry.group for entry in entries if entry.domain != "speech"} == {None}


@needs_real_corpus
def test_the_files_and_columns_that_the_real_config_names_exist() -> None:
    config = load_config(ROOT / "configs/real.toml")

    assert config.corpus.manifest.is_file()
    assert config.corpus.alignments.is_file()
    assert Path(config.encoder.model).is_file()
    assert set(config.corpus.columns.values()) <= real_rows()[0].keys()
    assert {row["domain"] for row in real_rows()} == set(config.corpus.domains)


def recording_of(path: str) -> str:
    pattern = load_config(ROOT / "configs/real.toml").corpus.recording_pattern
    return re.search(pattern, path)[1]


def real_rows() -> list[dict[str, str]]:
    with (REAL / "corpus/manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
