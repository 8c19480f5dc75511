"""The micro Whisper, and the heads that teach it.

The encoder is Whisper's own, only smaller. While it learns, linear heads sit on several blocks, as the atlas reads
taps in the middle too: each says of every frame which phone it is and which tags its clip has, and the last one also
spells the clip's phones (CTC). The answers also tell what the block put out (its echo): a lesson asks that little
else is in it, so that the block holds what it heard as few directions of its own, as the atlas supposes. All blocks
share these directions, so that a later block need not undo what an earlier one left. The heads are dropped when the
encoder is saved, as a checkpoint that `find_source` reads.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from whisper.model import AudioEncoder

from atlas.encoders.whisper import Dimensions
from atlas.encoders.whisper_resume import PREFIX
from atlas.store import AtlasFolder

SHAPE = Dimensions(n_mels=80, n_audio_ctx=500, n_audio_state=128, n_audio_head=4, n_audio_layer=4)
TAUGHT = (1, 3)  # the blocks with heads

RAREST = 0.015  # the spread of an answer's sureness, at least
DOUBT = 2.0  # so far below even chances, in logits, a tag begins to sound in the echo; from even chances on, fully
UNHEARD = 0.1  # a phone that is no likelier than this does not sound

PLACE = 0.2  # the size of the positional embedding, as a share of Whisper's


@dataclass(frozen=True, slots=True)
class Answers:
    """What the heads on one block say, as logits."""

    phones: Tensor  # [windows, frames, phones]
    tags: Tensor  # [windows, frames, tags]
    heard: Tensor  # [windows, frames, d]: what they were read from
    echo: Tensor  # [windows, frames, d]: what the answers tell of it, but for its mean and its size


class Echo(nn.Module):
    """What a block puts out, told from the answers read from it: each moves it along a direction of its own.

    The directions are at right angles, where there is room for all: were they free, most would become the same. Rare
    answers move it further, so that all of them make for as much of its variance. What a block puts out learns to be
    like its echo, and not the other way round: answers would become less sure, as little is soon echoed.
    """

    directions: Tensor  # [answers, d]

    def __init__(self, answers: int, width: int) -> None:
        super().__init__()
        self.register_buffer("directions", torch.zeros(answers, width))

    def forward(self, phones: Tensor, tags: Tensor) -> Tensor:
        return sureness(phones, tags).detach() @ self.directions


def sureness(phones: Tensor, tags: Tensor) -> Tensor:
    """How sure of each answer, 0 to 1; that there is no phone is no sound."""
    likely = phones.softmax(-1)[..., 1:]
    sure = ((likely - UNHEARD) / (1 - UNHEARD)).clamp(min=0)
    return torch.cat([sure, (1 + tags / DOUBT).clamp(0, 1)], dim=-1)


def directions(blocks: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """The directions nearest to what blocks put out now, each block counted alike.

    Of each block: how sure it was, [frames, answers], and what it put out, [frames, d].
    """
    spread = torch.stack([sure.std(0) for sure, _ in blocks]).mean(0).clamp(min=RAREST)
    together = [((sure - sure.mean(0)) / spread).T @ (heard - heard.mean(0)) for sure, heard in blocks]
    left, _, right = torch.linalg.svd(sum(one / one.norm() for one in together), full_matrices=False)
    found: Tensor = left @ right / spread[:, None]
    return found


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
        self.echo = Echo(phones - 1 + tags, width)
        self.speller = nn.Linear(width, phones)  # no phone is CTC's blank

    def forward(self, mels: Tensor) -> tuple[list[Answers], Tensor]:
        """mels: [windows, mels, 2 x frames] -> answers at each taught block; spelling [windows, frames, phones]."""
        answers = []
        normed = mels
        for number, x in enumerate(self.blocks(mels)):
            if str(number) in self.answers:
                heard = x.float()
                normed = self.norms[str(number)](heard)
                phones, tags = self.answers[str(number)](normed).split(self.sizes, dim=-1)
                answers.append(Answers(phones, tags, heard, self.echo(phones, tags)))
        return answers, self.speller(normed)

    def align(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Choose the directions of the echo by some mels, with their valid frames."""
        found: list[list[tuple[Tensor, Tensor]]] = [[] for _ in self.answers]
        for mels, valid in batches:
            for seen, one in zip(found, self(mels)[0], strict=True):
                seen.append((sureness(one.phones, one.tags)[valid], one.heard[valid]))
        blocks = [(torch.cat([sure for sure, _ in seen]), torch.cat([heard for _, heard in seen])) for seen in found]
        self.echo.directions.copy_(directions(blocks))

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
