"""A new format is a module that ends in a `Format`, and a row of the table: nothing else knows of it."""

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from atlas.cli import main
from atlas.config.dictionaries import DictionaryConfig
from atlas.dictionaries import formats
from atlas.dictionaries.base import Dictionary, Selection
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.dictionaries.contract import Format
from atlas.dictionaries.files import sha256_with_settings
from atlas.dictionaries.folding import Weights, constant, folded
from atlas.dictionaries.load import load_dictionary
from atlas.dictionaries.taps import SuggestedTap
from atlas.schema.remarks import Doubt, Fact

D, N = 3, 6


def recognise(checkpoint: Checkpoint) -> str | None:
    return "a weaver's loom" if checkpoint.has("warp", "weft") else None


def read(checkpoint: Checkpoint) -> Dictionary:
    n, d = checkpoint.shape("warp")
    rows = checkpoint.floats("warp", n, d)
    scale = checkpoint.beside["tension.json"]["scale"]
    assert isinstance(scale, float)
    weights = Weights(rows, checkpoint.floats("weft", n) * scale, rows, centre=None, offset=None)
    return folded("loom", weights, Selection("threshold", thresholds=constant(0.0, n)))


LOOM = Format(
    name="Loom",
    expects="`warp` and `weft`",
    file_names=("loom.pt",),
    settings_names=("pattern.json",),
    beside_names=("tension.json",),
    recognise=recognise,
    read=read,
    suggested_tap=lambda checkpoint: SuggestedTap(str(checkpoint.setting("hung_at"))),
)


@pytest.fixture
def loom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, LOOM))
    torch.save({"warp": torch.eye(N, D) + 1, "weft": torch.ones(N)}, tmp_path / "loom.pt")
    torch.save({"step": torch.ones(1)}, tmp_path / "optimiser.pt")
    (tmp_path / "pattern.json").write_text(json.dumps({"hung_at": "encoder.blocks.1", "k": 4}), encoding="utf-8")
    (tmp_path / "tension.json").write_text(json.dumps({"scale": 0.5}), encoding="utf-8")
    return str(tmp_path)


def test_inspect_tells_what_a_checkpoint_of_a_new_format_is(loom: str) -> None:
    result = CliRunner().invoke(main, ["inspect", loom])

    assert result.exit_code == 0, result.output
    rows = dict(line.split(maxsplit=1) for line in result.output.splitlines() if line.startswith("  "))
    assert rows["file"] == f"{loom}/loom.pt"
    assert rows["format"] == "Loom"
    assert "recognised by      a weaver's loom" in result.output
    assert "suggested tap      encoder.blocks.1" in result.output
    assert "k = 4" in rows["config"]


def test_a_checkpoint_of_a_new_format_is_loaded_and_doubted_at_another_tap(loom: str) -> None:
    config = DictionaryConfig(name="block2", tap="encoder.blocks.2", checkpoint=loom)
    dictionary = load_dictionary(config, D)

    assert (dictionary.kind, dictionary.n, dictionary.d) == ("loom", N, D)
    assert dictionary.bias.tolist() == [0.5] * N
    assert dictionary.facts[0] == Fact("format", {"name": "Loom"})
    assert dictionary.warnings == (Doubt("other_tap", {"named": "encoder.blocks.1", "read": "encoder.blocks.2"}),)


@pytest.mark.parametrize("name", ["pattern.json", "tension.json"])
def test_what_lies_beside_a_checkpoint_of_a_new_format_enters_its_fingerprint(loom: str, name: str) -> None:
    before = sha256_with_settings(loom)
    (Path(loom) / name).write_text(json.dumps({"hung_at": "elsewhere", "scale": 2.0}), encoding="utf-8")

    assert sha256_with_settings(loom) != before


def test_the_error_about_an_unknown_checkpoint_names_the_new_format(loom: str) -> None:
    with pytest.raises(Exception, match="Loom: `warp` and `weft`"):
        load_dictionary(DictionaryConfig(name="x", tap="t", checkpoint=f"{loom}/optimiser.pt"), None)
