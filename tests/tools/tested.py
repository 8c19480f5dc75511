"""Run the tests of the demo's makers, which take minutes, only where something that they test has changed.

    python -m tests.tools.tested           # where the recorded digest is another
    python -m tests.tools.tested --always

The digest is that of the makers and their tests, of the demo's files, and of the parts of the package that the makers
lean on most. It is recorded once all of these tests have passed, none skipped, and belongs into the same commit.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests/tools"
RECORD = TESTS / "tested.json"
TESTED = ("tools/demo", "tests/tools/demo", "atlas/demo/files", "atlas/encoders", "atlas/train")


class Skips:
    """A plugin of pytest: how many tests were skipped."""

    def __init__(self) -> None:
        self.number = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.number += report.skipped


def digest_of_files(root: Path, folders: Iterable[str]) -> str:
    """Of every file's path and content."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in (root / folder).rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def is_recorded(record: Path, digest: str) -> bool:
    return record.is_file() and json.loads(record.read_text(encoding="utf-8"))["digest"] == digest


def main(*options: str) -> int:
    digest = digest_of_files(ROOT, TESTED)
    if "--always" not in options and is_recorded(RECORD, digest):
        print("tests/tools: not run, as what they test has not changed since they passed")
        return 0
    skips = Skips()
    status = int(pytest.main([str(TESTS)], plugins=[skips]))
    if status == 0 and not skips.number:
        RECORD.write_text(json.dumps({"digest": digest}) + "\n", encoding="utf-8")
        print(f"tests/tools: passed, and recorded in {RECORD.relative_to(ROOT)}")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
