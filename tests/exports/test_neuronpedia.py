"""`atlas export neuronpedia`: every line as their importer takes it, and the figures in it those of the tables."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.config.site import CiteConfig, CreatorConfig, SiteConfig
from atlas.errors import AtlasError
from atlas.exports import blocks as reading
from atlas.exports import neuronpedia as exporting
from atlas.exports.neuronpedia import export_neuronpedia, write_lines
from atlas.exports.neuronpedia_names import SEEDED_CREATOR, NeuronpediaOptions, source_names
from atlas.exports.neuronpedia_rows import bars, intervals
from atlas.render.site import SiteAtlas
from atlas.schema import EXAMPLES, FEATURES, HISTOGRAMS
from tests.exports.conftest import SPEC, contents, opened, written
from tests.exports.neuronpedia_rules import mistakes
from tests.synthetic import Spec

BOTH = ("block2", "block3")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def export(exported_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("neuronpedia") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", 64)
        atlas = opened(exported_root)
        export_neuronpedia(atlas, BOTH, NeuronpediaOptions(model="tiny"), to, lambda _: None)
    return to


def rows(export: Path, table: str, source: str = "0-block2") -> list[Row]:
    files = sorted((export / "v1/tiny" / source / table).iterdir())
    return [json.loads(line) for path in files for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def test_what_is_exported_can_be_imported(export: Path) -> None:
    assert mistakes(export) == []


def test_an_atlas_of_hostile_texts_can_be_imported(tmp_path: Path) -> None:
    root = written(tmp_path / "atlas", Spec(features=64, clips=48, hostile=True, annotated=True))

    export_neuronpedia(opened(root), ["block2"], NeuronpediaOptions(), tmp_path / "out", lambda _: None)

    assert mistakes(tmp_path / "out") == []


def test_an_atlas_that_is_not_analysed_can_be_imported(tmp_path: Path) -> None:
    root = written(tmp_path / "atlas", Spec(features=32, clips=24, analysed=False))

    export_neuronpedia(opened(root), ["block2"], NeuronpediaOptions(), tmp_path / "out", lambda _: None)

    assert mistakes(tmp_path / "out") == []


def test_features_are_in_batches_dead_ones_too(export: Path) -> None:
    batches = sorted((export / "v1/tiny/0-block2/features").iterdir())

    assert [path.name for path in batches] == ["batch-0.jsonl.gz", "batch-1.jsonl.gz"]
    assert [row["index"] for row in rows(export, "features")] == [str(number) for number in range(SPEC.features)]


def test_a_feature_has_the_figures_of_the_tables(export: Path, atlas: SiteAtlas) -> None:
    known = {str(row["feature"]): row for row in atlas.features("block2").iter_rows(named=True)}
    frames = atlas.table(HISTOGRAMS.name, "block2").filter(counted="frames", domain="")
    counts = {str(feature): sum(every) for feature, every in frames.select("feature", "counts").iter_rows()}

    for row in rows(export, "features"):
        own = known[row["index"]]
        assert row["frac_nonzero"] == pytest.approx(own["density"], rel=1e-5)
        assert row["maxActApprox"] == pytest.approx(own["max"] or 0, abs=1e-4)
        assert (row["umap_x"] is None) == (own["map_x"] is None)
        assert sum(row["freq_hist_data_bar_heights"]) == pytest.approx(counts[row["index"]], abs=0.5)


def test_an_example_that_fires_is_an_activation_with_its_own_peak(export: Path, atlas: SiteAtlas) -> None:
    firing = atlas.table(EXAMPLES.name, "block2").filter((pl.col("group") != "quiet") & (pl.col("peak") > 0))
    expected = firing.unique(["feature", "clip", "start_s"]).group_by("feature").agg(pl.col("peak").sort())
    peaks = {str(feature): peak for feature, peak in expected.iter_rows()}

    told: dict[str, list[float]] = {}
    for row in rows(export, "activations"):
        told.setdefault(row["index"], []).append(row["maxValue"])
    assert {index: len(values) for index, values in told.items()} == {index: len(peak) for index, peak in peaks.items()}
    assert all(sorted(values) == pytest.approx(peaks[index], rel=1e-3) for index, values in told.items())


def test_no_two_activations_of_a_feature_have_the_same_tokens(export: Path) -> None:
    """Their pages sort the tokens of each, and hide all but one of those that are equal."""
    seen: set[tuple[str, ...]] = set()
    for row in rows(export, "activations"):
        tokens = (row["index"], *sorted(row["tokens"]))
        assert tokens not in seen
        seen.add(tokens)


def test_names_and_explanations_say_whose_they_are(export: Path) -> None:
    told = {
        (row["index"], row["description"]): row["notes"] for row in rows(export, "explanations") if row["index"] in "35"
    }

    assert told["3", "a bell"] == "by ann, score .50"
    assert told["3", "something high"] == "by bob"
    assert told["5", "church bell"] == "by ann"


def test_equal_atlases_give_equal_bytes(
    export: Path, atlas: SiteAtlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK", 64)
    export_neuronpedia(atlas, BOTH, NeuronpediaOptions(model="tiny"), tmp_path / "again", lambda _: None)

    assert contents(tmp_path / "again") == contents(export)


def test_it_ends_with_what_was_written_and_where_it_is_imported(atlas: SiteAtlas, tmp_path: Path) -> None:
    said: list[str] = []
    export_neuronpedia(atlas, ["block3"], NeuronpediaOptions(model="tiny"), tmp_path / "out", said.append)

    assert said[0].startswith("export     1 source of the model tiny: 96 features, ")
    assert said[-1] == "           /api/admin/import?modelId=tiny&sourceId=1-block3"


def test_options_and_the_config_name_what_is_described(atlas: SiteAtlas, tmp_path: Path) -> None:
    cite = CiteConfig(title="Tones", authors=(CreatorConfig(name="Doe, Ann"), CreatorConfig(name="Roe, Bob")))
    cited = replace(atlas, cite=cite, settings=SiteConfig(base_url="https://example.org/a/"))
    options = NeuronpediaOptions(model="m", source="7-res__16k", creator="someone", owner="OpenAI")
    export_neuronpedia(cited, ["block2"], options, tmp_path / "out", lambda _: None)

    folder = tmp_path / "out/v1/m/7-res__16k"
    lines = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.jsonl")}
    assert mistakes(tmp_path / "out") == []
    assert (lines["source"]["setName"], lines["sourceset"]["name"]) == ("res", "res")
    assert (lines["release"]["name"], lines["release"]["creatorName"]) == ("tones", "Doe, Ann; Roe, Bob")
    assert (lines["model"]["owner"], lines["model"]["creatorId"]) == ("OpenAI", "someone")
    assert lines["release"]["urls"] == ["https://example.org/a/"]


def test_names_follow_from_the_encoder_the_tap_and_the_dictionary(atlas: SiteAtlas) -> None:
    model = "/models/Whisper.Tiny-en.encoder.pt"
    own = replace(atlas.dictionaries["block2"], tap="encoder.layers.11.mlp")
    card = replace(atlas.card, encoder=replace(atlas.card.encoder, model=model), dictionaries={"v1.2__b": own})

    names = source_names(replace(atlas, card=card), "v1.2__b", NeuronpediaOptions())

    assert (names.model, names.source, names.set_name) == ("whisper-tiny-en", "11-v1-2_b", "v1-2_b")
    assert names.creator == SEEDED_CREATOR


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"model": "Tiny"}, "--model-id Tiny: expected lower-case letters"),
        ({"source": "block2"}, "--source block2: expected the layer's number"),
        ({"source": "2-a b"}, "--source 2-a b"),
        ({"source": "2-a"}, "--source: two dictionaries would be one source: block2 (2-a), block3 (2-a)"),
    ],
)
def test_names_that_could_not_be_imported_are_refused(
    atlas: SiteAtlas, tmp_path: Path, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(AtlasError) as refused:
        export_neuronpedia(atlas, BOTH, NeuronpediaOptions(**options), tmp_path / "out", lambda _: None)

    assert str(refused.value).startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_tap_without_a_layer_asks_for_a_source(atlas: SiteAtlas) -> None:
    own = replace(atlas.dictionaries["block2"], tap="log-mel")
    other = replace(atlas, card=replace(atlas.card, dictionaries={"block2": own}))

    with pytest.raises(AtlasError, match=r"^block2: its tap log-mel names no layer; give --source, such as 0-block2$"):
        source_names(other, "block2", NeuronpediaOptions())


def test_more_batches_than_are_listed_are_refused(
    atlas: SiteAtlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_FILES", 0)

    with pytest.raises(AtlasError, match="block2: 96 features; Neuronpedia imports at most 0 files of 1,024"):
        export_neuronpedia(atlas, ["block2"], NeuronpediaOptions(), tmp_path / "out", lambda _: None)


def test_no_lines_are_no_file(tmp_path: Path) -> None:
    assert write_lines(tmp_path / "batch-0.jsonl.gz", []) == 0
    assert list(tmp_path.iterdir()) == []


Spoil = Callable[[list[Row]], None]


def _spoilt(row: int, **cells: object) -> Spoil:
    return lambda rows: rows[row].update(cells)


@pytest.mark.parametrize(
    ("table", "spoil", "told"),
    [
        ("features", _spoilt(0, maxActApprox=float("nan")), "NaN is no JSON"),
        ("features", _spoilt(0, pos_str=None), "line 1: pos_str is None"),
        ("features", _spoilt(0, colour="red"), "line 1: unknown key colour"),
        ("features", _spoilt(4, colour="red"), "line 5: other keys than the first line"),
        ("features", lambda rows: rows[4].pop("umap_x"), "line 5: other keys than the first line"),
        ("features", _spoilt(4, index="3"), "line 5: feature 3 again"),
        ("features", _spoilt(2, topkCosSimIndices=[9], topkCosSimValues=[1.0]), "not the first in topkCosSimIndices"),
        ("features", _spoilt(0, index=0), "line 1: index is 0"),
        ("features", lambda rows: rows.clear(), "batch-0.jsonl.gz: empty"),
        (
            "features",
            lambda rows: rows.extend([{**rows[0], "index": str(9999 + more)} for more in range(1024)]),
            "more than 1024",
        ),
        ("activations", _spoilt(0, index="99999"), "line 1: feature 99999 does not exist"),
        ("activations", _spoilt(0, tokens=["a"] * 1025, values=[0.0] * 1025), "line 1: 1025 tokens"),
        ("activations", _spoilt(0, maxValueTokenIndex=0), "maxValue is not the largest value"),
        ("activations", _spoilt(0, layer="1-block3"), "line 1: of another source"),
        ("activations", lambda rows: rows[1].update(id=rows[0]["id"]), "line 2: id "),
        ("explanations", _spoilt(0, embedding=[0.1]), "line 1: embedding is [0.1]"),
        ("explanations", _spoilt(0, description="a\0b"), "line 1: description is"),
    ],
)
def test_the_rules_tell_what_would_break_an_import(
    export: Path, tmp_path: Path, table: str, spoil: Spoil, told: str
) -> None:
    for name, content in contents(export).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    path = tmp_path / "v1/tiny/0-block2" / table / "batch-0.jsonl.gz"
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    spoil(lines)
    path.write_bytes(gzip.compress("".join(f"{json.dumps(line)}\n" for line in lines).encode(), mtime=0))

    try:
        found = mistakes(tmp_path)
    except ValueError as error:
        found = [str(error)]
    assert any(told in mistake for mistake in found), found[:3]


EDGES = tuple(2.0**power for power in range(-3, 6))


@given(st.lists(st.integers(0, 50), min_size=10, max_size=10).filter(any), st.integers(0, 100))
def test_bars_hold_every_frame_once_and_intervals_all_there_are(counts: list[int], silent: int) -> None:
    last = max(place for place, count in enumerate(counts) if count)
    maximum = 1.2 * (EDGES[last - 1] if last else EDGES[0] / 2)
    active = sum(counts)
    density = active / (active + silent)

    heights, centres = bars(counts, EDGES, maximum)
    spans = intervals(counts, EDGES, {"max": maximum, "frames_active": active, "density": density})

    assert sum(heights) == pytest.approx(active, abs=0.5)
    assert centres == sorted(centres)
    assert 0 < centres[0] < centres[-1] < maximum
    assert sum(span.contains for span in spans) == pytest.approx(1, abs=1e-5)
    assert all(span.low == below.high for span, below in pairwise(spans))
    assert spans[0].high > maximum >= spans[0].low
    assert spans[-1].low == 0


def test_a_bar_chart_of_one_bin_is_even() -> None:
    heights, centres = bars([0, 100], (1.0,), 2.0)

    assert heights == [0.0] * 25 + [4.0] * 25
    assert np.allclose(np.diff(centres), 0.04)
    assert bars([0, 0], (1.0,), 0.0) == ([], [])


def test_every_dead_feature_is_there_without_activations(export: Path, atlas: SiteAtlas) -> None:
    dead = atlas.table(FEATURES.name, "block2").filter(state="dead")["feature"].cast(pl.String).to_list()

    assert dead
    assert {row["index"] for row in rows(export, "activations")}.isdisjoint(dead)
    assert all(row["maxActApprox"] == 0 for row in rows(export, "features") if row["index"] in dead)


def test_a_null_character_becomes_a_space_and_the_text_that_spells_one_stays(tmp_path: Path) -> None:
    spelled = "a\\u0000b"
    write_lines(tmp_path / "x.gz", [{"a": spelled, "b": ["c\0d", {"e": "\0\\u0000"}], "f": [1.5, None]}])

    assert json.loads(gzip.decompress((tmp_path / "x.gz").read_bytes())) == {
        "a": spelled,
        "b": ["c d", {"e": " \\u0000"}],
        "f": [1.5, None],
    }
