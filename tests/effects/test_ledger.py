"""What is kept of measured edits: nothing is lost, nothing counts twice, and pieces stay what they are."""

from pathlib import Path

import polars as pl
import pytest

from atlas.effects.design import PlannedEdit
from atlas.effects.ledger import Ledger, WantedEdit, by_clip
from atlas.effects.measured import MEASURED
from atlas.errors import AtlasError

FACTS = {"weights of the encoder": "1"}


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
    return Ledger.of(tmp_path, "last", FACTS)


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
    again = Ledger.of(tmp_path / "other", "last", FACTS).add(measured(wanted(1, 3)))

    assert path.read_bytes() == before == again.read_bytes()
    assert path.name == again.name


def test_other_facts_have_other_pieces_and_pruning_leaves_ones_own(ledger: Ledger, tmp_path: Path) -> None:
    changed = Ledger.of(tmp_path, "last", {"weights of the encoder": "2"})
    beside = Ledger.of(tmp_path, "block0", FACTS)
    for one in (ledger, changed, beside):
        one.add(measured(wanted(1, 3)))
    assert changed.folder != ledger.folder
    ledger.prune()

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
