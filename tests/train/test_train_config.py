"""The config of a training: defaults, and mistakes that are told in sentences, all at once."""

from pathlib import Path

import pytest

from atlas.config.settings import EncoderConfig
from atlas.errors import AtlasError
from atlas.train.config import TrainConfig, load_train_config

CORPUS = '[corpus]\nmanifest = "manifest.csv"\n'
ENCODER = '[encoder]\nmodel = "models/mine.pt"\n'
ENTRY = '[[train]]\nname = "block2"\ntap = "encoder.blocks.2"\n'


def read(folder: Path, *tables: str) -> TrainConfig:
    path = folder / "config.toml"
    path.write_text("\n".join(tables), encoding="utf-8")
    return load_train_config(path)


def mistakes(folder: Path, *tables: str) -> list[str]:
    """The lines under the heading, which must name the file and count them."""
    with pytest.raises(AtlasError) as caught:
        read(folder, *tables)
    heading, *lines = str(caught.value).splitlines()
    assert heading == f"{folder / 'config.toml'}: {len(lines)} mistake{'s' if len(lines) > 1 else ''}"
    return [line.removeprefix("  ") for line in lines]


def test_a_short_config_gets_audiosaes_recipe(tmp_path: Path) -> None:
    config = read(tmp_path, CORPUS, ENCODER, ENTRY)
    entry, course = config.train[0], config.training

    assert (entry.kind, entry.k, entry.expansion, entry.features) == ("batch_top_k", 50, 8, None)
    assert (course.learning_rate, course.held_out, course.cache) == (2e-4, 0.1, False)
    assert entry.width(384) == 3072


def test_corpus_and_encoder_are_read_as_a_build_reads_them(tmp_path: Path) -> None:
    config = read(tmp_path, CORPUS, ENCODER, ENTRY)

    assert config.corpus.manifest == tmp_path / "manifest.csv"
    assert config.encoder == EncoderConfig(model=str(tmp_path / "models/mine.pt"))
    assert config.measured().corpus == config.corpus
    assert config.measured().taps() == ("encoder.blocks.2",)


def test_taps_are_listed_once(tmp_path: Path) -> None:
    entries = [ENTRY.replace("block2", name) for name in ("one", "two")] + [ENTRY.replace("2", "1")]

    assert read(tmp_path, CORPUS, ENCODER, *entries).measured().taps() == ("encoder.blocks.2", "encoder.blocks.1")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('kind = "l1"\n', "expected l1, such as 0.1, for kind l1"),
        ("l1 = 0.1\n", "expected l1, such as 0.1, for kind l1, not for batch_top_k"),
        ('kind = "l1"\nl1 = 0.1\nk = 3\n', "expected no k for kind l1"),
        ('kind = "l1"\nl1 = 0.1\nauxiliary = 0.1\n', "expected no auxiliary for kind l1"),
        ('kind = "l1"\nl1 = 0.1\nnested = [2]\n', "expected no nested for kind l1"),
        ("nested = [8, 8]\n", "expected nested in ascending order, each number once"),
        ("features = 100\nexpansion = 4\n", "expected features or expansion, not both"),
    ],
)
def test_settings_that_do_not_fit_the_kind_are_named(tmp_path: Path, settings: str, told: str) -> None:
    assert mistakes(tmp_path, CORPUS, ENCODER, ENTRY + settings) == [f"train 1: {told}"]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    training = "[training]\nsteps = 0\nheld_out = 1\nlearning_rate = -1\nepochs = 3\n"
    entry = '[[train]]\nname = "Block 2"\ntap = "t"\nkind = "relu"\nk = 0\n'
    told = mistakes(tmp_path, CORPUS, ENCODER, training, entry)

    assert [line.partition(": ")[0] for line in told] == [
        *("training.steps", "training.learning_rate", "training.held_out", "training.epochs"),
        *("train 1.name", "train 1.kind", "train 1.k"),
    ]
    assert told[0] == "training.steps: 0 given; expected at least 1"
    assert told[3].startswith("training.epochs: unknown key; known here: batch_frames, buffer_frames, cache, ")
    assert told[5] == 'train 1.kind: "relu" given; expected "batch_top_k", "top_k" or "l1"'


def test_an_unknown_key_of_an_entry_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    told = mistakes(tmp_path, CORPUS, ENCODER, ENTRY + "steps = 3\n")

    assert told == [
        "train 1.steps: unknown key; known here: auxiliary, expansion, features, k, kind, l1, name, nested, seed, tap"
    ]


def test_names_are_unique_and_there_is_at_least_one(tmp_path: Path) -> None:
    assert mistakes(tmp_path, CORPUS, ENCODER, ENTRY, ENTRY) == ["train: expected names to be unique; twice: block2"]
    assert mistakes(tmp_path, "train = []", CORPUS, ENCODER) == ["train: [] given; expected at least one [[train]]"]


@pytest.mark.parametrize("name", ["checkpoint.pt", "clips.parquet", "activations"])
def test_an_autoencoder_is_not_named_like_a_file_of_the_training(tmp_path: Path, name: str) -> None:
    told = mistakes(tmp_path, CORPUS, ENCODER, ENTRY.replace("block2", name))

    assert told == [f'train 1.name: "{name}" given; expected a name that no file or folder of the training itself has']


def test_weights_of_domains_that_the_corpus_does_not_name_are_refused(tmp_path: Path) -> None:
    training = "[training.domain_weights]\nspeech = 1\nbirds = 2\n"
    told = mistakes(tmp_path, CORPUS, ENCODER, ENTRY, training)

    assert told == ["training: expected domain_weights of speech, music, sound, not of birds"]
