"""Screening of a run: its table against plain sums, the same from any number of processes, killed and continued."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from atlas.effects import slopes
from atlas.effects.covariances import covariances, prune_covariances
from atlas.effects.edits import Covariance
from atlas.effects.hearing import HeardClip, Hearing, hearing_here
from atlas.effects.screening import Directions, controls_first_order, first_order, gradient
from atlas.effects.slopes import screen
from atlas.errors import AtlasError
from atlas.readouts.catalogue import NoReadout
from atlas.schema.effects import SCREENING
from tests.effects.runs import files, hearing_of

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary


@pytest.fixture
def hearing(heard_config: Path, tmp_path: Path) -> Hearing:
    return hearing_of(heard_config, root=tmp_path)


def screened(hearing: Hearing, workers: int = 1) -> dict[str, pl.DataFrame]:
    heard = hearing.heard(workers)
    return screen(hearing, heard, covariances(hearing, heard, workers), workers)


def plain_covariance(hearing: Hearing, heard: list[HeardClip], tap: str) -> Covariance:
    rows = [
        hearing.activations(clip.number)[tap][0, : hearing.clips[clip.number].valid] for clip in heard if clip.half_a
    ]
    return Covariance.of(torch.cat(rows))


def test_the_table_is_what_plain_sums_over_half_a_give(hearing: Hearing) -> None:
    """Each recording counts once, whatever the number of its clips."""
    heard = hearing.heard()
    of_taps = covariances(hearing, heard)
    tables = screen(hearing, heard, of_taps)

    assert set(tables) == {"units", "inside"}
    for name, table in tables.items():
        model = hearing.models[name]
        directions = Directions.of(of_taps[name], model.tap)
        by_recording: dict[str, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
        for one in heard:
            if one.half_a:
                clip = hearing.tapped(one.number)[name]
                slope = gradient(model, clip)
                effects = first_order(model, clip, slope), controls_first_order(model, clip, slope, directions)
                by_recording.setdefault(one.recording, []).append((clip.active.features, *effects))

        SCREENING.check(table, name)
        assert table["feature"].to_list() == list(range(model.dictionary.n))
        for feature in range(model.dictionary.n):
            means, controls = [], []
            for clips in by_recording.values():
                rows = [(e[f == feature], c[f == feature]) for f, e, c in clips if (f == feature).any()]
                if rows:
                    means.append(np.mean([e for e, _ in rows]))
                    controls.append(np.mean([c[0] for _, c in rows], axis=0))
            row = table.row(feature, named=True)
            assert row["recordings"] == len(means)
            if means:
                below = np.mean(np.abs(np.mean(controls, axis=0)) < abs(np.mean(means)))
                assert row["gradient_effect"] == pytest.approx(np.mean(means), rel=1e-5, abs=1e-9)
                assert row["control_share_below"] == pytest.approx(below, abs=1e-9)
            else:
                assert row["gradient_effect"] is None
                assert row["control_share_below"] is None
    assert any(table["gradient_effect"].is_not_null().any() for table in tables.values())


def test_the_covariance_is_that_of_all_frames_of_half_a(hearing: Hearing) -> None:
    heard = hearing.heard()
    for name, covariance in covariances(hearing, heard).items():
        plain = plain_covariance(hearing, heard, hearing.taps[name])

        torch.testing.assert_close(covariance.mean, plain.mean, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(covariance.root @ covariance.root.T, plain.root @ plain.root.T, rtol=1e-4, atol=1e-5)


def test_no_bit_depends_on_processes_or_on_what_was_known_before(heard_config: Path, tmp_path: Path) -> None:
    one, two, parts = (hearing_of(heard_config, root=tmp_path / name) for name in ("one", "two", "parts"))
    heard = parts.heard()
    of_taps = covariances(parts, heard)
    for some in (heard[::3], heard[1::2]):
        screen(parts, some, of_taps)
    tables = [screened(one), screened(two, 2), screen(parts, heard, of_taps)]

    assert all(tables[0][name].equals(table[name]) for table in tables for name in tables[0])
    assert len(files(one.root)) > 40
    assert files(one.root) == files(two.root) == files(parts.root)


def test_a_kill_costs_one_clip(hearing: Hearing, heard_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = hearing.heard()
    of_taps = covariances(hearing, heard)
    before, turns, plain = len(files(hearing.root)), [0], slopes.gradients

    def killed(*arguments: object) -> dict[str, torch.Tensor]:
        turns[0] += 1
        if turns[0] == 5:
            raise KeyboardInterrupt
        return plain(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(slopes, "gradients", killed)
    with pytest.raises(KeyboardInterrupt):
        screen(hearing, heard, of_taps)
    assert len(files(hearing.root)) == before + 4 * len(hearing.names)

    tables = screen(hearing, heard, of_taps)
    assert turns[0] == 1 + sum(clip.half_a for clip in heard)
    screen(hearing, heard, of_taps)
    assert turns[0] == 1 + sum(clip.half_a for clip in heard)
    assert all(tables[name].equals(table) for name, table in screened(hearing_of(heard_config)).items())


def test_half_b_is_never_looked_at(hearing: Hearing, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = hearing.heard()
    activations, seen = Hearing.activations, set()

    def noted(self: Hearing, number: int) -> dict[str, torch.Tensor]:
        seen.add(number)
        return activations(self, number)

    hearing_here.cache_clear()
    monkeypatch.setattr(Hearing, "activations", noted)
    screen(hearing, heard, covariances(hearing, heard))

    assert seen == {clip.number for clip in heard if clip.half_a}


def test_without_a_readout_nothing_has_a_first_order_effect(hearing: Hearing, tmp_path: Path) -> None:
    mute = Hearing(hearing.run, hearing.names, NoReadout("nothing is said"), tmp_path / "mute")
    heard = mute.heard()
    for table in screen(mute, heard, covariances(mute, heard)).values():
        assert table["gradient_effect"].null_count() == len(table) > 0


def test_a_half_without_clips_is_refused(hearing: Hearing) -> None:
    with pytest.raises(AtlasError, match="no clip of half A counts"):
        covariances(hearing, [clip for clip in hearing.heard() if not clip.half_a])


def test_what_is_kept_and_damaged_is_made_again(hearing: Hearing) -> None:
    tables, before = screened(hearing), files(hearing.root)
    for folder in ("slopes", "covariances"):
        paths = sorted(path for path in (hearing.root / folder).rglob("*") if path.is_file())
        for path, content in zip(paths, (b"", b"\x08"), strict=False):
            path.write_bytes(content)
    again = screened(hearing)

    assert files(hearing.root) == before
    assert all(again[name].equals(table) for name, table in tables.items())


def test_pruning_leaves_what_stands(hearing: Hearing) -> None:
    screened(hearing)
    before = files(hearing.root)
    heard = hearing.heard()
    for folder in ("slopes", "covariances"):
        for path in (*(hearing.root / folder).glob("*"), hearing.root / folder / "other"):
            path.mkdir(exist_ok=True)
            if folder == "slopes" or path.name == "other":
                (path / "gone").write_bytes(b"of a clip that is gone")
    slopes.prune_slopes(hearing, covariances(hearing, heard))
    prune_covariances(hearing, heard)

    assert files(hearing.root) == before
