"""How wide a text will be, near enough to fit it into a figure: nothing here has the font at hand.

The figure's font is a sans serif of the width of Helvetica, which Liberation Sans, Arial and Nimbus Sans share.
"""

import re
import unicodedata

from atlas.render import numbers

BOLD = 1.06
"so much wider than the regular weight, on average"
_NARROW = dict.fromkeys("ijl.,:;'|! ·‘’", 0.25) | dict.fromkeys("frt()/-[]", 0.32) | dict.fromkeys("ckszvxyJ", 0.5)
_WIDE = dict.fromkeys("mMW%@", 0.87) | dict.fromkeys("wABCDEGHKNOPQRSUVXYZ", 0.7)
_KNOWN = _NARROW | _WIDE
_ELSE, _FULL = 0.56, 1.0
"of the size: of most letters and digits, and of those that fill a square"
_PHONETIC = 1.2
"so much wider is DejaVu Sans, which has phonetic letters"
_MARK, _LETTER = "\u0300-\u036f", "\u0250-\u02ff\u1d00-\u1dbf"
_OF_PHONETICS = re.compile(f"[{_MARK}{_LETTER}]")


def width_of(text: str, size: float) -> float:
    """In points, at a size in points."""
    return size * sum(map(_share, text)) * (_PHONETIC if is_phonetic(text) else 1)


def fitted(text: str, size: float, room: float) -> str:
    """The text, or as much of its beginning as there is room for, with an ellipsis."""
    if width_of(text, size) <= room:
        return text
    kept = len(text)
    while kept > 1 and width_of(numbers.cut(text, kept), size) > room:
        kept -= 1
    return numbers.cut(text, kept)


def wrapped(text: str, size: float, room: float) -> tuple[str, ...]:
    """An address in as many lines as it needs, broken behind a slash or a sign of its query where that is possible."""
    lines = []
    while width_of(text, size) > room:
        kept = next(
            length for length in range(len(text), 0, -1) if width_of(text[:length], size) <= room or length == 1
        )
        breaks = [place + 1 for place in range(kept // 2, kept) if text[place] in "/?&"]
        lines.append(text[: breaks[-1] if breaks else kept])
        text = text[len(lines[-1]) :]
    return (*lines, text)


def paragraph(text: str, size: float, room: float) -> tuple[str, ...]:
    """A sentence in lines, broken between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines)


def is_phonetic(text: str) -> bool:
    """Whether it holds phonetic letters, which the common sans serifs lack: it is then set in one that has them all."""
    return _OF_PHONETICS.search(text) is not None


def _share(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return _FULL
    return _KNOWN.get(letter, _ELSE)
