"""Checkpoints on the hub, by a stand-in for its client and by a real, empty cache without network."""

from pathlib import Path

import huggingface_hub
import pytest
import torch
from huggingface_hub import errors

from atlas.dictionaries.files import locate, read_checkpoint, sha256_with_settings
from atlas.dictionaries.hub import HubFile, parse_address
from atlas.errors import AtlasError

ADDRESS = "hf://owner/repo@v1/layer_3"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A folder that stands for one repository at one revision."""
    folder = tmp_path / "hub"

    def download(repository, path, revision=None):
        assert (repository, revision) == ("owner/repo", "v1")
        if not (folder / path).is_file():
            raise errors.EntryNotFoundError("404")
        return str(folder / path)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    return folder


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("hf://owner/repo/layer_3/ae.pt", HubFile("owner/repo", "layer_3/ae.pt")),
        ("hf://owner/repo@v1/layer_3/", HubFile("owner/repo", "layer_3", "v1")),
        ("hf://owner/repo@refs%2Fpr%2F1/ae.pt", HubFile("owner/repo", "ae.pt", "refs/pr/1")),
    ],
)
def test_an_address_names_repository_revision_and_path(address, file):
    assert parse_address(address) == file


@pytest.mark.parametrize("address", ["hf://owner/repo", "hf://repo", "hf://owner/repo@/ae.pt"])
def test_an_address_without_a_path_is_refused(address):
    with pytest.raises(AtlasError, match=r"expected hf://owner/repo\[@revision\]/path"):
        parse_address(address)


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/ae.pt"])
def test_a_file_and_its_folder_give_the_same_checkpoint(hub, save, address):
    path = save(hub / "layer_3/ae.pt", {"k": torch.tensor(5)}, {"activation_dim": 16})
    checkpoint = read_checkpoint(address)
    assert checkpoint.path == Path(path)
    assert checkpoint.config == {"activation_dim": 16}
    assert sha256_with_settings(address) == sha256_with_settings(path)


def test_a_run_checkpoint_finds_the_config_above_its_folder(hub, save):
    save(hub / "trainer_0/ae.pt", {}, {"k": 5})
    save(hub / "trainer_0/checkpoints/ae_5.pt", {}, None)
    assert read_checkpoint("hf://owner/repo@v1/trainer_0/checkpoints/ae_5.pt").config == {"k": 5}


def test_a_missing_file_is_told(hub):
    with pytest.raises(AtlasError, match=r"repo@v1/layer_3/ae.pt: the repository has no such file; correct the path"):
        locate(f"{ADDRESS}/ae.pt")


def test_a_folder_without_a_checkpoint_names_what_was_tried(hub):
    with pytest.raises(AtlasError, match=r"nor is there sae_weights.safetensors, sae.safetensors, .* in hf://owner"):
        locate(ADDRESS)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (errors.GatedRepoError, "owner/repo is gated; accept its terms on the hub, then run `hf auth login`"),
        (errors.RepositoryNotFoundError, "no repository owner/repo, or a private one"),
        (errors.RevisionNotFoundError, "owner/repo has no revision v1"),
    ],
)
def test_what_the_hub_refuses_is_told(monkeypatch, kind, message):
    def refuse(*_, **__):
        raise kind.__new__(kind)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", refuse)
    with pytest.raises(AtlasError, match=message):
        locate(f"{ADDRESS}/ae.pt")


def test_a_broken_connection_is_told(monkeypatch):
    def fail(*_, **__):
        raise ConnectionResetError("connection reset")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fail)
    with pytest.raises(AtlasError, match=r"could not be fetched \(connection reset\); run `hf download owner/repo"):
        locate(f"{ADDRESS}/ae.pt")


def test_without_network_the_cache_is_read_and_what_it_lacks_is_told(tmp_path, monkeypatch, save):
    repository = tmp_path / "models--owner--repo"
    path = save(repository / "snapshots/c0ffee/layer_3/ae.pt", {"k": torch.tensor(5)}, {"dict_size": 64})
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text("c0ffee")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    checkpoint = read_checkpoint("hf://owner/repo/layer_3/ae.pt")
    assert checkpoint.path == Path(path)
    assert checkpoint.config == {"dict_size": 64}
    command = r"run `hf download owner/repo layer_4/ae\.pt` where there is network"
    with pytest.raises(AtlasError, match=rf"layer_4/ae\.pt: not in the local cache of the hub, .*{command}"):
        locate("hf://owner/repo/layer_4")
