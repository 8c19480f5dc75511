"""Which features are measured exactly within a budget, why, and on which clips of half B each.

Features that the config names come first. Then they are taken in turns from what screening found, from those that carry
a name, and from a draw that stands for all others; so that a smaller budget chooses a beginning of what a larger one
does. Nothing of half B is looked at but where features fire.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from atlas.config.effects import EffectsConfig
from atlas.digests import digest_of
from atlas.effects.design import Chosen
from atlas.effects.hearing import HeardClip
from atlas.errors import AtlasError
from atlas.schema import PEAKS
from atlas.schema.analysed import BY_LABEL, BY_PEAKS
from atlas.schema.effects import (
    BEYOND_BUDGET,
    BY_DRAW,
    BY_NAME,
    BY_SCREENING,
    BY_WISH,
    NEVER_FIRES,
    SCREENING,
    SILENT_IN_A,
    TOO_FEW_RECORDINGS,
)
from atlas.schema.thresholds import ABLATION_SHARE, EFFECT_RECORDINGS, FEWEST_EFFECT_RECORDINGS
from atlas.store import AtlasFolder

LOG = logging.getLogger(__name__)

TURNS = (BY_SCREENING, BY_NAME, BY_SCREENING, BY_DRAW)
"half of the features by screening, a quarter by name, a quarter by draw"
PASSES_A_FEATURE = 2 * EFFECT_RECORDINGS  # each ablation has a decoy
_QUARTILES = 4
_BLOCK = 256
"features whose peaks are held at once"
UNKNOWN_SIZE = 1 << 62
"of a dictionary of which no feature is asked for, or which is not made yet: more than any has"


def firing_in(folder: AtlasFolder, name: str, heard: Sequence[HeardClip]) -> pl.LazyFrame:
    """Where features of a dictionary fire among clips that count: feature, clip, peak, recording, half_a, hash64.

    Lazy, as all of it is as large as the corpus: no more is read than some features at a time.
    """
    clips = pl.DataFrame(
        {
            "clip": [clip.number for clip in heard],
            "recording": [clip.recording for clip in heard],
            "half_a": [clip.half_a for clip in heard],
            "hash64": [clip.hash64 for clip in heard],
        },
        schema={"clip": pl.UInt32, "recording": pl.String, "half_a": pl.Boolean, "hash64": pl.UInt64},
    )
    shards = sorted((folder.root / PEAKS.name / name).glob("*.parquet"))
    peaks = pl.scan_parquet(shards).select(pl.col("feature").cast(pl.UInt32), "clip", "peak").filter(pl.col("peak") > 0)
    return peaks.join(clips.lazy(), on="clip")


def choose(
    name: str,
    settings: EffectsConfig,
    screening: pl.DataFrame,
    findings: pl.DataFrame,
    firing: pl.DataFrame | pl.LazyFrame,
) -> list[Chosen]:
    """The features of a dictionary that the budget has ablations for, with their clips, in the order of choice."""
    wished, affordable = within_budget(name, settings, len(screening))
    of_b = firing.lazy().filter(~pl.col("half_a"))
    known = recordings_of(of_b, len(screening))
    eligible = known >= FEWEST_EFFECT_RECORDINGS
    for feature in wished:
        if not eligible[feature]:
            LOG.warning(
                "effects.features: %s/%d fires in %d recordings of half B, and %d are needed; it is left out",
                *(name, feature, known[feature], FEWEST_EFFECT_RECORDINGS),
            )
    order = [
        (feature, by) for feature, by in _in_turns(wished, _ordered(name, screening, findings)) if eligible[feature]
    ]
    chosen: list[Chosen] = []
    for start in range(0, min(affordable, len(order)), _BLOCK):
        block = order[start : min(start + _BLOCK, affordable)]
        mine = of_b.filter(pl.col("feature").is_in([feature for feature, _ in block])).collect(engine="streaming")
        of_feature = mine.partition_by("feature", as_dict=True)
        chosen += [Chosen(feature, by, drawn_clips(name, feature, of_feature[(feature,)])) for feature, by in block]
    return chosen


def within_budget(name: str, settings: EffectsConfig, n: int) -> tuple[list[int], int]:
    """The features of a dictionary of n that the config names, and how many there are ablations for.

    Refused are features that do not exist, and a budget too small for these or for any; nothing needs to be heard yet.
    """
    wished = _wished(name, settings, n)
    return wished, _affordable(settings, len(wished))


def _wished(name: str, settings: EffectsConfig, n: int) -> list[int]:
    """The features of this dictionary that the config names."""
    parts = [one.rpartition("/") for one in settings.features]
    features = [int(number) for dictionary, _, number in parts if dictionary == name]
    beyond = [feature for feature in features if feature >= n]
    if beyond:
        raise AtlasError(f"effects.features: {name}/{beyond[0]} does not exist; {name} has {n:,} features, from 0")
    return list(dict.fromkeys(features))


def _affordable(settings: EffectsConfig, fewest: int) -> int:
    """How many features the budget has ablations for; one that is too small for those wished for is refused."""
    features = int(round(ABLATION_SHARE * settings.budget_passes, 6) / PASSES_A_FEATURE)
    needed = max(1, fewest)
    if features < needed:
        least = int(np.ceil(round(needed * PASSES_A_FEATURE / ABLATION_SHARE, 6)))
        what = "a single feature" if needed == 1 else f"the {needed} features that effects.features names"
        raise AtlasError(
            f"effects.budget_passes: {settings.budget_passes:,} passes are too few to measure {what}; give {least:,} or"
            " more"
        )
    return features


def recordings_of(firing: pl.DataFrame | pl.LazyFrame, n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """[features]: how many recordings each fires in."""
    recordings = np.zeros(n, np.int64)
    for start in range(0, n, _BLOCK):
        mine = firing.lazy().filter(pl.col("feature").is_between(start, start + _BLOCK, closed="left"))
        counts = mine.group_by("feature").agg(pl.col("recording").n_unique()).collect(engine="streaming")
        recordings[counts["feature"].to_numpy()] = counts["recording"].to_numpy()
    return recordings


def _ordered(name: str, screening: pl.DataFrame, findings: pl.DataFrame) -> Mapping[str, list[int]]:
    """why -> the features in the order in which they are chosen for it.

    By screening: first those whose effect is larger than that of more directions, and among equals the larger effects.
    """
    screened = screening.filter(pl.col("gradient_effect").is_not_null()).sort(
        "control_share_below", pl.col("gradient_effect").abs(), "feature", descending=[True, True, False]
    )
    named = findings.filter(pl.col("named_by").is_in((BY_PEAKS, BY_LABEL))).sort(
        "value", "phi", "feature", descending=[True, True, False], nulls_last=True
    )
    drawn = sorted(range(len(screening)), key=lambda feature: digest_of(f"{name} {feature}"))
    return {BY_SCREENING: screened["feature"].to_list(), BY_NAME: named["feature"].to_list(), BY_DRAW: drawn}


def _in_turns(wished: Sequence[int], lists: Mapping[str, Iterable[int]]) -> Iterator[tuple[int, str]]:
    """Each feature once, and why: those wished for, then in turns; a list that has ended is passed over."""
    taken = set(wished)
    yield from ((feature, BY_WISH) for feature in wished)
    left = {by: iter(features) for by, features in lists.items()}
    while left:
        for by in TURNS:
            feature = next((one for one in left.get(by, iter(())) if one not in taken), None)
            if feature is None:
                left.pop(by, None)
            else:
                taken.add(feature)
                yield feature, by


def drawn_clips(name: str, feature: int, firing: pl.DataFrame) -> tuple[int, ...]:
    """Up to sixteen clips, one a recording, in turns from the quartiles of the feature's peaks; drawn by content.

    firing: the rows of the feature, a clip each. The first of the clips are dealt alike, for what is measured on fewer.
    """
    ranked = firing.sort("peak", "hash64", "clip")
    quartiles = np.arange(len(ranked)) * _QUARTILES // len(ranked)
    keys = [digest_of(f"{name} {feature} {hash64}") for hash64 in ranked["hash64"]]
    rows = sorted(zip(quartiles.tolist(), keys, ranked["clip"], ranked["recording"], strict=True))
    left = [[row for row in rows if row[0] == quartile] for quartile in range(_QUARTILES)]
    chosen: list[int] = []
    recordings: set[str] = set()
    while len(chosen) < EFFECT_RECORDINGS and any(left):
        for queue in left:
            while queue and len(chosen) < EFFECT_RECORDINGS:
                _, _, clip, recording = queue.pop(0)
                if recording not in recordings:
                    chosen.append(clip)
                    recordings.add(recording)
                    break
    return tuple(chosen)


def with_reasons(
    screening: pl.DataFrame, features: pl.DataFrame, firing: pl.DataFrame | pl.LazyFrame, chosen: Sequence[Chosen]
) -> pl.DataFrame:
    """`screening` with what was chosen, and why others were not.

    features: the dictionary's part of the table of that name.
    """
    of_a, of_b = (recordings_of(firing.filter(pl.col("half_a") == half), len(screening)) for half in (True, False))
    by = {one.feature: one.by for one in chosen}
    silent, unscreened = pl.col("of_a") == 0, pl.col("gradient_effect").is_null()
    others_screened = pl.col("gradient_effect").is_not_null().any()
    why = (
        pl.when(pl.col("fires") == 0)
        .then(pl.lit(NEVER_FIRES))
        .when(pl.col("chosen_by").is_not_null())
        .then(pl.lit(None, pl.String))
        .when(pl.col("recordings_b") < FEWEST_EFFECT_RECORDINGS)
        .then(pl.lit(TOO_FEW_RECORDINGS))
        .when(silent & unscreened & others_screened)
        .then(pl.lit(SILENT_IN_A))
        .otherwise(pl.lit(BEYOND_BUDGET))
    )
    filled = screening.with_columns(
        of_a=pl.Series(of_a),
        fires=features["clips_active"],
        recordings_b=pl.Series(of_b, dtype=pl.UInt32),
        chosen_by=pl.Series([by.get(feature) for feature in screening["feature"]], dtype=pl.String),
    ).with_columns(
        recordings=pl.when(unscreened).then(pl.col("of_a").cast(pl.UInt32)).otherwise("recordings"), null_reason=why
    )
    return filled.select(SCREENING.columns.keys())
