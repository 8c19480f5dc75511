"""What the cells of an imported row say: a text, a whole number, a feature; and how a file with mistakes is refused."""

from collections.abc import Mapping, Sequence
from unicodedata import bidirectional, category

from atlas.errors import AtlasError
from atlas.explain.rows import Mistake
from atlas.formatting import counted
from atlas.reading.tables import Atlas

SHOWN = 20
"mistakes that are told one by one"
LONGEST_LINE = 80
"characters of a text that stands in headings and in rows"
LONGEST_NUMBER = 20
"digits of a number that is read at all: Python refuses thousands"
_UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")
_BREAKING = ("Cc", "Zl", "Zp")
_REORDERING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
"control characters that change the order of what stands around a text"


def feature_counts(atlas: Atlas) -> dict[str, int]:
    """dictionary -> its number of features, by name."""
    return {name: atlas.feature_count(name) for name in sorted(atlas.names)}


def feature_mistakes(cells: Mapping[str, object], sizes: Mapping[str, int]) -> list[str]:
    """What is wrong with the feature that a row names; sizes: features by dictionary."""
    name, number = text_of(cells.get("dictionary")), whole_of(cells.get("feature"))
    if name not in sizes:
        return [f"dictionary {name or 'missing'}: expected one of {', '.join(sizes)}"]
    if number is None or not 0 <= number < sizes[name]:
        return [f"feature {cells.get('feature')}: expected a whole number from 0 to {sizes[name] - 1}"]
    return []


def feature_of(cells: Mapping[str, object]) -> tuple[str, int]:
    """Dictionary and number of a row without such mistakes."""
    return text_of(cells["dictionary"]), whole_of(cells["feature"]) or 0


def line_mistakes(column: str, cell: object) -> list[str]:
    """What is wrong with a text that is to stand on one line of a page."""
    text = text_of(cell)
    if all(category(letter) in _UNSEEN for letter in text):
        return [f"no {column}"]
    mistakes = []
    controls = dict.fromkeys(f"U+{ord(letter):04X}" for letter in text if _is_control(letter))
    if controls:
        mistakes.append(f"{column} with {', '.join(controls)}: expected no line break and no control character")
    if len(text) > LONGEST_LINE:
        mistakes.append(f"{column} of {len(text)} characters: expected at most {LONGEST_LINE}")
    return mistakes


def text_of(cell: object) -> str:
    """A text without the blanks around it; empty for anything else."""
    return cell.strip() if isinstance(cell, str) else ""


def whole_of(cell: object) -> int | None:
    """A whole number, as JSON or a CSV cell has it."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    text = text_of(cell)
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def refusal(where: str, mistakes: Sequence[Mistake]) -> AtlasError:
    """Every mistake of a file at once, by line."""
    ordered = sorted(mistakes, key=lambda mistake: mistake.line)
    lines = [str(mistake) for mistake in ordered[:SHOWN]]
    if len(mistakes) > SHOWN:
        lines.append(f"and {len(mistakes) - SHOWN} more")
    listing = "".join(f"\n  {line}" for line in lines)
    return AtlasError(f"{where}: {counted(len(mistakes), 'mistake')}; nothing was imported{listing}")


def _is_control(letter: str) -> bool:
    return category(letter) in _BREAKING or bidirectional(letter) in _REORDERING
