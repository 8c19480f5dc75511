"""What was written without speech and of speech -> the tables of the experiment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from atlas.digests import digest_of
from atlas.effects.experiments.hallucination import Steered
from atlas.effects.experiments.hearing import Origin, Study
from atlas.effects.experiments.moves import Move
from atlas.effects.experiments.sampling import speech_domains
from atlas.effects.experiments.scoring import (
    error_rate_over,
    is_hallucinated,
    normalised_words,
    share_interval,
    word_errors,
)
from atlas.readouts.written import Written
from atlas.schema import HALLUCINATION, HALLUCINATION_FEATURES, HALLUCINATION_RUNS
from atlas.schema.experiments import BY_TEXT, BY_TRANSCRIPT
from atlas.schema.thresholds import FEWEST_STEERED_RECORDINGS, FEWEST_TEXT_RECORDINGS


def rates(dictionary: str, steered: Steered) -> pl.DataFrame:
    """The table `hallucination` of a dictionary."""
    references = _references(steered)
    rows = [
        {
            "dictionary": dictionary,
            **_move_columns(move),
            **_rate(steered, number),
            **_words(steered, number, references),
        }
        for number, move in enumerate(steered.moves)
    ]
    return _frame(HALLUCINATION.columns, rows).sort(HALLUCINATION.key)


def _move_columns(move: Move) -> dict[str, Any]:
    return {"version": move.version, "k": move.k, "dose": move.dose, "draw": move.draw}


def _rate(steered: Steered, number: int) -> dict[str, Any]:
    rows = steered.silent.filter(move=number)
    written = [Written(*row) for row in rows.select("text", "no_speech", "mean_logprob").iter_rows()]
    counted = [one.text for one in written if is_hallucinated(one)]
    low, high = share_interval(len(counted), len(written))
    sizes = np.concatenate([rows["size"].to_numpy(), steered.spoken.filter(move=number)["size"].to_numpy()])
    return {
        "size": float(np.sqrt((sizes**2).mean())),
        "recordings": len(written),
        "texts": len(counted),
        "rate": len(counted) / len(written),
        "rate_low": low,
        "rate_high": high,
        "no_speech": float(np.mean([one.no_speech for one in written])),
        "commonest": _commonest(counted),
    }


def _commonest(texts: Sequence[str]) -> str | None:
    """The text of most recordings; what is written of one alone is not told, as it may be what somebody said."""
    common = sorted(Counter(texts).items(), key=lambda pair: (-pair[1], pair[0]))
    return common[0][0] if common and common[0][1] >= FEWEST_TEXT_RECORDINGS else None


def _references(steered: Steered) -> Mapping[int, tuple[list[str], str | None]]:
    """clip -> the words that were said, and the language.

    All are of one kind, as an unedited transcript has no errors against itself.
    """
    spoken = steered.sample.spoken_b.select("clip", "language", "text")
    if _reference(spoken) == BY_TEXT:
        spoken = spoken.drop_nulls("text")
    else:
        unedited = dict(steered.spoken.filter(move=0).select("clip", "text").iter_rows())
        spoken = spoken.with_columns(text=pl.Series([unedited[clip] for clip in spoken["clip"]], dtype=pl.String))
    return {clip: (normalised_words(text, language), language) for clip, language, text in spoken.iter_rows()}


def _reference(spoken: pl.DataFrame) -> str | None:
    """What the transcripts of clips of speech are held against; None where there are none."""
    if spoken["text"].count() >= FEWEST_STEERED_RECORDINGS:
        return BY_TEXT
    return BY_TRANSCRIPT if len(spoken) else None


def _words(
    steered: Steered, number: int, references: Mapping[int, tuple[list[str], str | None]]
) -> dict[str, int | float | None]:
    texts = dict(steered.spoken.filter(move=number).select("clip", "text").iter_rows())
    words = np.array([len(reference) for reference, _ in references.values()], dtype=np.float64)
    found: dict[str, int | float | None] = {"speech_recordings": len(references), "words": int(words.sum())}
    if not words.sum():
        return found | {"wer": None, "wer_low": None, "wer_high": None}
    errors = np.array(
        [word_errors(said, normalised_words(texts[clip], language)) for clip, (said, language) in references.items()],
        dtype=np.float64,
    )
    generator = np.random.default_rng(int(digest_of("speech recordings drawn again"), 16))
    wer, low, high = error_rate_over(errors, words, generator)
    return found | {"wer": wer, "wer_low": low, "wer_high": high}


def chosen_features(dictionary: str, steered: Steered) -> pl.DataFrame:
    """The table `hallucination_features` of a dictionary: as many as are shifted at most."""
    most = max(move.k for move in steered.moves)
    vector = zip(steered.chosen.order[:most].tolist(), steered.chosen.weights[:most].tolist(), strict=True)
    rows = [
        {
            "dictionary": dictionary,
            "rank": rank,
            "feature": feature,
            "weight": weight,
            "shift": -float(np.sign(weight)) * float(steered.known.mean_active[feature]),
        }
        for rank, (feature, weight) in enumerate(vector, start=1)
    ]
    return _frame(HALLUCINATION_FEATURES.columns, rows)


def run_row(study: Study, origin: Origin, steered: Steered) -> pl.DataFrame:
    """The table `hallucination_runs` of a dictionary."""
    sample = steered.sample
    speech = speech_domains(study.config)
    row = {
        "dictionary": study.dictionary,
        "identity": origin.identity,
        "basis": origin.basis,
        "readout": study.model().readout.name,
        "domains": ", ".join(domain for domain in study.config.corpus.domains if domain not in speech),
        "recordings_a": len(sample.silent_a),
        "taken_for_speech_a": int(steered.taken_a.sum()),
        "recordings_b": len(sample.silent_b),
        "taken_for_speech_b": int(steered.taken_b.sum()),
        "probe_auroc": steered.probe_auroc,
        "speech_recordings": len(_references(steered)),
        "with_text": sample.spoken_b["text"].count(),
        "reference": _reference(sample.spoken_b),
        "features_tested": len(steered.chosen.tested),
    }
    return _frame(HALLUCINATION_RUNS.columns, [row])


def _frame(columns: Mapping[str, Any], rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(columns), orient="row")


def all_tables(study: Study, origin: Origin, steered: Steered) -> Mapping[str, pl.DataFrame]:
    """Every table of the experiment."""
    return {
        HALLUCINATION.name: rates(study.dictionary, steered),
        HALLUCINATION_FEATURES.name: chosen_features(study.dictionary, steered),
        HALLUCINATION_RUNS.name: run_row(study, origin, steered),
    }
