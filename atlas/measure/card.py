"""The card, `atlas.json`: what was measured with what, so that it can be judged and made again.

It holds no paths of the machine and no times: equal inputs give equal bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from atlas import __version__
from atlas.audio import draws
from atlas.audio.samples import FRAMES_PER_S, MEL_BANDS, MEL_FLOOR_DB
from atlas.config.settings import Config, DictionaryConfig
from atlas.digests import digest_of
from atlas.measure.calibrate import Calibration
from atlas.measure.features import Merged
from atlas.measure.patches import NO_SOUND, STEPS_A_DB
from atlas.measure.reconstruction import CorpusMel, Fit
from atlas.schema import SCHEMA_VERSION, STATES

_DIGITS = 6


def corpus_card(clips: pl.DataFrame, sounds: CorpusMel) -> dict[str, Any]:
    """What was listened to."""
    heard = draws.usable(clips)
    domains = heard.group_by("domain").agg(
        pl.len().alias("clips"), pl.col("recording").n_unique(), pl.col("valid_frames").sum()
    )
    return {
        "clips": len(heard),
        "problems": len(clips) - len(heard),
        "recordings": heard["recording"].n_unique(),
        "datasets": heard["dataset"].unique().sort().to_list(),
        "domains": {
            domain: {
                "clips": number,
                "recordings": recordings,
                "valid_frames": frames,
                "hours": rounded(frames / FRAMES_PER_S / 3600),
            }
            for domain, number, recordings, frames in domains.sort("domain").iter_rows()
        },
        "valid_frames": sounds.frames,
        "hash": corpus_hash(heard),
        "matched_s": draws.matched_frames(clips) / FRAMES_PER_S,
        "mean_mel_db": [rounded(value) for value in sounds.mean_mel().tolist()],
    }


def corpus_hash(heard: pl.DataFrame) -> str:
    """A fingerprint of the content that was heard, whatever its order and its paths."""
    return digest_of("\n".join(f"{value:016x}" for value in sorted(draws.clip_hashes(heard).tolist())))


def dictionary_card(entry: DictionaryConfig, merged: Merged, fit: Fit, found: Calibration) -> dict[str, Any]:
    """What a dictionary is, and how it did on this corpus."""
    dictionary, counts = merged.dictionary, merged.counts
    norms = dictionary.decoder_norm.cpu().numpy()
    unexplained = fit.unexplained(merged.scales) if dictionary.reconstructs else None
    return {
        "tap": entry.tap,
        "kind": entry.kind,
        "control_of": entry.like,
        "recognised": dictionary.kind,
        "sha256": dictionary.sha256,
        "width": dictionary.d,
        "features": dictionary.n,
        "selection": dictionary.selection.rule,
        "k": dictionary.selection.k,
        "threshold": None if found.threshold is None else rounded(found.threshold),
        "values": "after folding decoder norms to 1",
        "decoder_norm": {"min": rounded(float(norms.min())), "max": rounded(float(norms.max()))},
        "l0": rounded(fit.l0()),
        "l0_calibration": rounded(found.l0),
        "calibration": {"windows": found.windows, "frames": found.frames, "unmatched_densities": found.unmatched},
        "fvu": None if unexplained is None else rounded(unexplained),
        "frames_clamped": int(counts.column("frames_clamped").sum()),
        "histogram_edges": [float(f"{edge:.9g}") for edge in merged.scales.edges()],
        "facts": [list(fact) for fact in dictionary.facts],
        "doubts": [*dictionary.doubts, *doubts_of(fit.l0(), unexplained)],
    }


def doubts_of(l0: float, unexplained: float | None) -> list[str]:
    """What the figures themselves give reason to doubt."""
    doubts = []
    if unexplained is not None and unexplained >= 1:
        doubts.append("FVU is 1 or more: the mean activation explains as much; is this the tap that it was trained on?")
    if not l0:
        doubts.append("no feature was ever active")
    return doubts


def state_shares(features: pl.DataFrame) -> dict[str, float]:
    """The share of a dictionary's features in each state."""
    numbers = dict(features.group_by("state").len().iter_rows())
    return {state: rounded(numbers.get(state, 0) / len(features)) for state in STATES}


def atlas_card(
    config: Config,
    corpus: Mapping[str, Any],
    dictionaries: Mapping[str, Mapping[str, Any]],
    encoder: Mapping[str, Any],
    builds: Sequence[str],
    fingerprint: str,
) -> dict[str, Any]:
    return {
        "title": config.title,
        "tool": f"audio-feature-atlas {__version__}",
        "schema": SCHEMA_VERSION,
        "fingerprint": fingerprint,
        "builds": list(builds),
        "config": portable(config),
        "corpus": corpus,
        "encoder": encoder,
        "dictionaries": dictionaries,
        "definitions": {
            "frames_per_s": FRAMES_PER_S,
            "mel": {"bands": MEL_BANDS, "floor_db": MEL_FLOOR_DB, "top_hz": 8000},
            "patch": {"bands": MEL_BANDS, "frames": FRAMES_PER_S, "steps_a_db": STEPS_A_DB, "no_sound": NO_SOUND},
            "states": "dead: never active on this corpus; rare: in fewer than 10 recordings;"
            " dense: on more than 10 % of valid frames; live: all others",
            "fvu": "squared error over squared distance from the mean activation, on valid frames",
            "matched_s": "seconds of the stretch that tests look at in each clip (the 10th percentile of durations)",
            "mean_mel_db": "mean display mel of the corpus, dB over the floor",
            "frames_clamped": "active frames whose value exceeded 16 units and entered sums as 16",
            "threshold": "null where each feature has its own, or where values of a frame or clip are compared",
            "trace": "examples: 1/255 of the feature's maximum, 50 a second; tracks: 1/255 of `peak`, 25 a second",
        },
    }


def portable(config: Config) -> dict[str, Any]:
    """What was measured, without the machine's paths (of a path, only its name) and without what is for showing."""
    said = config.model_dump(mode="json", exclude_defaults=True, exclude={"media", "site"})
    corpus = said["corpus"]
    for key in ("manifest", "audiofolder", "webdataset", "root", "alignments"):
        if key in corpus:
            corpus[key] = _name(corpus[key])
    if "folders" in corpus:
        corpus["folders"] = {domain: _name(path) for domain, path in corpus["folders"].items()}
    said["encoder"]["model"] = _name(said["encoder"]["model"])
    for entry in said["dictionary"]:
        if "checkpoint" in entry and not entry["checkpoint"].startswith("hf://"):
            entry["checkpoint"] = "/".join(entry["checkpoint"].split("/")[-2:])  # often layer_3/ae.pt
    return said


def _name(path: str) -> str:
    return path.rstrip("/").split("/")[-1]


def rounded(value: float) -> float:
    """Six significant digits, which is more than any of these figures mean."""
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else value
