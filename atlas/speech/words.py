"""A word as it is written, or as a corpus labels it -> its label: without case and the punctuation around it.

An apostrophe, a full stop or a comma within it stays (o'clock, u.s, 3.5). The number of a pronunciation, as aligners
write it (to(2)), is left out.
"""

import re
import unicodedata

from atlas.speech.symbols import is_silence

_REMARK = re.compile(r"<.*>|\[.*\]|\{.*\}", re.DOTALL)
PRONUNCIATION = r"\(\d+\)$"
_SPOKEN = "LMN"  # letters, marks and numbers, by the first letter of their Unicode categories


def is_spoken(character: str) -> bool:
    """Whether a character is part of what is said."""
    return unicodedata.category(character)[0] in _SPOKEN


def word_label(written: str) -> str:
    """The label of a word. What is none stays: labels of silence, remarks in brackets, and what has no letters."""
    if is_silence(written) or _REMARK.fullmatch(written.strip()):
        return written
    word = re.sub(PRONUNCIATION, "", written.strip())
    spoken = [place for place, character in enumerate(word) if is_spoken(character)]
    if not spoken:
        return written
    return word[spoken[0] : spoken[-1] + 1].replace("\u2019", "'").casefold()
