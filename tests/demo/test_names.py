"""What the demo's features are called: what their peaks stand at, and labels that random directions do not find."""

from pathlib import Path

import polars as pl
import pytest

from atlas.analyse.naming.flags import ALIVE
from atlas.reading.names import NAME_COLUMNS
from atlas.schema.thresholds import NAMED_PURITY, SIGNIFICANT_Q

LISTENERS = ("block1", "block3", "block3-again")


def table(atlas: Path, name: str, dictionary: str) -> pl.DataFrame:
    return pl.read_parquet(atlas / name / f"{dictionary}.parquet")


def live(atlas: Path, dictionary: str) -> pl.DataFrame:
    """Findings of features that are neither dead nor rare."""
    states = table(atlas, "features", dictionary).select("feature", "state")
    return table(atlas, "findings", dictionary).join(states, on="feature").filter(pl.col("state").is_in(ALIVE))


def figures(atlas: Path, dictionary: str) -> dict[tuple[str, str], tuple[float, float]]:
    """(figure, what it is of) -> of the dictionary, and of its random control."""
    rows = pl.read_parquet(atlas / "controls.parquet").filter(dictionary=dictionary, control=f"{dictionary}-random")
    columns = rows.select("figure", "of", "value", "control_value").iter_rows()
    return {(figure, of): (own, control) for figure, of, own, control in columns}


@pytest.mark.parametrize("dictionary", LISTENERS)
def test_a_feature_whose_peaks_stand_at_one_phone_is_named_after_it(demo_atlas: Path, dictionary: str) -> None:
    phones = table(demo_atlas, "peak_labels", dictionary).filter(
        pl.col("tier").str.starts_with("phone"), pl.col("purity") >= NAMED_PURITY, pl.col("q") < SIGNIFICANT_Q
    )
    pairs = live(demo_atlas, dictionary).join(phones.select("feature", phone="label"), on="feature").drop_nulls("phone")
    carried = pairs.filter(named_by="peaks").filter(pl.col("label") == pl.col("phone"))

    assert len(pairs) > 20
    assert len(carried) >= 0.95 * len(pairs)


@pytest.mark.parametrize("dictionary", LISTENERS)
def test_a_padding_or_an_onset_is_no_name_of_a_feature_that_something_else_is_true_of(
    demo_atlas: Path, dictionary: str
) -> None:
    flagged = live(demo_atlas, dictionary).filter(pl.col("named_by").is_in(["padding", "onset", "silence"]))

    assert flagged["domain"].null_count() == len(flagged)
    assert flagged["null_reason"].null_count() == 0


@pytest.mark.parametrize("dictionary", LISTENERS)
def test_few_features_share_a_name(demo_atlas: Path, dictionary: str) -> None:
    named = live(demo_atlas, dictionary).filter(pl.col("named_by").is_in(["peaks", "label"]))
    plain = named.group_by("kind", "label").len()["len"]
    told_apart = named.group_by(NAME_COLUMNS).len()["len"]

    assert told_apart.max() <= 15
    assert (told_apart == 1).sum() > 1.5 * (plain == 1).sum()


def test_a_dictionary_of_the_last_layer_finds_labels_that_random_directions_do_not(demo_atlas: Path) -> None:
    found = figures(demo_atlas, "block3")

    own, control = found["labels_found", "label"]
    assert own > 2 * control
    own, control = found["label_phi", "label"]
    assert own > control + 0.15
    own, control = found["label_probe", "label"]
    assert own > control + 0.1
    assert found["label_probe_permuted", "label"] == pytest.approx((0.5, 0.5), abs=0.05)
    above, _ = found["above_control", "random"]
    assert above > 30
