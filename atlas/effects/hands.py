"""`atlas steer`: from a config, features and audio files to what the model writes with and without them.

The dictionary is used as the atlas measured it: with the thresholds that were calibrated, and each feature's values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from atlas.config.dictionaries import LOG_MEL, UNTRAINED
from atlas.effects.clips import TappedModel
from atlas.effects.steering import Steering, Version, Where, versions
from atlas.errors import AtlasError
from atlas.measure.calibrate import calibrated_dictionary
from atlas.measure.codes import Coder
from atlas.measure.encoding import windows_of
from atlas.measure.run import Run
from atlas.measure.threads import Threads
from atlas.readouts.catalogue import find_readout
from atlas.schema import FEATURES

QUANTILES = {"q50": "q50", "q90": "q90", "q99": "q99", "max": "max"}
"what --set may name: a figure of each feature's own active values"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for, with values still by name."""

    factor: float | None
    value: str | None
    dose: float
    where: Where


@dataclass(frozen=True, slots=True)
class SteeredClip:
    """A window of a file, and how it is heard."""

    file: str
    start_s: float
    problem: str | None
    versions: tuple[Version, ...]


def named_features(run: Run, names: Sequence[str]) -> tuple[str, list[int]]:
    """`block2/12`, ... -> the one dictionary that they are of, and their numbers."""
    known = {entry.name: entry for entry in run.config.dictionaries()}
    parts = [name.rpartition("/") for name in names]
    dictionaries = {dictionary for dictionary, _, _ in parts}
    wrong = next(
        (
            name
            for name, (dictionary, _, number) in zip(names, parts, strict=True)
            if dictionary not in known or not number.isdecimal()
        ),
        None,
    )
    if wrong is not None:
        raise AtlasError(f"--feature {wrong}: expected a dictionary and a number such as {next(iter(known))}/12")
    if len(dictionaries) > 1:
        raise AtlasError(f"--feature: of several dictionaries, {' and '.join(sorted(dictionaries))}; name those of one")
    return dictionaries.pop(), [int(number) for _, _, number in parts]


def tapped_model(run: Run, name: str) -> TappedModel:
    """The model as it goes on from the tap of a dictionary."""
    entry = next(entry for entry in run.config.dictionaries() if entry.name == name)
    if entry.tap == LOG_MEL or entry.tap.startswith(UNTRAINED):
        raise AtlasError(f"{name}: the tap {entry.tap} is not of the trained model, so nothing follows from it")
    source = find_readout(run.config, run.source)
    readout = source.load(torch.device("cpu"))
    if readout is None:
        raise AtlasError(f"{run.source.name} says nothing that could be written out: {source.problem}")
    dictionary = calibrated_dictionary(run, entry)
    coder = Coder(dictionary, run.window_frames, Threads(run.threads))
    return TappedModel(run.source.load(torch.device("cpu"), torch.float32), readout, entry.tap, coder)


def steering_of(run: Run, name: str, features: Sequence[int], wish: Wish) -> Steering:
    """With each feature's own value, where one is named."""
    table = run.folder.read_table(FEATURES, name)
    beyond = [feature for feature in features if feature >= len(table)]
    if beyond:
        raise AtlasError(f"--feature {name}/{beyond[0]}: {name} has {len(table):,} features, from 0")
    if wish.factor is not None:
        return Steering(wish.factor, (), wish.where)
    figure = QUANTILES.get(wish.value or "")
    values = (
        [float(wish.value or "nan")] * len(features)
        if figure is None
        else table[figure].gather(list(features)).to_list()
    )
    silent = [feature for feature, value in zip(features, values, strict=True) if value is None]
    if silent:
        raise AtlasError(
            f"--set {wish.value}: {name}/{silent[0]} never fires on this corpus, so it has none; give a number"
        )
    return Steering(None, tuple(wish.dose * float(value) for value in values), wish.where)


def steer(
    run: Run, names: Sequence[str], wish: Wish, files: Sequence[Path], language: str | None, seed: int
) -> Iterator[SteeredClip]:
    """Every window of the files, one after another."""
    name, features = named_features(run, names)
    steering = steering_of(run, name, features, wish)
    model = tapped_model(run, name)
    grid = model.encoder.grid
    for file in files:
        start_s = 0.0
        for samples in windows_of(file, None, run.source):
            valid = grid.frames_of(len(samples))
            if valid:
                clip = model.tapped(model.encoder.prepare(samples), valid, language)
                heard = tuple(versions(model, clip, features, steering, seed))
                yield SteeredClip(str(file), start_s, clip.utterance.problem, heard)
            start_s += len(samples) / grid.rate_hz
