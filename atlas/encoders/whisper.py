"""OpenAI Whisper's encoder: a window of samples -> the activations at some taps, from one pass.

Only `AudioEncoder` is built, so that no decoder is held in memory; a checkpoint without decoder tensors serves as well.
Taps are module paths such as `encoder.blocks.2` or `encoder.blocks.2.mlp.1`; the pass stops after the last of them.
A window is padded as the model expects; Whisper has no attention mask, so padding takes part, and the caller counts
only valid frames.
"""

import hashlib
import os
import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import whisper
from numpy.typing import NDArray
from torch import Tensor, nn
from whisper.model import AudioEncoder

from atlas.audio.filterbank import MelBank, mel_bank
from atlas.audio.samples import Samples
from atlas.encoders.whisper_resume import PREFIX, passing, resumed, resumed_with
from atlas.errors import AtlasError
from atlas.schema.grid import FrameGrid

GPU_BATCH = 16  # windows at once; on a CPU one window fills the cores
MEL_HOP = whisper.audio.HOP_LENGTH  # samples a mel frame; the second convolution halves them to encoder frames
HOP = 2 * MEL_HOP  # samples a frame
GRID = FrameGrid(
    rate_hz=whisper.audio.SAMPLE_RATE,
    hop=HOP,
    field=whisper.audio.N_FFT + 4 * MEL_HOP,  # two convolutions of three mel frames each, the second over every other
    centre=HOP // 2,
    partial=True,
)
_HALF = whisper.audio.N_FFT // 2
_LOG_SILENCE = -10.0
_UNTRAINED_SEED = 0
_SILENCE = np.float32(10**_LOG_SILENCE)


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The part of Whisper's `dims` that the encoder is built from."""

    n_mels: int
    n_audio_ctx: int
    n_audio_state: int
    n_audio_head: int
    n_audio_layer: int

    @property
    def window_s(self) -> float:
        return GRID.seconds(self.n_audio_ctx)

    def build(self) -> AudioEncoder:
        return AudioEncoder(
            self.n_mels, self.n_audio_ctx, self.n_audio_state, self.n_audio_head, self.n_audio_layer
        ).eval()


class WhisperEncoder:
    """The encoder on a device, in one precision."""

    grid = GRID

    def __init__(self, module: AudioEncoder, dimensions: Dimensions, device: torch.device, dtype: torch.dtype) -> None:
        self.module = module.to(device=device, dtype=dtype).requires_grad_(False)
        for part in self.module.modules():
            if isinstance(part, nn.LayerNorm):  # Whisper's own computes in fp32 whatever comes in
                part.float()
        self.dimensions = dimensions
        self.device = device
        self.dtype = dtype
        self.batch = 1 if device.type == "cpu" else GPU_BATCH

    @property
    def frames(self) -> int:
        """Frames of a window."""
        return self.dimensions.n_audio_ctx

    def prepare(self, samples: Samples) -> Tensor:
        """samples of at most one window -> the log-mel [mels, 2 x frames] that the encoder takes."""
        return torch.from_numpy(log_mel(samples, self.frames * HOP, self.dimensions.n_mels))

    @torch.inference_mode()
    def activations(self, mels: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        """mels: [windows, mels, 2 x frames] -> tap -> [windows, frames, d], in fp32; taps that never run are absent."""
        by_tap: dict[str, Tensor] = {}
        hooks = [self._hook(tap, by_tap, len(set(taps))) for tap in dict.fromkeys(taps)]
        try:
            self.module(mels.to(self.device, self.dtype))
        except _AllTapsReadError:
            pass
        finally:
            for hook in hooks:
                hook.remove()
        return by_tap

    def resumed_with(self, tap: str) -> str | None:
        return resumed_with(tap)

    def resume(self, tap: str, edited: Tensor, entering: Tensor | None = None) -> Tensor:
        """edited: [windows, frames, d] -> what the encoder gives, [windows, frames, width], in fp32."""
        x = edited.to(self.device, self.dtype)
        return resumed(self.module, tap, x, None if entering is None else entering.to(x)).float()

    def trace(
        self, tap: str, edited: Tensor, entering: Tensor | None, taps: Sequence[str]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The same, and tap -> [windows, frames, d] of the taps that it leads through."""
        with passing(self.module, taps) as passed:
            ended = self.resume(tap, edited, entering)
        return ended, passed

    def _hook(self, tap: str, by_tap: dict[str, Tensor], wanted: int) -> torch.utils.hooks.RemovableHandle:
        module = self.module.get_submodule(tap.removeprefix(PREFIX))

        def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
            by_tap[tap] = _by_frame(module, output).float()
            if len(by_tap) == wanted:
                raise _AllTapsReadError

        return cast(torch.utils.hooks.RemovableHandle, module.register_forward_hook(keep))


def log_mel(samples: Samples, window: int, mels: int) -> NDArray[np.float32]:
    """What `whisper.log_mel_spectrogram` gives for samples padded with silence to `window`, to rounding.

    Written again in numpy, as torch's own threads fight over the cores when several windows are prepared at once; and
    only the frames that sound reaches are transformed, as those of silence are known.
    """
    frames = window // MEL_HOP
    reached = min(frames, -(-(len(samples) + _HALF) // MEL_HOP))
    padded = np.zeros(window + 2 * _HALF, np.float32)
    padded[_HALF : _HALF + len(samples)] = samples
    padded[:_HALF] = padded[2 * _HALF : _HALF : -1]  # both ends are mirrored, as torch.stft does
    padded[-_HALF:] = padded[-_HALF - 2 : -2 * _HALF - 2 : -1]
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HALF)[::MEL_HOP][:reached]
    logs = _bank(mels).powers(pieces, _hann())  # [reached, mels]
    np.log10(np.maximum(logs, _SILENCE, out=logs), out=logs)
    floor = np.float32(max(float(logs.max(initial=_LOG_SILENCE)) - 8, _LOG_SILENCE))
    mel = np.full((mels, frames), (floor + 4) / 4, np.float32)
    np.maximum(logs.T, floor, out=mel[:, :reached])
    mel[:, :reached] += 4
    mel[:, :reached] /= 4
    return mel


@cache
def _hann() -> NDArray[np.float32]:
    window: NDArray[np.float32] = torch.hann_window(2 * _HALF).numpy()
    return window


@cache
def _bank(mels: int) -> MelBank:
    """Whisper's own filters."""
    return mel_bank(whisper.audio.mel_filters(torch.device("cpu"), mels).numpy().T)


class _AllTapsReadError(Exception):
    """Ends a forward pass after the last tap."""


def _by_frame(module: nn.Module, output: Any) -> Tensor:
    """A module's output as [windows, frames, d]: attention gives a pair, a convolution has channels first."""
    tensor: Tensor = output[0] if isinstance(output, tuple) else output
    return tensor.transpose(1, 2) if isinstance(module, nn.Conv1d) else tensor


def tap_widths(dimensions: Dimensions, taps: Iterable[str]) -> dict[str, int]:
    """The width of each tap; a tap that does not exist is refused.

    Found on a miniature, which has the same places, and widths that are the same multiples of its own: the encoder
    itself would take as much memory as it will later, and building it without any imports torch's compiler.
    """
    small = replace(dimensions, n_mels=1, n_audio_ctx=2, n_audio_state=4, n_audio_head=1)
    encoder = WhisperEncoder(small.build(), small, torch.device("cpu"), torch.float32)
    mels = torch.zeros(1, small.n_mels, 2 * small.n_audio_ctx)
    existing = {PREFIX + name for name, _ in encoder.module.named_modules() if name}
    widths = {}
    for tap in taps:
        if tap not in existing:
            raise AtlasError(f"tap {tap!r} does not exist in this encoder; {_existing_taps(dimensions)}")
        output = encoder.activations(mels, [tap]).get(tap)
        if output is None or output.shape[1] != small.n_audio_ctx:
            raise AtlasError(f"tap {tap!r} has no activation for each frame; {_existing_taps(dimensions)}")
        widths[tap] = output.shape[2] // small.n_audio_state * dimensions.n_audio_state
    return widths


def _existing_taps(dimensions: Dimensions) -> str:
    inside = "attn_ln, attn, mlp_ln, mlp, mlp.0, mlp.1, mlp.2"
    return (
        f"there are {PREFIX}conv2, {PREFIX}blocks.N for N from 0 to {dimensions.n_audio_layer - 1},"
        f" {PREFIX}blocks.N.X for X in {inside}, and {PREFIX}ln_post"
    )


@dataclass(frozen=True, slots=True)
class WhisperSource:
    """Where an encoder's weights are and what they are, before they are loaded."""

    name: str
    path: Path
    sha256: str

    @property
    def grid(self) -> FrameGrid:
        return GRID

    @property
    def window_s(self) -> float:
        return self.dimensions().window_s

    @property
    def padded(self) -> bool:
        return True

    def widths(self, taps: Iterable[str]) -> dict[str, int]:
        return tap_widths(self.dimensions(), taps)

    def architecture(self) -> Mapping[str, int]:
        dimensions = self.dimensions()
        return {
            "mels": dimensions.n_mels,
            "width": dimensions.n_audio_state,
            "layers": dimensions.n_audio_layer,
        }

    def dimensions(self) -> Dimensions:
        return _dimensions(_checkpoint(self.path), self.path)

    def load(self, device: torch.device, dtype: torch.dtype) -> WhisperEncoder:
        checkpoint = _checkpoint(self.path)
        dimensions = _dimensions(checkpoint, self.path)
        state = checkpoint["model_state_dict"]
        weights = {name.removeprefix(PREFIX): value for name, value in state.items() if name.startswith(PREFIX)}
        bad = [name for name, value in weights.items() if not value.isfinite().all()]
        if bad:
            raise AtlasError(f"{self.path}: NaN or infinite weights in {', '.join(sorted(bad)[:3])}; use another file")
        module = dimensions.build()
        try:
            module.load_state_dict({name: value.float() for name, value in weights.items()})
        except RuntimeError as error:
            raise AtlasError(f"{self.path}: its tensors do not fit its own `dims`: {_first_line(error)}") from None
        return WhisperEncoder(module, dimensions, device, dtype)

    def load_untrained(self, device: torch.device, dtype: torch.dtype) -> WhisperEncoder:
        dimensions = self.dimensions()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_UNTRAINED_SEED)
            return WhisperEncoder(dimensions.build(), dimensions, device, dtype)


@lru_cache
def _sha256(path: Path, _size: int, _modified_ns: int) -> str:
    """Of a file as it is: weights may have gigabytes, and several stages ask."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_source(model: str) -> WhisperSource:
    """A checkpoint by path, or by a name that openai-whisper knows (fetched to its own cache on first use)."""
    path = Path(model)
    if path.is_file():
        state = path.stat()
        return WhisperSource(path.name, path, _sha256(path, state.st_size, state.st_mtime_ns))
    names = whisper.available_models()
    if model not in names:
        raise AtlasError(
            f"encoder.model: {model!r} is neither a file nor a name that openai-whisper knows ({', '.join(names)})"
        )
    return _fetched(model)


def _fetched(model: str) -> WhisperSource:
    url = whisper._MODELS[model]  # the address names the file's hash
    sha256 = url.split("/")[-2]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"  # as openai-whisper has it
    try:
        path = Path(whisper._download(url, str(root), in_memory=False))
    except (OSError, RuntimeError) as error:
        raise AtlasError(
            f"encoder.model: the weights of {model!r} are not in {root} and cannot be fetched ({_first_line(error)});"
            " download them on a machine with a network and give the file's path"
        ) from None
    return WhisperSource(model, path, sha256)


def _checkpoint(path: Path) -> Mapping[str, Any]:
    try:
        return cast(Mapping[str, Any], torch.load(path, map_location="cpu", weights_only=True, mmap=True))
    except pickle.UnpicklingError:
        raise AtlasError(f"{path}: not a checkpoint that can be read safely (tensors and plain values only)") from None
    except (RuntimeError, EOFError, OSError) as error:
        raise AtlasError(f"{path}: not a readable checkpoint ({_first_line(error)})") from None


def _dimensions(checkpoint: Any, path: Path) -> Dimensions:
    try:
        dims, state = checkpoint["dims"], checkpoint["model_state_dict"]
        dimensions = Dimensions(**{name: int(dims[name]) for name in Dimensions.__dataclass_fields__})
        actual = tuple(state[PREFIX + "conv1.weight"].shape[:2])
    except (KeyError, TypeError, AttributeError, IndexError):
        raise AtlasError(
            f"{path}: not a Whisper checkpoint; expected `dims` and `model_state_dict` with {PREFIX}* tensors,"
            " as openai-whisper writes it"
        ) from None
    expected = (dimensions.n_audio_state, dimensions.n_mels)
    if actual != expected:
        raise AtlasError(f"{path}: `dims` say {expected} (width, mels), {PREFIX}conv1.weight has {actual}")
    return dimensions


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
