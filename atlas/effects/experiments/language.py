"""Steering between languages, after the cross-lingual experiments: features of one are taken away, of another added.

On half A the features are chosen by how much more active they are, on average, in one language than in the other. On
half B the model is asked, at the first position of its decoder or by its heads, which language it hears; what it then
writes is not looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.annotate.languages import language_code
from atlas.effects.experiments.hearing import (
    Job,
    KeptClips,
    Study,
    dense_means,
    hear_missing,
    heard,
    jobs_of,
    known_features,
    middles,
    summarised,
)
from atlas.effects.experiments.moves import KnownFeatures, Move, edit_of, encoded, size_of, unchanged, with_controls
from atlas.effects.experiments.sampling import halved, one_a_recording, speech_domains
from atlas.schema.experiments import ADDED, BEYOND_MOST, FEW_RECORDINGS, NO_LANGUAGES, NOT_KNOWN, ONE_LANGUAGE, REMOVED
from atlas.schema.table import Columns
from atlas.schema.thresholds import (
    FEWEST_IN_HALF,
    FEWEST_LANGUAGE_RECORDINGS,
    LANGUAGE_COUNTS,
    LANGUAGE_RECORDINGS,
    MOST_LANGUAGES,
)

Doubles = NDArray[np.float64]

SPOKEN: Columns = {"clip": pl.UInt32, "move": pl.UInt16, "size": pl.Float64, "languages": pl.List(pl.Float64)}
"the log-probability of each language that the model knows, in a clip under each move"


@dataclass(frozen=True, slots=True)
class LanguageSample:
    """The clips of one language, a recording each."""

    language: str
    "as the corpus names it"
    column: int
    "its place among the languages that the model knows"
    half_a: pl.DataFrame
    half_b: pl.DataFrame


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A language that is not steered to or from, and why; without a name where that is true of all."""

    language: str
    recordings_a: int
    recordings_b: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SteeredPair:
    """Clips of one language, steered towards another."""

    own: LanguageSample
    other: LanguageSample
    removed: tuple[int, ...]
    added: tuple[int, ...]
    moves: Sequence[Move]
    spoken: pl.DataFrame
    "SPOKEN of the language's half B, once it is heard"

    def kept(self, study: Study) -> KeptClips:
        return KeptClips.of(study, "language", "\n".join(move.content for move in self.moves))

    def jobs(self, study: Study) -> list[Job]:
        return jobs_of(self.kept(study), self.own.half_b, partial(spoken_of, study, self.moves))

    def heard(self, study: Study) -> pl.DataFrame:
        return heard(self.kept(study), self.own.half_b, partial(spoken_of, study, self.moves), 1, "steer")


def samples(study: Study, languages: Sequence[str]) -> tuple[list[LanguageSample], list[LeftOut]]:
    """The languages that are steered between, and those that are not; `languages` are what the model knows."""
    if not languages:
        return [], [LeftOut("", 0, 0, NO_LANGUAGES)]
    speech = pl.col("domain").is_in(speech_domains(study.config))
    clips = halved(study.run.clips).filter(speech, pl.col("language").is_not_null())
    counted, left_out = list[tuple[int, int, LanguageSample]](), list[LeftOut]()
    for language in sorted(clips["language"].unique()):
        mine = clips.filter(language=language)
        halves = [one_a_recording(mine, half_a, len(mine)) for half_a in (True, False)]
        in_a, in_b = map(len, halves)
        column = column_of(language, languages)
        if column is None:
            left_out.append(LeftOut(language, in_a, in_b, NOT_KNOWN))
        elif in_a + in_b < FEWEST_LANGUAGE_RECORDINGS or min(in_a, in_b) < FEWEST_IN_HALF:
            left_out.append(LeftOut(language, in_a, in_b, FEW_RECORDINGS))
        else:
            sample = LanguageSample(language, column, *(half.head(LANGUAGE_RECORDINGS) for half in halves))
            counted.append((in_a, in_b, sample))
    counted.sort(key=lambda one: -one[0] - one[1])  # as many as there are, not as are heard; of equally many by name
    if len(counted) < 2:
        left_out += [LeftOut(one.language, in_a, in_b, ONE_LANGUAGE) for in_a, in_b, one in counted]
        return [], left_out or [LeftOut("", 0, 0, ONE_LANGUAGE)]
    left_out += [LeftOut(one.language, in_a, in_b, BEYOND_MOST) for in_a, in_b, one in counted[MOST_LANGUAGES:]]
    return [one for _, _, one in counted[:MOST_LANGUAGES]], left_out


def column_of(language: str, languages: Sequence[str]) -> int | None:
    """Where the model has a language of the corpus, by its name or its code."""
    names = [name for name in (language, language_code(language)) if name in languages]
    return languages.index(names[0]) if names else None


def differing_features(own: Doubles, other: Doubles, most: int) -> tuple[int, ...]:
    """Features more active in one language than in another, the farthest first; own, other: [clips, features]."""
    differences = own.mean(axis=0) - other.mean(axis=0)
    order = np.argsort(-differences, kind="stable")[:most]
    return tuple(int(feature) for feature in order if differences[feature] > 0)


def moves_of(
    removed: Sequence[int],
    added: Sequence[int],
    active: Mapping[str, Sequence[int]],
    means: NDArray[np.float32],
    known: KnownFeatures,
    rebuilds: bool,
) -> Iterator[Move]:
    """All ways in which clips of a language are heard; means: [width], from this language to the other.

    active: of removals and additions, the features that random sets are drawn from.
    """
    yield from unchanged(rebuilds)
    for edit, features, sign in ((REMOVED, removed, -1.0), (ADDED, added, 1.0)):
        for k in LANGUAGE_COUNTS:
            if k > len(features):
                break
            first = list(features[:k])
            pool = sorted(set(active[edit]) - set(features))
            move = Move(version="", edit=edit, k=k, removed=tuple(first) if edit == REMOVED else ())
            yield from with_controls(move, first, [sign] * k, known, means, pool)


def spoken_of(study: Study, moves: Sequence[Move], number: int) -> pl.DataFrame:
    """SPOKEN of one clip."""
    studied = study.model()
    clip, model = studied.clip(number), studied.tapped
    edits = [edit_of(model, clip, move) for move in moves]
    said = studied.readout.said(encoded(model, clip, moves, edits), clip.utterance)
    assert said.languages is not None, "looked at before"
    return pl.DataFrame(
        {
            "clip": [number] * len(moves),
            "move": list(range(len(moves))),
            "size": [size_of(clip, edit) for edit in edits],
            "languages": said.languages.detach().double().tolist(),
        },
        schema=dict(SPOKEN),
    )


def steer_pairs(study: Study, workers: int) -> tuple[list[SteeredPair], list[LeftOut]]:
    """Every pair of languages, both ways; what was heard before is not heard again."""
    studied = study.model()
    found, left_out = samples(study, studied.readout.languages)
    if not found:
        return [], left_out
    every = summarised(study, pl.concat([one.half_a for one in found]), workers, "summaries")
    summaries = {one.language: every.filter(pl.col("clip").is_in(one.half_a["clip"].to_list())) for one in found}
    known = known_features(study, studied.tapped.dictionary)
    planned = [
        _planned(study, known, (own, other), (summaries[own.language], summaries[other.language]))
        for own, other in permutations(found, 2)
    ]
    hear_missing([job for pair in planned for job in pair.jobs(study)], workers, "steer")
    return [replace(pair, spoken=pair.heard(study)) for pair in planned], left_out


def _planned(
    study: Study,
    known: KnownFeatures,
    pair: tuple[LanguageSample, LanguageSample],
    summaries: tuple[pl.DataFrame, pl.DataFrame],
) -> SteeredPair:
    dictionary = study.model().tapped.dictionary
    own, other = (dense_means(one, dictionary.n) for one in summaries)
    removed, added = (differing_features(*both, max(LANGUAGE_COUNTS)) for both in ((own, other), (other, own)))
    active = {REMOVED: np.flatnonzero(own.any(axis=0)).tolist(), ADDED: np.flatnonzero(other.any(axis=0)).tolist()}
    means = (middles(summaries[1]).mean(axis=0) - middles(summaries[0]).mean(axis=0)).astype(np.float32)
    moves = list(moves_of(removed, added, active, means, known, dictionary.reconstructs))
    nothing = pl.DataFrame(schema=dict(SPOKEN))
    return SteeredPair(own=pair[0], other=pair[1], removed=removed, added=added, moves=moves, spoken=nothing)
