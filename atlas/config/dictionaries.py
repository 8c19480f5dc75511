"""The settings of a dictionary, and of the controls that are measured beside it."""

from typing import Annotated, Literal, Self
from zlib import crc32

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from atlas.config.tables import ConfigTable, Name, unless
from atlas.formatting import listed

Control = Literal["random", "template", "untrained", "mel"]
CONTROLS: tuple[Control, ...] = ("random", "template", "untrained", "mel")
DEFAULT_CONTROLS: tuple[Control, ...] = ("random", "template")
LOG_MEL = "log-mel"
"the tap that is the sound itself: the display mel at each frame"
UNTRAINED = "untrained "
"begins a tap of the same architecture with fresh weights, as in `untrained encoder.blocks.2`"
Selection = Literal["threshold", "calibrated", "clip", "top_k", "relu", "group_max"]


def _named_controls(given: object) -> object:
    """The usual ones for true, none for false; else as they were named."""
    if isinstance(given, bool):
        return DEFAULT_CONTROLS if given else ()
    return tuple(given) if isinstance(given, list) else given


def _checked_controls(controls: tuple[Control, ...]) -> tuple[Control, ...]:
    if len(set(controls)) < len(controls):
        raise ValueError("each control named once")
    return tuple(control for control in CONTROLS if control in controls)


class DictionaryConfig(ConfigTable):
    """A sparse autoencoder on a tap, the tap's own units, or a control of another dictionary."""

    name: Name
    "what it is called in addresses and tables, such as block2"
    tap: str = Field(min_length=1)
    "the module path that is read, such as encoder.blocks.2; `log-mel`; or `untrained` before a path: fresh weights"
    kind: Literal["sae", "identity", "random", "template", "untrained", "mel"] = "sae"
    "a sparse autoencoder, the tap's own units (each side of zero a feature), or a control, as in `control`"
    checkpoint: str | None = None
    "a local path, or hf://owner/repo[@revision]/path"
    like: str | None = None
    "for controls: the dictionary whose densities it matches"
    selection: Selection | None = None
    "which values of a frame count as active; what the checkpoint says, if not given"
    k: int | None = Field(default=None, ge=1)
    "overrides the checkpoint's k"
    threshold: float | None = Field(default=None, ge=0)
    "overrides the checkpoint's threshold"
    density: float | None = Field(default=None, gt=0, le=0.5)
    "for kind identity: the share of frames on which each side of a unit is active"
    control: Annotated[tuple[Control, ...], BeforeValidator(_named_controls), AfterValidator(_checked_controls)] = (
        DEFAULT_CONTROLS
    )
    "measured beside it: random directions, frames' activations, features of an untrained encoder, log-mel directions"
    untrained: str | None = None
    "for the control untrained: a checkpoint that was trained on the tap `untrained ...`, by `atlas train`"
    seed: int = Field(default=0, ge=0)
    "draws controls"
    about: str = Field(default="", exclude=True)
    "a line for readers, shown wherever the dictionary is introduced; it changes pages and nothing else"

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        needs: dict[tuple[str, ...], tuple[str, object]] = {
            ("sae", "untrained"): ("a checkpoint", self.checkpoint),
            CONTROLS: ("like, which names another dictionary,", self.like),
            ("identity",): ("a density, such as 0.01,", self.density),
        }
        mistakes = [
            f"{what} for kind {listed(kinds, 'or')}{'' if self.kind in kinds else f', not for kind {self.kind}'}"
            for kinds, (what, value) in needs.items()
            if (self.kind in kinds) != (value is not None)
        ]
        if self.kind != "sae":
            given = [name for name in ("selection", "k", "threshold") if getattr(self, name) is not None]
            mistakes += [f"no {name} for kind {self.kind}, which is selected by density" for name in given]
        if ("untrained" in self.control_kinds) != (self.untrained is not None):
            mistakes.append("untrained, a checkpoint, where control names untrained, and only there")
        if "untrained" in self.control_kinds and self.tap.startswith((UNTRAINED, LOG_MEL)):
            mistakes.append(f"no control untrained for the tap {self.tap}, which is not of the trained model")
        return unless(self, mistakes)

    @property
    def is_control(self) -> bool:
        return self.kind in CONTROLS

    @property
    def control_kinds(self) -> tuple[Control, ...]:
        """Of the controls that are measured beside this dictionary; a control has none."""
        return () if self.is_control else self.control

    def control_configs(self) -> tuple["DictionaryConfig", ...]:
        """The controls that are measured beside this dictionary."""
        return tuple(map(self._control_config, self.control_kinds))

    def _control_config(self, kind: Control) -> "DictionaryConfig":
        return DictionaryConfig.model_construct(
            name=f"{self.name}-{kind}",  # not checked again: it may be longer than a name that a user gives
            tap=control_tap(kind, self.tap),
            kind=kind,
            like=self.name,
            checkpoint=self.untrained if kind == "untrained" else None,
            seed=crc32(f"{self.seed} {self.tap}".encode()),  # layers share a basis: the same directions would overlap
        )


def control_tap(kind: str, tap: str) -> str:
    """What a control of a dictionary on a tap reads."""
    return {"untrained": UNTRAINED + tap, "mel": LOG_MEL}.get(kind, tap)
