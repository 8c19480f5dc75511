"""The settings of effects: what features do to what the model says."""

from typing import Annotated

from pydantic import AfterValidator, Field

from atlas.config.tables import ConfigTable, Name


def _checked_features(features: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [name for name in features if not name.rpartition("/")[0] or not name.rpartition("/")[2].isdecimal()]
    if wrong:
        raise ValueError(f"features such as block2/1234, not {wrong[0]}")
    return features


class EffectsConfig(ConfigTable):
    """What features do to what the model says; nothing is measured unless this table is there."""

    budget_passes: int = Field(default=12_000, ge=1)
    "edits passed through the model for each dictionary, controls included; a larger budget adds to what is there"
    dictionaries: tuple[Name, ...] | None = None
    "those that are measured; all but controls, if not given"
    features: Annotated[tuple[str, ...], AfterValidator(_checked_features)] = ()
    "features that get the full set of controls whatever is found of them, such as block2/1234"
    displayed: int = Field(default=8, ge=0, le=100)
    "so many features that pass get the full set of controls, too, and are written out before and after"
    readout: str | None = Field(default=None, min_length=1)
    "a Whisper with its decoder, or a file of heads; annotate.model, else encoder.model, if not given"
    domains: tuple[Name, ...] = ("speech",)
    "the domains whose clips are transcribed"
