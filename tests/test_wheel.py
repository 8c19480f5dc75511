"""The wheel: what it holds, and that the command works where only the wheel and its dependencies are installed."""

import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import atlas

ROOT = Path(__file__).resolve().parent.parent


def output_of(*command: str | Path, folder: Path) -> str:
    """What a command prints, run elsewhere than in the repository and without its environment variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    output_of(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, folder=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel, which sees the packages of this one, as dependencies cannot be fetched.

    A line of a .pth file adds a folder, but does not follow the .pth files in it: an editable installation of the
    package in this environment stays out of sight.
    """
    folder = tmp_path_factory.mktemp("environment")
    output_of(sys.executable, "-m", "venv", "--without-pip", folder, folder=folder)
    python = folder / "bin/python"
    output_of(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, folder=folder
    )
    packages = output_of(python, "-c", "import site; print(site.getsitepackages()[0])", folder=folder).strip()
    Path(packages, "dependencies.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    return folder


def test_the_wheel_holds_the_package_the_templates_and_the_licence_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    templates = {f"atlas/{path.relative_to(ROOT)}" for path in (ROOT / "templates").rglob("*") if path.is_file()}
    assert templates
    assert templates <= names
    assert "atlas/py.typed" in names
    folders = {name.split("/")[0] for name in names}
    assert folders == {"atlas", f"audio_feature_atlas-{atlas.__version__}.dist-info"}
    assert [name for name in names if name.endswith("licenses/LICENSE")] != []


def test_the_installed_package_is_the_one_from_the_wheel(environment: Path) -> None:
    script = "import atlas; print(atlas.__file__)"
    found = output_of(environment / "bin/python", "-I", "-c", script, folder=environment)

    assert Path(found.strip()).is_relative_to(environment)


def test_the_installed_command_says_its_version_and_its_commands(environment: Path) -> None:
    command = environment / "bin/atlas"

    assert output_of(command, "--version", folder=environment) == f"atlas, version {atlas.__version__}\n"
    assert "build" in output_of(command, "--help", folder=environment)
