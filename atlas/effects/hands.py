"""`atlas steer`: from a config, features and audio files to what the model writes with and without them.

The dictionary is used as the atlas measured it: with the thresholds that were calibrated, and each feature's values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import torch

from atlas.annotate.languages import ENGLISH, language_code
from atlas.audio.samples import Samples
from atlas.config.dictionaries import LOG_MEL, UNTRAINED
from atlas.effects.clips import TappedModel
from atlas.effects.directions import SavedDirections
from atlas.effects.steering import Steering, Target, Version, Where, unfired, versions
from atlas.errors import AtlasError
from atlas.measure.calibrate import calibrated_dictionary
from atlas.measure.codes import Coder
from atlas.measure.encoding import windows_of
from atlas.measure.run import Run
from atlas.measure.threads import Threads
from atlas.readouts.base import Readout
from atlas.readouts.catalogue import find_readout
from atlas.schema import FEATURES
from atlas.schema.grid import FrameGrid

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
    silent: tuple[str, ...]
    "features that have nothing here to be taken away, set or multiplied, such as block2/12"
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
    numbers = [int(number) for _, _, number in parts]
    twice = next((name for place, name in enumerate(names) if numbers[place] in numbers[:place]), None)
    if twice is not None:
        raise AtlasError(f"--feature {twice}: named twice, which would move it twice as far; name each feature once")
    return dictionaries.pop(), numbers


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
    refuse_silent(f"--set {wish.value}", name, features, values)
    return Steering(None, tuple(map(float, values)), wish.where, wish.dose)


def refuse_silent(asked: str, name: str, features: Sequence[int], values: Sequence[float | None]) -> None:
    """Features that never fire have no active values."""
    silent = [feature for feature, value in zip(features, values, strict=True) if value is None]
    if silent:
        raise AtlasError(f"{asked}: {name}/{silent[0]} never fires on this corpus, so it has no value; give a number")


def target_of_features(run: Run, names: Sequence[str], wish: Wish) -> Target:
    """Features as they are named, all of one dictionary."""
    name, features = named_features(run, names)
    return Target(name, features, steering_of(run, name, features, wish))


def steer(run: Run, target: Target, files: Sequence[Path], language: str | None, seed: int) -> Iterator[SteeredClip]:
    """The windows of the files, one after another; where times are named, those that they touch."""
    model = tapped_model(run, target.dictionary)
    _refuse_unknown(language, model.readout)
    grid = model.encoder.grid
    for file in files:
        windows = list(windows_of(file, None, run.source))
        starts = [0.0, *accumulate(len(samples) / grid.rate_hz for samples in windows)]
        for samples, start_s, steering in _touched(windows, starts, target.steering, file, grid):
            valid = grid.frames_of(len(samples))
            if valid:
                clip = model.tapped(model.encoder.prepare(samples), valid, language)
                heard = tuple(versions(model, clip, target.edited, steering, seed))
                silent = () if isinstance(target.edited, SavedDirections) else target.edited
                names = tuple(f"{target.dictionary}/{one}" for one in unfired(model, clip, silent, steering))
                yield SteeredClip(str(file), start_s, clip.utterance.problem, names, heard)


def _refuse_unknown(language: str | None, readout: Readout | None) -> None:
    assert readout is not None, "steered only where something is said"
    known = readout.languages or (ENGLISH,)
    if language is not None and language_code(language) not in known:
        raise AtlasError(f"--language {language}: {readout.name} knows {', '.join(known)}; give one of these, or none")


def _touched(
    windows: Sequence[Samples], starts: Sequence[float], steering: Steering, file: Path, grid: FrameGrid
) -> list[tuple[Samples, float, Steering]]:
    """The windows that are heard, each with its start and with times that are counted from there."""
    where = steering.where
    if isinstance(where, str):
        return [(samples, start_s, steering) for samples, start_s in zip(windows, starts, strict=False)]
    touched = []
    for samples, start_s, end_s in zip(windows, starts, starts[1:], strict=False):
        first_s, stop_s = max(where[0], start_s) - start_s, min(where[1], end_s) - start_s
        if round(first_s * grid.frames_per_s) < round(stop_s * grid.frames_per_s):
            touched.append((samples, start_s, replace(steering, where=(first_s, stop_s))))
    if not touched:
        raise AtlasError(
            f"--frames {where[0]:g}-{where[1]:g}: no frames of {file}, which is {starts[-1]:.2f} s long; give two times"
            " in seconds within it, the first before the second"
        )
    return touched
