"""What may not be published of what is spoken: neither files nor pages have a label that such clips alone have."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from atlas.config.site import MediaConfig, SiteConfig
from atlas.render.pages import clip, feature, label, labels, search
from atlas.render.parts import featuredata
from atlas.render.parts.downloads import table_files
from atlas.render.parts.withheld import hidden_labels, unread_labels
from atlas.render.site import SiteAtlas, site_atlas
from atlas.schema import ALIGNMENTS, ANNOTATIONS, PEAK_LABELS, TIMED_COUNTS, TIMED_LABELS
from atlas.schema.described import EVERY
from atlas.store import AtlasFolder
from tests.marked import MARK, SENTENCE, SHARED, TIER, mark
from tests.synthetic import LICENCES, Spec, write_atlas

SPEC = Spec(features=32, dictionaries=("block2",), controls=False, clips=60, annotated=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mark(write_atlas(tmp_path_factory.mktemp("withheld") / "atlas", SPEC), "block2")


def opened(root: Path, *redistribute: str, **site: object) -> SiteAtlas:
    settings = SiteConfig.model_validate(site)
    return replace(site_atlas(root, settings), media=MediaConfig(redistribute=redistribute or LICENCES[:2]))


def test_a_label_is_hidden_if_hidden_clips_alone_have_it(root: Path) -> None:
    atlas = opened(root)
    names = hidden_labels(atlas)

    assert names == unread_labels(atlas)
    assert (TIER, SENTENCE) in names
    assert all(MARK in name for _, name in names)
    assert {tier for tier, _ in names} == {TIER, "words", "phones"}
    assert hidden_labels(opened(root, "*")) == names, "media were made without them"
    assert (TIER, SHARED) in hidden_labels(opened(root, "nothing"))


def test_a_word_is_hidden_as_the_corpus_writes_it_and_as_tables_have_it(tmp_path: Path) -> None:
    atlas = opened(write_atlas(tmp_path / "atlas", SPEC))
    store = AtlasFolder(tmp_path / "atlas")
    hidden = atlas.clips.filter(licence=LICENCES[2])["clip"][0]
    shown = atlas.clips.filter(licence=LICENCES[0])["clip"][0]
    said = ((hidden, "Secret,"), (hidden, "Known,"), (shown, "known"))
    rows = [(one, "word", place, place + 0.5, word) for place, (one, word) in enumerate(said)]
    store.write_table(
        ALIGNMENTS, pl.DataFrame(rows, ALIGNMENTS.columns, orient="row", strict=False).sort(ALIGNMENTS.key)
    )
    store.write_table(ANNOTATIONS, ANNOTATIONS.empty(), "00000")

    assert hidden_labels(opened(tmp_path / "atlas")) == {("word", "Secret,"), ("words", "secret"), ("word", "Known,")}


def test_no_table_has_it_and_all_else_is_there(root: Path) -> None:
    atlas = opened(root, tables="all")
    frames = {
        file.address: (pl.read_parquet(file.content), pl.read_parquet(file.source))
        for table in EVERY
        for file in table_files(atlas, table)
    }

    assert [name for name, (given, _) in frames.items() if MARK in given.write_json()] == []
    for table in (TIMED_LABELS, TIMED_COUNTS, PEAK_LABELS):
        given, whole = frames[f"tables/{table.name}/block2.parquet"]
        kept = whole.filter(~pl.col("label").fill_null("").str.contains(MARK))
        assert 0 < len(kept) < len(whole)
        assert given.equals(kept)


def test_no_json_has_it(root: Path) -> None:
    texts = [str(text) for _, text in featuredata.pages(opened(root), "block2", 0, SPEC.features)]

    assert sum(SHARED in text for text in texts) > SPEC.features / 2
    assert [text for text in texts if MARK in text] == []


def test_no_page_has_the_sentence(root: Path) -> None:
    atlas = opened(root)
    made = dict(_pages(atlas))

    assert [address for address, text in made.items() if SENTENCE in text] == []
    for kind in ("f/", "l/", "data/"):
        assert any(SHARED in text for address, text in made.items() if address.startswith(kind)), kind


def _pages(atlas: SiteAtlas) -> Iterator[tuple[str, str]]:
    for kind in (clip, label, labels, search):
        yield from ((address, str(text)) for address, text in kind.pages(atlas))
    yield from ((address, str(text)) for address, text in feature.pages(atlas, "block2", 0, SPEC.features))


def test_where_everything_may_be_published_nothing_is_looked_for(root: Path, tmp_path: Path) -> None:
    atlas = opened(write_atlas(tmp_path / "atlas", replace(SPEC, media=False)), "*")

    assert hidden_labels(atlas) == unread_labels(atlas) == frozenset()
