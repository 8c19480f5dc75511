"""From a file of directions to what `atlas steer` does with it, and from an edit of features to such a file.

SavedDirections are tried beside the reconstruction and the features of a dictionary on their tap.
"""

from collections.abc import Mapping
from pathlib import Path

import torch

from atlas.effects import directions
from atlas.effects.directions import SavedDirections, direction_bytes
from atlas.effects.hands import QUANTILES, Wish, refuse_silent
from atlas.effects.steering import Steering, Target
from atlas.errors import AtlasError
from atlas.measure.calibrate import calibrated_dictionary
from atlas.measure.run import Run
from atlas.schema import FEATURES
from atlas.schema.card import read_card


def target_of_directions(run: Run, path: Path, dictionary: str | None, tap: str | None, wish: Wish) -> Target:
    """What a file holds, at the tap that it or an option names."""
    if wish.value in QUANTILES:
        raise AtlasError(f"--set {wish.value}: a saved direction has no values of its own; give a number")
    if wish.where == "own":
        raise AtlasError("--frames own: a saved direction has no frames of its own; give all, or two times")
    saved = directions.read_directions(path)
    name = _dictionary_beside(run, path, saved.about, dictionary, tap)
    place, width = _tap_of(run, name), saved.rows.shape[1]
    if width != run.widths[place]:
        raise AtlasError(f"--direction {path}: of width {width}, but the tap {place} has width {run.widths[place]}")
    sha256 = saved.about.get(directions.ENCODER)
    if sha256 is not None and sha256 != run.source.sha256:
        raise AtlasError(
            f"--direction {path}: made on an encoder with sha256 {sha256[:12]}, and {run.source.name} has"
            f" {run.source.sha256[:12]}; directions of one model mean nothing in another"
        )
    values = () if wish.factor is not None else (float(wish.value or "nan"),)
    return Target(name, saved, Steering(wish.factor, values, wish.where, wish.dose))


def _tap_of(run: Run, name: str) -> str:
    return next(entry.tap for entry in run.config.dictionaries() if entry.name == name)


def _dictionary_beside(run: Run, path: Path, about: Mapping[str, str], dictionary: str | None, tap: str | None) -> str:
    """The dictionary on the tap of a saved direction: the one that is named, or the first."""
    known = {entry.name: entry.tap for entry in run.config.dictionaries()}
    if dictionary is not None and dictionary not in known:
        raise AtlasError(f"--dictionary {dictionary}: not in the config, which has {', '.join(known)}")
    place = tap or (known[dictionary] if dictionary else about.get(directions.TAP))
    if place is None:
        raise AtlasError(f"--direction {path}: does not say of which tap it is; give --tap or --dictionary")
    if about.get(directions.TAP, place) != place:
        raise AtlasError(
            f"--direction {path}: of the tap {about[directions.TAP]}, not of {place}; name that one or none"
        )
    name = dictionary or next((name for name, its in known.items() if its == place), None)
    if name is None or known[name] != place:
        taps = ", ".join(dict.fromkeys(known.values()))
        raise AtlasError(f"--tap {place}: not that of {name or 'any dictionary of the config'}; taps read are {taps}")
    return name


def save_direction(run: Run, target: Target, path: Path) -> str:
    """Write what the edit of features moves activations along, on the mean; a line says what.

    Each decoder row counts as much as its feature is moved: by --set its value times the dose, by --factor F or
    --ablate (F - 1) times its mean active value.
    """
    assert not isinstance(target.edited, SavedDirections), "only features are saved"
    name, features, steering = target.dictionary, target.edited, target.steering
    entry = next(entry for entry in run.config.dictionaries() if entry.name == name)
    weights = [steering.dose * value for value in steering.values]
    if steering.factor is not None:
        means = run.folder.read_table(FEATURES, name)["mean_active"].gather(list(features)).to_list()
        refuse_silent("--save", name, features, means)
        weights = [(steering.factor - 1) * mean for mean in means]
    dictionary = calibrated_dictionary(run, entry)
    own = "the tap" if dictionary.normalisation == "none" else "the dictionary, which scales each frame"
    content = direction_bytes(
        dictionary.decoder[list(features)],
        torch.tensor(weights, dtype=torch.float32),
        {
            directions.TAP: entry.tap,
            directions.ENCODER: run.source.sha256,
            directions.DICTIONARY: name,
            "encoder": run.source.name,
            "identity": read_card(run.folder.root).dictionaries[name].identity,
            "features": " ".join(f"{name}/{feature}" for feature in features),
            "weights": " ".join(f"{weight:.6g}" for weight in weights),
            "edit": steering.words,
            "units": own,
        },
    )
    _write(path, content)
    size = directions.read_directions(path).about[directions.SIZE]
    return f"{path}: a direction of norm 1 and width {dictionary.d}, which the edit moves by {size} in units of {own}"


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise AtlasError(
            f"--save {path}: cannot be written ({error.strerror}); name a file in a folder of yours"
        ) from None
