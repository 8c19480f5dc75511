"""Linear heads on an encoder's last output, from one safetensors file: phones (CTC), tags of clips, and languages.

The speller says of each frame which phone it is, or none. Tags and languages are read from every frame, too, and a
clip's is the logarithm of the mean over its window of what frames say exponentially, a soft maximum: so padding, which
says little, need not be known. The file says which encoder its heads were fitted on.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from atlas.annotate.base import SILENT
from atlas.annotate.transcribing import MOST_NO_SPEECH
from atlas.encoders.base import EncoderSource
from atlas.errors import AtlasError
from atlas.readouts.base import Said, Utterance
from atlas.readouts.ctc import BestPath, best_path, divergence, token_logprobs

SUFFIX = ".safetensors"
SPEECH = "speech"
"the tag by which a clip has somebody who speaks"
PHONES, TAGS, LANGUAGES = PARTS = ("phones", "tags", "languages")
_NOT_HEADS = "not a file of heads; expected safetensors with phones.weight, phones.bias and metadata that name phones"


@dataclass(frozen=True, slots=True)
class HeadNames:
    """What the heads tell apart; the speller's blank comes before its phones, and has no name."""

    phones: tuple[str, ...]
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def rows(self, part: str) -> int:
        """Of the part's weights."""
        names: tuple[str, ...] = getattr(self, part)
        return len(names) + (part == PHONES)


class Heads:
    """Heads on a device; `weights` has `phones.weight` [1 + phones, width] and `phones.bias`, and so on."""

    name = "heads"

    def __init__(self, names: HeadNames, weights: Mapping[str, Tensor]) -> None:
        self.names = names
        self.tags, self.languages = names.tags, names.languages
        self._weights = weights

    @torch.no_grad()
    def listen(self, encoded: Tensor, lengths: Sequence[int], languages: Sequence[str | None]) -> list[Utterance]:
        """What is spelt of each clip, each phone on the frames of its run."""
        likeliest = self._likeliest_languages(encoded)
        silent = self._no_speech(self.pooled(encoded, TAGS))
        return [
            self._utterance(
                best_path(logprobs),
                languages[row] or likeliest[row],
                silent is not None and float(silent[row]) > MOST_NO_SPEECH,
            )
            for row, logprobs in enumerate(self.spelt(encoded))
        ]

    def said(self, encoded: Tensor, utterance: Utterance) -> Said:
        """encoded: [rows, frames, width]"""
        spelt = self.spelt(encoded)
        logprobs = token_logprobs(spelt, utterance.tokens, utterance.frames)
        tags = self.pooled(encoded, TAGS) if self.tags else None
        spoken = self.pooled(encoded, LANGUAGES).log_softmax(dim=-1) if self.languages else None
        told = None if tags is None else F.logsigmoid(tags)
        kl = divergence(spelt.detach(), utterance.frames)
        return Said(logprobs, self._no_speech(tags), spoken, told, kl)

    def reading(self, text: str, language: str | None, utterance: Utterance) -> Utterance | None:
        """None: how a text is spelt in phones is not known."""
        return None

    @torch.no_grad()
    def write(self, encoded: Tensor, language: str | None) -> list[str]:
        """Phones, with spaces between them."""
        return [" ".join(self._phones(best_path(logprobs))) for logprobs in self.spelt(encoded)]

    def spelt(self, encoded: Tensor) -> Tensor:
        """[rows, frames, 1 + phones], log-probabilities; the first is that of no phone."""
        return self._read(encoded, PHONES).log_softmax(dim=-1)

    def pooled(self, encoded: Tensor, part: str) -> Tensor:
        """[rows, tags] or [rows, languages], as logits."""
        return self._read(encoded, part).logsumexp(dim=1) - log(encoded.shape[1])

    def _read(self, encoded: Tensor, part: str) -> Tensor:
        if f"{part}.weight" not in self._weights:
            return encoded.new_zeros(*encoded.shape[:2], 0)
        return F.linear(encoded, self._weights[f"{part}.weight"], self._weights[f"{part}.bias"])

    def _no_speech(self, tags: Tensor | None) -> Tensor | None:
        """[rows], where there is a tag for speech."""
        if tags is None or SPEECH not in self.tags:
            return None
        return torch.sigmoid(-tags[:, self.tags.index(SPEECH)])

    def _likeliest_languages(self, encoded: Tensor) -> list[str | None]:
        if not self.languages:
            return [None] * len(encoded)
        return [self.languages[place] for place in self.pooled(encoded, LANGUAGES).argmax(dim=-1).tolist()]

    def _utterance(self, path: BestPath, language: str | None, silent: bool) -> Utterance:
        texts = tuple(f" {phone}" for phone in self._phones(path))
        problem = SILENT if silent or not texts else None
        return Utterance(tokens=path.tokens, texts=texts, frames=path.frames, language=language, problem=problem)

    def _phones(self, path: BestPath) -> list[str]:
        return [self.names.phones[token - 1] for token in path.tokens]


@dataclass(frozen=True, slots=True)
class HeadsSource:
    """A file of heads, checked but not loaded."""

    path: Path
    sha256: str
    names: HeadNames
    problem: None = None

    @property
    def name(self) -> str:
        return self.path.name

    def load(self, device: torch.device) -> Heads:
        with safe_open(self.path, "pt") as file:
            weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        bad = [name for name, weight in weights.items() if not weight.isfinite().all()]
        if bad:
            raise AtlasError(f"{self.path}: NaN or infinite weights in {', '.join(sorted(bad))}; use another file")
        return Heads(self.names, {name: weight.to(device) for name, weight in weights.items()})


def heads_bytes(names: HeadNames, weights: Mapping[str, Tensor], encoder_sha256: str) -> bytes:
    """The content of a file of heads, in half precision; `encoder_sha256`: of the file of the encoder that they fit."""
    metadata = {part: json.dumps(list(labels), ensure_ascii=False) for part, labels in asdict(names).items()}
    halves = {name: weight.half().contiguous() for name, weight in weights.items()}
    return save(halves, metadata | {"encoder_sha256": encoder_sha256})


def find_heads(path: Path, key: str, source: EncoderSource) -> HeadsSource:
    """A file of heads that fits the encoder; `key` of the config for its messages."""
    if not path.is_file():
        raise AtlasError(f"{key}: there is no file {path}; give the path of a file of heads")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        names = HeadNames(**{part: tuple(json.loads(metadata[part])) for part in PARTS})
        fitted = metadata["encoder_sha256"]
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise AtlasError(f"{path}: {_NOT_HEADS} ({type(error).__name__}: {error})") from None
    if fitted != source.sha256:
        raise AtlasError(
            f"{key}: the heads in {path.name} were fitted on an encoder whose file has the sha256 {fitted[:12]}…, and"
            f" encoder.model, {source.name}, has {source.sha256[:12]}…; fit heads on that one"
        )
    width = source.architecture().get("width", shapes.get(f"{PHONES}.weight", (0, 0))[-1])
    expected: dict[str, tuple[int, ...]] = {}
    for part in PARTS:
        if rows := names.rows(part):
            expected |= {f"{part}.weight": (rows, width), f"{part}.bias": (rows,)}
    wrong = next((name for name, shape in expected.items() if shapes.get(name) != shape), None)
    if wrong is not None:
        raise AtlasError(f"{path}: {wrong} should have the shape {expected[wrong]}, not {shapes.get(wrong)}")
    return HeadsSource(path, hashlib.sha256(path.read_bytes()).hexdigest(), names)
