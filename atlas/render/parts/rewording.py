"""Which words of a text are not those of another: what an edit changed of a transcript."""

from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class TextPart:
    """A stretch of a text, and whether the other text has something else there."""

    text: str
    changed: bool


def reworded(before: str, after: str) -> tuple[tuple[TextPart, ...], tuple[TextPart, ...]]:
    """Both texts in parts that follow each other; case and punctuation make no other word."""
    old, new = before.split(), after.split()
    matcher = SequenceMatcher(None, [_plain(word) for word in old], [_plain(word) for word in new], autojunk=False)
    parts: tuple[list[TextPart], list[TextPart]] = ([], [])
    for kind, first, stop, start, end in matcher.get_opcodes():
        for side, words in zip(parts, (old[first:stop], new[start:end]), strict=True):
            if words:
                side.append(TextPart(" ".join(words), kind != "equal"))
    return tuple(parts[0]), tuple(parts[1])


def _plain(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum()) or word
