"""The round trip of explanations: a program that knows what was planted explains the demo's features, and is scored."""

from pathlib import Path
from statistics import mean

import polars as pl
import pytest

import atlas
from atlas.explain.bundle import chosen_features, snippets
from atlas.reading.tables import Atlas
from tools.demo.captions import AUTHOR, FEATURES, captions, detection_score, in_common, planted_in


@pytest.fixture(scope="module")
def made(demo_atlas: Path) -> Atlas:
    return atlas.open(demo_atlas)


def test_what_was_planted_foretells_where_features_fire(made: Atlas) -> None:
    rows = list(captions(made, chosen_features(made, ["block3"], FEATURES)))
    assert len(rows) > 30
    assert mean(float(str(row["score"])) for row in rows) > 0.63


def test_the_caption_of_another_feature_does_not(made: Atlas) -> None:
    planted, features = planted_in(made), chosen_features(made, ["block3"], FEATURES)
    heard = [one for one in snippets(made, features) if one.held_out]
    said = [in_common(one, planted) or "" for one in heard]
    right = mean(detection_score(one, text, planted) for one, text in zip(heard, said, strict=True))
    turned = mean(detection_score(one, text, planted) for one, text in zip(heard, said[7:] + said[:7], strict=True))
    assert right > turned + 0.08


def test_the_pages_of_the_demo_say_who_wrote_them_and_how_they_score(demo_atlas: Path, demo_site: Path) -> None:
    rows = pl.read_parquet(demo_atlas / "explanations.parquet")
    assert set(rows["author"]) == {AUTHOR}
    assert rows["score"].null_count() == 0
    name, number = rows.select("dictionary", "feature").row(0)
    page = (demo_site / f"f/{name}/{number}.html").read_text(encoding="utf-8")
    assert AUTHOR in page
