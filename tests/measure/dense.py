"""The naive way: a whole corpus through encoder and dictionaries at once, into dense arrays that anybody can check.

Weights are read from the checkpoints themselves, and the encoder's layers are called one by one; of what the stages
found, only the clips that the index lists and the thresholds of calibration are taken over. Every array that a test
looks at is float32 codes [valid frames of all clips, features], zero where a feature is inactive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
import soundfile
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from whisper.model import AudioEncoder

from atlas.audio.draws import clip_hash
from atlas.audio.samples import display_mel
from atlas.config.dictionaries import DictionaryConfig
from atlas.config.loading import load_config
from atlas.config.settings import Config
from atlas.corpus.locate import locate
from atlas.encoders.whisper import log_mel

HOP = 320  # samples a frame

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class DenseCorpus:
    """Every usable clip as the encoder sees it."""

    config: Config
    folder: Path
    clips: pl.DataFrame  # the usable rows
    mels: list[Floats]  # [valid, 80] each
    activations: Mapping[str, list[Tensor]]  # tap -> [frames of a window, d] each

    @cached_property
    def valid(self) -> NDArray[np.int64]:
        return self.clips["valid_frames"].to_numpy().astype(np.int64)

    @cached_property
    def row(self) -> NDArray[np.int64]:
        """[frames]: the row of `clips` that each valid frame belongs to."""
        return np.repeat(np.arange(len(self.clips)), self.valid)

    @cached_property
    def frame(self) -> NDArray[np.int64]:
        """[frames]: each valid frame's number in its clip."""
        return np.concatenate([np.arange(valid) for valid in self.valid])

    @cached_property
    def mel(self) -> Floats:
        return np.concatenate(self.mels)

    @cached_property
    def hashes(self) -> list[int]:
        rows = zip(self.clips["sha256"].to_list(), self.clips["offset_s"].to_list(), strict=True)
        return [clip_hash(sha256, offset_s) for sha256, offset_s in rows]

    def numbers_of(self, column: str) -> NDArray[np.int64]:
        """[clips]: a number for each value of a column of `clips`, in sorted order."""
        names = self.clips[column].to_list()
        place = {name: number for number, name in enumerate(sorted(set(names)))}
        return np.array([place[name] for name in names])


def hear(config_path: Path, folder: Path) -> DenseCorpus:
    """Everything that the config's corpus sounds like to its encoder."""
    config = load_config(config_path)
    table = pl.read_parquet(folder / "clips.parquet")
    clips = table.filter(pl.col("problem").is_null())
    module, dims = read_encoder(Path(config.encoder.model))
    mels, activations = [], {tap: [] for tap in config.taps()}
    for path, offset_s, valid in clips.select("path", "offset_s", "valid_frames").iter_rows():
        samples = read_samples(locate(config.corpus, path), offset_s, dims["n_audio_ctx"])
        assert -(-len(samples) // HOP) == valid
        mels.append(display_mel(samples))
        for tap, x in forward(module, samples, dims).items():
            if tap in activations:
                activations[tap].append(x)
    return DenseCorpus(config, folder, clips, mels, activations)


def read_samples(path: str, offset_s: float, window_frames: int) -> Floats:
    """One window of a mono file at 16 kHz; an MP3 decodes to other last bits after a seek, even one to its start."""
    with soundfile.SoundFile(path) as file:
        assert (file.samplerate, file.channels) == (16_000, 1)
        if offset_s:
            file.seek(round(offset_s * file.samplerate))
        return file.read(window_frames * HOP, dtype="float32")


def read_encoder(path: Path) -> tuple[AudioEncoder, Mapping[str, int]]:
    content = torch.load(path, weights_only=True)
    dims = content["dims"]
    names = ("n_mels", "n_audio_ctx", "n_audio_state", "n_audio_head", "n_audio_layer")
    module = AudioEncoder(*(dims[name] for name in names)).eval()
    state = content["model_state_dict"]
    module.load_state_dict(
        {name.removeprefix("encoder."): value.float() for name, value in state.items() if name.startswith("encoder.")}
    )
    return module, dims


@torch.no_grad()
def forward(module: AudioEncoder, samples: Floats, dims: Mapping[str, int]) -> dict[str, Tensor]:
    """samples -> the output of every block and of the last norm: [frames, d].

    From our own log-mel, whose last bits are not Whisper's; it is held to Whisper's by a test of its own.
    """
    mel = torch.from_numpy(log_mel(samples, dims["n_audio_ctx"] * HOP, dims["n_mels"]))[None]
    x = functional.gelu(module.conv1(mel))
    x = functional.gelu(module.conv2(x)).permute(0, 2, 1) + module.positional_embedding
    activations = {}
    for number, block in enumerate(module.blocks):
        x = x + block.attn(block.attn_ln(x))[0]
        x = x + _mlp(block.mlp, block.mlp_ln(x))
        activations[f"encoder.blocks.{number}"] = x[0]
    activations["encoder.ln_post"] = module.ln_post(x)[0]
    return activations


def _mlp(layers: nn.Sequential, x: Tensor) -> Tensor:
    return layers[2](functional.gelu(layers[0](x)))


@dataclass(frozen=True)
class Dense:
    """One dictionary's codes of a whole corpus."""

    corpus: DenseCorpus
    entry: DictionaryConfig
    by_clip: list[Floats]  # [frames of a window, features] each; zero on padding where a rule compares frames
    rebuilt: list[Tensor] | None  # [frames of a window, d] each

    @cached_property
    def values(self) -> Floats:
        """[valid frames of all clips, features]."""
        pairs = zip(self.by_clip, self.corpus.valid, strict=True)
        return np.concatenate([values[:valid] for values, valid in pairs])

    @cached_property
    def padded(self) -> Floats:
        """[padded frames of all clips, features]."""
        pairs = zip(self.by_clip, self.corpus.valid, strict=True)
        return np.concatenate([values[valid:] for values, valid in pairs])

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        return self.values > 0

    @cached_property
    def peaks(self) -> Floats:
        """[clips, features]: the largest valid value."""
        pairs = zip(self.by_clip, self.corpus.valid, strict=True)
        return np.stack([values[:valid].max(axis=0) for values, valid in pairs])


def table(case: Dense, name: str) -> pl.DataFrame:
    """The dictionary's rows of a table of the atlas."""
    return pl.read_parquet(case.corpus.folder / name / f"{case.entry.name}.parquet")


def dense(corpus: DenseCorpus, name: str) -> Dense:
    """Encode a corpus with one dictionary."""
    entry = next(entry for entry in corpus.config.dictionaries() if entry.name == name)
    thresholds = load_file(corpus.folder / "calibration" / f"{name}.safetensors")
    activations = corpus.activations[entry.tap]
    if entry.kind == "sae":
        return _sae(corpus, entry, activations, thresholds.get("thresholds"))
    if entry.like is not None:
        n, width = len(thresholds["density"]), activations[0].shape[1]
        rows = _random_directions(entry.seed, n, width) if entry.kind == "random" else thresholds["directions"]
        zs = [functional.linear(x - thresholds["mean"], rows) for x in activations]
    else:
        zs = [torch.cat([x, -x], dim=1) for x in activations]
    values = [torch.where(z > thresholds["thresholds"], z, 0).numpy() for z in zs]
    return Dense(corpus, entry, values, None)


def _sae(corpus: DenseCorpus, entry: DictionaryConfig, activations: list[Tensor], thresholds: Tensor | None) -> Dense:
    saved = torch.load(entry.checkpoint, weights_only=True)
    rows, centre = saved["decoder.weight"].T.contiguous(), saved["b_dec"]
    zs = [functional.linear(x - centre, saved["encoder.weight"], saved["encoder.bias"]) for x in activations]
    if thresholds is None:
        codes = [_largest(z, int(saved["k"]), valid) for z, valid in zip(zs, corpus.valid, strict=True)]
    else:
        codes = [torch.where(z > thresholds, z, 0) for z in zs]
    rebuilt = [code @ rows + centre for code in codes]
    return Dense(corpus, entry, [(code * rows.norm(dim=1)).numpy() for code in codes], rebuilt)


def _largest(z: Tensor, k: int, valid: int) -> Tensor:
    codes = torch.zeros_like(z)
    top = z[:valid].topk(k, dim=1)
    codes[:valid] = codes[:valid].scatter(1, top.indices, top.values.clamp_min(0))
    return codes


def _random_directions(seed: int, number: int, width: int) -> Tensor:
    drawn = torch.randn(number, width, generator=torch.Generator().manual_seed(seed))
    return functional.normalize(drawn, dim=1)
