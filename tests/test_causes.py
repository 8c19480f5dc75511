"""The made-up effects: every case is there, in atlases of any size, and equal atlases get equal bytes."""

from pathlib import Path

import polars as pl
import pytest

from atlas.schema import CAUSES, CLIPS, EFFECT_PAIRS, EFFECTS
from atlas.schema.effects import ABLATE, DECOY, DOWNSTREAM, LOCAL, OF_FEATURE
from atlas.schema.thresholds import CONTROL_DIRECTIONS, SIGNIFICANT_Q
from atlas.store import AtlasFolder
from tests.building import contents
from tests.causes import with_effects
from tests.synthetic import Spec, write_atlas

SMALL = Spec(features=16, clips=60, top=2, others=1)
TWO = Spec(features=48, dictionaries=("block1", "block2"), clips=300, top=2, others=1, annotated=True)


@pytest.mark.parametrize("spec", [SMALL, TWO], ids=["small", "two"])
def test_every_case_is_there(spec: Spec, tmp_path: Path) -> None:
    cases = with_effects(write_atlas(tmp_path, spec))
    effects = AtlasFolder(tmp_path).read_table(EFFECTS, cases.dictionary).filter(outcome=LOCAL)
    by_feature = {row["feature"]: row for row in effects.iter_rows(named=True)}
    passing, alone, inert = (by_feature[one] for one in (cases.passing, cases.passing_alone, cases.inert))

    assert passing["q"] < SIGNIFICANT_Q > alone["q"]
    assert inert["q"] >= SIGNIFICANT_Q
    assert passing["rank_features"] > 0.9
    assert (alone["rank_features"], cases.beyond_budget in by_feature) == (None, False)
    assert abs(inert["effect"]) < inert["smallest_seen"] < abs(passing["effect"]) * 2
    if cases.downstream:
        (outcome,) = AtlasFolder(tmp_path).read_table(EFFECTS, cases.downstream)["outcome"].unique()
        assert outcome == DOWNSTREAM


def test_figures_follow_from_the_pairs(tmp_path: Path) -> None:
    cases = with_effects(write_atlas(tmp_path, SMALL))
    atlas = AtlasFolder(tmp_path)
    pairs = atlas.read_table(EFFECT_PAIRS, cases.dictionary).filter(outcome=LOCAL)
    medians = dict(pairs.filter(edit=ABLATE).group_by("feature").agg(pl.col("value").median()).iter_rows())
    effects = atlas.read_table(EFFECTS, cases.dictionary).filter(outcome=LOCAL)

    assert dict(effects.select("feature", "effect").iter_rows()) == pytest.approx(medians)
    edits = set(pairs.filter(feature=cases.passing)["edit"])
    assert {ABLATE, DECOY} < edits
    assert sum(edit.startswith(OF_FEATURE) for edit in edits) == CONTROL_DIRECTIONS
    assert set(pairs["clip"]) <= set(atlas.read_table(CLIPS).filter(domain="speech")["clip"])


def test_equal_atlases_get_equal_bytes(tmp_path: Path) -> None:
    first, second = (with_effects(write_atlas(tmp_path / name, TWO)) for name in "ab")
    written = contents(tmp_path / "a", lambda name: name.startswith(tuple(CAUSES)))

    assert first == second
    assert len(written) == 2 * sum("dictionary" in table.parts for table in CAUSES.values()) + 2
    assert contents(tmp_path / "b", lambda name: name.startswith(tuple(CAUSES))) == written
