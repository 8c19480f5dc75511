"""The tokens that lose and gain most where a feature is taken away, beyond what its decoy does to them.

Sub-words are joined to words, and words are folded. Only tokens near the edited frames count: what is said where the
feature fires.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from atlas.schema.effects import ABLATE, DECOY, DOWN, EFFECT_TOKENS, UP
from atlas.schema.thresholds import EFFECT_TOKENS_KEPT, FEWEST_TOKEN_RECORDINGS
from atlas.speech.words import is_spoken, word_label

_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"where the bytes of a letter are cut into several tokens"
_COLUMNS = ("feature", "clip", "tokens", "changes", "near")

Occurrences = dict[str, dict[str, list[float]]]
"token -> recording -> changes"


def changed_tokens(dictionary: str, measured: pl.DataFrame, recordings: Mapping[int, str]) -> pl.DataFrame:
    """MEASURED -> EFFECT_TOKENS."""
    told = measured.filter(pl.col("tokens").is_not_null()).sort("feature", "clip")
    ablated, decoys = (told.filter(edit=edit).select(_COLUMNS) for edit in (ABLATE, DECOY))
    both = ablated.join(decoys.select("feature", "clip", decoy="changes"), ["feature", "clip"], maintain_order="left")
    spaced = are_spaced(ablated["tokens"].to_list())
    rows = []
    for (feature,), clips in both.group_by("feature", maintain_order=True):
        found: Occurrences = {}
        for clip, tokens, changes, near, decoy in clips.drop("feature").iter_rows():
            beyond = np.array(changes) - np.array(decoy)
            for word, change in _words(tokens, beyond, near) if spaced else _alone(tokens, beyond, near):
                found.setdefault(word, {}).setdefault(recordings[clip], []).append(change)
        rows += [(dictionary, feature, *row) for row in _ranked(found)]
    return pl.DataFrame(rows, dict(EFFECT_TOKENS.columns), orient="row").sort(EFFECT_TOKENS.key)


def are_spaced(clips: Sequence[Sequence[str]]) -> bool:
    """Whether the readout writes words with spaces between them, rather than phones or tags."""
    return any(token.startswith(" ") for tokens in clips for token in tokens[1:])


def _words(tokens: Sequence[str], changes: Sequence[float], near: Sequence[bool]) -> Iterator[tuple[str, float]]:
    """Each word of which a token is near: folded, with the mean change of its tokens that have letters."""
    starts = [place for place, token in enumerate(tokens) if place == 0 or token.startswith(" ") or not token]
    for start, stop in zip(starts, [*starts[1:], len(tokens)], strict=True):
        spelt = [place for place in range(start, stop) if any(map(is_spoken, tokens[place]))]
        word = "".join(tokens[start:stop])
        if _UNREADABLE not in word and any(near[place] for place in spelt):
            yield word_label(word), float(np.mean([changes[place] for place in spelt]))


def _alone(tokens: Sequence[str], changes: Sequence[float], near: Sequence[bool]) -> Iterator[tuple[str, float]]:
    for token, change, is_near in zip(tokens, changes, near, strict=True):
        if is_near and token.strip() and _UNREADABLE not in token:
            yield token.strip(), float(change)


def _ranked(found: Occurrences) -> Iterator[tuple[str, int, str, float, int]]:
    """Rows of EFFECT_TOKENS without dictionary and feature."""
    changes = {
        word: float(np.median([np.mean(values) for values in by_recording.values()]))
        for word, by_recording in found.items()
        if len(by_recording) >= FEWEST_TOKEN_RECORDINGS
    }
    for direction, sign in ((DOWN, 1.0), (UP, -1.0)):
        moved = sorted((sign * change, word) for word, change in changes.items() if sign * change < 0)
        for rank, (_, word) in enumerate(moved[:EFFECT_TOKENS_KEPT], start=1):
            yield direction, rank, word, changes[word], len(found[word])
