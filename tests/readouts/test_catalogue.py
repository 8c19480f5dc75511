"""Which readout a config means, and what is told where none fits."""

from pathlib import Path

import pytest
import torch

from atlas.config.loading import parse_config
from atlas.config.settings import Config
from atlas.encoders.catalogue import find_source
from atlas.errors import AtlasError
from atlas.readouts.catalogue import find_readout
from atlas.readouts.heads import Heads, heads_bytes
from atlas.readouts.whisper_decoder import WhisperDecoder
from tests.annotate.whispers import miniature, write
from tests.readouts.made import NAMES, head_weights

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole model, the same in another file, its encoder alone, and another model."""
    write(miniature(), tmp_path / "whole.pt")
    state = torch.load(tmp_path / "whole.pt", weights_only=True)
    torch.save(state | {"note": "the same weights"}, tmp_path / "again.pt")
    encoder = {name: value for name, value in state["model_state_dict"].items() if name.startswith("encoder.")}
    torch.save(state | {"model_state_dict": encoder}, tmp_path / "encoder.pt")
    write(miniature(seed=1), tmp_path / "other.pt")
    return tmp_path


def config(folder: Path, encoder: str, **tables: dict[str, str]) -> Config:
    raw = {
        "title": "Readouts",
        "corpus": {"folders": {"speech": "."}},
        "encoder": {"model": encoder},
        "dictionary": [{"name": "units", "tap": "encoder.blocks.0", "kind": "identity", "density": 0.05}],
    }
    return parse_config(raw | tables, folder / "config.toml")


def found(folder: Path, encoder: str, **tables: dict[str, str]):
    settings = config(folder, encoder, **tables)
    return find_readout(settings, find_source(settings.encoder.model))


@pytest.mark.parametrize(
    ("encoder", "tables", "name"),
    [
        ("whole.pt", {}, "whole.pt"),
        ("whole.pt", {"effects": {}}, "whole.pt"),
        ("encoder.pt", {"annotate": {"model": "whole.pt", "words": "whisper"}}, "whole.pt"),
        ("whole.pt", {"annotate": {"model": "other.pt", "words": "whisper"}}, "whole.pt"),
        (
            "whole.pt",
            {"annotate": {"model": "other.pt", "words": "whisper"}, "effects": {"readout": "again.pt"}},
            "again.pt",
        ),
        ("encoder.pt", {"effects": {"readout": "whole.pt"}}, "whole.pt"),
    ],
)
def test_a_decoder_is_found_by_wish_beside_or_in_the_encoders_own_file(
    folder: Path, encoder: str, tables: dict[str, dict[str, str]], name: str
) -> None:
    readout = found(folder, encoder, **tables)

    assert (readout.name, readout.problem) == (name, None)
    assert readout.sha256 == find_source(str(folder / name)).sha256
    assert isinstance(readout.load(CPU), WhisperDecoder)


def test_a_file_of_heads_is_found_beside_the_config(folder: Path) -> None:
    sha256 = find_source(str(folder / "encoder.pt")).sha256
    (folder / "heads.safetensors").write_bytes(heads_bytes(NAMES, head_weights(), sha256))
    readout = found(folder, "encoder.pt", effects={"readout": "heads.safetensors"})

    assert (readout.name, readout.problem, len(readout.sha256)) == ("heads.safetensors", None, 64)
    assert isinstance(readout.load(CPU), Heads)


@pytest.mark.parametrize("tables", [{}, {"annotate": {"model": "other.pt", "words": "whisper"}}])
def test_without_a_decoder_it_is_told_what_cannot_be_measured(folder: Path, tables: dict[str, dict[str, str]]) -> None:
    readout = found(folder, "encoder.pt", **tables)

    assert readout.load(CPU) is None
    assert (readout.name, readout.sha256) == ("", "")
    assert readout.problem is not None
    assert "only how far the encoder's output moves" in readout.problem
    assert "encoder.pt: an encoder alone, without decoder.* tensors" in readout.problem
    assert "in effects.readout" in readout.problem


def test_a_broken_decoder_of_the_encoders_own_file_is_no_lack_of_one(folder: Path) -> None:
    whole = torch.load(folder / "whole.pt", weights_only=True)
    whole["dims"]["n_vocab"] -= 1
    torch.save(whole, folder / "broken.pt")

    with pytest.raises(AtlasError, match=r"broken.pt: `dims` say .* its token embedding has"):
        found(folder, "broken.pt")


@pytest.mark.parametrize(
    ("wished", "told"),
    [
        ("other.pt", r"effects.readout: other.pt does not hold the encoder .*\(whole.pt\).* name the complete"),
        ("encoder.pt", r"encoder.pt: an encoder alone.* name a complete Whisper checkpoint in effects.readout"),
        ("other.safetensors", r"effects.readout: there is no file other.safetensors"),
        ("none.pt", r"effects.readout: '.*none.pt' is neither a file nor a name"),
    ],
)
def test_a_wish_that_does_not_fit_the_encoder_is_refused(folder: Path, wished: str, told: str) -> None:
    with pytest.raises(AtlasError, match=told):
        found(folder, "whole.pt", effects={"readout": wished})
