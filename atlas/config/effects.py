"""The settings of effects: what features do to what the model says."""

from typing import Annotated

from pydantic import AfterValidator, Field

from atlas.config.tables import ConfigTable, Name


def _checked_features(features: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [name for name in features if not name.rpartition("/")[0] or not name.rpartition("/")[2].isdecimal()]
    if wrong:
        raise ValueError(f"features such as block2/1234, not {wrong[0]}")
    return features


def _checked_dictionaries(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if names == ():
        raise ValueError("at least one dictionary; without the key all but controls are measured")
    return names


class EffectsConfig(ConfigTable):
    """What features do to what the model says; nothing is measured unless this table is there."""

    budget_passes: int = Field(default=12_000, ge=1)
    "edits passed through the model for each dictionary, controls included; a larger budget adds to what is there"
    dictionaries: Annotated[tuple[Name, ...] | None, AfterValidator(_checked_dictionaries)] = None
    "those that are measured; all but controls, if not given"
    features: Annotated[tuple[str, ...], AfterValidator(_checked_features)] = ()
    "features that get doses and the full set of controls whatever is found of them, such as block2/1234"
    displayed: int = Field(default=8, ge=0, le=100)
    "so many of the strongest features, whether or not they pass, get the full set, too, and are written out"
    readout: str | None = Field(default=None, min_length=1)
    "a Whisper with its decoder, or a file of heads; annotate.model, else encoder.model, if not given"
    domains: tuple[Name, ...] = ("speech",)
    "the domains whose clips are transcribed"
