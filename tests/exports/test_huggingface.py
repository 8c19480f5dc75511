"""`atlas export huggingface`: tables as the card says, sounds that decode, and nothing without permission.

The `datasets` library itself loads an export in `make parity`.
"""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile
import yaml

from atlas.audio.samples import RATE_HZ
from atlas.config.site import CiteConfig, CreatorConfig
from atlas.errors import AtlasError
from atlas.exports import huggingface as exporting
from atlas.exports.huggingface import export_huggingface
from atlas.exports.huggingface_card import length_in_words
from atlas.render.site import SiteAtlas
from atlas.schema import EXAMPLES
from atlas.schema.media import BUDGET, INDEX, LEAD_S, MEDIA, sound_path
from atlas.store import AtlasFolder
from tests.exports.conftest import contents, opened, written
from tests.synthetic import Spec

BOTH = ("block2", "block3")
SOUNDS = 2


@pytest.fixture(scope="module")
def export(exported_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("huggingface") / "out"
    export_huggingface(opened(exported_root), BOTH, SOUNDS, to, lambda _: None)
    return to


def table(export: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(sorted((export / name).glob("*.parquet")))


def front(export: Path) -> dict[str, Any]:
    """What the Hub reads of a card."""
    head: dict[str, Any] = yaml.safe_load((export / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    return head


def decoded(content: bytes) -> np.ndarray[Any, Any]:
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    assert rate == RATE_HZ
    return samples  # type: ignore[no-any-return]


def test_the_card_names_the_files_and_the_columns_of_each_table(export: Path) -> None:
    card = front(export)

    assert [(config["config_name"], config["data_files"]) for config in card["configs"]] == [
        (name, f"{name}/*.parquet") for name in ("features", "examples", "clips")
    ]
    for told in card["dataset_info"]:
        rows = table(export, told["config_name"])
        assert [column["name"] for column in told["features"]] == rows.columns
        kinds = {column["name"]: column.get("dtype") or f"[{column['sequence']}]" for column in told["features"]}
        assert {"[uint8]", "[string]", "string", "uint32", "audio"} >= {
            kinds[name] for name in ("trace", "labels", "domain", "clip", "audio") if name in kinds
        }


def test_every_feature_is_a_row(export: Path, atlas: SiteAtlas) -> None:
    rows, known = table(export, "features"), pl.concat([atlas.features(name) for name in BOTH])

    assert rows["feature"].to_list() == known["feature"].to_list()
    assert rows["density"].to_list() == known["density"].to_list()
    assert rows["name"][5] == "church bell"
    assert rows["explanations"][3].to_list() == ["a bell", "something high"]
    assert rows["labels"].list.len().to_list() == rows["lifts"].list.len().to_list()


def test_no_clip_is_in_it_whose_licence_does_not_allow_it(export: Path, atlas: SiteAtlas) -> None:
    forbidden = set(atlas.clips.filter(pl.col("licence") == "all rights reserved")["clip"])

    assert forbidden
    for name in ("examples", "clips"):
        assert forbidden.isdisjoint(table(export, name)["clip"])
        assert "all rights reserved" not in set(table(export, name)["licence"])
    assert b"all rights reserved" not in b"".join(contents(export).values())


def test_examples_of_the_other_clips_are_all_there(export: Path, atlas: SiteAtlas) -> None:
    allowed = atlas.clips.filter("audio")["clip"].implode()
    known = pl.concat([atlas.table(EXAMPLES.name, name).filter(pl.col("clip").is_in(allowed)) for name in BOTH])
    rows = table(export, "examples")

    key = ["dictionary", "feature", "group", "rank", "clip", "start_s", "trace"]
    assert rows.select(key).rows() == known.with_columns(pl.col("group").cast(pl.String)).select(key).rows()


def test_the_first_examples_of_a_feature_have_the_sound_of_their_stretch(export: Path, atlas: SiteAtlas) -> None:
    rows = table(export, "examples").with_row_index()
    heard = rows.filter(pl.col("audio").is_not_null())
    places = heard.group_by("dictionary", "feature").agg(pl.len().alias("sounds"), pl.col("group").unique())
    top = rows.filter(group="top").group_by("dictionary", "feature").len()

    assert set(heard["group"]) == {"top"}
    assert places["sounds"].sum() == top["len"].clip(upper_bound=SOUNDS).sum()
    whole = dict(table(export, "clips").select("clip", pl.col("audio").struct.field("bytes")).iter_rows())
    for row in heard.sample(8, seed=0).iter_rows(named=True):
        length = round((row["end_s"] - row["start_s"]) * RATE_HZ)
        here, there = round(row["audio_start_s"] * RATE_HZ), round((row["start_s"] + LEAD_S) * RATE_HZ)
        window = decoded(whole[row["clip"]][108:])
        stretch = decoded(row["audio"]["bytes"])[here : here + length]
        assert len(stretch) == length
        assert np.abs(stretch - window[there : there + length]).max() < 1e-6


def test_a_clip_has_the_sound_that_media_made(export: Path, atlas: SiteAtlas) -> None:
    rows = table(export, "clips")

    for key, audio in rows.select("key", "audio").head(4).iter_rows():
        assert audio == {"bytes": sound_path(atlas.folder.root, key).read_bytes(), "path": f"{key}.mp3"}
    assert rows["audio_start_s"].unique().to_list() == [LEAD_S]


def test_a_clip_that_did_not_fit_the_budget_is_there_without_sound(tmp_path: Path) -> None:
    root = written(tmp_path / "atlas", Spec(features=16, clips=24, controls=False))
    store = AtlasFolder(root)
    media = store.read_table(MEDIA, INDEX)
    silent = media["clip"].is_in(media.filter(pl.col("audio_bytes").is_not_null())["clip"].head(12).implode())
    reason = pl.when(silent).then(pl.lit(BUDGET)).otherwise(pl.col("reason"))
    sizes = [pl.when(~silent).then(pl.col(name)).alias(name) for name in ("audio_bytes", "gain_db")]
    store.write_table(MEDIA, media.with_columns(reason.alias("reason"), *sizes), INDEX)

    export_huggingface(opened(root), ["block2"], 1, tmp_path / "out", lambda _: None)

    clips, examples = table(tmp_path / "out", "clips"), table(tmp_path / "out", "examples")
    assert clips["audio"].null_count() == clips["audio_start_s"].null_count() == 12
    quiet = set(clips.filter(pl.col("audio").is_null())["clip"])
    assert examples.filter(pl.col("clip").is_in(list(quiet)))["audio"].drop_nulls().is_empty()


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        ("CC-BY-4.0", {"license": "cc-by-4.0"}),
        ("Etalab 2.0", {"license": "other", "license_name": "etalab-2.0"}),
        (None, {}),
    ],
)
def test_the_licence_is_as_the_hub_knows_it(
    atlas: SiteAtlas, tmp_path: Path, licence: str | None, told: dict[str, str]
) -> None:
    cite = CiteConfig(title='Tones: "high"', authors=(CreatorConfig(name="Doe, Ann"),), year=2026, licence=licence)
    export_huggingface(replace(atlas, cite=cite), ["block2"], 0, tmp_path / "out", lambda _: None)

    head, text = front(tmp_path / "out"), (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert {key: value for key, value in head.items() if key.startswith("license")} == told
    assert head["pretty_name"] == 'Tones: "high"'
    assert 'Cite as: Doe, Ann (2026). *Tones: "high"*' in text


def test_hostile_texts_leave_the_card_readable(tmp_path: Path) -> None:
    root = written(tmp_path / "atlas", Spec(features=16, clips=24, controls=False, hostile=True))
    export_huggingface(opened(root), ["block2"], 1, tmp_path / "out", lambda _: None)

    assert front(tmp_path / "out")["pretty_name"].startswith("Synthetic atlas <")


def test_equal_atlases_give_equal_bytes(export: Path, atlas: SiteAtlas, tmp_path: Path) -> None:
    export_huggingface(atlas, BOTH, SOUNDS, tmp_path / "again", lambda _: None)

    assert contents(tmp_path / "again") == contents(export)


def test_it_ends_with_what_was_written_and_what_to_do(atlas: SiteAtlas, tmp_path: Path) -> None:
    said: list[str] = []
    export_huggingface(atlas, ["block2"], 0, tmp_path / "out", said.append)

    first, second, third = said[0].splitlines()
    assert first.startswith("export     96 features, ")
    assert first.endswith("clips left out, whose licences do not allow it")
    assert "the card names no licence, as [cite] licence is not set" in second
    assert third.strip() == f"hf upload OWNER/NAME {tmp_path / 'out'} --repo-type dataset"


def test_an_atlas_without_media_and_one_without_permission_are_refused(tmp_path: Path) -> None:
    root = written(tmp_path / "atlas", Spec(features=16, clips=24, controls=False, media=False))
    store = AtlasFolder(root)

    with pytest.raises(AtlasError, match="no media made, and their licences not looked at; run `atlas media`"):
        export_huggingface(opened(root), ["block2"], 1, tmp_path / "out", lambda _: None)
    row = (0, "0" * 16, None, 1.0, None, "licence", 9)
    store.write_table(MEDIA, pl.DataFrame([row], schema=dict(MEDIA.columns), orient="row"), INDEX)
    with pytest.raises(AtlasError, match="no clip may be redistributed; name the licences"):
        export_huggingface(opened(root), ["block2"], 1, tmp_path / "out", lambda _: None)
    assert not (tmp_path / "out").exists()


def test_many_clips_are_in_several_files(atlas: SiteAtlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "CLIPS_A_FILE", 20)
    export_huggingface(atlas, ["block2"], 0, tmp_path / "out", lambda _: None)

    files = sorted(path.name for path in (tmp_path / "out/clips").iterdir())
    assert files == [f"part-{number:04d}.parquet" for number in range(-(-len(table(tmp_path / "out", "clips")) // 20))]
    assert len(files) > 2


@pytest.mark.parametrize(
    ("sounds", "told"),
    [
        (0, "No example has a sound of its own: it is a part of its clip's."),
        (1, "examples have a sound of their own; that of any other is a part of its clip's."),
    ],
)
def test_the_card_says_which_examples_have_sounds_and_how_long_a_short_corpus_is(
    atlas: SiteAtlas, tmp_path: Path, sounds: int, told: str
) -> None:
    export_huggingface(atlas, ["block2"], sounds, tmp_path / "out", lambda _: None)
    text = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    hours = sum(domain.hours for domain in atlas.card.corpus.domains.values())

    assert told in text
    assert hours < 1
    assert f"72 clips ({60 * hours:.0f} minutes) by" in text
    assert " 0 examples" not in text


@pytest.mark.parametrize(
    ("hours", "told"), [(0.001, "1 minute"), (0.117, "7 minutes"), (0.999, "60 minutes"), (1.26, "1.3 hours")]
)
def test_the_length_of_a_corpus_in_words(hours: float, told: str) -> None:
    assert length_in_words(hours) == told
