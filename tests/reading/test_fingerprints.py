"""What stands for the figures of a dictionary in an address: what changes it, and what does not."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from atlas.reading.fingerprints import ANALYSED, MEASURED, dictionary_figures, figures_fingerprint
from atlas.reading.opening import open_atlas
from atlas.reading.tables import Atlas
from atlas.schema import CAUSES
from tests.causes import with_effects
from tests.synthetic import Spec, write_atlas


@pytest.fixture
def atlas(tmp_path: Path) -> Atlas:
    return analysed(open_atlas(write_atlas(tmp_path, Spec(features=32, clips=24))))


def analysed(atlas: Atlas, more: Mapping[str, bytes] | None = None) -> Atlas:
    """The atlas with the marker that analysing leaves; more: files that it leaves otherwise."""
    folder = atlas.folder
    for path, content in (more or {}).items():
        folder.write_bytes(folder.root / path, content)
    tables = ("findings", "labels", "neighbours", "controls", "comparisons")
    files = [path for table in tables for path in folder.root.glob(f"{table}/*.parquet")]
    files += [path for table in tables if (path := folder.root / f"{table}.parquet").exists()]
    folder.mark((ANALYSED,), {}, files)
    return atlas


def test_another_dictionary_changes_nothing(atlas: Atlas) -> None:
    before = dictionary_figures(atlas, "block2")
    cards = dict(atlas.card.dictionaries)
    more = {
        f"{path}.parquet": b"another" for path in ("findings/block3", "labels/block3", "neighbours/block2", "controls")
    }
    wider = replace(
        atlas, card=replace(atlas.card, fingerprint="0" * 16, dictionaries={**cards, "block3": cards["block2"]})
    )

    assert dictionary_figures(analysed(wider, more), "block2") == before


@pytest.mark.parametrize("table", ["findings", "labels"])
def test_a_table_of_its_own_changes_it(atlas: Atlas, table: str) -> None:
    before = {name: dictionary_figures(atlas, name) for name in atlas.names}
    after = analysed(atlas, {f"{table}/block2.parquet": b"another"})

    assert {name for name in atlas.names if dictionary_figures(after, name) != before[name]} == {"block2"}


def test_so_do_the_corpus_and_its_card(atlas: Atlas) -> None:
    before = dictionary_figures(atlas, "block2")
    corpus = replace(atlas, card=replace(atlas.card, corpus=replace(atlas.card.corpus, hash="another")))
    changed = {**atlas.card.dictionaries, "block2": replace(atlas.card.dictionaries["block2"], l0=1.0)}

    assert dictionary_figures(corpus, "block2") != before
    assert dictionary_figures(replace(atlas, card=replace(atlas.card, dictionaries=changed)), "block2") != before


def test_its_name_does_not(atlas: Atlas) -> None:
    before = dictionary_figures(atlas, "block2")
    for path in list(atlas.folder.root.glob("*/block2.parquet")):
        path.rename(path.with_name("later.parquet"))
    cards = {"later" if name == "block2" else name: card for name, card in atlas.card.dictionaries.items()}

    assert dictionary_figures(analysed(replace(atlas, card=replace(atlas.card, dictionaries=cards))), "later") == before


def test_effects_change_it_where_they_were_measured_and_nowhere_else(atlas: Atlas) -> None:
    before = {name: dictionary_figures(atlas, name) for name in atlas.names}
    whole = figures_fingerprint(atlas)
    cases = with_effects(atlas.folder.root)
    assert {name: dictionary_figures(atlas, name) for name in atlas.names} == before, "no stage says that they are done"
    kept = atlas.folder.write_bytes(atlas.folder.root / f"causes/edits/{cases.dictionary}.parquet", b"kept")
    tables = [path for name in CAUSES for path in atlas.folder.root.glob(f"{name}/*.parquet")]
    tables += [path for name in CAUSES if (path := atlas.folder.root / f"{name}.parquet").exists()]
    atlas.folder.mark((MEASURED,), {}, [*tables, kept])
    after = {name: dictionary_figures(atlas, name) for name in atlas.names}

    assert {name for name in atlas.names if after[name] != before[name]} == {cases.dictionary}
    assert figures_fingerprint(atlas) != whole
    atlas.folder.mark((MEASURED,), {}, tables)
    assert {name: dictionary_figures(atlas, name) for name in atlas.names} == after, "what is kept is no figure"
