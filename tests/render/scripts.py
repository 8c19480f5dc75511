"""Runs the scripts of pages in node, with the least of a browser; skips the tests that need it where node is absent."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from atlas.render import constants

PAGE = Path(__file__).with_name("page.js")


def in_page(program: str, *scripts: str, site: Path = Path()) -> Any:
    """What a program (an async function's body that knows `atlas`) returns once the scripts are loaded."""
    node = shutil.which("node")
    if node is None:
        missing = "node is not installed; on Debian: apt-get install nodejs"
        pytest.fail(missing) if os.environ.get("ATLAS_BROWSER_TESTS") == "required" else pytest.skip(missing)
    command = [node, str(PAGE), str(site), *scripts]
    environment = {**os.environ, "ATLAS_CONSTANTS": constants.script()}
    result = subprocess.run(
        command, input=program, capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
