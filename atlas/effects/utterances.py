"""What is made clip by clip and kept on disk, so that no later step or run makes it again, and a kill costs one clip.

A file is named by the facts that it follows from and by its clip's content, never by a number: what nothing has changed
of is found again, whatever was added to the corpus. Utterances are JSON; other steps keep bytes of their own.
"""

import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atlas.digests import digest_of
from atlas.readouts.base import Utterance
from atlas.store import AtlasFolder

RECIPE = "1"
"raised with every change of what is heard in the same clip"


@dataclass(frozen=True, slots=True)
class KeptResults:
    """A folder with a file a clip, all of which follow from the same facts."""

    folder: Path

    @classmethod
    def of(cls, root: Path, facts: Mapping[str, object]) -> "KeptResults":
        return cls(root / digest_of(json.dumps(dict(facts), sort_keys=True)))

    def read(self, clip: str) -> bytes | None:
        """clip: its content by name, as `content_of` gives it."""
        path = self.folder / clip
        return path.read_bytes() if path.is_file() else None

    def has(self, clip: str) -> bool:
        return (self.folder / clip).is_file()

    def write(self, clip: str, content: bytes) -> None:
        AtlasFolder(self.folder).write_bytes(self.folder / clip, content)

    def prune(self, clips: Collection[str]) -> None:
        """Delete what is kept of all others but these."""
        for path in self.folder.glob("*"):
            if path.name not in clips:
                path.unlink()


def prune_others(root: Path, kept: Collection[KeptResults]) -> None:
    """Delete what follows from other facts."""
    folders = {results.folder for results in kept}
    for folder in root.glob("*"):
        if folder not in folders:
            shutil.rmtree(folder)


def content_of(hash64: int, valid: int, language: str | None) -> str:
    """A name for what is listened to of a clip: its sound, and the language that the corpus gives."""
    return f"{hash64:016x}-{digest_of(f'{valid} {language}')[:8]}"


def utterance_bytes(utterance: Utterance) -> bytes:
    content = {
        "tokens": utterance.tokens,
        "texts": utterance.texts,
        "frames": utterance.frames.tolist(),
        "language": utterance.language,
        "problem": utterance.problem,
    }
    return json.dumps(content, ensure_ascii=False).encode()


def utterance_from(content: bytes) -> Utterance | None:
    """None where it cannot be read, as after a failure of the disk: what was made once is made again."""
    try:
        known = json.loads(content)
        return Utterance(
            tokens=tuple(known["tokens"]),
            texts=tuple(known["texts"]),
            frames=np.array(known["frames"], np.int64).reshape(-1, 2),
            language=known["language"],
            problem=known["problem"],
        )
    except (ValueError, KeyError, TypeError):
        return None
