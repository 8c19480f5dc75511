"""What an export must not hold: anything that is said in clips whose licence allows no publishing."""

import gzip
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from atlas.config.site import MediaConfig
from atlas.exports.embedding_atlas import export_embedding_atlas
from atlas.exports.huggingface import export_huggingface
from atlas.exports.neuronpedia import export_neuronpedia
from atlas.exports.neuronpedia_names import NeuronpediaOptions
from atlas.render.parts.withheld import hidden_clips
from atlas.render.site import SiteAtlas
from tests.exports.conftest import contents
from tests.marked import MARK, SHARED
from tests.synthetic import LICENCES

BOTH = ("block2", "block3")


@pytest.fixture(scope="module")
def exports(marked: SiteAtlas, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All three, in one folder."""
    to = tmp_path_factory.mktemp("withheld")
    export_neuronpedia(marked, BOTH, NeuronpediaOptions(), to / "neuronpedia", lambda _: None)
    export_huggingface(marked, BOTH, 0, to / "huggingface", lambda _: None)
    export_embedding_atlas(marked, BOTH, to / "map.parquet", lambda _: None)
    return to


def text_of(name: str, content: bytes) -> str:
    if name.endswith(".parquet"):
        return pl.read_parquet(content).drop("audio", strict=False).write_json()
    return (gzip.decompress(content) if name.endswith(".gz") else content).decode()


def test_no_word_of_a_clip_that_may_not_be_published_is_in_any_file(marked: SiteAtlas, exports: Path) -> None:
    shown = pl.concat([marked.column(name, "examples", "clip") for name in BOTH])["clip"]
    spoken = marked.alignments.frame.filter(pl.col("label").str.contains(MARK))["clip"]
    texts = {name: text_of(name, content) for name, content in contents(exports).items()}

    assert set(shown) & set(spoken) & hidden_clips(marked)
    assert set(spoken) <= hidden_clips(marked)
    assert any(" atlas" in text for text in texts.values()), "others speak"
    assert sum(SHARED in text for text in texts.values()) > 3, "what others say, too, is no secret"
    assert [name for name, text in texts.items() if MARK in text] == []


def test_a_licence_that_the_config_no_longer_names_is_none(atlas: SiteAtlas, tmp_path: Path) -> None:
    """Though sounds were made when it did."""
    narrower = replace(atlas, media=MediaConfig(redistribute=LICENCES[:1]))
    withdrawn = atlas.clips.filter("audio", licence=LICENCES[1])
    export_huggingface(narrower, BOTH, 1, tmp_path / "folder", lambda _: None)
    export_embedding_atlas(narrower, BOTH, tmp_path / "map.parquet", lambda _: None)

    assert len(withdrawn)
    for table in ("clips", "examples"):
        rows = pl.read_parquet(sorted((tmp_path / "folder" / table).glob("*.parquet")))
        assert set(rows["licence"]) == {LICENCES[0]}
    assert LICENCES[1] not in (tmp_path / "folder/README.md").read_text(encoding="utf-8")
    links = pl.read_parquet(tmp_path / "map.parquet")["audio"].drop_nulls()
    assert {link[-20:-4] for link in links}.isdisjoint(withdrawn["key"])
    assert len(links) > 0
