"""Explanations from outside: a CSV or JSON lines file -> the table `explanations`.

A row names `dictionary`, `feature`, `text` and `author`, and may have a `score` from -1 to 1. Every mistake is told at
once, with its line. What an author says of a dictionary replaces all that the same author said of it before; where it
came from is kept as the file's name and a digest of its content.

Answers to a bundle of `atlas export explain` are read the same way. They may say `fires` instead of a score, the
held-out clips that the explanation lets one expect the feature in; the score is then worked out from the bundle's key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import polars as pl

from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.explain.answer_keys import AnswerKey, read_key, score
from atlas.explain.cells import feature_counts, feature_mistakes, feature_of, refusal, text_of
from atlas.explain.rows import Content, Mistake, read_rows
from atlas.formatting import counted, listed
from atlas.progress import Echo
from atlas.reading.opening import open_atlas
from atlas.schema import EXPLANATIONS
from atlas.store import AtlasFolder

NEEDED = ("dictionary", "feature", "text", "author")
OPTIONAL = ("score", "fires")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What somebody says of a feature."""

    dictionary: str
    feature: int
    author: str
    text: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import left."""

    explanations: int
    features: int
    authors: tuple[str, ...]
    scored: int
    replaced: int

    def __str__(self) -> str:
        replaced = f", instead of {counted(self.replaced, 'earlier one')}" if self.replaced else ""
        what = f"{counted(self.explanations, 'explanation')} of {counted(self.features, 'feature')}"
        return f"{what} by {listed(self.authors)}, {self.scored:,} with a score{replaced}"


def import_explanations(folder: AtlasFolder, file: Path, echo: Echo) -> Imported:
    """Check a file of explanations and merge it into the atlas; hold the folder's lock meanwhile."""
    atlas = open_atlas(folder.root)
    content = read_rows(file, NEEDED, OPTIONAL)
    answered = any(row.cells.get("fires") is not None for row in content.rows)
    explanations = checked(content, feature_counts(atlas), read_key(file.parent) if answered else {}, str(file))
    new = frame_of(explanations, f"{file.name} {digest_of(content.raw)}")
    old = atlas.explanations
    kept = old.join(new, on=("dictionary", "author"), how="anti")
    folder.write_table(EXPLANATIONS, pl.concat([kept, new]).sort(EXPLANATIONS.key))
    done = Imported(
        len(new),
        new.select("dictionary", "feature").n_unique(),
        tuple(new["author"].unique().sort()),
        new["score"].count(),
        len(old) - len(kept),
    )
    echo(f"import     {done}; in {folder.path(EXPLANATIONS)}")
    return done


def frame_of(explanations: Sequence[Explanation], source: str) -> pl.DataFrame:
    """Rows of the table `explanations`, sorted."""
    columns = {
        name: [getattr(explanation, name) for explanation in explanations] for name in Explanation.__dataclass_fields__
    }
    return EXPLANATIONS.frame({**columns, "source": [source] * len(explanations)}).sort(EXPLANATIONS.key)


def checked(
    content: Content, sizes: Mapping[str, int], keys: Mapping[tuple[str, int], AnswerKey], where: str
) -> list[Explanation]:
    """The explanations of a file's rows; every mistake at once.

    sizes: features by dictionary; keys: the held-out clips of the bundle that the file answers, by feature.
    """
    explanations, mistakes = [], list(content.mistakes)
    lines: dict[tuple[str, int, str], int] = {}
    for row in content.rows:
        row_mistakes = _mistakes(row.cells, sizes) or _score_mistakes(row.cells, keys)
        mistakes += [Mistake(row.line, mistake) for mistake in row_mistakes]
        if row_mistakes:
            continue
        explanation = _explanation(row.cells, keys)
        first = lines.setdefault((explanation.dictionary, explanation.feature, explanation.author), row.line)
        if first != row.line:
            again = f"{explanation.author} explains {explanation.dictionary}/{explanation.feature} on line {first} too"
            mistakes.append(Mistake(row.line, again))
        explanations.append(explanation)
    if mistakes:
        raise refusal(where, mistakes)
    if not explanations:
        raise AtlasError(f"{where}: no explanation in it")
    return explanations


def _mistakes(cells: Mapping[str, object], sizes: Mapping[str, int]) -> list[str]:
    """What is wrong with the key and the text of a row."""
    missing = [f"no {name}" for name in ("author", "text") if not text_of(cells.get(name))]
    return [*missing, *feature_mistakes(cells, sizes)]


def _score_mistakes(cells: Mapping[str, object], keys: Mapping[tuple[str, int], AnswerKey]) -> list[str]:
    """What is wrong with the score of a row whose key is right."""
    given, fires = cells.get("score"), cells.get("fires")
    if given is not None and fires is not None:
        return ["score and fires: expected one of them"]
    if given is not None:
        number = _number(given)
        good = number is not None and -1 <= number <= 1
        return [] if good else [f"score {given}: expected a number from -1 to 1, or nothing"]
    if fires is None:
        return []
    mine = keys.get(feature_of(cells))
    if mine is None:
        return ["fires: the bundle beside this file has no held-out clips of this feature"]
    names = _names(fires)
    unknown = sorted(set(names) - set(mine.clips)) if names is not None else None
    if unknown == []:
        return []
    return [f"fires {fires}: expected a list of names among {', '.join(mine.clips)}"]


def _explanation(cells: Mapping[str, object], keys: Mapping[tuple[str, int], AnswerKey]) -> Explanation:
    name, number = feature_of(cells)
    value = _number(cells.get("score"))
    if cells.get("fires") is not None:
        value = score(keys[name, number], _names(cells["fires"]) or ())
    return Explanation(name, number, text_of(cells["author"]), text_of(cells["text"]), value)


def _number(cell: object) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _names(cell: object) -> Sequence[str] | None:
    """Names of clips: a JSON list of texts, or one text with spaces between them."""
    if isinstance(cell, str):
        return cell.replace(",", " ").split()
    if isinstance(cell, list) and all(isinstance(name, str) for name in cell):
        return cell
    return None
