"""Neuronpedia's logits: of a feature that passes the tokens that its ablation moves, of others labels as before."""

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl

from atlas.exports.neuronpedia import export_neuronpedia
from atlas.exports.neuronpedia_names import NeuronpediaOptions
from atlas.schema import EFFECT_TOKENS
from atlas.schema.thresholds import SIGNIFICANT_Q
from atlas.store import AtlasFolder
from tests.causes import with_effects
from tests.exports.conftest import SPEC, opened, written
from tests.exports.neuronpedia_rules import mistakes


def features(root: Path, to: Path) -> list[dict[str, Any]]:
    export_neuronpedia(opened(root), ["block2"], NeuronpediaOptions(model="tiny"), to, lambda _: None)
    (path,) = (to / "v1/tiny/0-block2/features").iterdir()
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def test_logits_are_what_a_feature_adds_to_tokens_by_its_ablation(tmp_path: Path) -> None:
    root = written(tmp_path / "atlas", SPEC)
    before = features(root, tmp_path / "before")
    with_effects(root)
    store = AtlasFolder(root)
    rows = store.read_table(EFFECT_TOKENS, "block2")
    unheard = rows.with_columns(rank=pl.col("rank") + 100, token=pl.lit("unheard"))
    store.write_table(EFFECT_TOKENS, pl.concat([rows, unheard]).sort(EFFECT_TOKENS.key), "block2")
    after, atlas = features(root, tmp_path / "after"), opened(root)

    assert mistakes(tmp_path / "after") == []
    assert [line for line in after if "unheard" in str(line)] == []
    passing = set(atlas.table("effects", "block2").filter(pl.col("q") < SIGNIFICANT_Q, outcome="local")["feature"])
    tokens = atlas.table("effect_tokens", "block2").filter(pl.col("rank") < 100).sort("feature", "rank")
    assert 0 < len(passing) < len(set(tokens["feature"]))
    for old, new in zip(before, after, strict=True):
        feature = int(new["index"])
        mine = {direction: tokens.filter(feature=feature, direction=direction) for direction in ("down", "up")}
        if feature not in passing:
            assert new == old
            continue
        assert (new["pos_str"], new["neg_str"]) == (mine["down"]["token"].to_list(), mine["up"]["token"].to_list())
        assert new["pos_values"] == [round(-change, 4) for change in mine["down"]["change"]]
        assert new["neg_values"] == [round(-change, 4) for change in mine["up"]["change"]]
        assert min(new["pos_values"]) > 0 > max(new["neg_values"])
