"""What is planned of the demo, before a run and after it, beside what its build left: bytes within 15 %."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlas.config.loading import load_config
from atlas.demo.embedded import CONFIG
from atlas.encoders.catalogue import find_source
from atlas.encoders.taps import tap_widths
from atlas.planning.existing import folder_bytes
from atlas.planning.outline import outline_corpus
from atlas.planning.parts import parts_of_site
from atlas.planning.plan import Known, Plan, make_plan
from atlas.planning.rates import TrialDictionary
from atlas.planning.run import Asked, plan_run
from atlas.planning.shapes import shapes_of_config
from atlas.publish.hosts import HOSTS
from atlas.schema import CLIPS
from atlas.schema.card import read_card
from atlas.store import AtlasFolder
from tests.planning.plans import trial

WINDOWS = 100
WITHIN = 0.15


def sizes_of(site: Path) -> dict[str, int]:
    return {
        Path(place, name).relative_to(site).as_posix(): Path(place, name).stat().st_size
        for place, _, names in os.walk(site)
        for name in names
    }


def tried(atlas: Path) -> Plan:
    """As planned before the run: from headers, checkpoints, and what a trial of the first windows would count."""
    config = load_config(CONFIG)
    source = find_source(config.encoder.model)
    folder = AtlasFolder(atlas)
    by_content = folder.read_table(CLIPS).sort("sha256")["clip"].head(WINDOWS)
    dictionaries = {}
    for name, card in read_card(atlas).dictionaries.items():
        peaks = pl.concat([pl.read_parquet(path) for path in sorted((atlas / "peaks" / name).glob("*.parquet"))])
        seen = peaks.filter(pl.col("clip").is_in(by_content.implode()))["feature"].to_numpy()
        counts = np.bincount(seen, minlength=card.features)
        dictionaries[name] = TrialDictionary(counts=counts, features=card.features, l0=card.l0 or 0.0, code_bytes=2.4)
    made = trial()
    known = Known(
        outline=outline_corpus(config, source.window_s, source.grid),
        shapes=shapes_of_config(config, tap_widths(source, config.taps())),
        grid=source.grid,
        trial=type(made)(
            **{name: getattr(made, name) for name in made.__slots__}
            | {"windows": WINDOWS, "picture_bytes": 1_000.0, "dictionaries": dictionaries}
        ),
    )
    return make_plan(config, known, HOSTS["github"])


def test_before_the_run_the_bytes_of_site_and_tables_are_known_within_15_percent(
    demo_site: Path, demo_atlas: Path
) -> None:
    plan = tried(demo_atlas)

    assert plan.site_bytes == pytest.approx(sum(sizes_of(demo_site).values()), rel=WITHIN)
    assert plan.atlas_bytes == pytest.approx(sum(folder_bytes(AtlasFolder(demo_atlas)).values()), rel=WITHIN)
    assert plan.site_files == pytest.approx(len(sizes_of(demo_site)), rel=WITHIN)


def test_after_the_run_every_large_part_of_the_site_is_known_within_25_percent(
    demo_site: Path, demo_atlas: Path
) -> None:
    plan = plan_run(load_config(CONFIG), AtlasFolder(demo_atlas), HOSTS["github"], Asked(trial_s=None))
    sizes = sizes_of(demo_site)
    controls = {name for name, card in read_card(demo_atlas).dictionaries.items() if card.control_of}
    actual = {name: part.bytes for name, part in parts_of_site(sizes, controls).items()}
    large = {name: size for name, size in actual.items() if size > 0.05 * sum(actual.values())}

    assert plan.site_bytes == pytest.approx(sum(actual.values()), rel=WITHIN)
    assert {name: plan.site[name].bytes for name in large} == pytest.approx(large, rel=0.25)
