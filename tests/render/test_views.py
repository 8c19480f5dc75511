"""What pages say, held against the tables by a few plain lines: labels, comparisons, cards, the gallery, the corpus."""

import math
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.config.site import SiteConfig
from atlas.errors import AtlasError
from atlas.render import definitions, numbers
from atlas.render.pages.clip import read_truth, web_address
from atlas.render.pages.compare import MOST_ROWS, compare_page, compared_with
from atlas.render.pages.dictionary import densities, dictionary_page
from atlas.render.pages.home import CHARTED, home
from atlas.render.pages.label import pages as label_pages
from atlas.render.pages.labels import _sections, labels
from atlas.render.parts.cards import (
    AMONG,
    BOUNDS,
    BUDGETED,
    DETAILS,
    HEADLINE,
    MADE,
    MEASURED,
    SUMMARY,
    card_figures,
    drawn_count,
    figures_of,
    what_a_control_is,
)
from atlas.render.parts.corpus import corpus_domains
from atlas.render.parts.detections import detection_of, label_address, labels_with_pages
from atlas.render.parts.gallery import MOST, ROOMS, Candidate, _in_turn, gallery, why_empty
from atlas.render.parts.listed import Lister
from atlas.render.parts.tracks import BAND_HEIGHT, TimeAxis, axis_of, bands, by_clip, most_bands, ruler, tiers
from atlas.render.site import SiteAtlas, site_atlas
from atlas.schema import CONTROLS, DOMAINS, FEATURES, LABELS, NAMES, PEAK_LABELS, TIMED_LABELS
from atlas.schema.figures import CONTROL_FIGURES
from tests import cards
from tests.render.sites import SMALL, Parsed, opened
from tests.synthetic import Spec

SIGNIFICANT = 0.05


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("small"), SMALL, SiteConfig(notice="Made up."))


def table(atlas: SiteAtlas, kind: str, name: str) -> list[dict[str, object]]:
    return pl.read_parquet(atlas.folder.root / kind / f"{name}.parquet").to_dicts()


# definitions


def test_every_figure_of_the_tables_is_defined_once_in_a_sentence() -> None:
    keys = [figure.key for section in definitions.SECTIONS for figure in section.figures]
    explained = set(keys) | {"dictionary", "feature"}

    assert len(keys) == len(set(keys))
    assert [column for column in FEATURES.columns if column not in explained] == []
    assert {"auroc_worst", "rate_macro_frame", "specialised"} <= explained & {*DOMAINS.columns}
    assert all(one.text.endswith(".") and one.name for one in definitions.DEFINITIONS.values())
    assert {*SUMMARY, *MADE, *MEASURED} <= explained
    assert {definitions.beside_entry(figure) for figure in CONTROL_FIGURES} <= explained


# labels


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_two_labels_never_share_a_page(one: str, other: str) -> None:
    assert (label_address("label", one) == label_address("label", other)) == (one == other)


@pytest.mark.parametrize(
    ("label", "address"),
    [
        ("siren", "l/label/siren.html"),
        ("high voice", "l/label/high-voice.html"),
        ("German", "l/label/german-a659b60d.html"),
        ("high-voice", "l/label/high-voice-905f9128.html"),
        ("ɑ", "l/label/a5c445b0.html"),
        ("../etc", "l/label/etc-f7f9121f.html"),
    ],
)
def test_a_label_address_is_readable_where_the_label_is_plain(label: str, address: str) -> None:
    assert label_address("label", label) == address


def test_a_label_has_a_page_where_some_feature_finds_it(small: SiteAtlas) -> None:
    expected = set()
    for name in small.names:
        for row in table(small, LABELS.name, name):
            if row["q"] is not None and row["q"] < SIGNIFICANT and row["auroc"] > 0.5:  # type: ignore[operator]
                expected.add((row["kind"], row["label"]))
        for row in table(small, TIMED_LABELS.name, name):
            if row["q"] is not None and row["q"] < SIGNIFICANT and row["label"]:  # type: ignore[operator]
                expected.add(({"phones": "phone", "words": "word"}.get(str(row["tier"]), row["tier"]), row["label"]))
    detections = [detection_of(small, name) for name in small.names]

    assert set(labels_with_pages(detections)) == expected
    assert {address for address, _ in label_pages(small)} == {label_address(str(k), str(v)) for k, v in expected}


def test_a_label_has_a_page_where_peaks_stand_at_it(tmp_path: Path) -> None:
    atlas = opened(tmp_path, replace(SMALL, annotated=True), SiteConfig())
    rows = [row for row in table(atlas, PEAK_LABELS.name, "block1") if is_pure(row)]
    kinds = {"phones": "phone", "words": "word"}
    keys = {(kinds.get(str(row["tier"]), str(row["tier"])), str(row["label"])) for row in rows}
    pages = dict(label_pages(atlas))

    assert {tier for tier, _ in keys} - {"word", "phone"}
    assert {label_address(*key) for key in keys} <= set(pages)
    kind, label = min(keys - set(detection_of(atlas, "block1").timed))
    mine = [row for row in rows if (kinds.get(str(row["tier"]), row["tier"]), row["label"]) == (kind, label)]
    page = Parsed(str(pages[label_address(kind, label)]))
    assert "At the strongest peaks" in page.said
    assert all(f"block1/{row['feature']}" in page.said for row in mine)
    looked_at = sum(
        kinds.get(str(row["tier"]), row["tier"]) == kind for row in table(atlas, PEAK_LABELS.name, "block1")
    )
    assert f"{len(mine)} of {looked_at} features with enough peaks stand at it." in page.said
    parts = [part for part in labels(atlas).kinds if part.anchor == f"kind-{kind}"]
    line = next(line for part in parts for line in part.lines if line.links[0].label == label)
    assert line.measure == "Purity"


def is_pure(row: Mapping[str, Any]) -> bool:
    found = row["label"] is not None and row["q"] < SIGNIFICANT
    return found and row["purity"] >= 0.75 and row["purity"] > row["purity_shifted_max"]


def test_features_of_a_label_are_ranked_by_half_a(small: SiteAtlas) -> None:
    detection = detection_of(small, "block1")
    (key, rows), *_ = sorted(detection.clips.items())
    chosen = rows["phi_chosen_a"].to_list()

    assert chosen == sorted(chosen, reverse=True)
    assert detection.clip_tests[key].family == sum(
        row["tests"]
        for row in table(small, "label_index", "block1")
        if row["kind"] == key[0]  # type: ignore[misc]
    )


def test_the_list_of_labels_has_the_best_feature_of_each_beside_the_best_of_its_control(small: SiteAtlas) -> None:
    view = labels(small)
    line = next(line for kind in view.kinds if kind.anchor == "kind-label" for line in kind.lines)

    def chosen(name: str) -> dict[str, object]:
        (row,) = (
            row
            for row in table(small, "label_index", name)
            if (row["kind"], row["label"]) == ("label", line.links[0].label)
        )
        return row

    mine = {name: chosen(name) for name in ("block1", "block2") if chosen(name)["best_f1"] is not None}
    best = max(mine, key=lambda name: mine[name]["best_f1"])  # type: ignore[arg-type,return-value]
    own, theirs = mine[best], chosen(f"{best}-random")["best_f1"]

    assert view.controls == ("Random directions",)
    assert (line.feature.name, line.figure) == (f"{best}/{own['best_a']}", numbers.unit(own["best_f1"]))  # type: ignore[arg-type]
    assert line.rivals == ("none" if theirs is None else numbers.unit(theirs),)  # type: ignore[arg-type]
    assert line.ahead == (own["best_f1"] >= 0.5 and own["best_f1"] - (theirs or 0.0) > 0.1)  # type: ignore[operator]


def test_every_label_stands_once_in_the_list_found_or_folded(small: SiteAtlas) -> None:
    view = labels(small)
    lines = [link.label for kind in view.kinds for line in kind.lines for link in line.links]
    every_kind = (*view.kinds, *view.others)
    folded = [link.label for kind in every_kind for group in kind.untold for link, _ in group.labels]
    every = {(row["kind"], row["label"]) for name in small.names for row in table(small, "label_index", name)}
    detections = [detection_of(small, name) for name in small.names]
    every |= {key for detection in detections for key in (*detection.timed_tests, *detection.peaks)}

    assert len(lines) + len(folded) == len(every)
    assert lines
    assert folded
    assert all(kind.lines for kind in view.kinds)
    assert not any(kind.lines for kind in view.others)


def test_a_language_is_told_once_by_its_name_and_its_code() -> None:
    sections = _sections({("label", "German"), ("language", "de"), ("language", "xx"), ("label", "siren")})

    assert sections == {
        "label": [(("label", "siren"),)],
        "language": [(("label", "German"), ("language", "de")), (("language", "xx"),)],
    }


# cards


def test_the_share_that_is_named_is_the_one_that_analysing_found(small: SiteAtlas) -> None:
    rows = small.controls.filter(dictionary="block1", figure="named")

    assert figures_of(small, "block1")["named"] == rows["value"][0]
    assert figures_of(small, "block1-random")["named"] is None, "this atlas has no row for it"


def test_a_card_shows_the_control_beside_the_dictionary(small: SiteAtlas) -> None:
    card = small.card.dictionaries
    by_key = {figure.definition.key: figure for figure in card_figures(small, "block1")}

    assert float(by_key["l0"].value.text) == pytest.approx(card["block1"].l0, rel=0.01)
    (control,) = by_key["l0"].controls
    assert float(control.text) == pytest.approx(card["block1-random"].l0, rel=0.01)
    assert [one.text for one in by_key["fvu"].controls] == ["–"]
    assert {figure.controls for figure in card_figures(small, "block1-random")} == {()}


def test_what_analysing_holds_against_a_control_has_a_name_a_definition_and_all_digits_of_a_count(
    small: SiteAtlas,
) -> None:
    rows = [
        ("features", "", 30.0, 8.0, 8.0),
        ("labels_found", "label", 9.0, 6.0, 4.0),
        ("labels_tested", "label", 11.0, 11.0, 11.0),
        ("labels_found", "word", 2.0, None, None),
        ("label_phi", "label", 0.65, 0.6, None),
        ("label_phi_low", "label", 0.61, 0.55, None),
        ("label_phi_high", "label", 0.7, 0.66, None),
        ("fvu_pca", "", 0.403, None, None),
        ("components", "", 32.0, None, None),
        ("flag", "padding", 0.248, None, 0.391),
        ("share", "phones", 0.147, None, 0.194),
        ("shift_eligible", "centroid/urban/street", 1204.0, None, None),
        ("shift_held", "centroid/urban/street", 0.081, None, None),
        ("shift_eligible", "loudness/speech", 962.0, None, 955.0),
        ("shift_held", "loudness/speech", 0.12, None, 0.03),
        ("tests", "", 58053.0, None, 65877.0),
        ("above_control", "random", 3.0, 2.0, 1.0),
    ]
    held = [("block1", "block1-random", *row) for row in rows]
    atlas = SiteAtlas(small.folder, small.card, small.settings)
    vars(atlas)["controls"] = pl.DataFrame(held, schema=dict(CONTROLS.columns), orient="row")
    figures = [one for one in card_figures(atlas, "block1") if one.definition.key not in MEASURED]
    shown = {
        one.definition.name: [
            f"{value.text} of {value.among}".removesuffix(" of ") + value.interval for value in values
        ]
        for one in figures
        for values in [(one.value, one.drawn, *one.controls)]
    }

    assert next(iter(shown)) == "Labels found: label", "what tells a dictionary from its control comes first"
    assert shown == {
        "Labels found: label": ["9 of 11", "6 of 11", "4 of 11"],
        "Labels found: word": ["2", "", "–"],
        "Phi of the best feature: label": [".65.61 to .70", ".60.55 to .66", "–"],
        "Named, and above all random directions": ["3", "2", "1"],
        "FVU of PCA, 32 components": ["0.403", "", "–"],
        "Share of the best phone": ["15 %", "", "19 %"],
        "Held-out shift: spectral centroid in urban/street": ["8.1 % of 1,204", "", "–"],
        "Held-out shift: loudness in speech": ["12 % of 962", "", "3.0 % of 955"],
        "Flag: padding": ["25 %", "", "39 %"],
        "Tests": ["58,053", "", "65,877"],
    }
    assert drawn_count(atlas, "block1") == "8"
    assert all(one.definition.text.endswith(".") for one in card_figures(atlas, "block1"))
    told = what_a_control_is(atlas)
    assert "Random directions show" in told
    assert "Log-mel" not in told, "as none was measured"
    assert "None of this is chance" in told
    assert {*CONTROL_FIGURES} == {
        *HEADLINE,
        *DETAILS,
        *AMONG.values(),
        *BOUNDS,
        *BUDGETED.values(),
        *MEASURED,
        "features",
    }


def test_the_outline_of_densities_counts_every_feature_that_fires(small: SiteAtlas) -> None:
    fires = sum(row["density"] > 0 for row in table(small, "features", "block1"))  # type: ignore[operator]
    view = densities(small, "block1", None)

    assert f"How many of {fires} features that fire" in view.caption
    assert (view.control, view.mine[0]) == ("", "M")


def test_states_fill_their_bar(small: SiteAtlas) -> None:
    widths = [float(part.width) for part in dictionary_page(small, "block1").states]

    assert sum(widths) == pytest.approx(100, abs=0.05)


# comparisons


def test_a_comparison_lists_each_features_best_match_and_the_live_ones_without(small: SiteAtlas) -> None:
    best: dict[int, tuple[float, int]] = {}
    for row in table(small, "neighbours", "block1"):
        if row["kind"] == "overlap" and row["other_dictionary"] == "block2":
            best[row["feature"]] = max(best.get(row["feature"], (0.0, 0)), (row["value"], -row["other"]))  # type: ignore[index,operator,type-var,arg-type]
    matched = {feature for feature, (value, _) in best.items() if value > 0.5}
    live = {row["feature"] for row in table(small, "features", "block1") if row["state"] == "live"}
    view = compare_page(small, Lister(small), "block1", "block2")

    assert [side.name for side in view.sides] == ["block1", "block2"]
    assert len(view.matched) == min(MOST_ROWS, len(matched))
    pairs = {(match.feature.name, match.other.name) for match in view.matched}
    assert pairs <= {(f"block1/{feature}", f"block2/{-best[feature][1]}") for feature in matched}
    unmatched = {one.name for one in view.sides[0].unmatched}
    overlapping = live & best.keys() - matched
    assert unmatched <= {f"block1/{feature}" for feature in overlapping}
    assert len(unmatched) == min(MOST_ROWS, len(overlapping))


def test_a_dictionary_links_to_its_comparisons_in_one_order(small: SiteAtlas) -> None:
    assert {one.address for one in compared_with(small, "block2")} >= {"", "compare/block1--block2.html"}
    assert {one.address for one in compared_with(small, "block1")} >= {"", "compare/block1--block2.html"}


# the gallery and the corpus


def candidate(feature: int, room: str, label: str, worth: float) -> Candidate:
    return Candidate(dictionary="block1", feature=feature, room=room, label=label, why="", worth=worth)


def test_the_gallery_takes_the_worthiest_of_each_room_in_turn_and_no_label_twice() -> None:
    offered = [
        candidate(1, "sound", "siren", 0.9),
        candidate(2, "sound", "siren", 0.8),
        candidate(3, "sound", "dog", 0.7),
        candidate(4, "music", "drums", 0.2),
        candidate(1, "music", "alarm", 0.1),
    ]

    assert [(one.feature, one.label) for one in _in_turn(offered)] == [(1, "siren"), (4, "drums"), (3, "dog")]


def test_what_is_worth_hearing_is_live_unflagged_and_can_be_heard(small: SiteAtlas) -> None:
    exhibits = gallery(small, Lister(small))

    assert 0 < len(exhibits) <= MOST
    assert {exhibit.feature.state for exhibit in exhibits} == {"live"}
    assert all(exhibit.feature.snippet and exhibit.feature.snippet.audio and exhibit.trace for exhibit in exhibits)
    flagged = {(name, row["feature"]) for name in small.names for row in table(small, "findings", name) if row["flags"]}
    assert all(tuple(exhibit.feature.name.split("/")) not in {(n, str(f)) for n, f in flagged} for exhibit in exhibits)


def test_what_is_worth_hearing_is_named_and_beyond_every_control(small: SiteAtlas) -> None:
    findings = {(name, row["feature"]): row for name in small.names for row in table(small, "findings", name)}
    shown = [exhibit.feature for exhibit in gallery(small, Lister(small))]
    rows = [findings[feature.dictionary, int(feature.name.split("/")[1])] for feature in shown]

    assert {row["named_by"] for row in rows} <= {"peaks", "label"}
    assert {row["control_rank"] for row in rows} == {1}
    assert len({(row["kind"], row["label"]) for row in rows}) == len(rows)
    assert all(feature.label_page for feature in shown)


def test_home_names_the_kinds_of_labels_in_the_gallery_and_no_others(small: SiteAtlas) -> None:
    view = home(small, charted=False)

    kinds = {exhibit.room for exhibit in view.gallery}
    assert set(re.split(", | and ", view.in_turn)) == kinds
    assert kinds <= set(ROOMS.values())


def test_where_no_control_was_measured_nothing_is_worth_hearing_and_the_page_says_why(tmp_path: Path) -> None:
    atlas = opened(tmp_path, replace(SMALL, dictionaries=("block1",), controls=False))

    assert gallery(atlas, Lister(atlas)) == ()
    assert why_empty(atlas).startswith("No control was measured beside any dictionary")


def test_home_draws_what_tells_few_dictionaries_from_their_controls_and_no_share_of_names(
    small: SiteAtlas, tmp_path: Path
) -> None:
    names = ("one", "two", "three", "four")
    four = opened(tmp_path, Spec(features=32, dictionaries=names, clips=48, media=False))
    few, many = home(small, charted=True), home(four, charted=True)

    assert few.chart is not None
    assert {figure.key for figure in few.chart.figures} <= set(CHARTED)
    assert many.chart is None
    assert "named" not in {figure.key for figure in few.figures}
    assert {len(row.cells) for row, _ in few.dictionaries} == {len(few.figures)}


def test_of_many_dictionaries_the_controls_are_folded_on_the_first_page(small: SiteAtlas, tmp_path: Path) -> None:
    names = tuple(f"layer{number}" for number in range(1, 8))
    many = opened(tmp_path, Spec(features=32, dictionaries=names, clips=48, media=False))
    few, more = home(small, charted=False), home(many, charted=False)

    assert [row.name for row, _ in few.dictionaries] == list(small.names)
    assert few.folded == ()
    assert [row.name for row, _ in more.dictionaries] == list(names)
    assert [row.name for row, _ in more.folded] == [f"{name}-random" for name in names]


def test_a_given_name_stands_in_lists_on_buttons_and_in_the_gallery(small: SiteAtlas, tmp_path: Path) -> None:
    shutil.copytree(small.folder.root, tmp_path / "named")
    shown = [exhibit.feature for exhibit in gallery(small, Lister(small))]
    first = shown[0].name.split("/")
    nameless = int(small.headlines("block2").filter(state="live", named_by="none")["feature"][0])
    given = [(first[0], int(first[1]), "a horn", "ann"), ("block2", nameless, "a hum", "bob")]
    named = site_atlas(tmp_path / "named", SiteConfig())
    rows = pl.DataFrame(given, schema=dict(NAMES.columns), orient="row").sort(NAMES.key)
    named.folder.write_table(NAMES, rows)

    exhibits = gallery(named, Lister(named))
    assert [exhibit.feature.name for exhibit in exhibits] == [feature.name for feature in shown]
    assert exhibits[0].feature.label == "a horn"
    assert exhibits[0].feature.snippet is not None
    assert exhibits[0].feature.snippet.name.startswith(f"Play {shown[0].name}, a horn, ")
    listed = Lister(named).listed("block2", nameless)
    assert (Lister(small).listed("block2", nameless).label, listed.label) == ("", "a hum")


def test_features_that_their_peaks_name_can_be_heard_on_the_first_page(tmp_path: Path) -> None:
    atlas = opened(tmp_path, replace(SMALL, annotated=True))
    reasons = {exhibit.feature.label: exhibit.why for exhibit in gallery(atlas, Lister(atlas))}

    assert reasons["phone i (loud)"] == reasons["word atlas, also flute"] == "purity .81; random directions .31"


def test_what_was_listened_to_adds_up(small: SiteAtlas) -> None:
    domains = corpus_domains(small)
    clips = small.clips.filter(pl.col("problem").is_null())

    assert [domain.mark.name for domain in domains] == ["speech", "music", "sound"]
    assert sum(int(domain.clips) for domain in domains) == len(clips)
    for domain in domains:
        assert sum(int(dataset.clips) for dataset in domain.datasets) == int(domain.clips)


# a clip's time axis


def test_a_ruler_keeps_its_numbers_apart() -> None:
    assert [tick.text for tick in ruler(TimeAxis(3.2, 960, 25.0))] == ["0 s", "1 s", "2 s", "3 s"]
    assert [tick.x for tick in ruler(TimeAxis(4.0, 960, 25.0))] == ["0%", "25%", "50%", "75%", "100%"]
    assert [tick.text for tick in ruler(TimeAxis(30.0, 960, 25.0))] == [f"{second} s" for second in range(0, 31, 2)]


def test_the_axis_is_wide_enough_for_phones_and_else_as_wide_as_the_page() -> None:
    assert axis_of(30.0, cards.CARD.encoder.grid, timed=False).width == 960
    assert axis_of(30.0, cards.CARD.encoder.grid, timed=True).width == 3600


def test_timed_labels_stand_where_they_are_heard_and_are_cut_at_the_end() -> None:
    spans = pl.DataFrame(
        {
            "clip": [0, 0, 0],
            "tier": ["words", "phones", "phones"],
            "start_s": [1.0, 1.0, 3.9],
            "end_s": [2.0, 1.02, 5.0],
            "label": ["nine", "n", "ʃ"],
        }
    )
    words, phones = tiers(spans, TimeAxis(4.0, 960, 25.0))

    assert [(one.x, one.width, one.middle, one.text) for one in words.spans] == [("25%", "25%", "37.5%", "nine")]
    assert [(one.x, one.width, one.text) for one in phones.spans] == [("25%", "0.5%", ""), ("97.5%", "2.5%", "ʃ")]
    assert phones.spans[0].label == "n, 1.00 s to 1.02 s"


def test_a_band_is_as_high_as_its_trace(small: SiteAtlas) -> None:
    rows = next(iter(by_clip(small.tracks("block1")).values()))
    (band, *_), trace = bands("block1", rows, Lister(small), 12), rows.sort("rank")["trace"].to_list()[0]
    highest = [2 * math.ceil(value * BAND_HEIGHT / 510) for value in trace]  # in steps of two pixels

    assert heights_of(band.path, len(trace)) == highest


@pytest.mark.parametrize(("dictionaries", "expected"), [(1, 48), (4, 12), (12, 4), (32, 2)])
def test_of_many_dictionaries_a_clip_shows_the_first_bands_of_each(dictionaries: int, expected: int) -> None:
    assert most_bands(dictionaries) == expected


def heights_of(path: str, columns: int) -> list[int]:
    """The height over each column, walked along the path."""
    heights, x, y = [0] * columns, 0, 0
    for letter, first, _ in re.findall(r"([Mhv])(-?\d+)(?: (-?\d+))?", path):
        if letter == "M":
            x, y = int(first), BAND_HEIGHT
        elif letter == "v":
            y += int(first)
        else:
            for column in range(x, min(x + int(first), columns)):
                heights[column] = BAND_HEIGHT - y
            x += int(first)
    return heights


# what comes from outside


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "", None, "file:///etc/passwd"])
def test_only_addresses_of_the_web_become_links(url: str | None) -> None:
    assert web_address(url) is None
    assert web_address("https://host.example/clip") == "https://host.example/clip"


@pytest.mark.parametrize("text", ["not json", '{"size": 3}', "[1]", '"words"'])
def test_a_truth_that_cannot_be_read_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "truth.jsonl").write_text(text, encoding="utf-8")

    with pytest.raises(AtlasError, match=r"truth\.jsonl: not JSON lines with a `path` each"):
        read_truth(tmp_path / "truth.jsonl")


def test_no_truth_is_no_mistake() -> None:
    assert read_truth(None) == {}
