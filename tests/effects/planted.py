"""A planted network: directions whose effects are known, among others that look the same and are read by nothing.

Features are directions of the tap. The readout says one token on each stretch of frames, as probable as the mean there
along what it reads. It reads the *causes*. Of each cause there is a *decoy of meaning*, active on the same frames with
the same values, which nothing reads: whatever label the cause detects, it detects as well. *Others* are active
elsewhere. What is read is bent by a context that differs from recording to recording, so that every direction has an
effect in each recording, and only that of causes keeps its sign.

All of it has a closed form, which is what is measured here; that the program measures the same is a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.dictionaries.base import Dictionary, Selection
from atlas.effects.clips import TappedModel
from atlas.effects.edits import Covariance
from atlas.effects.measured import MEASURED
from atlas.measure.codes import Coder
from atlas.measure.threads import Threads
from atlas.readouts.base import Said, Utterance
from atlas.schema.effects import ABLATE, DECOY, ELSEWHERE, LOCAL, NEAR
from tests.effects.worlds import TAP, PlainEncoder

Floats = NDArray[np.float64]

CAUSES, MEANINGS, OTHERS = np.arange(0, 40), np.arange(40, 80), np.arange(80, 120)
FEATURES, CONTEXT = 120, 12
WIDTH = FEATURES + CONTEXT
RECORDINGS, TOKENS, FRAMES_A_TOKEN = 16, 10, 6
FRAMES = TOKENS * FRAMES_A_TOKEN
THRESHOLD, BIAS, SCATTER = 0.5, -1.0, 0.5
STRENGTHS = (0.5, 1.0, 2.0, 3.0)
"how much is read of causes, over how much that differs between recordings; of a quarter of them each"


@dataclass(frozen=True, kw_only=True)
class Network:
    """What the readout reads."""

    reads: Floats
    "[width]"
    bends: Floats
    "[width, context]: how much the context changes that"

    def logits(self, parts: Floats) -> Floats:
        """parts: [..., width], means over the frames of a token."""
        read = self.reads + parts[..., FEATURES:] @ self.bends.T
        logits: Floats = BIAS + (parts * read).sum(-1)
        return logits


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Recordings, one clip each, and directions of decoys."""

    x: Floats
    "[recordings, frames, width]"
    decoys: Floats
    "[features, width], of length one"
    mean: Floats
    "[width], of the tap"

    @property
    def values(self) -> Floats:
        """[recordings, frames, features], 0 where a feature is silent."""
        values: Floats = np.where(self.x[..., :FEATURES] > THRESHOLD, self.x[..., :FEATURES], 0.0)
        return values


def network(seed: int, read: float = 1.0, scatter: float = SCATTER, leak: float = 0.0) -> Network:
    """read: 0 cuts the readout off from causes; leak: how much is read of every direction, over the scatter."""
    generator = np.random.default_rng(seed)
    bends = np.zeros((WIDTH, CONTEXT))
    bends[:FEATURES] = scatter * generator.standard_normal((FEATURES, CONTEXT)) / np.sqrt(CONTEXT)
    reads = leak * generator.standard_normal(WIDTH)
    reads[CAUSES] += read * np.repeat(STRENGTHS, len(CAUSES) // len(STRENGTHS))
    return Network(reads=scatter * reads, bends=bends)


def scene(seed: int) -> Scene:
    """Every feature is active in every recording, on one to four frames of one token."""
    generator = np.random.default_rng(10_000 + seed)
    x = 0.1 * generator.standard_normal((RECORDINGS, FRAMES, WIDTH))
    x[..., FEATURES:] = generator.standard_normal((RECORDINGS, 1, CONTEXT))
    for clip in x:
        for feature in (*CAUSES, *OTHERS):
            frames = generator.choice(FRAMES_A_TOKEN, generator.integers(2, 5), replace=False)
            places = FRAMES_A_TOKEN * generator.integers(TOKENS) + frames
            clip[places, feature] = 1 + 0.5 * generator.random(len(places))
        clip[:, MEANINGS] = np.where(clip[:, CAUSES] > THRESHOLD, clip[:, CAUSES], clip[:, MEANINGS])
    covariance = Covariance.of(torch.from_numpy(x.reshape(-1, WIDTH)))
    drawn = torch.from_numpy(generator.standard_normal((FEATURES, WIDTH))) @ covariance.root.double().T
    decoys = torch.nn.functional.normalize(drawn, dim=-1).numpy()
    return Scene(x=x, decoys=decoys, mean=covariance.mean.double().numpy())


def changes(network: Network, scene: Scene) -> Mapping[str, Floats]:
    """Of ablations and decoys: [recordings, tokens, features], in nats."""
    parts, moved = _pooled(scene.x), _pooled(scene.values)
    before, read = network.logits(parts)[..., None], network.reads + parts[..., FEATURES:] @ network.bends.T
    ablated = before - moved * read[..., :FEATURES]
    along, signed = scene.decoys[:, FEATURES:] @ network.bends.T, signs(scene)[:, None] * moved
    slope = read @ scene.decoys.T + parts @ along.T
    decoys = before + signed * slope + signed**2 * (scene.decoys * along).sum(-1)
    return {edit: _log_share(after) - _log_share(before) for edit, after in ((ABLATE, ablated), (DECOY, decoys))}


def signs(scene: Scene) -> Floats:
    """[recordings, features]: a decoy takes away what is there."""
    along = (scene.x - scene.mean) @ scene.decoys.T
    found: Floats = np.where((along * (scene.values > 0)).sum(1) >= 0, -1.0, 1.0)
    return found


def _pooled(x: Floats) -> Floats:
    return x.reshape(len(x), TOKENS, FRAMES_A_TOKEN, -1).mean(2)


def _log_share(logits: Floats) -> Floats:
    return -np.logaddexp(0, -logits)


def measured(network: Network, scene: Scene) -> pl.DataFrame:
    """MEASURED; a recording is the clip of its number."""
    close = _pooled(scene.values) > 0
    frames = []
    for edit, changed in changes(network, scene).items():
        near = np.where(close, changed, 0).sum(1) / close.sum(1)
        elsewhere = np.where(close, 0, changed).sum(1) / (~close).sum(1)
        values = np.stack([near - elsewhere, near, elsewhere], axis=-1).reshape(-1, 3)
        clip, feature = (part.ravel() for part in np.indices((RECORDINGS, FEATURES)))
        of_edit = pl.DataFrame({"feature": feature, "clip": clip, "values": values.tolist()})
        frames.append(of_edit.with_columns(edit=pl.lit(edit), frames_edited=1, norm=1.0))
    outcomes = pl.lit([LOCAL, NEAR, ELSEWHERE])
    others = {name: None for name in MEASURED if name not in (*frames[0].columns, "outcomes")}
    whole = pl.concat(frames).with_columns(outcomes=outcomes, **others)
    return whole.select(pl.col(name).cast(kind) for name, kind in MEASURED.items())


@dataclass(frozen=True)
class PlantedReadout:
    """A network's reading, as the program asks for it."""

    network: Network
    name: str = "planted"
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def listen(self, encoded: Tensor, lengths: Sequence[int], languages: Sequence[str | None]) -> list[Utterance]:
        edges = FRAMES_A_TOKEN * np.arange(TOKENS + 1)
        texts = tuple(f" t{token}" for token in range(TOKENS))
        frames = np.stack([edges[:-1], edges[1:]], axis=1)
        return [Utterance(tokens=tuple(range(TOKENS)), texts=texts, frames=frames) for _ in lengths]

    def said(self, encoded: Tensor, utterance: Utterance) -> Said:
        parts = encoded.double().reshape(len(encoded), TOKENS, FRAMES_A_TOKEN, WIDTH).mean(dim=2)
        reads, bends = torch.from_numpy(self.network.reads), torch.from_numpy(self.network.bends)
        logits = BIAS + (parts * (reads + parts[..., FEATURES:] @ bends.T)).sum(-1)
        return Said(torch.nn.functional.logsigmoid(logits))

    def write(self, encoded: Tensor, language: str | None) -> list[str]:
        raise NotImplementedError


def model(network: Network) -> TappedModel:
    """The same as a model with a dictionary, whose last layer is the tap."""
    rows = torch.eye(FEATURES, WIDTH)
    dictionary = Dictionary(
        kind="planted",
        selection=Selection("threshold", thresholds=torch.full((FEATURES,), THRESHOLD)),
        bias=torch.zeros(FEATURES),
        multiplier=torch.ones(FEATURES),
        addend=torch.zeros(FEATURES),
        decoder=rows,
        decoder_norm=torch.ones(FEATURES),
        encoder=rows,
    )
    encoder = PlainEncoder(torch.zeros(WIDTH, WIDTH), frames=FRAMES)
    return TappedModel(encoder, PlantedReadout(network), TAP, Coder(dictionary, FRAMES, Threads(1)))
