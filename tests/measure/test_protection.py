"""The index on trial, which decides whether scanned shards stand."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from atlas.config.dictionaries import DictionaryConfig
from atlas.config.settings import Config, CorpusConfig, EncoderConfig
from atlas.encoders.whisper import GRID
from atlas.errors import AtlasError
from atlas.measure import protection
from atlas.measure.protection import TRIAL, guard_index
from atlas.schema.grid import FrameGrid
from atlas.stages import Options
from atlas.store import AtlasFolder


@dataclass(frozen=True)
class ScannedPlace:
    """A corpus of empty files, and a folder in which a shard is scanned."""

    config: Config
    folder: AtlasFolder
    window_s: float = 30.0
    grid: FrameGrid = GRID


@pytest.fixture
def place(tmp_path: Path) -> ScannedPlace:
    names = [f"{n}.wav" for n in range(3)]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "manifest.csv").write_text("path,domain\n" + "".join(f"{name},sound\n" for name in names))
    config = Config(
        title="small",
        corpus=CorpusConfig(manifest=tmp_path / "manifest.csv"),
        encoder=EncoderConfig(model="tiny.en"),
        dictionary=(DictionaryConfig(name="units", tap="encoder.blocks.2", kind="identity", density=0.01),),
    )
    folder = AtlasFolder(tmp_path / "atlas")
    folder.mark((protection.SCAN, "00000"), {}, [], {"seconds": "1"})
    return ScannedPlace(config, folder)


def test_the_list_of_problems_stays_where_the_message_says(place: ScannedPlace) -> None:
    with pytest.raises(AtlasError) as caught:
        guard_index(place, Options(workers=1), "")

    listed = place.folder.root / "problems.txt"
    assert f"all are listed in {listed}\n" in str(caught.value)
    assert listed.read_text(encoding="utf-8") == "".join(f"{n}.wav: empty file\n" for n in range(3))
    assert not (place.folder.root / TRIAL).exists()


def test_the_trial_takes_no_more_workers_than_the_stage_may(
    place: ScannedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AtlasError(f"{arguments[4]} workers")

    monkeypatch.setattr(protection, "index", refuse)

    with pytest.raises(AtlasError, match=r"^3 workers$"):
        guard_index(place, Options(workers=3), "")
