"""The settings of a dictionary, and of the controls that are measured beside it."""

from typing import Annotated, Literal, Self
from zlib import crc32

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from atlas.config.tables import ConfigTable, Name, unless

Control = Literal["random", "template"]
CONTROLS: tuple[Control, ...] = ("random", "template")
Selection = Literal["threshold", "calibrated", "clip", "top_k", "relu", "group_max"]


def _named_controls(given: object) -> object:
    """All of them for true, none for false; else as they were named."""
    if isinstance(given, bool):
        return CONTROLS if given else ()
    return tuple(given) if isinstance(given, list) else given


def _checked_controls(controls: tuple[Control, ...]) -> tuple[Control, ...]:
    if len(set(controls)) < len(controls):
        raise ValueError("each control named once")
    return tuple(control for control in CONTROLS if control in controls)


class DictionaryConfig(ConfigTable):
    """A sparse autoencoder on a tap, the tap's own units, or directions that nobody learned."""

    name: Name
    "what it is called in addresses and tables, such as block2"
    tap: str = Field(min_length=1)
    "the module path that is read, such as encoder.blocks.2"
    kind: Literal["sae", "identity", "random", "template"] = "sae"
    "a sparse autoencoder, the tap's own units (each side of zero a feature), or directions: random, or of frames"
    checkpoint: str | None = None
    "a local path, or hf://owner/repo[@revision]/path"
    like: str | None = None
    "for kinds random and template: the dictionary whose densities it matches"
    selection: Selection | None = None
    "which values of a frame count as active; what the checkpoint says, if not given"
    k: int | None = Field(default=None, ge=1)
    "overrides the checkpoint's k"
    threshold: float | None = Field(default=None, ge=0)
    "overrides the checkpoint's threshold"
    density: float | None = Field(default=None, gt=0, le=0.5)
    "for kind identity: the share of frames on which each side of a unit is active"
    control: Annotated[tuple[Control, ...], BeforeValidator(_named_controls), AfterValidator(_checked_controls)] = (
        CONTROLS
    )
    "what is measured beside it, at its densities: random directions, and templates, which are frames' activations"
    seed: int = Field(default=0, ge=0)
    "draws controls"
    about: str = Field(default="", exclude=True)
    "a line for readers, shown wherever the dictionary is introduced; it changes pages and nothing else"

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        needs: dict[tuple[str, ...], tuple[str, object]] = {
            ("sae",): ("a checkpoint", self.checkpoint),
            CONTROLS: ("like, which names another dictionary,", self.like),
            ("identity",): ("a density, such as 0.01,", self.density),
        }
        mistakes = [
            f"{what} for kind {' or '.join(kinds)}{'' if self.kind in kinds else f', not for kind {self.kind}'}"
            for kinds, (what, value) in needs.items()
            if (self.kind in kinds) != (value is not None)
        ]
        if self.kind != "sae":
            given = [name for name in ("selection", "k", "threshold") if getattr(self, name) is not None]
            mistakes += [f"no {name} for kind {self.kind}, which is selected by density" for name in given]
        return unless(self, mistakes)

    @property
    def is_control(self) -> bool:
        return self.kind in CONTROLS

    def control_configs(self) -> tuple["DictionaryConfig", ...]:
        """The controls that are measured beside this dictionary; a control has none."""
        return () if self.is_control else tuple(map(self._control_config, self.control))

    def _control_config(self, kind: Control) -> "DictionaryConfig":
        name = f"{self.name}-{kind}"  # not checked again: it may be longer than a name that a user gives
        seed = crc32(f"{self.seed} {self.tap}".encode())  # layers share a basis: the same directions would overlap
        return DictionaryConfig.model_construct(name=name, tap=self.tap, kind=kind, like=self.name, seed=seed)
