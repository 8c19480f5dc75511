"""What `import atlas` offers besides reading: building, dictionaries, and a sound of one's own through both."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from click.testing import CliRunner

import atlas
from atlas.cli import main
from atlas.dictionaries.base import Selection
from atlas.dictionaries.files import read_checkpoint
from atlas.dictionaries.formats import read_dictionary
from atlas.pipeline import Options
from tests.building import build_stage, replaced, stored_world
from tests.tiny import DIMENSIONS, TAPS

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def opened(tiny_config: Path, tiny_atlas: Path) -> atlas.Atlas:
    return atlas.open(tiny_atlas, config=tiny_config)


def test_every_name_of_the_door_is_there_and_listed() -> None:
    for name in (*atlas.__all__, "open"):
        assert name in dir(atlas)
        assert getattr(atlas, name) is not None
    with pytest.raises(AttributeError, match="module 'atlas' has no attribute 'close'"):
        _ = atlas.close


def test_a_star_import_leaves_the_open_of_python_alone() -> None:
    namespace: dict[str, object] = {}
    exec("from atlas import *", namespace)

    assert "build" in namespace
    assert "open" not in namespace


@pytest.mark.parametrize("name", ["build", "open"])
def test_windows_is_refused_in_the_words_of_the_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")

    with pytest.raises(atlas.AtlasError, match=r"^Windows is not supported: atlas runs on Linux and macOS"):
        getattr(atlas, name)


def test_building_has_the_workers_of_the_command(
    tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []

    def build(_run: object, options: Options, _say: object) -> None:
        asked.append(options.workers)
        raise atlas.AtlasError("enough")

    monkeypatch.setattr("atlas.pipeline.build", build)
    monkeypatch.setattr("atlas.pool.preload", lambda names: None)
    with pytest.raises(atlas.AtlasError, match="enough"):
        atlas.build(tiny_config, tmp_path / "door", device="cpu")
    result = CliRunner().invoke(main, ["build", str(tiny_config), "--out", str(tmp_path / "command")])

    assert "enough" in result.stderr
    assert asked[0] == asked[1]


def test_functions_stay_functions_after_the_modules_behind_them_are_imported() -> None:
    script = "import atlas, atlas.door, atlas.pipeline; assert callable(atlas.build) and callable(atlas.open)"

    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[1], check=True)


def test_an_atlas_that_is_done_is_built_without_work(tiny_config: Path, tiny_atlas: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_atlas, tmp_path / "atlas")
    (copy / ".lock").touch()  # which the command's own builds leave
    lines: list[str] = []
    built = atlas.build(str(tiny_config), copy, device="cpu", echo=lines.append)

    assert built.title == "A tiny made-up world"
    assert len(lines) == 6
    assert all("was done before" in line for line in lines)


def test_with_the_config_sound_comes_from_the_corpus_exactly(opened: atlas.Atlas, tiny_config: Path) -> None:
    row = opened.clips.filter(pl.col("offset_s") == 0, pl.col("path").str.ends_with(".flac")).row(0, named=True)
    clip = opened.clip(row["clip"])
    stored, _ = soundfile.read(tiny_config.parent / "corpus" / row["path"], dtype="float32")

    assert clip.sound.source == "corpus"
    assert np.array_equal(clip.samples, stored[: len(clip.samples)])


def test_a_clip_that_cannot_be_decoded_says_so(opened: atlas.Atlas) -> None:
    number = int(opened.clips.filter(pl.col("problem").is_not_null())["clip"][0])

    with pytest.raises(atlas.AtlasError, match=r"street/broken\.wav\): cannot be heard: not readable as audio"):
        _ = opened.clip(number).samples


def test_a_dictionary_is_read_as_inspect_reads_it(tiny_config: Path) -> None:
    path = tiny_config.parent / "block0"

    assert atlas.load_dictionary(path).facts == read_dictionary(read_checkpoint(str(path))).facts


def test_a_clip_is_encoded_as_the_scan_did(opened: atlas.Atlas, tiny_config: Path) -> None:
    folder = tiny_config.parent
    for name in ("last", "block0"):
        stored = opened.codes(name).explode("features", "values").drop_nulls()
        number = int(stored["clip"].mode().sort()[0])
        row = opened.clips.row(number, named=True)
        dictionary = atlas.load_dictionary(folder / name)
        sound = opened.clip(number).samples
        found = atlas.encode(folder / "encoder.pt", dictionary, sound, rate_hz=RATE_HZ, atlas=opened)
        mine = stored.filter(pl.col("clip") == number).select(
            pl.col("frame").cast(pl.UInt32), pl.col("features").alias("feature"), pl.col("values").cast(pl.Float32)
        )
        both = mine.join(found, on=("frame", "feature"), how="inner")
        sampled = found.join(mine.select("frame").unique(), on="frame", how="semi")

        assert row["problem"] is None
        assert len(both) >= 0.999 * max(len(mine), len(sampled)) > 0
        assert np.allclose(both["values"], both["value"], rtol=2e-3, atol=2e-3)


@pytest.fixture(scope="module")
def overridden(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> atlas.Atlas:
    """A few clips, with a threshold instead of the one stored, and a top-k dictionary calibrated."""
    header, *lines = (tiny_config.parent / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines()
    config = stored_world(tmp_path_factory.mktemp("overridden"), tiny_config.parent, [header, *lines[:3]])
    config = replaced(config, ('block0/ae.pt"', 'block0/ae.pt"\nselection = "calibrated"'))
    for stage in ("index", "calibrate", "scan", "merge"):
        build_stage(stage, config, config.parent / "atlas")
    return atlas.open(config.parent / "atlas", config=config)


@pytest.mark.parametrize("name", ["last", "block0"])
def test_codes_are_those_of_an_atlas_whose_config_overrides_the_checkpoint(
    overridden: atlas.Atlas, tiny_config: Path, name: str
) -> None:
    folder = tiny_config.parent
    stored = overridden.codes(name).explode("features", "values").drop_nulls()
    number = int(stored["clip"].mode().sort()[0])
    mine = stored.filter(pl.col("clip") == number).select("frame", pl.col("features").alias("feature"), "values")
    sampled = overridden.codes(name).filter(pl.col("clip") == number).select(pl.col("frame").cast(pl.UInt32))
    sound = overridden.clip(number).samples
    found = atlas.encode(folder / "encoder.pt", folder / name, sound, rate_hz=RATE_HZ, atlas=overridden)
    theirs = found.join(sampled, on="frame", how="semi")
    pairs, others = (set(rows.select("frame", "feature").rows()) for rows in (mine, theirs))

    assert len(pairs & others) >= 0.999 * len(pairs | others) > 0
    assert overridden.dictionaries[name].selection != atlas.load_dictionary(folder / name).selection.rule


def test_a_file_of_any_length_is_cut_into_windows(tiny_config: Path, tmp_path: Path) -> None:
    folder = tiny_config.parent
    window_s = DIMENSIONS.window_s
    noise = np.random.default_rng(0).normal(0, 0.1, round(2.5 * window_s * RATE_HZ)).astype(np.float32)
    soundfile.write(tmp_path / "long.wav", noise, RATE_HZ, subtype="FLOAT")
    whole = atlas.encode(folder / "encoder.pt", folder / "block0", tmp_path / "long.wav", tap=TAPS[0])
    size = round(window_s * RATE_HZ)
    last = atlas.encode(folder / "encoder.pt", folder / "block0", noise[2 * size :], tap=TAPS[0], rate_hz=RATE_HZ)

    assert whole["frame"].is_sorted()
    assert whole["start_s"].max() == pytest.approx(2.5 * window_s, abs=0.03)
    assert last["feature"].to_list() == whole.filter(pl.col("start_s") >= 2 * window_s)["feature"].to_list()


def test_samples_of_another_rate_are_resampled(tiny_config: Path) -> None:
    folder = tiny_config.parent
    tone = (0.1 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype(np.float32)
    found = atlas.encode(folder / "encoder.pt", folder / "block0", tone, tap=TAPS[0], rate_hz=8000)

    assert found["start_s"].max() == pytest.approx(0.98)


def test_a_threshold_replaces_what_the_checkpoint_says(tiny_config: Path) -> None:
    folder = tiny_config.parent
    noise = np.random.default_rng(0).normal(0, 0.1, RATE_HZ).astype(np.float32)
    common = {"tap": TAPS[0], "rate_hz": RATE_HZ}
    low, high = (
        atlas.encode(folder / "encoder.pt", folder / "block0", noise, threshold=threshold, **common)
        for threshold in (0.0, 0.5)
    )

    assert len(low) > len(high)
    assert high["value"].min() > 0.5


def test_encoding_refuses_what_it_cannot_do_in_a_sentence(
    tiny_config: Path, opened: atlas.Atlas, tmp_path: Path
) -> None:
    folder, noise = tiny_config.parent, np.zeros(RATE_HZ, np.float32)
    model = folder / "encoder.pt"
    last = atlas.load_dictionary(folder / "last")
    with pytest.raises(atlas.AtlasError, match="not known which tap the dictionary belongs to; give tap=, or atlas="):
        atlas.encode(model, last, noise, rate_hz=RATE_HZ)
    with pytest.raises(atlas.AtlasError, match=r"mono.* with their rate; give rate_hz="):
        atlas.encode(model, last, noise, tap=TAPS[1], threshold=0.5)
    with pytest.raises(atlas.AtlasError, match="was not built with this dictionary; leave out atlas="):
        atlas.encode(model, replace(last, sha256="0" * 64), noise, atlas=opened)
    with pytest.raises(atlas.AtlasError, match=r"has this dictionary at encoder\.ln_post, not at encoder\.blocks\.0; "):
        atlas.encode(model, last, noise, tap=TAPS[0], atlas=opened)
    weights = torch.load(model, weights_only=True)
    torch.save(weights | {"another": 1}, tmp_path / "other.pt")
    with pytest.raises(atlas.AtlasError, match=r"other\.pt is not the encoder of .*, which is encoder\.pt; give"):
        atlas.encode(tmp_path / "other.pt", last, noise, atlas=opened)
    calibrated = replace(last, selection=Selection("calibrated", 4))
    with pytest.raises(atlas.AtlasError, match=r"stores no threshold.*give the threshold=, or the atlas="):
        atlas.encode(model, calibrated, noise, tap=TAPS[1], rate_hz=RATE_HZ)
