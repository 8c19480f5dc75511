"""Evidence: what is probed, in which representations, and how it is written."""

import json
from pathlib import Path

import pytest

from tests.tools.demo.listener.small import SHAPE, TONES, scenes
from tools.demo.listener.evidence import LOG_MEL, UNTRAINED, Ears, Score, evidence, table, write_evidence
from tools.demo.listener.network import save_encoder, untrained

TAP = "encoder.blocks.0"
SCORES = [Score("phone", LOG_MEL, 0.5, 4, 100), Score("phone", TAP, 0.75, 4, 100), Score("tone", TAP, 1.0, 2, 9)]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> list[Score]:
    path = tmp_path_factory.mktemp("evidence") / "encoder.pt"
    save_encoder(untrained(SHAPE, 1), SHAPE, path)
    return evidence(scenes(64, 5), Ears(path, [TAP], seed=2), {"tone": TONES})


def test_every_kind_is_probed_in_every_representation(scores: list[Score]) -> None:
    kinds = {(score.kind, score.classes) for score in scores}

    assert kinds == {("phone", 2), ("tone", 2), ("language", 2)}
    assert len(scores) == 9
    assert {score.representation for score in scores} == {LOG_MEL, TAP, UNTRAINED + TAP}


def test_what_is_heard_in_any_representation_is_told_and_what_is_not_is_not(scores: list[Score]) -> None:
    """The tones and the phones differ by sound, the two languages by name alone."""
    by_kind = {
        kind: [score.accuracy for score in scores if score.kind == kind] for kind in ("phone", "tone", "language")
    }

    assert min(by_kind["tone"] + by_kind["phone"]) > 0.95
    assert max(by_kind["language"]) < 0.9


def test_the_scores_are_written_and_shown(tmp_path: Path) -> None:
    write_evidence(SCORES[:2], tmp_path / "probes.json")

    assert json.loads((tmp_path / "probes.json").read_text())[1]["accuracy"] == 0.75
    assert table(SCORES[:2]).splitlines() == [
        "                       phone",
        "chance                 0.250",
        "log-mel                0.500",
        "encoder.blocks.0       0.750",
    ]
