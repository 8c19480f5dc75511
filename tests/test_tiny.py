"""The tiny world is the same wherever it is written, and says where it is in one line."""

from pathlib import Path

from click.testing import CliRunner

from tests.building import contents
from tests.tiny import main


def test_the_tiny_world_is_the_same_in_every_folder(tiny_config: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path)])
    found = contents(tmp_path)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"tiny       a made-up corpus and model for {tmp_path / 'config.toml'}\n"
    assert len([name for name in found if name.startswith("corpus/")]) == 44
    assert [name for name, content in found.items() if content != (tiny_config.parent / name).read_bytes()] == []
