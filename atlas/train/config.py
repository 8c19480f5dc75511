"""One TOML file -> what is trained: corpus, encoder, the course of the training, and the autoencoders.

Corpus and encoder are those of a config to build; the rest is here, with each default stated once.
"""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from atlas.config.dictionaries import DictionaryConfig
from atlas.config.loading import checked, read_toml
from atlas.config.settings import Config, CorpusConfig, EncoderConfig
from atlas.config.tables import ConfigTable, Name

Kind = Literal["batch_top_k", "top_k", "l1"]


def _not_a_file(name: str) -> str:
    if name.endswith((".pt", ".parquet")) or name == "activations":
        raise ValueError("a name that no file or folder of the training itself has")
    return name


class AutoencoderConfig(ConfigTable):
    """One sparse autoencoder on a tap; several may read the same tap."""

    name: Annotated[Name, AfterValidator(_not_a_file)]
    "the folder that it is saved in"
    tap: str = Field(min_length=1)
    "the module path that is read, such as encoder.blocks.2"
    kind: Kind = "batch_top_k"
    "batch_top_k: k features are active in a mean frame; top_k: in every frame; l1: those above zero"
    k: int = Field(default=50, ge=1)
    "for batch_top_k and top_k"
    l1: float | None = Field(default=None, gt=0)
    "for l1: the weight of a frame's sum of values, beside squared errors whose mean would be 1 without features"
    features: int | None = Field(default=None, ge=1, le=2**24)
    "how many; expansion times the tap's width, if not given"
    expansion: int = Field(default=8, ge=1)
    "features for each unit of the tap"
    auxiliary: float = Field(default=1 / 32, ge=0)
    "for batch_top_k and top_k: the weight of what dead features leave of the error"
    nested: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] | None = None
    "for batch_top_k and top_k: so many of the first features shall rebuild as well without the rest (Matryoshka)"
    seed: int = Field(default=0, ge=0, lt=2**63)
    "draws the first directions"

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        given = self.model_fields_set
        mistakes = []
        if (self.kind == "l1") != (self.l1 is not None):
            mistakes.append(f"l1, such as 0.1, for kind l1{'' if self.kind == 'l1' else f', not for {self.kind}'}")
        if self.kind == "l1":
            mistakes += [f"no {name} for kind l1" for name in ("k", "auxiliary", "nested") if name in given]
        if self.nested and list(self.nested) != sorted(set(self.nested)):
            mistakes.append("nested in ascending order, each number once")
        if self.features is not None and "expansion" in given:
            mistakes.append("features or expansion, not both")
        if mistakes:
            raise ValueError(*mistakes)
        return self

    def group_sizes(self, features: int) -> list[int] | None:
        """How many features each nested beginning has more than the one before, and last the whole."""
        return [after - before for before, after in pairwise((0, *self.nested, features))] if self.nested else None

    def width(self, tap_width: int) -> int:
        """How many features."""
        return self.features or self.expansion * tap_width


class CourseConfig(ConfigTable):
    """The course of the training, the same for all autoencoders."""

    steps: int = Field(default=10_000, ge=1)
    "batches that are learned from"
    batch_frames: int = Field(default=2048, ge=16)
    "frames a step"
    learning_rate: float = Field(default=2e-4, gt=0, allow_inf_nan=False)
    "of Adam; falls to zero over the last fifth of the steps"
    buffer_frames: int = Field(default=2**18, ge=1)
    "frames that are shuffled at a time; the memory of a tap is this times its width times 4 bytes"
    domain_weights: dict[str, Annotated[float, Field(ge=0)]] | None = None
    "the share of each domain in the frames, in any unit; 0 leaves a domain out; as in the corpus, if not given"
    held_out: float = Field(default=0.1, gt=0, lt=1)
    "the share of recordings, drawn by their names, that are never trained on; groups stay whole, as in corpus.group"
    held_out_frames: int = Field(default=2**16, ge=1)
    "at most about so many of their frames are measured"
    dead_frames: int = Field(default=2**18, ge=1)
    "a feature is dead that was not active in the last so many frames"
    report_steps: int = Field(default=250, ge=1)
    "after so many steps a line in the log and a checkpoint; no result depends on it"
    cache: bool = False
    "keep activations on disk, as 32-bit floats; no result depends on it"
    seed: int = Field(default=0, ge=0, lt=2**63)
    "draws the order of the frames"


def _checked_autoencoders(entries: tuple[AutoencoderConfig, ...]) -> tuple[AutoencoderConfig, ...]:
    names = [entry.name for entry in entries]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if not entries:
        raise ValueError("at least one [[train]]")
    if doubled:
        raise ValueError(f"names to be unique; twice: {', '.join(doubled)}")
    return entries


class TrainConfig(ConfigTable):
    """Everything that decides what is trained."""

    title: str = ""
    "what it is called; nothing depends on it"
    corpus: CorpusConfig
    encoder: EncoderConfig
    training: CourseConfig = CourseConfig()
    train: Annotated[tuple[AutoencoderConfig, ...], AfterValidator(_checked_autoencoders)]

    @field_validator("training")
    @classmethod
    def _known_domains(cls, training: CourseConfig, info: ValidationInfo) -> CourseConfig:
        corpus: CorpusConfig | None = info.data.get("corpus")  # absent where it has mistakes of its own
        unknown = sorted(set(training.domain_weights or {}) - set(corpus.domains)) if corpus else []
        if corpus and unknown:
            raise ValueError(f"domain_weights of {', '.join(corpus.domains)}, not of {', '.join(unknown)}")
        return training

    def measured(self) -> Config:
        """The same corpus and taps as the measuring half asks for them."""
        taps = dict.fromkeys(entry.tap for entry in self.train)
        units = (
            DictionaryConfig(name=f"tap{number}", tap=tap, kind="identity", density=0.01)
            for number, tap in enumerate(taps)
        )
        title = self.title or "training"
        return Config(title=title, corpus=self.corpus, encoder=self.encoder, dictionary=tuple(units))


def load_train_config(path: Path) -> TrainConfig:
    """Read one config file, or report everything that is wrong with it."""
    config = checked(read_toml(path), path, TrainConfig)
    return config.model_copy(update={"encoder": config.encoder.beside(path)})
