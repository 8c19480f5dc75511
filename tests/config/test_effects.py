"""The table [effects]: absent means that nothing is measured, and every mistake in it is told."""

from pathlib import Path

import pytest

from atlas.config.effects import EffectsConfig
from atlas.config.facts import key_facts
from atlas.pipeline import STAGES
from tests.config.test_settings import CORPUS, ENCODER, NEURONS, mistakes, read

TABLES = (CORPUS, ENCODER, NEURONS)


def test_without_the_table_there_are_no_effects_and_an_empty_one_has_the_documented_defaults(tmp_path: Path) -> None:
    empty = read(tmp_path, *TABLES, "[effects]\n").effects

    assert read(tmp_path, *TABLES).effects is None
    assert empty == EffectsConfig()
    assert (empty.budget_passes, empty.displayed, empty.domains) == (12_000, 8, ("speech",))
    assert (empty.dictionaries, empty.features, empty.readout) == (None, (), None)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("budget_passes = 0", ["effects.budget_passes: 0 given; expected at least 1"]),
        ("budget_passes = 1.5", ["effects.budget_passes: 1.5 given; expected a whole number"]),
        ('budget_passes = "many"', ['effects.budget_passes: "many" given; expected a whole number']),
        ("displayed = 101", ["effects.displayed: 101 given; expected at most 100"]),
        ("displayed = -1", ["effects.displayed: -1 given; expected at least 0"]),
        (
            'features = ["neurons/1", "1234"]',
            [
                'effects.features: ["neurons/1", "1234"] given; expected features such as block2/1234, not 1234',
            ],
        ),
        (
            'features = ["neurons/x"]',
            ['effects.features: ["neurons/x"] given; expected features such as block2/1234, not neurons/x'],
        ),
        (
            'features = ["nerons/1"]\ndictionaries = ["nerons", "other"]',
            [
                "effects: no dictionary 'nerons' in neurons, neurons-random, neurons-template",
                "effects: no dictionary 'other' in neurons, neurons-random, neurons-template",
            ],
        ),
        (
            'dictionaries = ["neurons-random"]\nfeatures = ["neurons/1", "neurons-random/2"]',
            ["effects.features: neurons/1 to be of a dictionary that is measured, which are neurons-random"],
        ),
        (
            "dictionaries = []",
            [
                "effects.dictionaries: [] given; expected at least one dictionary; without the key all but controls are"
                " measured"
            ],
        ),
        ('domains = ["talk"]', ["effects.domains: no domain 'talk' in speech, music, sound"]),
        ('readout = ""', ['effects.readout: "" given; expected a text that is not empty']),
        (
            "passes = 100",
            [
                "effects.passes: unknown key; known here: "
                "budget_passes, dictionaries, displayed, domains, features, readout"
            ],
        ),
    ],
)
def test_mistakes_are_told_with_what_is_accepted(tmp_path: Path, table: str, told: list[str]) -> None:
    assert mistakes(tmp_path, *TABLES, f"[effects]\n{table}\n") == told


def test_controls_may_be_measured_where_they_are_named(tmp_path: Path) -> None:
    effects = read(tmp_path, *TABLES, '[effects]\ndictionaries = ["neurons-random"]\n').effects

    assert effects is not None
    assert effects.dictionaries == ("neurons-random",)


@pytest.mark.parametrize(("readout", "there", "found"), [("heads.safetensors", True, True), ("tiny.en", False, False)])
def test_a_readout_beside_the_config_is_that_file_and_a_name_stays_one(
    tmp_path: Path, readout: str, there: bool, found: bool
) -> None:
    if there:
        (tmp_path / readout).touch()
    effects = read(tmp_path, *TABLES, f'[effects]\nreadout = "{readout}"\n').effects

    assert effects is not None
    assert effects.readout == (str(tmp_path / readout) if found else readout)


def test_only_keys_that_differ_from_their_defaults_are_facts_and_of_a_path_its_name_alone(tmp_path: Path) -> None:
    (tmp_path / "heads.safetensors").touch()
    table = '[effects]\nbudget_passes = 3000\nfeatures = ["neurons/7"]\nreadout = "heads.safetensors"\ndisplayed = 8\n'

    assert key_facts(read(tmp_path, *TABLES, table), ("effects",)) == {
        "effects.budget_passes": "3000",
        "effects.features": '["neurons/7"]',
        "effects.readout": '"heads.safetensors"',
    }
    assert key_facts(read(tmp_path, *TABLES), ("effects",)) == {}


def test_effects_concern_no_stage_before_them(tmp_path: Path) -> None:
    """So that asking for them throws nothing away that was measured."""
    plain, asked = (read(tmp_path, *TABLES, table) for table in ("", "[effects]\nbudget_passes = 99\n"))
    before = list(STAGES)[: list(STAGES).index("effects")]

    for name in before:
        assert key_facts(plain, STAGES[name].keys) == key_facts(asked, STAGES[name].keys)
    assert not STAGES["effects"].asked(plain)
    assert STAGES["effects"].asked(asked)
