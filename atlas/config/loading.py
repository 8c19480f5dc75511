"""A config file -> checked settings, with every mistake in it at once; relative paths are relative to the file."""

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from atlas.config.dictionaries import DictionaryConfig
from atlas.config.settings import Config, model_beside
from atlas.config.tables import Settings
from atlas.config.validation import mistakes_in
from atlas.errors import AtlasError


def load_config(path: Path) -> Config:
    """Read one config file, or report everything that is wrong with it."""
    return parse_config(read_toml(path), path)


def parse_config(raw: dict[str, Any], path: Path) -> Config:
    """Check settings that were read from `path`, to whose folder relative paths belong."""
    config = checked(raw, path, Config)
    folder = path.resolve().parent
    dictionaries = tuple(_beside(entry, folder) for entry in config.dictionary)
    annotate = config.annotate
    if annotate.model is not None:
        annotate = annotate.model_copy(update={"model": model_beside(annotate.model, path)})
    effects = config.effects
    if effects is not None and effects.readout is not None:
        effects = effects.model_copy(update={"readout": model_beside(effects.readout, path)})
    models = {"encoder": config.encoder.beside(path), "annotate": annotate, "effects": effects}
    return config.model_copy(update={"dictionary": dictionaries, **models})


def _beside(entry: DictionaryConfig, folder: Path) -> DictionaryConfig:
    """The same with absolute paths of its checkpoints."""
    given = {name: getattr(entry, name) for name in ("checkpoint", "untrained")}
    local = {name: path for name, path in given.items() if path and not path.startswith("hf://")}
    return entry.model_copy(update={name: str(folder / path) for name, path in local.items()})


def read_toml(path: Path) -> dict[str, Any]:
    """What a config file says, unchecked."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AtlasError(f"{path}: cannot be read ({error.strerror}); give the path of a config file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AtlasError(f"{path}: not a TOML file: {error}") from None


def checked(raw: dict[str, Any], path: Path, model: type[Settings]) -> Settings:
    """Settings that were read from `path`, checked against the tables of one kind of config."""
    # Through JSON, pydantic is strict about types (no 1 for true, no "12" for 12), yet takes lists and paths.
    text = json.dumps(raw, default=str)
    try:
        return model.model_validate_json(text, strict=True, context={"folder": path.resolve().parent})
    except ValidationError as error:
        mistakes = mistakes_in(error, model)
        lines = "".join(f"\n  {line}" for line in mistakes)
        raise AtlasError(f"{path}: {len(mistakes)} mistake{'s' * (len(mistakes) > 1)}{lines}") from None
