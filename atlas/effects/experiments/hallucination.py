"""AudioSAE's experiment on hallucination (section 3.4): texts where nobody speaks, and features against them.

A logistic regression on half A tells which features go with recordings that the model takes for speech. On half B those
of largest weight are shifted the other way on all frames, and what the model then writes is counted; beside it stand
the controls that the original lacks, and what the same shift costs in words of speech.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.annotate.languages import is_english, language_code
from atlas.effects.experiments.hearing import (
    KeptClips,
    Study,
    check_enough,
    dense_means,
    heard,
    known_features,
    middles,
    said_of,
    summarised,
)
from atlas.effects.experiments.moves import KnownFeatures, Move, edit_of, encoded, size_of, unchanged, with_controls
from atlas.effects.experiments.probe import FittedProbe, auroc
from atlas.effects.experiments.sampling import halved, one_a_recording, speech_domains
from atlas.errors import AtlasError
from atlas.formatting import listed
from atlas.readouts.base import Readout
from atlas.readouts.written import FreeReadout
from atlas.schema.table import Columns
from atlas.schema.thresholds import (
    FEWEST_RECORDINGS,
    FEWEST_STEERED_RECORDINGS,
    HALLUCINATION_COUNTS,
    HALLUCINATION_DOSES,
    LONGEST_STEERED_S,
    PROBE_PENALTY,
    SILENT_RECORDINGS,
    SILENT_RECORDINGS_A,
    STEERED_SPEECH_RECORDINGS,
    STEERED_TOKENS,
    TAKEN_FOR_SPEECH,
)

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

WRITTEN: Columns = {
    "clip": pl.UInt32,
    "move": pl.UInt16,
    "size": pl.Float64,
    "text": pl.String,
    "no_speech": pl.Float64,
    "mean_logprob": pl.Float64,
}
"what is written of a clip under each move, in the order of the moves"


@dataclass(frozen=True, slots=True)
class SilentSample:
    """The clips that the experiment hears, a recording each."""

    silent_a: pl.DataFrame
    silent_b: pl.DataFrame
    spoken_b: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenShift:
    """What half A has told."""

    order: NDArray[np.int64]
    "the features of the regression, of largest weight first"
    weights: Doubles
    "theirs"
    probe: FittedProbe
    tested: NDArray[np.int64]
    "the features of the regression, ascending: the columns of the probe"
    means: NDArray[np.float32]
    "[width]: from recordings that are taken for speech to the others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """All that the tables are made from."""

    sample: SilentSample
    chosen: ChosenShift
    known: KnownFeatures
    moves: Sequence[Move]
    silent: pl.DataFrame
    spoken: pl.DataFrame
    taken_a: Flags
    taken_b: Flags
    scores_b: Doubles

    @property
    def probe_auroc(self) -> float | None:
        return auroc(self.scores_b, self.taken_b)


def sample(clips: pl.DataFrame, study: Study, readout: Readout, silent: int | None) -> SilentSample:
    """Recordings without speech of both halves, and short ones of speech of half B that the model can write."""
    speech = speech_domains(study.config)
    usable = halved(clips)
    without = usable.filter(~pl.col("domain").is_in(speech))
    if not len(without):
        raise AtlasError(
            f"the corpus has no recordings without speech: all clips are of {listed(speech)}, and the experiment is"
            " about what is written where nobody speaks; add clips of another domain"
        )
    with_speech = usable.filter(pl.col("domain").is_in(speech), pl.col("duration_s") <= LONGEST_STEERED_S)
    known = [language for language in with_speech["language"].unique() if language and not _writes(readout, language)]
    with_speech = with_speech.filter(pl.col("language").is_null() | ~pl.col("language").is_in(known))
    most = SILENT_RECORDINGS if silent is None else silent
    spoken = STEERED_SPEECH_RECORDINGS if silent is None else max(FEWEST_STEERED_RECORDINGS, silent // 2)
    found = SilentSample(
        one_a_recording(without, True, SILENT_RECORDINGS_A),
        one_a_recording(without, False, most),
        one_a_recording(with_speech, False, spoken),
    )
    check_enough("A", len(found.silent_a), FEWEST_STEERED_RECORDINGS, "recordings without speech")
    check_enough("B", len(found.silent_b), FEWEST_STEERED_RECORDINGS, "recordings without speech")
    return found


def _writes(readout: Readout, language: str) -> bool:
    return language_code(language) in readout.languages if readout.languages else is_english(language)


def choose(summaries: pl.DataFrame, taken: Flags, features: int) -> ChosenShift:
    """The features of largest weight; summaries: SUMMARY of half A; taken: whether each is taken for speech."""
    if taken.all() or not taken.any():
        which = "all" if taken.any() else "none"
        raise AtlasError(
            f"{which} of the {len(taken)} recordings without speech of half A are taken for speech (no-speech"
            f" probability below {TAKEN_FOR_SPEECH:g}), so nothing tells which features go with it; use a larger corpus"
        )
    values, x = dense_means(summaries, features), middles(summaries)
    tested = np.flatnonzero((values > 0).sum(axis=0) >= FEWEST_RECORDINGS)
    if len(tested) < min(HALLUCINATION_COUNTS):
        raise AtlasError(
            f"{len(tested)} features fire in {FEWEST_RECORDINGS} recordings without speech of half A or more, and the"
            f" experiment shifts {min(HALLUCINATION_COUNTS)}; name another dictionary with --dictionary"
        )
    probe = FittedProbe.of(values[:, tested], taken, PROBE_PENALTY)
    order = np.argsort(-np.abs(probe.weights), kind="stable")
    means = x[~taken].mean(axis=0) - x[taken].mean(axis=0)
    return ChosenShift(
        order=tested[order],
        weights=probe.weights[order],
        probe=probe,
        tested=tested,
        means=means.astype(np.float32),
    )


def moves_of(chosen: ChosenShift, known: KnownFeatures, rebuilds: bool) -> Iterator[Move]:
    """The clip as it is, and every count of features at every dose, with its controls."""
    yield from unchanged(rebuilds)
    for k in HALLUCINATION_COUNTS:
        if k > len(chosen.order):
            break
        features, signs = chosen.order[:k].tolist(), -np.sign(chosen.weights[:k])
        pool = np.setdiff1d(chosen.tested, features).tolist()
        for dose in HALLUCINATION_DOSES:
            move = Move(version="", k=k, dose=dose)
            yield from with_controls(move, features, (dose * signs).tolist(), known, chosen.means, pool)


def written_of(study: Study, moves: Sequence[Move], languages: dict[int, str | None], number: int) -> pl.DataFrame:
    """WRITTEN of one clip."""
    studied = study.model()
    clip, model = studied.clip(number), studied.tapped
    readout = studied.readout
    assert isinstance(readout, FreeReadout), "looked at before"
    edits = [edit_of(model, clip, move) for move in moves]
    language = languages[number]
    if language is None and readout.languages:
        spoken = said_of(studied, clip).languages
        language = None if spoken is None else readout.languages[int(spoken[0].argmax())]
    texts = readout.written(encoded(model, clip, moves, edits), language, STEERED_TOKENS)
    return pl.DataFrame(
        {
            "clip": [number] * len(moves),
            "move": list(range(len(moves))),
            "size": [size_of(clip, edit) for edit in edits],
            "text": [written.text for written in texts],
            "no_speech": [written.no_speech for written in texts],
            "mean_logprob": [written.mean_logprob for written in texts],
        },
        schema=dict(WRITTEN),
    )


def steer(study: Study, workers: int, silent: int | None) -> Steered:
    """The whole experiment; what was heard before is not heard again."""
    run, model, readout = study.run, study.model().tapped, study.model().readout
    if not isinstance(readout, FreeReadout):
        raise AtlasError(
            f"the readout {readout.name} of {run.source.name} writes no transcripts whose no-speech probability"
            " is known, which the experiment needs; name a complete Whisper in encoder.model"
        )
    clips = sample(run.clips, study, readout, silent)
    both = [summarised(study, half, workers, "summaries") for half in (clips.silent_a, clips.silent_b)]
    taken_a, taken_b = (one["no_speech"].to_numpy() < TAKEN_FOR_SPEECH for one in both)
    chosen = choose(both[0], taken_a, model.dictionary.n)
    known = known_features(study, model.dictionary)
    moves = list(moves_of(chosen, known, model.dictionary.reconstructs))
    kept = KeptClips.of(study, "hallucination", "\n".join(move.content for move in moves))
    every = pl.concat([clips.silent_b, clips.spoken_b])
    languages = {
        number: language_code(language) if language else None
        for number, language in every.select("clip", "language").iter_rows()
    }
    rows = heard(kept, every, partial(written_of, study, moves, languages), workers, "steer")
    silent_clips = clips.silent_b["clip"].to_list()
    scores = chosen.probe.scores(dense_means(both[1], model.dictionary.n)[:, chosen.tested])
    return Steered(
        sample=clips,
        chosen=chosen,
        known=known,
        moves=moves,
        silent=rows.filter(pl.col("clip").is_in(silent_clips)),
        spoken=rows.filter(~pl.col("clip").is_in(silent_clips)),
        taken_a=taken_a,
        taken_b=taken_b,
        scores_b=scores,
    )
