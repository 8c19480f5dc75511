"""Which recordings a label is held against, which words there are, and why a label is not tested."""

import polars as pl
import pytest

from atlas.analyse.testing.kinds import NO_CONTRAST, RARE_LABEL, Label, LabelKind, domain_kind, kinds_of, words_in
from atlas.analyse.testing.recordings import Recordings, recordings_of
from atlas.schema import ALIGNMENTS
from tests.analyse.making import DOMAINS, Clip, clips_frame


def kinds(clips: list[Clip], alignments: pl.DataFrame | None = None) -> dict[str, LabelKind]:
    frame = clips_frame(clips)
    spans = ALIGNMENTS.empty() if alignments is None else alignments
    return {kind.name: kind for kind in kinds_of(frame, spans, recordings_of(frame, DOMAINS))}


def label(kind: LabelKind, name: str) -> Label:
    return next(label for label in kind.labels if label.name == name)


def many(number: int, name: str, **about: object) -> list[Clip]:
    return [Clip(f"{name}{i}", **about) for i in range(number)]  # type: ignore[arg-type]


SIRENS = [
    *many(12, "siren", labels=["siren", "loud"]),
    *many(4, "horn", labels=["horn"]),
    *many(9, "plain"),
    *many(4, "song", domain="music", labels=["song"]),
    *many(11, "hum", dataset="lab", labels=["hum"]),
    *many(20, "voice", domain="speech", dataset="voices", language="en"),
]


def test_a_label_is_held_against_its_own_dataset_within_its_own_domain() -> None:
    frame = clips_frame(SIRENS)
    recordings = recordings_of(frame, DOMAINS)
    (kind, _) = kinds_of(frame, ALIGNMENTS.empty(), recordings)
    siren = label(kind, "siren")

    assert len(kind.recordings) == 12 + 4 + 9 + 4 + 11
    assert (siren.contrast.counts.tolist(), siren.contrast.sizes.tolist()) == ([12], [25])
    clips = recordings.clip[kind.recordings[siren.contrast.labelled]]
    assert sorted(frame["recording"].gather(clips)) == sorted(f"siren{i}" for i in range(12))
    assert (len(siren.clips), siren.recordings, siren.datasets, siren.null_reason) == (12, 12, 1, None)


def test_what_is_rare_or_alone_in_its_dataset_is_not_tested_and_says_why() -> None:
    kind = kinds(SIRENS)["label"]

    assert [one.name for one in kind.tested] == ["loud", "siren"]
    assert {one.name: one.null_reason for one in kind.labels if one.null_reason} == {
        "horn": RARE_LABEL,
        "song": RARE_LABEL,
        "hum": NO_CONTRAST,
    }
    assert label(kind, "hum").contrast.counts.tolist() == []


def test_a_recording_has_the_labels_of_the_clip_that_stands_for_it() -> None:
    clips = [Clip("one", labels=["a"]), Clip("one", labels=["b"]), Clip("two", labels=["a"])]
    kind = kinds(clips)["label"]

    assert {one.name: (one.clips.tolist(), one.recordings) for one in kind.labels} == {"a": ([0, 2], 2), "b": ([1], 1)}
    assert sum(len(one.labelled) for one in kind.labels) == 2


def test_an_unknown_language_or_speaker_is_left_out_and_an_absent_label_counts_as_lacking() -> None:
    clips = [
        *many(4, "en", language="en", labels=["read"]),
        *many(3, "de", language="de", speaker="ann"),
        *many(5, "none"),
    ]
    found = kinds(clips)

    assert {name: len(kind.recordings) for name, kind in found.items()} == {"label": 12, "language": 7, "speaker": 3}
    assert label(found["language"], "en").contrast.sizes.tolist() == [7]


def test_words_come_from_the_text_and_else_from_the_alignment() -> None:
    clips = [
        Clip("a", text="The DOG, the dog's 2 bones."),
        Clip("b", text="Der Hund"),
        Clip("c"),
        Clip("d"),
    ]
    spans = [(1, "words", 0.0, 1.0, "ignored"), (2, "words", 0.0, 1.0, "dog"), (3, "phones", 0.0, 1.0, "d")]
    found = kinds(clips, pl.DataFrame(spans, schema=dict(ALIGNMENTS.columns), orient="row"))["word"]

    expected = {"the": 1, "dog": 2, "dog's": 1, "bones": 1, "der": 1, "hund": 1}
    assert {one.name: one.recordings for one in found.labels} == expected
    assert len(found.recordings) == 3


def test_only_the_200_words_of_most_recordings_are_kept() -> None:
    letters = [a + b for a in "abcdefghijklmnop" for b in "abcdefghijklmnop"]
    clips = [Clip("a", text=" ".join(letters)), Clip("b", text=" ".join(letters[-10:]))]
    found = [one.name for one in kinds(clips)["word"].labels]

    assert found == sorted([*letters[:190], *letters[-10:]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rock’n’roll isn't 4ever!", ["rock'n'roll", "isn't", "ever"]),
        ("ÉTÉ straße", ["été", "strasse"]),
        ("-- 12 _ '", []),
    ],
)
def test_a_word_is_letters_without_case(text: str, words: list[str]) -> None:
    assert list(words_in(text)) == words


def test_no_labels_at_all_are_no_kinds() -> None:
    assert kinds(many(5, "clip")) == {}
    assert kinds([]) == {}


def test_domains_are_held_against_all_the_rest() -> None:
    frame = clips_frame(SIRENS)
    recordings: Recordings = recordings_of(frame, DOMAINS)
    kind = domain_kind(recordings)

    assert [(one.name, one.recordings, one.datasets, one.null_reason) for one in kind.labels] == [
        ("speech", 20, 1, None),
        ("music", 4, 1, RARE_LABEL),
        ("sound", 36, 2, None),
    ]
    assert label(kind, "speech").contrast.sizes.tolist() == [60]
