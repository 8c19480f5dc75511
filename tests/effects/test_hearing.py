"""Hearing: which clips count, what is kept of them, and that neither order nor processes matter."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import torch
from torch import Tensor

from atlas.effects import hearing as hearings
from atlas.effects.clips import TappedClip
from atlas.effects.hearing import Hearing
from atlas.readouts.base import Utterance
from atlas.readouts.catalogue import NoReadout
from atlas.schema import CLIPS
from tests.effects.runs import SHORT, WillingDecoder, WillingSource, files, hearing_of

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary


@pytest.fixture
def config(heard_config: Path) -> Path:
    return heard_config


def same(one: TappedClip, other: TappedClip) -> bool:
    arrays = ("features", "starts", "frames", "values")
    return (
        torch.equal(one.x, other.x)
        and one.valid == other.valid
        and one.utterance.tokens == other.utterance.tokens
        and all((getattr(one.active, name) == getattr(other.active, name)).all() for name in arrays)
    )


def test_clips_with_a_problem_or_of_other_domains_are_out(config: Path) -> None:
    hearing = hearing_of(config)
    heard = hearing.heard()
    valid = {clip.number: clip.valid for clip in hearing.run.usable}
    domains = hearing.run.clips["domain"]

    assert heard
    assert [clip.number for clip in heard] == sorted(clip.number for clip in heard)
    assert all(domains[clip.number] == "speech" and valid[clip.number] >= SHORT for clip in heard)
    assert len(heard) == sum(size >= SHORT for number, size in valid.items() if number in hearing.clips)
    assert len(heard) < len(hearing.clips) < len(valid)


def test_halves_never_cut_a_unit(config: Path) -> None:
    heard = hearing_of(config).heard()
    in_a = {clip.unit for clip in heard if clip.half_a}
    in_b = {clip.unit for clip in heard if not clip.half_a}

    assert in_a
    assert in_b
    assert not in_a & in_b


def test_every_dictionary_sees_a_clip_as_its_own_model_does(config: Path) -> None:
    """One pass of the encoder for all, against a pass for each."""
    hearing = hearing_of(config)
    clip = hearing.heard()[3]
    together = hearing.tapped(clip.number)
    inputs = hearing.encoder.prepare(hearings.decode(hearing.clips[clip.number], hearing.run.grid)[0])
    for name, model in hearing.models.items():
        alone = model.tapped(inputs, hearing.clips[clip.number].valid, None)

        assert same(together[name], replace(alone, utterance=clip.utterance))
        assert alone.utterance.tokens == clip.utterance.tokens
        assert (alone.entering is None) == (together[name].entering is None)
    assert together["inside"].entering is not None


def test_what_is_said_is_the_same_from_any_number_of_processes(config: Path, tmp_path: Path) -> None:
    kept = {
        workers: hearing_of(config, root=tmp_path / str(workers)).heard(workers) and files(tmp_path / str(workers))
        for workers in (1, 2)
    }

    assert len(kept[1]) > 10
    assert kept[1] == kept[2]


def test_what_is_kept_is_not_listened_to_again_and_a_kill_costs_one_clip(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hearings.hearing_here.cache_clear()
    listened: list[int] = []
    plain = WillingDecoder.listen

    def killed_at_the_fourth(
        self: WillingDecoder, encoded: Tensor, lengths: Sequence[int], languages: Sequence[str | None]
    ) -> list[Utterance]:
        listened.append(lengths[0])
        if len(listened) == 4:
            raise KeyboardInterrupt
        return plain(self, encoded, lengths, languages)

    monkeypatch.setattr(WillingDecoder, "listen", killed_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        hearing_of(config, root=tmp_path).heard()
    assert len(files(tmp_path)) == 3

    heard = hearing_of(config, root=tmp_path).heard()
    assert len(listened) == 4 + len(hearing_of(config).clips) - 3
    again = hearing_of(config, root=tmp_path).heard()
    assert len(listened) == 4 + len(hearing_of(config).clips) - 3
    assert [clip.utterance.tokens for clip in again] == [clip.utterance.tokens for clip in heard]
    assert files(tmp_path) == files(config.parent / "kept")


def test_another_readout_is_listened_to_anew(config: Path, tmp_path: Path) -> None:
    hearing = hearing_of(config, root=tmp_path)
    hearing.heard()
    assert isinstance(hearing.readout, WillingSource)
    other = Hearing(hearing.run, hearing.names, replace(hearing.readout, sha256="1"), tmp_path)

    assert all(hearing.known(number) for number in hearing.clips)
    assert not any(other.known(number) for number in other.clips)


def test_without_a_readout_every_usable_clip_counts_and_says_nothing(config: Path, tmp_path: Path) -> None:
    run = hearing_of(config).run
    hearing = Hearing(run, ("units",), NoReadout("nothing is said"), tmp_path)
    heard = hearing.heard()

    assert [clip.number for clip in heard] == [clip.number for clip in run.usable]
    assert not any(clip.utterance.tokens for clip in heard)
    assert hearing.models["units"].readout is None
    assert hearing.tapped(0)["units"].utterance.tokens == ()


def test_what_is_kept_and_damaged_is_heard_again(config: Path, tmp_path: Path) -> None:
    heard = hearing_of(config, root=tmp_path).heard()
    before = files(tmp_path)
    for path, content in zip(
        sorted(path for path in tmp_path.rglob("*") if path.is_file()),
        (b"", b'{"tokens"', b"[]", b"\xff"),
        strict=False,
    ):
        path.write_bytes(content)
    again = hearing_of(config, root=tmp_path).heard()

    assert files(tmp_path) == before
    assert [clip.utterance.tokens for clip in again] == [clip.utterance.tokens for clip in heard]


@pytest.mark.parametrize("name", ["clips.parquet", "calibration.json"])
def test_other_clips_or_calibrations_under_the_same_config_are_loaded_anew(
    config: Path, tmp_path: Path, name: str
) -> None:
    shutil.copytree(config.parent, tmp_path / "world")
    mine = tmp_path / "world" / config.name
    first, same = hearing_of(mine), hearing_of(mine)
    assert first.shipped == same.shipped
    path = mine.parent / "atlas" / name
    if name == "clips.parquet":
        folder = first.run.folder
        folder.write_table(CLIPS, first.run.clips.with_columns(licence=pl.lit("CC0")))
    else:
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    assert hearing_of(mine).shipped != first.shipped
