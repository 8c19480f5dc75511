"""Praat TextGrid files, in the long or the short text format, as UTF-8 or UTF-16 -> intervals.

Praat reads texts in quotes, numbers that stand alone and flags like <exists>, and takes everything else for a comment;
by that rule both formats say the same. Point tiers and empty labels are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from atlas.errors import AtlasError

_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(<\w+>)|(?<!\S)([-+]?\.?\d[\d.eE+-]*)(?!\S)')

Token = str | float


@dataclass(frozen=True, slots=True)
class Interval:
    """A labelled stretch of a file; `number` counts the intervals of the TextGrid, through its tiers."""

    number: int
    tier: str
    start_s: float
    end_s: float
    label: str


def read_textgrid(path: Path) -> tuple[Interval, ...]:
    """The labelled intervals of a file."""
    try:
        return tuple(interval for interval in _intervals(_tokens(_decoded(path.read_bytes()))) if interval.label)
    except OSError as error:
        raise AtlasError(f"{path}: cannot be read ({error.strerror or error})") from None
    except ValueError as error:
        raise AtlasError(f"{path}: not a TextGrid in a text format of Praat ({error})") from None


def _decoded(content: bytes) -> str:
    return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")


def _tokens(text: str) -> Iterator[Token]:
    for quoted, flag, number in _TOKEN.findall(text):
        yield float(number) if number else flag or quoted.replace('""', '"')


def _intervals(tokens: Iterator[Token]) -> Iterator[Interval]:
    kind, content = _text(tokens), _text(tokens)
    if not kind.startswith("ooTextFile") or content != "TextGrid":
        raise ValueError(f'begins with "{kind}" and "{content}", expected "ooTextFile" and "TextGrid"')
    _number(tokens), _number(tokens)
    if _text(tokens) != "<exists>":
        return
    number = 0
    for _ in range(int(_number(tokens))):
        tier_kind, tier = _text(tokens), _text(tokens)
        _number(tokens), _number(tokens)
        for _ in range(int(_number(tokens))):
            start_s = _number(tokens)
            if tier_kind == "IntervalTier":
                number += 1
                yield Interval(number, tier, start_s, _number(tokens), _text(tokens).strip())
            else:
                _text(tokens)


def _number(tokens: Iterator[Token]) -> float:
    token = next(tokens, "the end of the file")
    if isinstance(token, str):
        raise ValueError(f"{token!r} where a number was expected")
    return token


def _text(tokens: Iterator[Token]) -> str:
    token = next(tokens, None)
    if not isinstance(token, str):
        raise ValueError(f"{'the end of the file' if token is None else token} where a text was expected")
    return token
