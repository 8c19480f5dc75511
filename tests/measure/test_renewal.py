"""What the card says of the config alone is renewed: title, order, settings."""

from dataclasses import replace
from pathlib import Path

from atlas.config.dictionaries import DictionaryConfig
from atlas.config.settings import Config, CorpusConfig, EncoderConfig
from atlas.measure.renewal import renew_card
from atlas.schema.card import CARD, card_bytes, read_card
from atlas.stages import AtlasWorkspace
from atlas.store import AtlasFolder
from tests import cards

TAPS = {"a": "encoder.blocks.0", "b": "encoder.blocks.1"}


def workspace(root: Path, *names: str) -> AtlasWorkspace:
    """A config of dictionaries in an order, and the folder of an atlas."""
    entries = tuple(
        DictionaryConfig(name=name, tap=TAPS[name], checkpoint=f"{name}.pt", control=("random",)) for name in names
    )
    corpus, encoder = CorpusConfig(manifest=Path("manifest.csv")), EncoderConfig(model="encoder.pt")
    return AtlasWorkspace(
        Config(title="Renewed", corpus=corpus, encoder=encoder, dictionary=entries), AtlasFolder(root)
    )


def test_the_card_follows_title_and_order_of_the_config_and_keeps_its_figures(tmp_path: Path) -> None:
    measured = {"a": cards.SAE, "a-random": cards.control_card("a"), "b": cards.sae_card(k=3)}
    measured["b-random"] = cards.control_card("b")
    before = replace(cards.CARD, dictionaries=measured)
    (tmp_path / CARD).write_bytes(card_bytes(before))

    renew_card(workspace(tmp_path, "b", "a"))

    now = read_card(tmp_path)
    assert list(now.dictionaries) == ["b", "b-random", "a", "a-random"]
    assert now.dictionaries == measured
    assert (now.title, now.encoder.taps) == ("Renewed", ("encoder.blocks.1", "encoder.blocks.0"))
    assert now.config["title"] == "Renewed"
    same = replace(now, title=before.title, config=before.config, encoder=before.encoder, dictionaries=measured)
    assert card_bytes(same) == card_bytes(before)


def test_a_card_that_is_up_to_date_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / CARD).write_bytes(card_bytes(replace(cards.CARD, dictionaries={"a": cards.SAE, "a-random": cards.SAE})))
    renew_card(workspace(tmp_path, "a"))
    written = (tmp_path / CARD).stat()
    renew_card(workspace(tmp_path, "a"))

    assert ((tmp_path / CARD).stat().st_ino, (tmp_path / CARD).stat().st_mtime_ns) == (
        written.st_ino,
        written.st_mtime_ns,
    )
