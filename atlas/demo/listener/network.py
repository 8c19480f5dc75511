"""The micro Whisper, and the heads that teach it.

The encoder is Whisper's own, only smaller. While it learns, linear heads sit on several blocks, as the atlas reads
taps in the middle too: each says of every frame which phone it is and which tags its clip has, and the last one also
spells the clip's phones (CTC). The heads are dropped when the encoder is saved, as a checkpoint that `find_source`
reads.
"""

import io
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from whisper.model import AudioEncoder

from atlas.encoders.whisper import PREFIX, Dimensions
from atlas.store import AtlasFolder

SHAPE = Dimensions(n_mels=80, n_audio_ctx=500, n_audio_state=128, n_audio_head=4, n_audio_layer=4)
TAUGHT = (1, 3)  # the blocks with heads

PLACE = 0.2  # the size of the positional embedding, as a share of Whisper's


@dataclass(frozen=True, slots=True)
class Answers:
    """What the heads on one block say, as logits."""

    phones: Tensor  # [windows, frames, phones]
    tags: Tensor  # [windows, frames, tags]


class Listener(nn.Module):
    """The encoder with its heads; it takes windows of any length up to the encoder's own."""

    def __init__(self, encoder: AudioEncoder, taught: tuple[int, ...], phones: int, tags: int) -> None:
        super().__init__()
        width = encoder.ln_post.normalized_shape[0]
        self.encoder = encoder.train()
        self.sizes = (phones, tags)
        norms = {block: nn.LayerNorm(width) for block in taught} | {max(taught): encoder.ln_post}
        self.norms = nn.ModuleDict({str(block): norm for block, norm in norms.items()})
        self.answers = nn.ModuleDict({str(block): nn.Linear(width, phones + tags) for block in taught})
        self.speller = nn.Linear(width, phones)  # no phone is CTC's blank

    def forward(self, mels: Tensor) -> tuple[list[Answers], Tensor]:
        """mels: [windows, mels, 2 x frames] -> answers at each taught block; spelling [windows, frames, phones]."""
        answers = []
        normed = mels
        for number, x in enumerate(self.blocks(mels)):
            if str(number) in self.answers:
                normed = self.norms[str(number)](x.float())
                answers.append(Answers(*self.answers[str(number)](normed).split(self.sizes, dim=-1)))
        return answers, self.speller(normed)

    def blocks(self, mels: Tensor) -> list[Tensor]:
        """The output of every block, [windows, frames, d], as the encoder's own pass over a full window has it."""
        encoder = self.encoder
        x = F.gelu(encoder.conv1(mels))
        x = F.gelu(encoder.conv2(x)).transpose(1, 2)
        x = (x + encoder.positional_embedding[: x.shape[1]]).to(x.dtype)
        outputs = []
        for block in encoder.blocks:
            x = block(x)
            outputs.append(x)
        return outputs


def untrained(shape: Dimensions, seed: int) -> AudioEncoder:
    """The encoder with the random weights that training begins with.

    As torch would begin, the sound is ten times quieter than the embedding of its place, and is noticed late.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        encoder = shape.build()
        for convolution in (encoder.conv1, encoder.conv2):
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            nn.init.zeros_(convolution.bias)
        encoder.positional_embedding *= PLACE
        return encoder


def save_encoder(encoder: AudioEncoder, shape: Dimensions, path: Path) -> None:
    """Write the encoder alone, in half precision, as openai-whisper lays a checkpoint out."""
    state = {f"{PREFIX}{name}": value.half() for name, value in encoder.state_dict().items()}
    content = io.BytesIO()
    torch.save({"dims": asdict(shape), "model_state_dict": state}, content)
    AtlasFolder(path.parent).write_bytes(path, content.getbuffer())
