"""What is kept of measured edits: nothing is lost, nothing counts twice, and pieces stay what they are."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlas.effects import ledger as ledgers
from atlas.effects.design import PlannedEdit
from atlas.effects.keys import EditKeys
from atlas.effects.label_words import SpokenLabel
from atlas.effects.ledger import Ledger, WantedEdit, by_clip, refuse_to_lose
from atlas.effects.means import LabelOfClips
from atlas.effects.measured import MEASURED
from atlas.errors import AtlasError

FACTS = {"weights of the encoder": "1"}
S, SH, GERMAN = SpokenLabel("phones", "s"), SpokenLabel("phones", "sh"), LabelOfClips("language", "de")
KEYS = EditKeys(
    contents={1: "first", 2: "second"},
    spans={1: "spoken", 2: ""},
    spoken={3: S},
    languages={},
    labels={3: S, 4: GERMAN},
    high_values=np.full(8, 2, np.float32),
    half_a="all",
)


def wanted(clip: int, feature: int, edit: str = "ablate", *, written: bool = False) -> WantedEdit:
    return WantedEdit(PlannedEdit(clip, feature, edit), written)


def measured(*edits: WantedEdit, frames: int = 3) -> pl.DataFrame:
    rows = [
        dict.fromkeys(MEASURED)
        | {"feature": one.planned.feature, "clip": one.planned.clip, "edit": one.planned.edit}
        | {"frames_edited": frames, "norm": 1.0, "outcomes": ["local"], "values": [float(one.planned.feature)]}
        | {"after": "text" if one.written else None}
        for one in edits
    ]
    return pl.DataFrame(rows, schema=dict(MEASURED), orient="row")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.of(tmp_path, "last", FACTS, KEYS)


def test_what_is_kept_is_read_back_and_no_longer_missing(ledger: Ledger) -> None:
    plan = [wanted(2, 7), wanted(1, 7), wanted(1, 7, "decoy"), wanted(1, 3)]
    assert ledger.missing(plan) == sorted(plan)

    ledger.add(measured(wanted(1, 3), wanted(1, 7)))

    assert ledger.missing(plan) == [wanted(1, 7, "decoy"), wanted(2, 7)]
    assert ledger.rows().select("feature", "clip", "edit").rows() == [(3, 1, "ablate"), (7, 1, "ablate")]


def test_an_edit_that_is_written_out_later_counts_once(ledger: Ledger) -> None:
    ledger.add(measured(wanted(1, 3)))
    assert ledger.missing([wanted(1, 3, written=True)]) == [wanted(1, 3, written=True)]

    ledger.add(measured(wanted(1, 3, written=True)))

    assert ledger.missing([wanted(1, 3), wanted(1, 3, written=True)]) == []
    assert ledger.rows()["after"].to_list() == ["text"]


def test_an_edit_that_cannot_be_made_is_not_tried_again(ledger: Ledger) -> None:
    ledger.add(measured(wanted(1, 3, "elsewhere_1"), frames=0))

    assert ledger.missing([wanted(1, 3, "elsewhere_1"), wanted(1, 3, "elsewhere_1", written=True)]) == []


def test_equal_rows_leave_equal_files_and_more_leave_them_as_they_are(ledger: Ledger, tmp_path: Path) -> None:
    path = ledger.add(measured(wanted(1, 3)))
    before = path.read_bytes()
    ledger.add(measured(wanted(1, 4)))
    again = Ledger.of(tmp_path / "other", "last", FACTS, KEYS).add(measured(wanted(1, 3)))

    assert path.read_bytes() == before == again.read_bytes()
    assert path.name == again.name


def test_other_facts_have_other_pieces_and_pruning_leaves_ones_own(ledger: Ledger, tmp_path: Path) -> None:
    changed = Ledger.of(tmp_path, "last", {"weights of the encoder": "2"}, KEYS)
    beside = Ledger.of(tmp_path, "block0", FACTS, KEYS)
    for one in (ledger, changed, beside):
        one.add(measured(wanted(1, 3)))
    assert changed.folder != ledger.folder
    ledger.prune(KEYS.contents.values())

    assert not changed.folder.exists()
    assert len(ledger.rows()) == len(beside.rows()) == 1


def test_pieces_are_of_one_clip_and_those_that_are_left_stay_together() -> None:
    plan = sorted(wanted(clip, feature) for clip in (1, 2) for feature in range(5))
    pieces = by_clip(plan, 2)
    left = [one for one in plan if one not in pieces[1]]

    assert [len(piece) for piece in pieces] == [2, 2, 1, 2, 2, 1]
    assert by_clip(left, 2) == [piece for piece in pieces if piece != pieces[1]]


def test_a_broken_piece_is_named(ledger: Ledger) -> None:
    ledger.add(measured(wanted(1, 3))).write_bytes(b"PAR1")

    with pytest.raises(AtlasError, match=r"not a readable piece of effects .* delete it"):
        ledger.rows()


PLAN = [
    wanted(clip, feature, edit) for clip in (1, 2) for feature in (3, 4, 5) for edit in ("ablate", "dose_1", "means")
]


def filled(ledger: Ledger) -> Ledger:
    for clip in (1, 2):
        ledger.add(measured(*(one for one in PLAN if one.planned.clip == clip)))
    return ledger


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({}, lambda one: False),
        ({"contents": {1: "first", 2: "with another text"}}, lambda one: one.clip == 2),
        ({"spans": {1: "said otherwise", 2: ""}}, lambda one: one.clip == 1),
        ({"languages": {4: "German"}}, lambda one: one.feature == 4),
        ({"spoken": {3: SH}}, lambda one: (one.clip, one.feature) == (1, 3)),
        ({"spoken": {3: S, 5: S}}, lambda one: (one.clip, one.feature) == (1, 5)),
        ({"labels": {3: S}}, lambda one: (one.feature, one.edit) == (4, "means")),
        ({"high_values": np.array([2, 2, 2, 2, 2.5, 2, 2, 2])}, lambda one: (one.feature, one.edit) == (4, "dose_1")),
        ({"half_a": "one more"}, lambda one: one.edit == "means"),
    ],
)
def test_a_change_costs_what_follows_from_it_and_no_more(ledger: Ledger, change: dict[str, Any], lost: Any) -> None:
    changed = replace(filled(ledger), keys=replace(KEYS, **change))
    expected = [one for one in sorted(PLAN) if lost(one.planned)]

    assert changed.missing(PLAN) == expected
    assert len(changed.rows()) == len(PLAN) - len(expected)
    assert ledger.missing(PLAN) == [], "what is changed back is there"


def test_clips_are_found_under_other_numbers_and_equal_ones_under_both(ledger: Ledger) -> None:
    before = filled(ledger).rows()
    moved = replace(ledger, keys=replace(KEYS, contents={7: "first", 8: "first"}, spans={7: "spoken", 8: "spoken"}))

    first = before.filter(clip=1)
    for number in (7, 8):
        assert moved.rows().filter(clip=number).equals(first.with_columns(clip=pl.lit(number, pl.UInt32)))
    assert set(moved.rows()["clip"]) == {7, 8}


def test_pruning_leaves_nothing_of_a_clip_that_is_gone(ledger: Ledger) -> None:
    filled(ledger).prune({"second"})

    assert set(ledger.rows()["clip"]) == {2}
    assert not [path for path in ledger.folder.iterdir() if b"first" in path.read_bytes() or "first" in path.name]


def test_much_that_was_measured_is_not_thrown_away_unasked(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(ledger)
    other = {"weights of the encoder": "2"}
    refuse_to_lose(tmp_path, "last", other)
    monkeypatch.setattr(ledgers, "GUARDED_PIECES", 1)

    refuse_to_lose(tmp_path, "last", FACTS)
    refuse_to_lose(tmp_path, "block0", other)
    with pytest.raises(AtlasError, match=r"last \(2 pieces\) follows from another .* `atlas effects --force`"):
        refuse_to_lose(tmp_path, "last", other)
