"""Search: what an address asks, what matches and why, and in what order; in node, without a page."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from atlas.render.pages import search
from tests.render.scripts import in_page
from tests.render.sites import opened
from tests.synthetic import Spec

SCRIPTS = ("vocabulary.js", "query.js", "loosening.js")
FOUND = {"way": "found", "kind": "label", "label": "siren"}


def shelf(name: str = "block2", control: bool = False) -> dict[str, Any]:
    """Six features: 0 finds siren best, 1 dog, 2 hears siren, 3 is dead, 4 does nothing but fire on
    padding (0 does so too, and finds siren), 5 is explained.

    Terms: kind, label, way, page, features, values.
    """
    columns = {
        "state": ["live", "live", "rare", "dead", "live", "dense"],
        "density": [0.01, 0.02, 0.001, 0, 0.03, 0.2],
        "max": [5, 6, 1, 0, 9, 2],
        "auroc": [0.9, 0.95, None, None, 0.7, None],
        "beyond": [0.2, 0.3, None, None, None, -0.1],
        "label": ["siren", "dog", "", "", "padding", ""],
        "domain": ["sound", "sound", "music", "", "speech", "speech"],
        "peak_tier": ["words", "phones", "words", "", "", ""],
        "explanation": ["", "", "", "", "", "A police siren, or Ödön's baby_cry"],
        "does": ["passes", "no effect seen", "screened only", "", "passes", ""],
        "effect_size": [0.01, 0.002, None, None, 0.05, None],
        "effect_statistic": [3, 0.5, None, None, 2, 9],  # the last one is of no size in nats
    }
    terms = [
        ["label", "dog", "found", "l/label/dog.html", [1], [0.95]],
        ["label", "fire_siren", "found", "l/label/fire-siren.html", [1], [0.6]],
        ["label", "siren", "found", "l/label/siren.html", [0, 1, 3], [0.9, 0.8, 0.7]],
        ["label", "siren", "heard", "l/label/siren.html", [0, 2], [20, 7]],
        ["phone", "S", "timed", "l/phone/s.html", [1], [0.5]],
    ]
    return {"name": name, "size": 6, "control": control, "columns": columns, "terms": terms}


ORIGINS = {"dog": "2 datasets", "fire_siren": "fsd", "siren": "esc"}
SHELVES = """
    const numbers = new Map(), labels = [];
    for (const shelf of given) {
      for (const name of ["auroc", "beyond", "effect_size", "effect_statistic"])
        shelf.columns[name] = shelf.columns[name].map((value) => (value === null ? NaN : value));
      for (const [kind, label, , page] of shelf.terms)
        if (!numbers.has(`${kind} ${label}`)) {
          numbers.set(`${kind} ${label}`, numbers.size);
          labels.push({ kind, label, page, origin: origins[label] || "", shard: 0, names: [], classes: [],
            ...(known[label] || {}) });
        }
    }
    const words = atlas.vocabulary.prepare(labels);
    for (const shelf of given) {
      const rows = shelf.terms;
      shelf.terms = new Map();
      for (const [kind, label, way, , features, values] of rows) {
        const word = numbers.get(`${kind} ${label}`);
        shelf.terms.set(word, [...(shelf.terms.get(word) || []), { word, way, features, values }]);
      }
    }
"""


def ask(address: str, *shelves: dict[str, Any], most: int = 50, known: dict[str, Any] | None = None) -> Any:
    """What search says to an address: all that the page shows; known: other names and classes of labels."""
    program = f"""
        const given = {json.dumps(shelves or [shelf()])}, asked = atlas.query.parse({json.dumps(address)});
        const origins = {json.dumps(ORIGINS)}, known = {json.dumps(known or {})};
        {SHELVES}
        const plan = atlas.vocabulary.plan(words, asked.q);
        const {{ total, rows }} = atlas.query.search(given, asked, plan, {most});
        return {{
          total, rows: rows.map(({{ shelf, feature, why }}) => {{
            const reason = why && {{ ...why, ...(why.word === undefined ? {{}} :
              {{ kind: labels[why.word].kind, label: labels[why.word].label }}) }};
            if (reason) delete reason.word;
            return [`${{shelf.name}}/${{feature}}`, reason];
          }}),
          cards: atlas.query.cards(given, asked, plan, words), hidden: atlas.query.hidden(given, asked, plan, total),
          loosened: atlas.loosening.loosened(given, asked, words).map(
            (one) => [one.filter || one.without || `only ${{one.only}}`, one.features]),
          counts: Object.fromEntries(Object.entries(atlas.query.counts(given, asked, plan)).map(
            ([name, found]) => [name, Object.fromEntries(found)])),
          jumps: atlas.query.jumps(asked.q, given), again: atlas.query.written(asked),
          needed: atlas.query.needed(asked),
        }};"""
    return in_page(program, *SCRIPTS)


def named(answer: Any) -> list[str]:
    return [name for name, _ in answer["rows"]]


def test_features_that_find_the_label_come_before_those_whose_clips_or_explanation_hold_it() -> None:
    answer = ask("?q=siren")

    assert named(answer) == ["block2/0", "block2/1", "block2/2", "block2/5"]
    assert [why["way"] for _, why in answer["rows"]] == ["found", "found", "heard", "explained"]
    assert answer["rows"][1][1] == FOUND | {"value": pytest.approx(0.8)}
    assert answer["rows"][2][1]["value"] == 7


def test_a_feature_that_somebody_named_so_comes_before_all_but_exact_labels_and_has_no_card() -> None:
    mine = shelf()
    mine["terms"].append(["name", "Fire siren, far off", "named", "", [2], [1]])
    answer = ask("?q=fire", mine)

    assert named(answer) == ["block2/2", "block2/1"]
    assert answer["rows"][0][1] == {"way": "named", "kind": "name", "label": "Fire siren, far off", "value": 1}
    assert [card["label"] for card in answer["cards"]] == ["fire_siren"]
    assert named(ask("?q=siren", mine)) == ["block2/0", "block2/1", "block2/2", "block2/5"]
    assert named(ask("?q=far+siren", mine)) == ["block2/2"]


def test_an_exact_name_comes_before_a_part_of_one_and_titles_are_found_by_what_tells_them_apart() -> None:
    mine = shelf()
    mine["terms"] += [
        ["domain", "fire", "named", "", [0], [0.6]],
        ["label", "siren", "named", "l/label/siren.html", [1], [0.5]],
    ]
    mine["columns"]["label"] = ["fire (soft)", "siren", "fire (high voice)", "", "padding", "leans to dog"]

    assert named(ask("?q=fire", mine)) == ["block2/0", "block2/1", "block2/2"]
    assert named(ask("?q=siren", mine))[:2] == ["block2/1", "block2/0"]
    assert ask("?q=siren", mine)["rows"][0][1] == FOUND | {"value": pytest.approx(0.8)}
    assert named(ask("?q=soft", mine)) == ["block2/0"]
    assert ask("?q=voices", mine)["rows"] == [["block2/2", {"way": "titled"}]]
    assert named(ask("?q=Fire+(high+voice)", mine)) == ["block2/2"]
    assert named(ask("?q=leans+to+dog", mine)) == ["block2/5"]


def test_padding_is_shown_to_who_asks_for_it_in_words() -> None:
    answer = ask("?q=padding")

    assert named(answer) == ["block2/4"]
    assert [reason["name"] for reason in answer["hidden"]] == []


def test_without_words_features_come_by_how_far_they_beat_their_controls_and_blanks_last() -> None:
    assert named(ask("")) == ["block2/1", "block2/0", "block2/5", "block2/2"]
    assert named(ask("?q=siren&sort=beyond")) == ["block2/1", "block2/0", "block2/5", "block2/2"]


def test_every_word_must_match_at_the_beginning_of_a_word() -> None:
    assert named(ask("?q=fire+sir")) == ["block2/1"]
    assert named(ask("?q=siren+dog")) == ["block2/1"]
    assert ask("?q=iren")["total"] == 0


def test_a_label_that_is_named_in_full_comes_before_those_that_begin_with_it() -> None:
    mine = shelf()
    mine["terms"].append(["label", "sire", "found", "l/label/sire.html", [2], [0.6]])

    assert named(ask("?q=sire", mine)) == ["block2/2", "block2/0", "block2/1", "block2/5"]
    assert ask("?q=sire", mine)["rows"][0][1]["label"] == "sire"


def test_a_single_letter_is_a_whole_word() -> None:
    assert named(ask("?q=s")) == ["block2/1"]
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
        ("?beyond=0~", [1, 0]),
        ("?sort=beyond", [1, 0, 5, 2]),
        ("?sort=number", [0, 1, 2, 5]),
        ("?does=passes", [0]),
        ("?does=passes&show=padding&sort=effect_size", [4, 0]),
        ("?does=passes&show=padding&sort=effect_statistic", [0, 4]),
        ("?does=no%20effect%20seen,screened%20only", [1, 2]),
        ("?does=not%20measured", [5]),
        ("?effect_size=0.005~", [0]),
        ("?sort=effect_size", [0, 1, 2, 5]),
        ("?sort=effect_statistic", [0, 1, 2, 5]),
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
    assert [card["page"] for card in ask("?q=s")["cards"]] == ["l/phone/s.html"]
    assert [card["page"] for card in ask("?q=sir")["cards"]] == ["l/label/siren.html", "l/label/fire-siren.html"]


def test_a_word_in_texts_and_in_time_has_one_card_and_counts_a_feature_once() -> None:
    mine = shelf()
    mine["terms"] = [
        ["word", "yes", "found", "l/word/yes.html", [0, 1], [0.9, 0.8]],
        ["word", "yes", "timed", "l/word/yes.html", [1, 3], [0.5, 0.5]],
    ]

    assert [card["features"] for card in ask("?q=yes", mine)["cards"]] == [3]


def test_a_card_says_how_many_features_are_named_after_its_label_and_a_language_that_is_a_label_has_one() -> None:
    mine = shelf()
    mine["terms"] += [
        ["label", "German", "found", "l/label/german.html", [0, 1], [0.9, 0.8]],
        ["label", "German", "named", "l/label/german.html", [1], [0.7]],
        ["language", "de", "found", "l/language/de.html", [1, 2], [0.8, 0.7]],
        ["language", "de", "named", "l/language/de.html", [2], [0.7]],
        ["word", "German", "timed", "l/word/german.html", [5], [0.7]],
    ]
    cards = ask("?q=german", mine, known={"de": {"names": ["German"]}})["cards"]

    assert [(card["kind"], card["named"], card["features"]) for card in cards] == [("label", 2, 3), ("word", 0, 1)]
    assert [other["kind"] for other in cards[0]["also"]] == ["language"]


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
        blanks = dict.fromkeys(("beyond", "effect_size", "effect_statistic"), [None] * 400)
        one["columns"] = blank | {"state": ["live"] * 400, "auroc": values} | blanks
    order = [
        (one["columns"]["auroc"][feature], shelf, feature) for shelf, one in enumerate(mine) for feature in range(400)
    ]
    plain = sorted(order, key=lambda row: (row[0] is None, -(row[0] or 0), row[1], row[2]))

    assert named(ask("?sort=auroc", *mine, most=300)) == [
        f"{'ab'[which]}/{feature}" for _, which, feature in plain[:300]
    ]


def test_a_word_leads_to_the_clips_in_which_it_is_said_and_shows_what_stands_around_it() -> None:
    texts = ["", "One, two, three, four. \u201cOffice\u201d hours, <b>they</b> said", "officer Krupke", "a post-office"]
    program = f"""
        const texts = {json.dumps(texts)};
        return [
          ...["office", "office hours", " "].map((q) => atlas.loosening.spoken(texts, q)),
          atlas.loosening.around(texts[1], "office"), atlas.loosening.around(texts[3], "office"),
        ];"""

    assert in_page(program, *SCRIPTS) == [
        [1, 2, 3],
        [1],
        [],
        ["One, two, three, four.", "\u201cOffice\u201d", "hours, <b>they</b> said"],
        ["", "a", "post-office"],
    ]


def test_a_tier_keeps_the_features_whose_peaks_stand_at_one_of_its_labels() -> None:
    one = shelf()

    assert named(ask("?peak_tier=words", one)) == ["block2/0", "block2/2"]
    assert sorted(named(ask("?peak_tier=words,phones", one))) == ["block2/0", "block2/1", "block2/2"]
    assert ask("?peak_tier=words", one)["again"] == "?peak_tier=words"


@pytest.mark.parametrize(
    ("q", "features"),
    [
        ("sirens", [0, 1, 2, 5]),
        ("Siren's", [0, 1, 2, 5]),
        ("dogs", [1]),
        ("[S]", [1]),
        ("/s/", [1]),
        ("[ʃ]", [1]),
        ("fricatives", [1]),
        ("phones", [1]),
        ("car police", [0, 1, 2]),
        ("alarms", [0, 1, 2]),
        ("[x]", []),
        ("“dog”,", [1]),
    ],
)
def test_plurals_phones_in_brackets_classes_kinds_and_other_names_lead_to_labels(q: str, features: list[int]) -> None:
    known = {
        "S": {"names": ["s", "ʃ"], "classes": ["fricative", "voiceless"]},
        "siren": {"names": ["police car"], "classes": ["alarm"]},
    }

    assert sorted(named(ask(f"?q={q}", known=known))) == [f"block2/{feature}" for feature in features]


def test_what_a_label_is_called_comes_before_what_it_is_one_of() -> None:
    mine = shelf()
    mine["terms"].append(["label", "alarm", "found", "l/label/alarm.html", [2], [0.7]])
    answer = ask("?q=alarms", mine, known={"siren": {"classes": ["alarm"]}})

    assert named(answer) == ["block2/2", "block2/0", "block2/1"]
    assert [card["label"] for card in answer["cards"]] == ["alarm", "siren"]


def test_a_phone_in_brackets_is_that_phone_alone() -> None:
    mine = shelf()
    mine["terms"].append(["word", "s", "found", "l/word/s.html", [2], [0.9]])

    assert named(ask("?q=[s]", mine)) == ["block2/1"]
    assert [card["kind"] for card in ask("?q=[s]", mine)["cards"]] == ["phone"]


def test_each_facet_counts_what_fits_all_else() -> None:
    counts = ask("?q=siren&domain=sound")["counts"]

    assert counts["domain"] == {"sound": 2, "music": 1, "speech": 1}
    assert counts["state"] == {"live": 2}
    assert counts["dictionary"] == {"block2": 2}
    assert counts["does"] == {"passes": 1, "no effect seen": 1}
    assert ask("")["counts"]["does"] == {"passes": 1, "no effect seen": 1, "screened only": 1, "not measured": 1}
    assert ask("")["counts"]["state"]["dead"] == 1


@pytest.mark.parametrize("q", ["loses: dog", "loses dog", "loses:dogs"])
def test_a_word_that_ablation_lowers_is_found_by_itself_and_by_what_it_is(q: str) -> None:
    mine = shelf()
    mine["terms"] += [["loses", "dog", "loses", "", [5, 2], [0.5, 12]], ["loses", "doggerel", "loses", "", [0], [3]]]

    assert named(ask(f"?q={q}", mine))[:2] == ["block2/2", "block2/5"]
    assert ask(f"?q={q}", mine)["rows"][0][1] == {"way": "loses", "kind": "loses", "label": "dog", "value": 12}
    assert named(ask("?q=dog", mine)) == ["block2/1", "block2/2", "block2/5", "block2/0"]
    assert [card["label"] for card in ask("?q=dog", mine)["cards"]] == ["dog"], "it has no page, so no card"


def test_figures_are_asked_for_only_by_what_sorts_or_bounds_by_them() -> None:
    assert ask("?q=siren&domain=sound&sort=beyond")["needed"] == []
    assert ask("?sort=-density&max=1~")["needed"] == ["density", "max"]
    assert ask("?does=passes&effect_size=~1")["needed"] == ["effect_size"]
    assert ask("?sort=effect_statistic")["needed"] == ["effect_size", "effect_statistic"]


def test_the_nearest_labels_are_those_spelt_alike_and_none_where_nothing_is() -> None:
    labels = [("siren", "l/1"), ("fire siren", "l/2"), ("dog", "l/3"), ("sire", "")]
    program = f"""
        const {{ prepare, nearest }} = atlas.vocabulary;
        const labels = prepare({json.dumps(labels)}.map(
          ([label, page]) => ({{ kind: "label", label, page, shard: 0, names: [], classes: [] }})));
        return ["sirne", "syren", "zebra", "dg"].map((q) => nearest(labels, q, 5).map((entry) => entry.label));"""

    assert in_page(program, *SCRIPTS) == [["siren", "fire siren"], ["siren", "fire siren"], [], []]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("sirens", "siren"),
        ("noises", "nois"),
        ("noise", "nois"),
        ("glasses", "glass"),
        ("stories", "story"),
        ("barking", "bark"),
        ("running", "run"),
        ("typing", "typ"),
        ("typed", "typ"),
        ("type", "typ"),
        ("speed", "speed"),
        ("string", "string"),
        ("bus", "bus"),
        ("as", "as"),
        ("größe", "größe"),
    ],
)
def test_english_words_have_stems(word: str, stem: str) -> None:
    assert in_page(f"return atlas.vocabulary.stem({json.dumps(word)})", "vocabulary.js") == stem


def test_features_whose_strongest_example_is_in_some_clips_come_by_how_far_they_beat_their_controls() -> None:
    program = f"""
        const one = {json.dumps(shelf())}, asked = atlas.query.parse("");
        one.columns.beyond = one.columns.beyond.map((value) => (value === null ? NaN : value));
        const examples = new Map([[one, [4, 7, 4, 4, NaN, 9]]]);
        const found = (...given) => atlas.query.playing([one], ...given).map(({{ feature }}) => feature);
        return [found(asked, examples, [4, 7], 9), found(asked, examples, [4, 7], 2),
          found(atlas.query.parse("?domain=music"), examples, [4], 9)];"""

    assert in_page(program, *SCRIPTS) == [[1, 0, 2], [1, 0], [2]]


@pytest.mark.parametrize("hostile", [False, True])
def test_every_name_that_a_row_or_a_page_shows_is_found_when_it_is_typed(tmp_path: Path, hostile: bool) -> None:
    spec = Spec(features=200, dictionaries=("block2",), clips=72, annotated=True, hostile=hostile)
    for address, text in search.pages(opened(tmp_path / "atlas", spec)):
        if address.startswith("data/"):
            (tmp_path / address).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / address).write_text(str(text), encoding="utf-8")
    program = """
        const names = ["state", "label", "domain", "beyond", "given_by", "peak_tier"];
        const columns = await atlas.columns("block2", names);
        const labels = atlas.vocabulary.prepare(await atlas.words());
        const terms = new Map();
        for (const term of await atlas.terms("block2", [...new Set(labels.map(({ shard }) => shard))]))
          terms.set(term.word, [...(terms.get(term.word) || []), term]);
        const shelf = { name: "block2", size: columns.label.length, control: false, columns, terms };
        return [...new Set(columns.label)].filter((title) => title && title !== "no name").map((title) => {
          const asked = { ...atlas.query.parse(""), q: title };
          const { rows } = atlas.query.search([shelf], asked, atlas.vocabulary.plan(labels, title), 1000);
          const shown = rows.map(({ feature }) => columns.label[feature]);
          return [title, shown[0] || null, shown.filter((other) => other === title).length,
            columns.label.filter((other) => other === title).length];
        });"""
    answers = in_page(program, "columns.js", *SCRIPTS, site=tmp_path)

    assert len(answers) > 20
    assert [answer for answer in answers if answer[2] != answer[3]] == []
    assert [answer for answer in answers if not (answer[1] or "").startswith(answer[0].split(" (")[0])] == []
