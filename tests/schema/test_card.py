"""The card: written and read without loss, and refused where it is broken or of another version."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atlas.errors import AtlasError
from atlas.schema.card import CARD, CARD_VERSION, card_bytes, read_card
from atlas.schema.remarks import Doubt, Fact
from tests import cards
from tests.cards import control_card, sae_card

WHOLE = replace(
    cards.CARD,
    title="Wąż 音声",
    dictionaries={"z": sae_card(fvu=float("inf")), "z-random": control_card("z"), "a": sae_card(k=None, doubts=())},
)


def written(folder: Path, content: str | bytes) -> Path:
    (folder / CARD).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_what_is_written_is_read_and_written_alike(tmp_path: Path) -> None:
    read = read_card(written(tmp_path, card_bytes(WHOLE)))

    assert read == WHOLE
    assert list(read.dictionaries) == ["z", "z-random", "a"], "in their own order, not the alphabet's"
    assert card_bytes(read) == card_bytes(WHOLE)


def test_figures_of_facts_and_doubts_keep_their_types(tmp_path: Path) -> None:
    figures = {
        "whole": 5,
        "broken": 5.0,
        "infinite": float("inf"),
        "name": "5",
        "several": (1, 2.0, "3"),
        "one": ("x",),
    }
    remarked = sae_card(facts=(Fact("seed", figures),), doubts=(Doubt("never_active"), Doubt("rows_zero", figures)))
    read = read_card(written(tmp_path, card_bytes(replace(WHOLE, dictionaries={"a": remarked})))).dictionaries["a"]

    assert read == remarked
    assert [type(value) for value in read.facts[0].figures.values()] == [int, float, float, str, tuple, tuple]


@pytest.mark.parametrize("remarks", ["facts", "doubts"])
def test_a_kind_of_remark_that_is_not_known_is_refused(tmp_path: Path, remarks: str) -> None:
    content = json.loads(card_bytes(WHOLE))
    content["dictionaries"]["z"][remarks] = [{"kind": "hunch", "figures": {}}]

    with pytest.raises(
        AtlasError, match=rf"dictionaries\.z\.{remarks}\.0\.kind: Input should be 'format'|'threshold_unset'"
    ):
        read_card(written(tmp_path, json.dumps(content)))


def test_the_card_of_a_measured_atlas_is_in_the_order_of_its_config(tiny_atlas: Path) -> None:
    card = read_card(tiny_atlas)

    assert card_bytes(card) == (tiny_atlas / CARD).read_bytes()
    assert [name for name, own in card.dictionaries.items() if own.control_of is None] == [
        entry["name"]  # type: ignore[index]
        for entry in card.config["dictionary"]  # type: ignore[attr-defined]
    ]
    names = list(card.dictionaries)
    assert all(
        names.index(name) > names.index(own.control_of) for name, own in card.dictionaries.items() if own.control_of
    )
    assert list(card.corpus.domains) == ["speech", "music", "sound"]
    assert sum(domain.clips for domain in card.corpus.domains.values()) == card.corpus.clips


def test_a_folder_without_a_card_is_no_finished_atlas(tmp_path: Path) -> None:
    with pytest.raises(AtlasError) as caught:
        read_card(tmp_path / "nowhere")

    assert str(caught.value) == (
        f"{tmp_path / 'nowhere'}: not a finished atlas, as it has no atlas.json; run `atlas build`, or give the folder"
        " that it left"
    )


@pytest.mark.parametrize(
    ("version", "told"),
    [
        (None, "a card of version 1, where this tool reads version 5; run `atlas build`, which makes it anew"),
        (2, "a card of version 2, where this tool reads version 5; run `atlas build`, which makes it anew"),
        (3, "a card of version 3, where this tool reads version 5; run `atlas build`, which makes it anew"),
        (CARD_VERSION + 1, "a card of version 6, where this tool reads version 5; upgrade the tool"),
    ],
)
def test_a_card_of_another_version_is_refused(tmp_path: Path, version: int | None, told: str) -> None:
    content = json.loads(card_bytes(WHOLE)) | {"version": version, "later": True}
    if version is None:
        del content["version"]

    with pytest.raises(AtlasError) as caught:
        read_card(written(tmp_path, json.dumps(content)))

    assert str(caught.value) == f"{tmp_path / CARD}: {told}"


def _without(content: dict[str, Any]) -> str:
    del content["dictionaries"]["a"]["l0"]
    return json.dumps(content)


@pytest.mark.parametrize(
    ("breaking", "told"),
    [
        (lambda content: json.dumps(content)[:100], "no JSON: "),
        (lambda _: "[]", "an object with `version` and `fingerprint` was expected"),
        (lambda _: '{"name": "a foreign file", "version": 3}', "an object with `version` and `fingerprint`"),
        (lambda content: json.dumps(content | {"version": "2"}), "an object with `version` and `fingerprint`"),
        (_without, "dictionaries.a.l0: Field required"),
        (lambda content: json.dumps(content | {"title": 7}), "title: Input should be a valid string"),
    ],
)
def test_a_broken_card_is_told_with_its_place(
    tmp_path: Path, breaking: Callable[[dict[str, Any]], str], told: str
) -> None:
    path = written(tmp_path, breaking(json.loads(card_bytes(WHOLE))))

    with pytest.raises(AtlasError) as caught:
        read_card(path)

    assert str(caught.value).startswith(f"{tmp_path / CARD}: not the card of an atlas ({told}")
    assert str(caught.value).endswith("); delete this file and run `atlas build` again")


def test_cards_do_not_change() -> None:
    with pytest.raises(AttributeError):
        WHOLE.title = "another"  # type: ignore[misc]
