"""The calibrate stage: hear a sample, calibrate every dictionary, keep the result; and make readers from it.

`calibration.json` says what was found; `calibration/{dictionary}.safetensors` holds thresholds and, of a control, the
mean that its directions are centred on, the features that they match, and what templates were drawn from, or which
features of an untrained encoder were drawn. The scan
depends on both through the digest of the JSON file. `baselines.json` holds what no scan depends on: how well
dictionaries rebuild the sample, beside PCA and pursuit.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save
from torch import Tensor

from atlas.config.dictionaries import DictionaryConfig
from atlas.dictionaries.base import Dictionary
from atlas.dictionaries.controls import control_of, features_of, unit_directions
from atlas.dictionaries.load import load_dictionary
from atlas.digests import digest_of
from atlas.formatting import counted
from atlas.measure import baselines, thresholds
from atlas.measure.codes import Coder
from atlas.measure.reconstruction import Rebuilder
from atlas.measure.run import Run
from atlas.measure.scales import Scales
from atlas.measure.shard import DictionaryReader
from atlas.measure.threads import Threads
from atlas.measure.thresholds import Calibrated, ControlSample, SampleFiring
from atlas.progress import bar
from atlas.schema.card import BaselinesCard
from atlas.schema.thresholds import FEWEST_RECORDINGS
from atlas.schema.wording import doubt_words
from atlas.stages import Outcome

LOG = logging.getLogger(__name__)

STAGE = "calibrate"
VERSION = 2  # of the files that it leaves: raised with every change of what they hold or mean
RESULT = "calibration.json"
_TENSORS = "calibration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was found for one dictionary, on the sample."""

    exponent: int
    frame_exponent: int
    threshold: float | None
    l0: float
    frames: int
    windows: int
    unmatched: int
    tensors: str  # digest of the thresholds and the mean

    @property
    def scales(self) -> Scales:
        return Scales(self.exponent, self.frame_exponent)


def calibrate(run: Run) -> Outcome:
    """Run the stage."""
    clips = thresholds.sample_clips(run.usable, run.config.calibrate.windows)
    with bar("calibrate", len(clips)) as advance:
        sample = thresholds.hear_sample(run.encoder(), clips, run.widths, run.threads, advance)
    threads = Threads(run.threads)
    calibrations: dict[str, Calibration] = {}
    firing: dict[str, SampleFiring] = {}
    least = max(1, round(FEWEST_RECORDINGS * len(clips) / len(run.usable)))
    held_against: dict[str, BaselinesCard] = {}
    outputs: list[Path] = []
    for entry in run.config.dictionaries():
        on = thresholds.ControlSample(sample.activations[entry.tap], sample.origins, threads)
        if entry.like is not None:
            calibrated = _calibrated_control(run, entry, firing[entry.like], least, on)
        else:
            calibrated = _calibrated(run, entry, on)
        firing[entry.name] = calibrated.firing
        held_against[entry.name] = baselines.measure_baselines(
            calibrated.dictionary, calibrated.l0, on.x, sample.origins, threads
        )
        tensors = save(_tensors(entry, calibrated))
        outputs.append(run.folder.write_bytes(_tensor_path(run, entry.name), tensors))
        calibrations[entry.name] = _calibration(calibrated, sample.windows, digest_of(tensors))
    threads.close()
    content = {name: asdict(calibration) for name, calibration in calibrations.items()}
    outputs.append(run.folder.write_json(run.folder.root / RESULT, content))
    outputs.append(run.folder.write_json(run.folder.root / baselines.RESULT, baselines.baselines_json(held_against)))
    l0 = ", ".join(f"{name} {calibration.l0:.1f}" for name, calibration in calibrations.items())
    size = f"{counted(sample.windows, 'window')}, {counted(next(iter(calibrations.values())).frames, 'frame')}"
    return Outcome(f"calibrate  {size}; L0 {l0}", outputs, notes={"build": run.build})


def _calibrated(run: Run, entry: DictionaryConfig, on: ControlSample) -> Calibrated:
    """A dictionary that is loaded, or a tap's own units."""
    dictionary = load_dictionary(entry, run.widths[entry.tap])
    for warning in dictionary.warnings:
        LOG.warning("dictionary %r: %s", entry.name, doubt_words(warning))
    return thresholds.calibrate_dictionary(entry, dictionary, on.x, on.threads, on.origins.recordings)


def _calibrated_control(
    run: Run, entry: DictionaryConfig, like: SampleFiring, least: int, on: ControlSample
) -> Calibrated:
    matched = thresholds.matched_features(like, least, entry.seed)
    if entry.kind == "untrained":
        return thresholds.calibrate_untrained(entry, _calibrated(run, entry, on), matched, like, on)
    return thresholds.calibrate_control(entry, matched, like, on)


def _tensors(entry: DictionaryConfig, calibrated: Calibrated) -> dict[str, Tensor]:
    selection, centre = calibrated.dictionary.selection, calibrated.dictionary.centre
    tensors = {"density": torch.from_numpy(calibrated.density)}
    if selection.thresholds is not None:
        tensors["thresholds"] = selection.thresholds
    if calibrated.matched is not None:
        tensors["matched"] = torch.from_numpy(calibrated.matched)
    if calibrated.chosen is not None:
        tensors["chosen"] = torch.from_numpy(calibrated.chosen)
    elif calibrated.matched is not None and centre is not None:
        tensors["mean"] = centre
    if calibrated.source is not None:
        tensors |= {"source": torch.from_numpy(calibrated.source), "directions": calibrated.dictionary.decoder}
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def _calibration(calibrated: Calibrated, windows: int, tensors: str) -> Calibration:
    limits = calibrated.dictionary.selection.thresholds
    uniform = limits is not None and bool((limits == limits[0]).all())
    return Calibration(
        exponent=calibrated.scales.exponent,
        frame_exponent=calibrated.scales.frame_exponent,
        threshold=float(limits[0]) if limits is not None and uniform else None,
        l0=calibrated.l0,
        frames=calibrated.frames,
        windows=windows,
        unmatched=calibrated.unmatched,
        tensors=tensors,
    )


def read_calibration(run: Run) -> Mapping[str, Calibration]:
    """What the finished stage found."""
    content = json.loads((run.folder.root / RESULT).read_text(encoding="utf-8"))
    return {name: Calibration(**values) for name, values in content.items()}


def calibrated_dictionary(run: Run, entry: DictionaryConfig) -> Dictionary:
    """A dictionary as the scan uses it."""
    tensors = load_file(_tensor_path(run, entry.name))
    if "chosen" in tensors:
        learned = load_dictionary(entry, run.widths[entry.tap])
        return features_of(learned, tensors["chosen"], entry.seed, tensors["thresholds"])
    if entry.is_control:
        mean, n = tensors["mean"], len(tensors["density"])
        directions = tensors["directions"] if entry.kind == "template" else unit_directions(n, len(mean), entry.seed)
        return control_of(entry.kind, mean, directions, entry.seed, tensors["thresholds"])
    dictionary = load_dictionary(entry, run.widths[entry.tap])
    return dictionary.with_threshold(tensors["thresholds"]) if "thresholds" in tensors else dictionary


def origins_of(run: Run, entry: DictionaryConfig) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Of a control: [n] the features that its directions match; of templates: [n] the clips they are drawn from."""
    tensors = load_file(_tensor_path(run, entry.name))
    matches, source = (tensors[name].numpy() if name in tensors else None for name in ("matched", "source"))
    return matches, source


def readers(run: Run, threads: Threads) -> list[DictionaryReader]:
    """Every dictionary of the run, ready on its device; they share one buffer, as one encodes at a time."""
    calibration = read_calibration(run)
    loaded = [(entry, calibrated_dictionary(run, entry).to(run.device)) for entry in run.config.dictionaries()]
    room = torch.empty(run.window_frames * max(dictionary.n for _, dictionary in loaded))
    return [
        DictionaryReader(
            name=entry.name,
            tap=entry.tap,
            dictionary=dictionary,
            scales=calibration[entry.name].scales,
            coder=Coder(dictionary, run.window_frames, threads, room),
            rebuilder=Rebuilder(dictionary, threads) if dictionary.reconstructs else None,
        )
        for entry, dictionary in loaded
    ]


def _tensor_path(run: Run, name: str) -> Path:
    return run.folder.root / _TENSORS / f"{name}.safetensors"
