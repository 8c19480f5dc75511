"""An atlas that files of explanations and names are imported into."""

from dataclasses import replace
from pathlib import Path

import pytest

from atlas.schema.card import CARD, card_bytes
from atlas.store import AtlasFolder
from tests import cards
from tests.cards import sae_card


@pytest.fixture
def folder(tmp_path: Path) -> AtlasFolder:
    """An atlas of two dictionaries, as far as an import cares."""
    atlas = AtlasFolder(tmp_path / "atlas")
    sizes = {"block3": 10, "block2": 100}
    own = {name: sae_card(features=size) for name, size in sizes.items()}
    atlas.write_bytes(atlas.root / CARD, card_bytes(replace(cards.CARD, dictionaries=own)))
    return atlas
