"""Training the listener: scenes -> prepared windows -> steps -> the encoder's checkpoint.

A step draws from the seed and its own number alone, so that a run that was killed goes on from its last save and ends
with the same weights. Most steps hear half windows, which cost less than half; the last ones hear whole windows,
padded as the encoder is always run.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from atlas.demo.listener.lessons import loss_of
from atlas.demo.listener.network import SHAPE, TAUGHT, Listener, save_encoder, untrained
from atlas.demo.listener.trainingset import Batch, TrainingSet, prepared
from atlas.encoders.whisper import Dimensions
from atlas.progress import bar
from atlas.store import AtlasFolder, digest_of

PRECISION = torch.bfloat16  # of what passes through the encoder; its weights stay in fp32
WEIGHT_DECAY = 0.02
WARM_UP = 0.05  # of all steps
LARGEST_NORM = 1.0  # of the gradient


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the listener is trained."""

    shape: Dimensions = SHAPE
    taught: tuple[int, ...] = TAUGHT
    scenes: int = 12_000
    steps: int = 7_000
    batch: int = 16
    half_windows: float = 0.85  # the share of steps, from the first, that hear half windows
    learning_rate: float = 1.5e-3
    seed: int = 1
    save_every: int = 250


class Training:
    """A listener between two steps."""

    def __init__(self, lessons: TrainingSet, recipe: Recipe) -> None:
        self.lessons = lessons
        self.recipe = recipe
        self.step = 0
        self.losses: list[float] = []  # one a save, averaged over the steps before it
        encoder = untrained(recipe.shape, recipe.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.listener = Listener(encoder, recipe.taught, len(lessons.phone_names), len(lessons.tag_names))
        self.optimizer = torch.optim.AdamW(self.listener.parameters(), fused=True, weight_decay=WEIGHT_DECAY)

    def advance(self) -> None:
        """Go on until the next save is due, or to the end."""
        steps = range(self.step, min(self.step + self.recipe.save_every, self.recipe.steps))
        self.losses.append(sum(map(self._learn, steps)) / len(steps))
        self.step = steps.stop

    def _learn(self, step: int) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * _pace(step / self.recipe.steps)
        batch = self._batch(step)
        answers, spelled = self.listener(batch.mels.to(PRECISION))
        loss = loss_of(answers, spelled, batch)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.listener.parameters(), LARGEST_NORM)
        self.optimizer.step()
        return loss.item()

    def _batch(self, step: int) -> Batch:
        recipe = self.recipe
        draw = np.random.default_rng((recipe.seed, step))
        frames = recipe.shape.n_audio_ctx // (2 if step < recipe.half_windows * recipe.steps else 1)
        return self.lessons.batch(draw.integers(self.lessons.scenes, size=recipe.batch), frames, draw)

    def save(self) -> bytes:
        """All that `restore` needs."""
        content = io.BytesIO()
        weights, moments = self.listener.state_dict(), self.optimizer.state_dict()
        torch.save({"step": self.step, "losses": self.losses, "weights": weights, "moments": moments}, content)
        return content.getvalue()

    def restore(self, path: Path) -> None:
        """Go on from what `save` gave."""
        saved = torch.load(path, weights_only=True)
        self.step, self.losses = saved["step"], saved["losses"]
        self.listener.load_state_dict(saved["weights"])
        self.optimizer.load_state_dict(saved["moments"])


def train_listener(work: Path, encoder: Path, recipe: Recipe, workers: int) -> list[float]:
    """Train an encoder and write its checkpoint; what lies finished in the work folder is not done again.

    Returns the losses, averaged over `save_every` steps each.
    """
    lessons = prepared(work, recipe.scenes, recipe.seed, recipe.shape.n_audio_ctx, workers)
    training = Training(lessons, recipe)
    saved = work / f"listener-{digest_of(f'{recipe} {lessons.digest}')}.pt"
    if saved.is_file():
        training.restore(saved)
    with bar("listener", recipe.steps, "steps") as show:
        show(training.step)
        while training.step < recipe.steps:
            before = training.step
            training.advance()
            AtlasFolder(work).write_bytes(saved, training.save())
            show(training.step - before)
    save_encoder(training.listener.encoder, recipe.shape, encoder)
    return training.losses


def _pace(done: float) -> float:
    """The learning rate's share: it rises for a while, then falls to 0 along a cosine."""
    if done < WARM_UP:
        return done / WARM_UP
    return 0.5 + 0.5 * float(np.cos(np.pi * (done - WARM_UP) / (1 - WARM_UP)))
