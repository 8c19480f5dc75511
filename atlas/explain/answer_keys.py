"""The key of a bundle: in which of its held-out clips each feature fires, and the score of those who tell.

The score is balanced accuracy: the mean of the share of firing clips that were named and the share of silent clips
that were not. Chance, and naming all or none, give .5.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from atlas.errors import AtlasError

KEY = "key.jsonl"


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """The held-out clips of a feature, by name, and whether it fires in them."""

    dictionary: str
    feature: int
    clips: Mapping[str, bool]

    def line(self) -> str:
        """As a line of the key's file."""
        cells = {"dictionary": self.dictionary, "feature": self.feature, "fires": dict(self.clips)}
        return json.dumps(cells, ensure_ascii=False)


def score(key: AnswerKey, named: Collection[str]) -> float:
    """Balanced accuracy of the names that were given."""
    firing = [name in named for name, fires in key.clips.items() if fires]
    silent = [name not in named for name, fires in key.clips.items() if not fires]
    return (sum(firing) / len(firing) + sum(silent) / len(silent)) / 2


def read_key(bundle: Path) -> dict[tuple[str, int], AnswerKey]:
    """The key that lies in a bundle's folder."""
    path = bundle / KEY
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        keys = [AnswerKey(row["dictionary"], row["feature"], row["fires"]) for row in map(json.loads, lines)]
        if not all({True, False} == set(key.clips.values()) for key in keys):
            raise ValueError("a feature without firing or without silent clips")
    except FileNotFoundError:
        raise AtlasError(f"{path}: not there; answers that say `fires` are read from the bundle's folder") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AtlasError(f"{path}: not the key of a bundle ({error}); export the bundle again") from None
    return {(key.dictionary, key.feature): key for key in keys}
