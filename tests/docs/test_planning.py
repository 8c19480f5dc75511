"""The maker of the constants that plans reckon with: it measures what a plan then says, and writes what it measured."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from atlas.config.settings import Config
from atlas.config.site import SiteConfig
from atlas.planning import constants
from atlas.render.run import render
from atlas.store import AtlasFolder
from tests.causes import with_effects
from tests.synthetic import Spec, write_atlas
from tools.docs.finished_sites import Finished, json_of, pages_of
from tools.docs.planning import effects_measured, fitted, main, measured, written


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("planned")
    atlas = AtlasFolder(write_atlas(folder / "atlas", Spec(features=48, clips=72)))
    render(atlas, Config.model_construct(dictionary=(), site=SiteConfig()), folder / "site", 1)
    return Finished(atlas, folder / "site")


@pytest.fixture(scope="module")
def with_causes(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The same with effects of its features."""
    folder = tmp_path_factory.mktemp("causes")
    shutil.copytree(finished.folder.root, folder / "atlas")
    with_effects(folder / "atlas")
    atlas = AtlasFolder(folder / "atlas")
    render(atlas, Config.model_construct(dictionary=(), site=SiteConfig()), folder / "site", 1)
    return Finished(atlas, folder / "site")


PAGE = ("page", "page_active", "page_breadth", "page_example")
JSON = ("json", "json_breadth", "json_example")


def test_what_was_fitted_gives_the_mean_page_again(finished: Finished) -> None:
    found = measured([finished])
    (known, size), *_ = pages_of(finished)
    told = known[:, : len(PAGE)] @ [found[name] for name in PAGE]

    assert told.mean() == pytest.approx(size.mean(), rel=0.02)


def test_what_was_fitted_gives_the_mean_json_again(finished: Finished) -> None:
    found = measured([finished])
    (known, size), *_ = json_of(finished)
    told = known[:, : len(JSON)] @ [found[name] for name in JSON]

    assert told.mean() == pytest.approx(size.mean(), rel=0.02)


def test_what_effects_add_is_told_only_where_some_were_measured(finished: Finished, with_causes: Finished) -> None:
    plain, found = measured([finished]), measured([with_causes])
    more = {"page_screened", "page_effect", "page_controls", "json_screened", "json_effect"}
    (known, size), *_ = pages_of(with_causes)
    told = known @ [found[name] for name in (*PAGE, "page_screened", "page_effect", "page_controls")]

    assert not more & plain.keys()
    assert more <= found.keys()
    assert told.mean() == pytest.approx(size.mean(), rel=0.02)
    assert found["page_effect"] == pytest.approx(constants.SITE.page_effect, rel=0.3)
    assert effects_measured([finished]) == {}
    assert set(effects_measured([with_causes])) == {
        *("screened", "effect_row", "effect_pair", "effect_token", "effect_example"),
    }


def test_a_fit_is_exact_where_pages_are_and_never_below_zero() -> None:
    x = np.array([[1.0, 0.0], [1.0, 2.0], [1.0, 5.0]])

    assert fitted([(x, x @ [100.0, 7.0])]) == pytest.approx([100.0, 7.0])
    assert fitted([(x, np.array([9.0, 5.0, 0.0]))]).min() == 0.0


def test_it_writes_the_figures_and_leaves_reasons_and_other_classes_alone() -> None:
    text = constants.__loader__.get_data(constants.__file__).decode()  # type: ignore[union-attr]
    changed = written(text, "SiteBytes", {"page": 12_345.6, "shard_table": 0.0432})

    assert "    page: float = 12_300\n" in changed
    assert "    shard_table: float = 0.0432\n" in changed
    assert changed.count("\n") == text.count("\n")
    assert changed[changed.index("class AtlasBytes") :] == text[text.index("class AtlasBytes") :]


def test_without_write_it_prints_and_changes_nothing(finished: Finished) -> None:
    before = Path(constants.__file__).read_bytes()
    result = CliRunner().invoke(main, [str(finished.folder.root), str(finished.site)])

    assert result.exit_code == 0, result.output
    assert "SiteBytes.page " in result.stdout
    assert "AtlasBytes" not in result.stdout  # the tables were made up
    assert Path(constants.__file__).read_bytes() == before


def test_folders_come_in_pairs(finished: Finished) -> None:
    result = CliRunner().invoke(main, [str(finished.folder.root)])

    assert result.exit_code == 2
    assert "give pairs" in result.stderr
