"""Search: what an address asks, what matches and why, and in what order; in node, without a page."""

import json
import random
from typing import Any

import pytest

from tests.render.scripts import in_page

FOUND = {"way": "found", "kind": "label", "label": "siren"}


def shelf(name: str = "block2", control: bool = False) -> dict[str, Any]:
    """Six features: 0 finds siren best, 1 dog, 2 hears siren, 3 is dead, 4 does nothing but fire on
    padding (0 does so too, and finds siren), 5 is explained.

    Terms hold the steps from feature to feature: siren is found by 0, 1 and 3, and heard in 0 and 2.
    """
    columns = {
        "state": ["live", "live", "rare", "dead", "live", "dense"],
        "density": [0.01, 0.02, 0.001, 0, 0.03, 0.2],
        "max": [5, 6, 1, 0, 9, 2],
        "auroc": [0.9, 0.95, None, None, 0.7, None],
        "label": ["siren", "dog", "", "", "padding", ""],
        "best_label": ["siren", "dog", "", "", "siren", ""],
        "domain": ["sound", "sound", "music", "", "speech", "speech"],
        "flags": ["padding", "", "", "", "positional, padding", "dense"],
        "explanation": ["", "", "", "", "", "A police siren, or Ödön's baby_cry"],
    }
    terms = [
        ["label", "dog", "found", "2 datasets", "l/label/dog.html", [1], [0.95]],
        ["label", "fire_siren", "found", "fsd", "l/label/fire-siren.html", [1], [0.6]],
        ["label", "siren", "found", "esc", "l/label/siren.html", [0, 1, 2], [0.9, 0.8, 0.7]],
        ["label", "siren", "heard", "esc", "l/label/siren.html", [0, 2], [20, 7]],
        ["phone", "S", "timed", "", "l/phone/s.html", [1], [0.5]],
    ]
    return {"name": name, "size": 6, "control": control, "columns": columns, "terms": terms}


def ask(address: str, *shelves: dict[str, Any], most: int = 50) -> Any:
    """What search says to an address: all that the page shows."""
    given = json.dumps(shelves or [shelf()])
    program = f"""
        const shelves = {given}, asked = atlas.query.parse({json.dumps(address)});
        for (const one of shelves) {{
          one.columns.auroc = one.columns.auroc.map((value) => (value === null ? NaN : value));
        }}
        const {{ total, rows }} = atlas.query.search(shelves, asked, {most});
        return {{
          total, rows: rows.map(({{ shelf, feature, why }}) => [`${{shelf.name}}/${{feature}}`, why]),
          cards: atlas.query.cards(shelves, asked), hidden: atlas.query.hidden(shelves, asked, total),
          loosened: atlas.query.loosened(shelves, asked).map(
            (one) => [one.filter || one.without || `only ${{one.only}}`, one.features]),
          jumps: atlas.query.jumps(asked.q, shelves), again: atlas.query.written(asked),
        }};"""
    return in_page(program, "query.js")


def named(answer: Any) -> list[str]:
    return [name for name, _ in answer["rows"]]


def test_features_that_find_the_label_come_before_those_whose_explanation_or_clips_hold_it() -> None:
    answer = ask("?q=siren")

    assert named(answer) == ["block2/0", "block2/1", "block2/5", "block2/2"]
    assert [why["way"] for _, why in answer["rows"]] == ["found", "found", "explained", "heard"]
    assert answer["rows"][1][1] | {"value": 0.8} == FOUND | {"value": 0.8}
    assert answer["rows"][3][1]["value"] == 7


def test_a_feature_that_somebody_named_so_comes_before_all_but_exact_labels_and_has_no_card() -> None:
    mine = shelf()
    mine["terms"].append(["name", "Fire siren, far off", "named", "", "", [2], [1]])
    answer = ask("?q=fire", mine)

    assert named(answer) == ["block2/2", "block2/1"]
    assert answer["rows"][0][1] == {"way": "named", "kind": "name", "label": "Fire siren, far off", "value": 1}
    assert [card["label"] for card in answer["cards"]] == ["fire_siren"]
    assert named(ask("?q=siren", mine)) == ["block2/0", "block2/1", "block2/2", "block2/5"]
    assert named(ask("?q=far+siren", mine)) == ["block2/2"]


def test_without_words_features_come_by_the_auroc_of_their_best_label_and_blanks_last() -> None:
    assert named(ask("")) == ["block2/1", "block2/0", "block2/2", "block2/5"]


def test_every_word_must_match_at_the_beginning_of_a_word() -> None:
    assert named(ask("?q=fire+sir")) == ["block2/1"]
    assert named(ask("?q=siren+dog")) == ["block2/1"]
    assert ask("?q=iren")["total"] == 0


def test_a_label_that_is_named_in_full_comes_before_those_that_begin_with_it() -> None:
    assert named(ask("?q=s")) == ["block2/1", "block2/0", "block2/5", "block2/2"]
    assert ask("?q=s")["rows"][0][1] == {"way": "timed", "kind": "phone", "label": "S", "value": 0.5}


def test_a_label_is_found_by_its_kind_and_name_as_pages_write_it() -> None:
    assert named(ask("?q=phone+s")) == ["block2/1"]
    assert [card["page"] for card in ask("?q=phone+s")["cards"]] == ["l/phone/s.html"]
    assert ask("?q=label+siren")["cards"][0]["label"] == "siren"
    assert ask("?q=word+s")["total"] == 0


def test_case_accents_and_underscores_do_not_matter() -> None:
    assert named(ask("?q=ODON+Baby+Cry")) == ["block2/5"]


def test_dead_and_padding_features_are_hidden_until_the_address_shows_them() -> None:
    answer = ask("?q=siren")

    assert answer["hidden"] == [{"name": "dead", "features": 1}]
    assert named(ask("?q=siren&show=dead"))[2] == "block2/3"
    assert ask("")["hidden"] == [{"name": "dead", "features": 1}, {"name": "padding", "features": 1}]
    assert ask("?show=dead,padding")["total"] == 6
    assert named(ask("?state=dead")) == ["block2/3"]


def test_controls_are_searched_only_where_they_are_asked_for() -> None:
    both = (shelf(), shelf("block2-random", control=True))

    assert ask("?q=dog", *both)["total"] == 1
    assert named(ask("?q=dog&show=controls", *both)) == ["block2/1", "block2-random/1"]
    assert named(ask("?q=dog&dictionary=block2-random", *both)) == ["block2-random/1"]


@pytest.mark.parametrize(
    ("address", "features"),
    [
        ("?domain=sound", [1, 0]),
        ("?domain=sound,music&state=rare", [2]),
        ("?density=0.01~0.02", [1, 0]),
        ("?density=~0.001", [2]),
        ("?auroc=0.9~", [1, 0]),
        ("?domain=sound&max=5.5~6.5", [1]),
        ("?sort=density", [5, 1, 0, 2]),
        ("?sort=-density", [2, 0, 1, 5]),
        ("?sort=max", [1, 0, 5, 2]),
        ("?sort=number", [0, 1, 2, 5]),
    ],
)
def test_facets_ranges_and_orders(address: str, features: list[int]) -> None:
    answer = ask(address)

    assert named(answer) == [f"block2/{feature}" for feature in features]
    assert answer["again"] == address


def test_cards_are_labels_with_features_that_find_them_the_exact_one_first() -> None:
    answer = ask("?q=siren", shelf(), shelf("block3"))

    assert [(card["label"], card["origin"], card["features"]) for card in answer["cards"]] == [
        ("siren", "esc", 6),
        ("fire_siren", "fsd", 2),
    ]
    assert [card["page"] for card in ask("?q=s")["cards"]] == [
        "l/phone/s.html",
        "l/label/siren.html",
        "l/label/fire-siren.html",
    ]


def test_a_word_in_texts_and_in_time_has_one_card_and_counts_a_feature_once() -> None:
    mine = shelf()
    mine["terms"] = [
        ["word", "yes", "found", "", "l/word/yes.html", [0, 1], [0.9, 0.8]],
        ["word", "yes", "timed", "", "l/word/yes.html", [1, 2], [0.5, 0.5]],
    ]

    assert [card["features"] for card in ask("?q=yes", mine)["cards"]] == [3]


def test_numbers_and_names_of_features_jump() -> None:
    both = (shelf(), shelf("block3"), shelf("block3-random", control=True))

    assert ask("?q=5", *both)["jumps"] == [
        {"dictionary": "block2", "feature": 5},
        {"dictionary": "block3", "feature": 5},
    ]
    assert ask("?q=block3-random/0005", *both)["jumps"] == [{"dictionary": "block3-random", "feature": 5}]
    assert ask("?q=block3/6", *both)["jumps"] == ask("?q=siren/5", *both)["jumps"] == []
    assert ask("?q=+block3+", *both)["jumps"] == [{"dictionary": "block3", "feature": None}]


def test_nothing_found_says_what_to_loosen_and_what_that_brings() -> None:
    assert ask("?q=dog&domain=speech")["loosened"] == [["domain", 1]]
    assert ask("?q=dog+zebra")["loosened"] == [["zebra", 1]]
    assert ask("?q=dog+zebra&density=0.5~")["loosened"] == [["only dog", 1]]
    assert ask("?q=zebra")["loosened"] == []


@pytest.mark.parametrize(
    ("address", "again"),
    [
        ("", ""),
        ("?q=+a+%26b%2C+&sort=match", "?q=a%20%26b,"),
        ("?dictionary=block2,block2,,block3&sort=wrong&show=dead,wrong", "?dictionary=block2,block3&show=dead"),
        ("?density=a~b&max=1~&auroc=~1e-3", "?max=1~&auroc=~0.001"),
        ("?sort=constructor&state=%3Cscript%3E", "?state=%3Cscript%3E"),
    ],
)
def test_an_address_is_read_with_patience_and_written_short(address: str, again: str) -> None:
    assert ask(address)["again"] == again


def test_the_first_rows_are_those_of_a_plain_sort() -> None:
    dice = random.Random(0)
    mine = [shelf(name) for name in ("a", "b")]
    for one in mine:
        one["size"], one["terms"] = 400, []
        values = [dice.choice([0.5, 0.6, 0.7, None]) for _ in range(400)]
        blank = {name: [""] * 400 for name in one["columns"]}
        one["columns"] = blank | {"state": ["live"] * 400, "auroc": values}
    order = [
        (one["columns"]["auroc"][feature], shelf, feature) for shelf, one in enumerate(mine) for feature in range(400)
    ]
    plain = sorted(order, key=lambda row: (row[0] is None, -(row[0] or 0), row[1], row[2]))

    assert named(ask("", *mine, most=300)) == [f"{'ab'[which]}/{feature}" for _, which, feature in plain[:300]]


def test_a_word_leads_to_the_clips_in_which_it_is_said_and_shows_what_stands_around_it() -> None:
    texts = ["", "One, two, three, four. \u201cOffice\u201d hours, <b>they</b> said", "officer Krupke", "a post-office"]
    program = f"""
        const texts = {json.dumps(texts)};
        return [
          ...["office", "office hours", " "].map((q) => atlas.query.spoken(texts, q)),
          atlas.query.around(texts[1], "office"), atlas.query.around(texts[3], "office"),
        ];"""

    assert in_page(program, "query.js") == [
        [1, 2, 3],
        [1],
        [],
        ["One, two, three, four.", "\u201cOffice\u201d", "hours, <b>they</b> said"],
        ["", "a", "post-office"],
    ]


def test_a_tier_keeps_the_features_whose_peaks_stand_at_one_of_its_labels() -> None:
    one = shelf()
    one["columns"]["peak_tier"] = ["words", "phones", "words", "", "", ""]

    assert named(ask("?peak_tier=words", one)) == ["block2/0", "block2/2"]
    assert sorted(named(ask("?peak_tier=words,phones", one))) == ["block2/0", "block2/1", "block2/2"]
    assert ask("?peak_tier=words", one)["again"] == "?peak_tier=words"
