"""When the tests of the demo's makers are due."""

from pathlib import Path

import pytest

from tests.tools import tested


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A project of one file; what pytest was asked for, and every time it says that all passed."""
    (tmp_path / "tests/tools").mkdir(parents=True)
    (tmp_path / "tools/demo").mkdir(parents=True)
    (tmp_path / "tools/demo/make.py").write_text("before")
    asked: list[list[str]] = []

    def run(arguments: list[str], plugins: list[tested.Skips]) -> int:
        asked.append(arguments)
        return 0

    monkeypatch.setattr("pytest.main", run)
    monkeypatch.setattr(tested, "ROOT", tmp_path)
    monkeypatch.setattr(tested, "RECORD", tmp_path / "tests/tools/tested.json")
    return asked


def test_they_run_once_and_again_where_a_file_has_changed_or_moved(runs: list[list[str]], tmp_path: Path) -> None:
    for times, change in (
        (1, lambda: None),
        (2, lambda: (tmp_path / "tools/demo/make.py").write_text("after")),
        (3, lambda: (tmp_path / "tools/demo/make.py").rename(tmp_path / "tools/demo/made.py")),
    ):
        change()
        assert [tested.main(), tested.main()] == [0, 0]
        assert len(runs) == times
    assert tested.main("--always") == 0
    assert runs == [[str(tested.TESTS)]] * 4


@pytest.mark.parametrize(("status", "skipped"), [(1, 0), (0, 1)])
def test_a_failure_or_a_skip_leaves_them_due(
    runs: list[list[str]], monkeypatch: pytest.MonkeyPatch, status: int, skipped: int
) -> None:
    def run(_: list[str], plugins: list[tested.Skips]) -> int:
        plugins[0].number = skipped
        return status

    monkeypatch.setattr("pytest.main", run)

    assert [tested.main(), tested.RECORD.exists()] == [status, False]
