"""The parts of the card, from what was measured.

It holds no paths of the machine and no times: equal inputs give equal bytes.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl

from atlas.audio import draws
from atlas.audio.samples import COLUMNS_PER_S, MEL_BANDS, MEL_FLOOR_DB
from atlas.audio.units import sizes_of_groups
from atlas.config.dictionaries import DictionaryConfig
from atlas.config.settings import CorpusConfig
from atlas.digests import digest_of
from atlas.encoders.base import EncoderSource
from atlas.measure.calibrate import Calibration
from atlas.measure.features import states
from atlas.measure.merged import Merged
from atlas.measure.patches import NO_SOUND, STEPS_A_DB
from atlas.measure.reconstruction import CorpusMel
from atlas.schema import STATES
from atlas.schema.card import (
    BaselinesCard,
    CalibrationCard,
    CorpusCard,
    DictionaryCard,
    DisplayCard,
    DomainCard,
    EncoderCard,
)
from atlas.schema.grid import FrameGrid
from atlas.schema.remarks import Doubt

_DIGITS = 6


def corpus_card(clips: pl.DataFrame, sounds: CorpusMel, corpus: CorpusConfig, grid: FrameGrid) -> CorpusCard:
    """What was listened to."""
    usable = draws.usable(clips)
    parts = usable.partition_by("domain", as_dict=True)
    asked, group_sizes = corpus.group_word is not None, sizes_of_groups(clips)
    by_domain = {
        domain: _domain_card(parts.get((domain,), usable.clear()), group_sizes.get(domain, ()) if asked else None, grid)
        for domain in corpus.domains
    }
    return CorpusCard(
        clips=len(usable),
        problems=len(clips) - len(usable),
        recordings=usable["recording"].n_unique(),
        group=corpus.group_word,
        datasets=tuple(usable["dataset"].unique().sort()),
        domains=by_domain,
        valid_frames=sounds.frames,
        hash=corpus_hash(clips),
        matched_s=grid.seconds(draws.matched_frames(clips)),
        mean_mel_db=tuple(rounded(value) for value in sounds.mean_mel().tolist()),
    )


def _domain_card(clips: pl.DataFrame, group_sizes: Sequence[int] | None, grid: FrameGrid) -> DomainCard:
    """clips: the usable ones of the domain; group_sizes: None where groups are not asked for."""
    valid_frames = int(clips["valid_frames"].sum())
    return DomainCard(
        clips=len(clips),
        recordings=clips["recording"].n_unique(),
        valid_frames=valid_frames,
        hours=rounded(grid.seconds(valid_frames) / 3600),
        groups=None if group_sizes is None else len(group_sizes),
        largest_group=None if group_sizes is None else max(group_sizes, default=0),
    )


def corpus_hash(clips: pl.DataFrame) -> str:
    """A fingerprint of the content that was heard, whatever its order and its paths."""
    hashes = draws.clip_hashes(draws.usable(clips))
    return digest_of("\n".join(f"{value:016x}" for value in sorted(hashes.tolist())))


def dictionary_card(
    entry: DictionaryConfig, merged: Merged, calibration: Calibration, baselines: BaselinesCard, identity: str
) -> DictionaryCard:
    """What a dictionary is, and how it did on this corpus."""
    dictionary, counts, fit = merged.dictionary, merged.counts, merged.fit
    norms = dictionary.decoder_norm.cpu().numpy()
    unexplained = fit.unexplained(merged.scales) if dictionary.reconstructs else None
    return DictionaryCard(
        tap=entry.tap,
        kind=entry.kind,
        control_of=entry.like,
        recognised=dictionary.kind,
        sha256=dictionary.sha256,
        identity=identity,
        width=dictionary.d,
        features=dictionary.n,
        selection=dictionary.selection.rule,
        k=dictionary.selection.k,
        threshold=None if calibration.threshold is None else rounded(calibration.threshold),
        decoder_norm_min=rounded(float(norms.min())),
        decoder_norm_max=rounded(float(norms.max())),
        l0=rounded(fit.l0()),
        l0_calibration=rounded(calibration.l0),
        calibration=CalibrationCard(
            windows=calibration.windows, frames=calibration.frames, unmatched_densities=calibration.unmatched
        ),
        fvu=None if unexplained is None else rounded(unexplained),
        baselines=baselines,
        frames_clamped=int(counts.column("frames_clamped").sum()),
        histogram_edges=tuple(float(f"{edge:.9g}") for edge in merged.scales.edges()),
        facts=dictionary.facts,
        doubts=(*dictionary.doubts, *doubts_of(fit.l0(), unexplained)),
        states=state_shares(states(counts.column("frames_active"), merged.firing.recordings, merged.corpus.frames)),
    )


def doubts_of(l0: float, unexplained: float | None) -> list[Doubt]:
    """What the figures themselves give reason to doubt."""
    doubts = []
    if unexplained is not None and unexplained >= 1:
        doubts.append(Doubt("nothing_explained"))
    if not l0:
        doubts.append(Doubt("never_active"))
    return doubts


def state_shares(states: Sequence[str]) -> dict[str, float]:
    """The share of a dictionary's features in each state."""
    numbers = Counter(states)
    return {state: rounded(numbers[state] / len(states)) for state in STATES}


def encoder_card(source: EncoderSource, taps: Sequence[str]) -> EncoderCard:
    """The audio model, and where it is read."""
    return EncoderCard(
        model=source.name,
        sha256=source.sha256,
        window_s=source.window_s,
        padded=source.padded,
        grid=source.grid,
        architecture=source.architecture(),
        taps=tuple(taps),
    )


DISPLAY = DisplayCard(
    frames_per_s=COLUMNS_PER_S,
    bands=MEL_BANDS,
    floor_db=MEL_FLOOR_DB,
    top_hz=8000,
    patch_frames=COLUMNS_PER_S,
    patch_steps_a_db=STEPS_A_DB,
    patch_no_sound=NO_SOUND,
)


def rounded(value: float) -> float:
    """Six significant digits, which is more than any of these figures mean."""
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else value
