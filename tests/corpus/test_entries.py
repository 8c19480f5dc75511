"""What a row becomes: columns renamed, gaps filled from the config, mistakes counted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import CorpusConfig
from atlas.corpus.entries import CorpusEntry, CorpusListing, CorpusRow, entries_of, within
from atlas.errors import AtlasError

ROOT = Path("/corpus")


def config(**settings: Any) -> CorpusConfig:
    return CorpusConfig(manifest=ROOT / "manifest.csv", **settings)


def listing(*cells: Mapping[str, object]) -> CorpusListing:
    rows = [
        CorpusRow(where=f"row {n}", path=str(row.get("path", "")), root=ROOT, prefix="", dataset="corpus", cells=row)
        for n, row in enumerate(cells, start=1)
    ]
    return CorpusListing("manifest.csv", tuple(dict.fromkeys(name for row in cells for name in row)), rows)


def entry(settings: CorpusConfig, **cells: object) -> CorpusEntry:
    return entries_of(listing({"path": "a/b.wav", "domain": "sound", **cells}), settings)[0]


def mistakes(found: CorpusListing, settings: CorpusConfig | None = None) -> str:
    with pytest.raises(AtlasError) as caught:
        entries_of(found, settings or config())
    return str(caught.value)


def test_a_full_row_keeps_everything_it_says() -> None:
    said = {
        "path": "a/b.wav", "start_s": "1.5", "end_s": "3", "domain": "music", "dataset": "fma", "recording": "track 1",
        "speaker": "ann", "labels": "rock| loud ||rock", "language": "en", "text": "la la", "licence": "CC0",
        "attribution": "by Ann", "source_url": "https://example.org", "unknown": "ignored",
    }  # fmt: skip

    assert entries_of(listing(said), config()) == (
        CorpusEntry(
            path="a/b.wav", file="/corpus/a/b.wav", start_s=1.5, end_s=3.0, domain="music", dataset="fma",
            recording="track 1", group=None, speaker="ann", labels=("rock", "loud"), language="en", text="la la",
            licence="CC0", attribution="by Ann", source_url="https://example.org",
        ),
    )  # fmt: skip


def test_what_a_row_lacks_is_filled_from_the_config_or_is_none() -> None:
    settings = config(domain="speech", dataset="mine", licence="CC-BY-4.0")

    assert entries_of(listing({"path": "a/b.c.wav", "domain": " ", "text": ""}), settings) == (
        CorpusEntry(
            path="a/b.c.wav", file="/corpus/a/b.c.wav", start_s=None, end_s=None, domain="speech", dataset="mine",
            recording="a/b.c", group=None, speaker=None, labels=(), language=None, text=None, licence="CC-BY-4.0",
            attribution=None, source_url=None,
        ),
    )  # fmt: skip
    assert entry(config()).dataset == "corpus"


def test_columns_are_renamed_and_labels_split_by_the_separator() -> None:
    settings = config(columns={"labels": "tag", "domain": "kind"}, separator=", ")

    found = entries_of(listing({"path": "a.wav", "kind": "music", "domain": "x", "tag": "b, a"}), settings)[0]

    assert (found.domain, found.labels) == ("music", ("b", "a"))


def test_a_real_list_of_labels_is_not_split() -> None:
    assert entry(config(), labels=["a|b", 7, None, ""]).labels == ("a|b", "7")
    assert entry(config(), labels=3).labels == ("3",)


@pytest.mark.parametrize(
    ("pattern", "path", "recording"),
    [
        (r"^([^_]+)", "cut_1.wav", "cut"),
        (r"/(\d+)$", "x/12.wav", "12"),
        (r"/(\d+)$", "x/twelve.wav", "x/twelve"),
        (r"x(y)?", "x/12.wav", "x/12"),
    ],
)
def test_a_recording_is_named_by_a_pattern_where_it_fits(pattern: str, path: str, recording: str) -> None:
    assert entry(config(recording_pattern=pattern), path=path).recording == recording


def test_a_path_is_shown_relative_to_the_root() -> None:
    assert [within(path, ROOT) for path in ("a.wav", "./b//a.wav", "b/../a.wav", "/corpus/b/a.wav")] == [
        "a.wav",
        "b/a.wav",
        "a.wav",
        "b/a.wav",
    ]


def test_rows_that_cannot_be_used_are_counted_and_the_first_few_told() -> None:
    bad: list[dict[str, object]] = [
        {"path": ""},
        {"path": "../a.wav", "domain": "sound"},
        {"path": "/elsewhere/a.wav", "domain": "sound"},
        {"path": "a.wav"},
        {"path": "a.wav", "domain": "noise"},
        {"path": "b.wav", "domain": "sound", "start_s": "late"},
    ]

    assert mistakes(listing(*bad, {"path": "c.wav", "domain": "sound"})) == (
        "manifest.csv: 6 rows cannot be used\n"
        "  row 1: no path\n"
        "  row 2: ../a.wav lies outside /corpus; set corpus.root to a folder above all files\n"
        "  row 3: /elsewhere/a.wav lies outside /corpus; set corpus.root to a folder above all files\n"
        "  row 4: no domain; give a column `domain`, name another by corpus.columns, or set corpus.domain\n"
        '  row 5: domain "noise" is none of corpus.domains: speech, music, sound\n'
        "  and 1 more"
    )


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"start_s": "late"}, 'start_s "late" is not a time in seconds'),
        ({"start_s": -1}, 'start_s "-1" is not a time in seconds'),
        ({"end_s": "inf"}, 'end_s "inf" is not a time in seconds'),
        ({"end_s": "nan"}, 'end_s "nan" is not a time in seconds'),
        ({"start_s": 2, "end_s": 2}, "end_s 2 is not after start_s 2"),
        ({"end_s": 0}, "end_s 0 is not after start_s 0"),
        ({"text": ["a"]}, "text holds a list; expected a text"),
        ({"speaker": {"name": "a"}}, "speaker holds a table; expected a text"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named(cells: dict[str, object], sentence: str) -> None:
    found = listing({"path": "a.wav", "domain": "sound", **cells})

    assert mistakes(found) == f"manifest.csv: 1 row cannot be used\n  row 1: {sentence}"


def test_a_path_may_come_twice_only_with_different_starts() -> None:
    rows = [{"path": path, "domain": "sound", "start_s": start} for path, start in (("a", 0), ("a", 5), ("./a", ""))]

    assert len(entries_of(listing(*rows[:2]), config())) == 2
    assert mistakes(listing(*rows)) == (
        "manifest.csv: 1 row cannot be used\n  row 3: the same path and start as row 1, a"
    )


def test_a_mapped_column_that_is_absent_is_told_with_those_that_exist() -> None:
    assert mistakes(listing({"path": "a.wav", "kind": "x"}), config(columns={"domain": "typ", "labels": "tag"})) == (
        "manifest.csv: no column typ (for domain), tag (for labels), which corpus.columns names;"
        " its columns: path, kind"
    )


def test_a_column_that_we_do_not_have_cannot_be_mapped() -> None:
    assert mistakes(listing({"path": "a.wav"}), config(columns={"label": "tag"})) == (
        "corpus.columns: no such column here: label; known: path, start_s, end_s, domain, dataset, recording, speaker,"
        " labels, language, text, licence, attribution, source_url"
    )


def test_a_source_without_rows_is_an_error() -> None:
    assert mistakes(listing()) == "manifest.csv: lists no audio"


def test_a_group_is_a_column_by_our_name_or_the_source_s_or_what_a_pattern_finds() -> None:
    said = {"who": "ann ", "author": "bob"}

    assert entry(config(), **said).group is None
    assert entry(config(group="speaker", columns={"speaker": "who"}), **said).group == "ann"
    assert entry(config(group="author"), **said).group == "bob"
    assert entry(config(group="author"), author=" ").group is None
    assert entry(config(group_pattern="^([^/]+)/")).group == "a"
    assert entry(config(group_pattern="([0-9]+)")).group is None


def test_a_group_that_no_column_names_is_answered_with_the_columns_there_are() -> None:
    assert mistakes(listing({"path": "a.wav", "domain": "sound"}), config(group="speaker")) == (
        "manifest.csv: no column speaker, which corpus.group names; its columns: path, domain; where paths say it,"
        " corpus.group_pattern reads it from them"
    )


def test_a_recording_takes_the_group_that_any_of_its_rows_names() -> None:
    rows = [{"path": f"{n}.wav", "domain": "sound", "recording": "r", "author": who} for n, who in enumerate(("", "x"))]

    assert [row.group for row in entries_of(listing(*rows), config(group="author"))] == ["x", "x"]


def test_a_recording_of_two_groups_is_a_mistake() -> None:
    rows = [
        {"path": f"{n}.wav", "domain": "sound", "recording": f"r{n // 3}", "text": f"text {n % 3}"} for n in range(6)
    ]

    assert mistakes(listing(*rows), config(group="text")) == (
        "manifest.csv: 2 recordings of more than one group; choose another corpus.group (or group_pattern), or finer"
        " recordings, each of which lies in one group\n"
        "  recording r0: 3 groups, such as text 0 and text 1\n"
        "  recording r1: 3 groups, such as text 0 and text 1"
    )


def test_a_group_that_is_a_list_is_named() -> None:
    found = listing({"path": "a.wav", "domain": "sound", "authors": ["a", "b"]})

    assert mistakes(found, config(group="authors")).endswith("row 1: group holds a list; expected a text")
