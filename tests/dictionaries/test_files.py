"""Finding and opening checkpoint files: what is refused, and in which words."""

import hashlib
import os
from pathlib import Path

import pytest
import torch

from atlas.dictionaries.files import locate, read_checkpoint, sha256_with_settings
from atlas.errors import AtlasError

TENSORS = {"W_enc": torch.arange(6.0).reshape(2, 3)}


class Stranger:
    """A class that no checkpoint should need."""


def test_tensors_and_settings_come_back_as_they_were_saved(tmp_path, save):
    path = save(tmp_path / "ae.pt", TENSORS, {"k": 5})
    checkpoint = read_checkpoint(path)
    assert torch.equal(checkpoint.tensor("W_enc"), TENSORS["W_enc"])
    assert checkpoint.config == {"k": 5}
    assert checkpoint.sha256 == hashlib.sha256(Path(path).read_bytes()).hexdigest()
    assert checkpoint.size_bytes == Path(path).stat().st_size


def test_safetensors_come_back_too(tmp_path, save):
    assert torch.equal(
        read_checkpoint(save(tmp_path / "sae.safetensors", TENSORS, {})).tensor("W_enc"), TENSORS["W_enc"]
    )


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(AtlasError, match="no such file or folder; give a checkpoint's path, or hf://"):
        read_checkpoint(str(tmp_path / "ae.pt"))


@pytest.mark.parametrize("name", ["ae.pt", "sae.safetensors"])
def test_an_empty_file_is_told(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(AtlasError, match="an empty file"):
        read_checkpoint(str(tmp_path / name))


@pytest.mark.parametrize("name", ["ae.pt", "sae.safetensors"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_truncated_file_is_told(tmp_path, save, name, share):
    path = Path(save(tmp_path / name, {"W_enc": torch.zeros(64, 64)}, None))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(AtlasError, match="cut short or damaged"):
        read_checkpoint(str(path))


def test_another_kind_of_file_is_told(tmp_path):
    (tmp_path / "ae.pt").write_text("hello, this is text")
    with pytest.raises(AtlasError, match=r"not a checkpoint; expected what torch\.save writes"):
        read_checkpoint(str(tmp_path / "ae.pt"))


def test_a_git_lfs_pointer_is_told(tmp_path):
    (tmp_path / "ae.pt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(AtlasError, match="a Git LFS pointer, not the file itself"):
        read_checkpoint(str(tmp_path / "ae.pt"))


@pytest.mark.parametrize(("value", "asked"), [(Stranger(), r"Stranger`"), (os.system, r"`\w+\.system`")])
def test_a_pickle_that_asks_for_code_is_refused_by_name(tmp_path, value, asked):
    torch.save({"W_enc": torch.zeros(2), "extra": value}, tmp_path / "ae.pt")
    with pytest.raises(AtlasError, match=f"refused: the file asks to run .*{asked}, and only tensors"):
        read_checkpoint(str(tmp_path / "ae.pt"))


def test_a_lone_tensor_is_no_checkpoint(tmp_path):
    torch.save(torch.zeros(3), tmp_path / "ae.pt")
    with pytest.raises(AtlasError, match="holds a Tensor, not tensors by name"):
        read_checkpoint(str(tmp_path / "ae.pt"))


@pytest.mark.parametrize(("text", "message"), [("{", "not JSON"), ("[1]", "expected a table of settings, found list")])
def test_settings_that_are_no_table_are_told(tmp_path, save, text, message):
    path = save(tmp_path / "ae.pt", TENSORS, None)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(AtlasError, match=message):
        read_checkpoint(path)


def test_a_folder_with_one_checkpoint_stands_for_it(tmp_path, save):
    path = save(tmp_path / "strange name.pt", TENSORS, None)
    assert locate(str(tmp_path)).path == Path(path)


def test_a_known_name_is_preferred_to_training_state(tmp_path, save):
    save(tmp_path / "optimizer.pt", TENSORS, None)
    path = save(tmp_path / "ae.pt", TENSORS, None)
    assert locate(str(tmp_path)).path == Path(path)


def test_a_folder_of_layers_lists_them_and_chooses_none(tmp_path, save):
    for layer in range(1, 13):
        save(tmp_path / f"layer_{layer}/ae.pt", TENSORS, None)
    with pytest.raises(AtlasError, match=r"a folder with 12 checkpoints: layer_1/ae.pt, .* and 4 more; name one"):
        locate(str(tmp_path))


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(AtlasError, match="no checkpoint in this folder"):
        locate(str(tmp_path))


def test_the_fingerprint_changes_with_the_weights_and_with_the_settings(tmp_path, save):
    path = save(tmp_path / "ae.pt", TENSORS, {"k": 5})
    first = sha256_with_settings(path)
    assert sha256_with_settings(path) == first
    save(tmp_path / "ae.pt", TENSORS, {"k": 6})
    second = sha256_with_settings(path)
    save(tmp_path / "ae.pt", {"W_enc": torch.ones(2, 3)}, {"k": 6})
    assert len({first, second, sha256_with_settings(path)}) == 3
