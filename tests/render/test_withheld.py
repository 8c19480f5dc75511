"""What may not be published of what is spoken: neither files nor pages have a label that such clips alone have."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from atlas.config.site import MediaConfig, SiteConfig
from atlas.render.pages import clip, dictionary, feature, hallucination, label, labels, search
from atlas.render.parts import featuredata
from atlas.render.parts.downloads import table_files
from atlas.render.parts.withheld import hidden_labels, may_be_shown, unread_labels
from atlas.render.site import SiteAtlas, site_atlas
from atlas.schema import (
    ALIGNMENTS,
    ANNOTATIONS,
    CLIPS,
    EFFECT_EXAMPLES,
    EFFECT_TOKENS,
    PEAK_LABELS,
    TIMED_COUNTS,
    TIMED_LABELS,
)
from atlas.schema.described import EVERY
from atlas.store import AtlasFolder
from tests.causes import with_effects
from tests.marked import MARK, SENTENCE, SHARED, TIER, mark
from tests.render.tried import write_experiments
from tests.synthetic import LICENCES, Spec, write_atlas

SPEC = Spec(features=32, dictionaries=("block2",), controls=False, clips=60, annotated=True)
EFFECTS_SPEC = replace(SPEC, features=48, clips=160)


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


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    """An atlas of whose hidden clips a readout and an experiment wrote a word that stands in no text of others."""
    root = write_atlas(tmp_path_factory.mktemp("heard") / "atlas", EFFECTS_SPEC)
    store, hidden = AtlasFolder(root), pl.col("licence") == LICENCES[2]
    with_effects(root)
    write_experiments(root, "block2", MARK)
    tokens, examples = (store.read_table(table, "block2") for table in (EFFECT_TOKENS, EFFECT_EXAMPLES))
    marked = pl.when(pl.col("token") == "six").then(pl.lit(MARK)).otherwise("token").alias("token")
    store.write_table(EFFECT_TOKENS, tokens.with_columns(marked), "block2")
    clips = store.read_table(CLIPS).filter(hidden, domain="speech")["clip"]
    within = pl.when(pl.col("rank") == 1).then(pl.lit(clips[0], pl.UInt32)).otherwise("clip").alias("clip")
    said = pl.when(pl.col("rank") == 1).then(pl.lit(MARK)).otherwise("before").alias("before")
    store.write_table(EFFECT_EXAMPLES, examples.with_columns(within, said), "block2")
    return opened(root, tables="all")


def test_what_a_readout_wrote_of_hidden_clips_alone_is_in_no_file_and_on_no_page(heard: SiteAtlas) -> None:
    files = [file for table in EVERY for file in table_files(heard, table)]
    texts = {file.address: pl.read_parquet(file.content).write_json() for file in files}
    for kind in (clip, dictionary, hallucination, search):
        texts |= {address: str(text) for address, text in kind.pages(heard)}
    for kind in (feature, featuredata):
        texts |= {address: str(text) for address, text in kind.pages(heard, "block2", 0, EFFECTS_SPEC.features)}

    assert sum(MARK in pl.read_parquet(file.source).write_json() for file in files) == 3
    assert [address for address, text in texts.items() if MARK in text] == []
    shown = {address for address, text in texts.items() if "sells" in text}
    assert {"d/block2.html", "data/words.js", "tables/effect_tokens/block2.parquet"} <= shown
    assert {"json", "html"} <= {address.rpartition(".")[2] for address in shown if address.startswith("f/block2/")}


def test_a_token_may_be_shown_if_a_clip_that_may_be_read_has_it_or_nothing_is_hidden(heard: SiteAtlas) -> None:
    assert [may_be_shown(heard, token) for token in ("sells", " Sells,", "nine", "\u0283")] == [True] * 4
    assert [may_be_shown(heard, token) for token in (MARK, "sell", "")] == [False] * 3
    assert not may_be_shown(replace(heard, media=MediaConfig()), "sells")


def test_what_is_written_of_silence_is_shown_where_no_clip_without_speech_is_hidden(heard: SiteAtlas) -> None:
    quiet = replace(heard)
    speech = quiet.clips.with_columns(reason=pl.lit(None, pl.String), licence=pl.lit(LICENCES[0]))
    vars(quiet)["clips"] = speech
    told = dict(hallucination.pages(quiet))

    assert MARK in str(told["experiments/hallucination.html"])
    assert may_be_shown(quiet, MARK), "nothing is hidden"


def test_where_everything_may_be_published_nothing_is_looked_for(root: Path, tmp_path: Path) -> None:
    atlas = opened(write_atlas(tmp_path / "atlas", replace(SPEC, media=False)), "*")

    assert hidden_labels(atlas) == unread_labels(atlas) == frozenset()
