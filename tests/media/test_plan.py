"""What may be heard when not everything may: rank by rank over all features, controls last, licences first of all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from atlas.config.settings import Config
from atlas.config.site import SiteConfig
from atlas.media.plan import Window, places_of, windows_shown
from atlas.media.sounds import most_bytes
from atlas.schema import CLIPS, FINDINGS
from atlas.schema.media import BUDGET, LICENCE
from tests.media.small import Shown, measured, with_media, write_world

A, B, C, D, E, LONG, LONG_2 = range(7)
MB = 1_000_000

Planned = Callable[..., dict[int, str | None]]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def planned(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planned:
    """Plan with room for some of the clips, in bytes; returns what is said of each clip."""

    def plan(room: int, **shown: Shown) -> dict[int, str | None]:
        monkeypatch.setattr("atlas.media.plan.MB", 1)
        folder = measured(tmp_path / "atlas", config, shown)
        places = places_of(folder, config)
        windows = windows_shown(folder.read_table(CLIPS), places, with_media(config, budget_mb=room).media)
        assert [(one.path, one.offset_s) for one in windows] == sorted((one.path, one.offset_s) for one in windows)
        return {one.clip: one.reason for one in windows}

    return plan


ROOM = {A: most_bytes(1.0), B: most_bytes(2.5), C: most_bytes(1.7), LONG: most_bytes(5.0)}


def test_only_clips_that_an_example_lies_in_are_shown(planned: Planned) -> None:
    assert planned(MB, first=[(0, "top", 0, A), (4, "quiet", 1, LONG_2)]) == {A: None, LONG_2: None}


def test_without_examples_nothing_is_shown(planned: Planned) -> None:
    assert planned(MB) == {}


def test_a_licence_that_is_not_listed_or_not_known_is_never_heard(planned: Planned) -> None:
    shown = [(0, "top", rank, clip) for rank, clip in enumerate((A, C, D, E))]

    assert planned(MB, first=shown) == {A: None, C: None, D: LICENCE, E: LICENCE}


@pytest.mark.parametrize(
    ("patterns", "heard"), [(("CC BY*",), [C]), (("CC*",), [A, C]), (("cc0",), []), (("*BY 4.0", "CC0"), [A, C])]
)
def test_a_star_in_a_licence_stands_for_any_text(
    config: Config, tmp_path: Path, patterns: tuple[str, ...], heard: list[int]
) -> None:
    folder = measured(tmp_path / "atlas", config, {"first": [(0, "top", 0, A), (1, "top", 0, C), (2, "top", 0, E)]})
    windows = windows_shown(
        folder.read_table(CLIPS),
        places_of(folder, config),
        with_media(config, redistribute=patterns).media,
    )

    assert sorted(one.clip for one in windows if one.reason is None) == heard


def test_an_empty_licence_cannot_be_allowed(config: Config, tmp_path: Path) -> None:
    folder = measured(tmp_path / "atlas", config, {"first": [(0, "top", 0, E)]})
    allowing = with_media(config, redistribute=("",)).media

    windows = windows_shown(folder.read_table(CLIPS), places_of(folder, config), allowing)
    assert [one.reason for one in windows] == [LICENCE]


def test_the_budget_is_filled_rank_by_rank_over_all_dictionaries(planned: Planned) -> None:
    first = [(0, "top", 0, A), (0, "top", 1, LONG)]
    second = [(7, "top", 0, B), (7, "top", 1, LONG)]

    found = planned(ROOM[A] + ROOM[B], first=first, second=second)
    assert found == {A: None, B: None, LONG: BUDGET}


def test_the_top_comes_before_the_other_groups(planned: Planned) -> None:
    shown = [(0, "top", 3, A), (0, "high", 0, B)]

    assert planned(ROOM[A], first=shown) == {A: None, B: BUDGET}


def test_controls_come_last(planned: Planned) -> None:
    control = [(0, "top", 0, B)]
    real = [(0, "quiet", 3, A)]

    assert planned(ROOM[A], first=real, **{"first-random": control}) == {A: None, B: BUDGET}
    assert planned(ROOM[A] + ROOM[B], first=real, **{"first-random": control}) == {A: None, B: None}


def test_at_equal_ranks_the_window_of_most_features_comes_first(planned: Planned) -> None:
    first = [(0, "top", 0, A), (1, "top", 0, B)]
    second = [(0, "top", 0, B)]

    assert planned(ROOM[B], first=first, second=second) == {A: BUDGET, B: None}


def test_what_is_not_heard_for_its_licence_takes_no_room(planned: Planned) -> None:
    shown = [(0, "top", 0, D), (0, "top", 1, A)]

    assert planned(ROOM[A], first=shown) == {D: LICENCE, A: None}


def test_no_room_means_no_sound(planned: Planned) -> None:
    assert planned(0, first=[(0, "top", 0, A)]) == {A: BUDGET}


def test_a_window_has_all_that_its_files_are_made_from(config: Config, tmp_path: Path) -> None:
    folder = measured(tmp_path / "atlas", config, {"first": [(0, "top", 0, LONG_2)]})
    clips = folder.read_table(CLIPS)

    (window,) = windows_shown(clips, places_of(folder, config), config.media)
    row = clips.row(LONG_2, named=True)
    assert len(window.key) == 16
    assert window == Window(
        clip=LONG_2,
        key=window.key,
        path="long.wav",
        offset_s=5.0,
        duration_s=3.0,
        valid_frames=150,
        energy_db=pytest.approx(row["energy_db"]),
        licence="CC0",
        reason=None,
    )


def test_of_a_control_without_pages_only_what_other_pages_cite_is_shown(config: Config, tmp_path: Path) -> None:
    shown: dict[str, Shown] = {
        "first": [(0, "top", 0, A)],
        "first-random": [(0, "top", 0, B), (3, "top", 0, C)],
        "first-template": [(5, "top", 0, LONG)],
    }
    folder = measured(tmp_path / "atlas", config, shown)
    stubbed = config.model_copy(update={"site": SiteConfig()})
    assert set(places_of(folder, stubbed)["clip"]) == {A}
    blank = dict.fromkeys(FINDINGS.columns)
    row = blank | {"dictionary": "first", "feature": 0, "control_feature": 3, "template_feature": 5}
    folder.write_table(FINDINGS, FINDINGS.frame({name: [value] for name, value in row.items()}), "first")
    assert set(places_of(folder, stubbed)["clip"]) == {A, C, LONG}
    assert set(places_of(folder, config)["clip"]) == {A, B, C, LONG}
