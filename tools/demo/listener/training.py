"""Training the listener: scenes -> prepared windows -> courses of steps -> the encoder's checkpoint.

The first course teaches it to hear, the others to keep what it hears along directions of their own. A step draws from
the seed and its own number alone, so that a run that was killed goes on from its last save and ends with the same
weights. Most steps hear half windows, which cost less than half; the last ones of a course hear whole windows, padded
as the encoder is always run.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from atlas.digests import digest_of
from atlas.encoders.whisper import Dimensions
from atlas.progress import Advance, bar
from atlas.store import AtlasFolder
from tools.demo.listener.lessons import loss_of
from tools.demo.listener.network import SHAPE, TAUGHT, Listener, save_encoder, untrained
from tools.demo.listener.trainingset import NOT_VALID, Batch, TrainingSet, prepared

PRECISION = torch.bfloat16  # of what passes through the encoder; its weights stay in fp32
WEIGHT_DECAY = 0.02
WARM_UP = 0.05  # of all steps
LARGEST_NORM = 1.0  # of the gradient
ALIGNING = range(100_000, 100_040)  # the numbers of the batches by which directions for echoes are found


@dataclass(frozen=True, slots=True)
class Course:
    """Some steps of training."""

    steps: int
    echo: float = 0.0  # the weight of the lesson on echoes
    half_windows: float = 0.85  # the share of steps, from the first, that hear half windows
    learning_rate: float = 1.5e-3


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the listener is trained."""

    shape: Dimensions = SHAPE
    taught: tuple[int, ...] = TAUGHT
    scenes: int = 12_000
    courses: tuple[Course, ...] = (
        Course(8_000),
        Course(4_000, echo=12.0),
        Course(1_200, echo=6.0, half_windows=0.4, learning_rate=1e-3),
    )
    batch: int = 16
    seed: int = 1
    save_every: int = 250

    @property
    def steps(self) -> int:
        return sum(course.steps for course in self.courses)


class Training:
    """A listener between two steps of a course."""

    def __init__(self, lessons: TrainingSet, recipe: Recipe, course: Course) -> None:
        self.lessons = lessons
        self.recipe = recipe
        self.course = course
        self.step = 0
        self.losses: list[float] = []  # one a save, averaged over the steps before it
        encoder = untrained(recipe.shape, recipe.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.listener = Listener(encoder, recipe.taught, len(lessons.phone_names), len(lessons.tag_names))
        self.optimizer = torch.optim.AdamW(self.listener.parameters(), fused=True, weight_decay=WEIGHT_DECAY)

    def follow(self, before: "Training") -> None:
        """Begin with the weights of another course's end, and with directions for echoes that suit them."""
        self.listener.load_state_dict(before.listener.state_dict())
        frames = self.recipe.shape.n_audio_ctx
        with torch.no_grad():
            batches = [self._batch(number, frames) for number in ALIGNING]
            self.listener.align((batch.mels.to(PRECISION), batch.phones != NOT_VALID) for batch in batches)

    def advance(self) -> None:
        """Go on until the next save is due, or to the end."""
        steps = range(self.step, min(self.step + self.recipe.save_every, self.course.steps))
        self.losses.append(sum(map(self._learn, steps)) / len(steps))
        self.step = steps.stop

    def _learn(self, step: int) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self.course.learning_rate * _pace(step / self.course.steps)
        frames = self.recipe.shape.n_audio_ctx // (2 if step < self.course.half_windows * self.course.steps else 1)
        batch = self._batch(step, frames)
        answers, spelled = self.listener(batch.mels.to(PRECISION))
        loss = loss_of(answers, spelled, batch, self.course.echo)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.listener.parameters(), LARGEST_NORM)
        self.optimizer.step()
        return loss.item()

    def _batch(self, number: int, frames: int) -> Batch:
        draw = np.random.default_rng((self.recipe.seed, number))
        return self.lessons.batch(draw.integers(self.lessons.scenes, size=self.recipe.batch), frames, draw)

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
    trainings = [Training(lessons, recipe, course) for course in recipe.courses]
    with bar("listener", recipe.steps, "steps") as show:
        for number, training in enumerate(trainings):
            if number:
                training.follow(trainings[number - 1])
            _take(training, number, work, show)
    save_encoder(trainings[-1].listener.encoder, recipe.shape, encoder)
    return [loss for training in trainings for loss in training.losses]


def _take(training: Training, number: int, work: Path, show: Advance) -> None:
    """Take a course, from where it was left."""
    saved = work / f"listener-{digest_of(f'{training.recipe} {number} {training.lessons.digest}')}.pt"
    if saved.is_file():
        training.restore(saved)
    show(training.step)
    while training.step < training.course.steps:
        before = training.step
        training.advance()
        AtlasFolder(work).write_bytes(saved, training.save())
        show(training.step - before)


def _pace(done: float) -> float:
    """The learning rate's share: it rises for a while, then falls to 0 along a cosine."""
    if done < WARM_UP:
        return done / WARM_UP
    return 0.5 + 0.5 * float(np.cos(np.pi * (done - WARM_UP) / (1 - WARM_UP)))
