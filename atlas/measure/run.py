"""What every stage of the measuring half shares: the settings, the folder, the device, and the clips to listen to."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl
import torch

from atlas.audio import draws
from atlas.config.settings import Config
from atlas.corpus.locate import locate
from atlas.dictionaries.load import checkpoint_sha256
from atlas.encoders.base import Encoder, EncoderSource, window_frames
from atlas.encoders.catalogue import find_source
from atlas.encoders.taps import load_encoder, tap_widths
from atlas.errors import AtlasError
from atlas.measure.listening import ClipSource
from atlas.measure.tiers import frequent_labels
from atlas.schema import CLIPS
from atlas.schema.grid import FrameGrid
from atlas.speech.tiers import timed_labels
from atlas.stages import AtlasWorkspace
from atlas.store import opaque

_PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Run(AtlasWorkspace):
    """One config, measured into one folder: what is computed, and where and how."""

    device: torch.device
    threads: int

    @cached_property
    def source(self) -> EncoderSource:
        return find_source(self.config.encoder.model)

    @property
    def grid(self) -> FrameGrid:
        """The encoder's."""
        return self.source.grid

    @cached_property
    def window_s(self) -> float:
        return self.source.window_s

    @cached_property
    def window_frames(self) -> int:
        """Frames of a whole window."""
        return window_frames(self.source)

    @cached_property
    def widths(self) -> dict[str, int]:
        """The width of each tap."""
        return tap_widths(self.source, self.config.taps())

    @property
    def precision(self) -> str:
        """The arithmetic of the encoder: shards of different ones do not mix."""
        precision = self.config.encoder.precision
        if precision != "auto":
            return precision
        return "fp32" if self.device.type == "cpu" else "bf16"

    @property
    def dtype(self) -> torch.dtype:
        return _PRECISIONS[self.precision]

    @property
    def build(self) -> str:
        """The arithmetic that results depend on in their last bits."""
        if self.device.type == "cuda":
            unit = torch.cuda.get_device_name(self.device)
        else:
            unit = f"cpu {torch.backends.cpu.get_cpu_capability()}"
        return f"torch {torch.__version__}, {unit}, {str(self.dtype).removeprefix('torch.')}"

    @cached_property
    def clips(self) -> pl.DataFrame:
        return self.folder.read_table(CLIPS)

    @property
    def alignments(self) -> pl.LazyFrame:
        """The timed labels whose frames are counted: those of the corpus, and those that `annotate` made."""
        return timed_labels(self.folder, made=self.config.annotate.frames)

    @cached_property
    def counted_labels(self) -> dict[str, tuple[str, ...]]:
        """tier -> the labels whose frames are counted."""
        return frequent_labels(self.alignments, self.config.scan.timed_labels)

    @cached_property
    def usable(self) -> list[ClipSource]:
        """The clips that are listened to, in the order of their numbers."""
        return clip_sources(self.config, self.clips)

    @cached_property
    def checkpoints(self) -> dict[str, str]:
        """dictionary -> a fingerprint of its checkpoint; empty for those without one."""
        return {entry.name: checkpoint_sha256(entry) for entry in self.config.dictionaries()}

    def encoder_facts(self) -> dict[str, str]:
        """What the encoder is, beyond its name in the config."""
        return {
            "weights of the encoder": opaque(self.source.sha256[:16]),
            "arithmetic of the encoder (encoder.precision)": self.precision,
        }

    def model_facts(self) -> dict[str, str]:
        """What encoder and dictionaries are, beyond what the config says of them."""
        weights = {
            f"weights of dictionary.{name}": opaque(sha256[:16]) for name, sha256 in self.checkpoints.items() if sha256
        }
        return self.encoder_facts() | weights

    def encoder(self) -> Encoder:
        return load_encoder(self.source, self.config.taps(), self.device, self.dtype)


def clip_sources(config: Config, clips: pl.DataFrame) -> list[ClipSource]:
    """The usable rows of `clips`, and where their audio lies."""
    recordings = clips["recording"].rle_id().to_list()
    hashes = draws.clip_hashes(clips).tolist()
    columns = clips.select("clip", "path", "offset_s", "duration_s", "valid_frames", "problem")
    return [
        ClipSource(
            number=number,
            path=path,
            file=locate(config.corpus, path),
            offset_s=offset_s,
            duration_s=duration_s,
            valid=valid,
            hash64=hash64,
            recording=recording,
        )
        for (number, path, offset_s, duration_s, valid, problem), recording, hash64 in zip(
            columns.iter_rows(), recordings, hashes, strict=True
        )
        if problem is None
    ]


def choose_device(name: str) -> torch.device:
    """The device that --device names; auto is the first GPU, if there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise AtlasError(f"--device {name!r}: expected auto, cpu, cuda or cuda:N") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise AtlasError(f"--device {name}: no GPU that this build of torch can use; --device cpu works everywhere")
    if device.type not in ("cpu", "cuda"):
        raise AtlasError(f"--device {name!r}: expected auto, cpu, cuda or cuda:N")
    return device
