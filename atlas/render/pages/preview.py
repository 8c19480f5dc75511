"""The picture that a link to the atlas is shown with: its title, what is in it, and the map of a dictionary.

Only a site whose address is known has it, as previews ask for whole addresses. Its letters are of the font that the
converter brings, so that equal atlases give equal bytes; a title in other alphabets gives way to the model's name.
"""

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import vl_convert
from PIL import Image

from atlas.formatting import counted
from atlas.render import numbers
from atlas.render.charts import DOMAIN_COLOURS, INK, LINE, MUTED, SHAPES
from atlas.render.parts.place import mapped
from atlas.render.site import SiteAtlas
from atlas.render.templating import PICTURE, Page, environment

EDGE, RIGHT = 72, 1128
MIDDLE, HALF = (891.0, 315.0), 237.0  # of the map
TITLE_SIZES = (64, 54, 46)
MOST_LINES, LONGEST = 3, 200
LOWEST = 500
"where the last line may stand, above the domains"
MOST_DICTIONARIES = 6
MOST_DOTS = 8192
COLOURS = 128
"of the palette, which takes a quarter of the bytes"
_NARROW, _WIDE = "fijlrtI.,:;'|!()[]/ -", "mwMWGOQCD@%&—…"
_DRAWN = ((0x0020, 0x05FF), (0x1E00, 0x2122))
"code points of which that font has what is in use"


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text by its base line."""

    text: str
    y: float
    size: int
    colour: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class PreviewDomain:
    """A domain's mark and word."""

    name: str
    x: float
    shape: str
    colour: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A feature on the map."""

    x: str
    y: str
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the picture shows."""

    lines: tuple[TextLine, ...]
    domains: tuple[PreviewDomain, ...]
    dots: tuple[Dot, ...]
    radius: str
    edge: int = EDGE
    muted: str = MUTED
    line: str = LINE


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """The one picture."""
    if atlas.work.address:
        yield PICTURE, drawn(atlas)


def drawn(atlas: SiteAtlas) -> bytes:
    """The picture as PNG."""
    svg = environment().get_template("preview.svg").render(view=preview(atlas))
    image = Image.open(io.BytesIO(vl_convert.svg_to_png(svg))).convert("RGB")
    buffer = io.BytesIO()
    image.quantize(COLOURS).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def preview(atlas: SiteAtlas) -> Preview:
    """What there is to show, with its places."""
    own = [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]
    dots = _dots(atlas, own)
    room = (MIDDLE[0] - HALF - 36 if dots else RIGHT) - EDGE
    return Preview(
        lines=(*(title := _title(atlas, room)), *_contents(atlas, own, room, title[-1].y)),
        domains=tuple(_domains(atlas)),
        dots=dots,
        radius=f"{np.clip(90 / np.sqrt(max(len(dots), 1)), 1.6, 5):.1f}",
    )


def _title(atlas: SiteAtlas, room: float) -> tuple[TextLine, ...]:
    """As large as it fits in three lines."""
    title = atlas.work.title if _is_drawn(atlas.work.title) else atlas.card.encoder.model.rpartition("/")[2]
    words = title[:LONGEST].split() or ["Atlas"]
    size = next((size for size in TITLE_SIZES if len(_broken(words, size, room)) <= MOST_LINES), TITLE_SIZES[-1])
    lines = _broken(words, size, room)[:MOST_LINES]
    return tuple(TextLine(line, round(128 + size * 1.16 * row), size, INK, True) for row, line in enumerate(lines, 1))


def _contents(atlas: SiteAtlas, own: Sequence[str], room: float, above: float) -> Iterator[TextLine]:
    """How much there is, and the dictionaries in as many lines as there is room for."""
    features = counted(sum(map(atlas.feature_count, own)), "feature")
    hours = numbers.hours(sum(domain.hours for domain in atlas.card.corpus.domains.values()))
    yield TextLine(f"{features}, {hours} of audio", above + 52, 30, MUTED)
    listed = [f"{name} {atlas.feature_count(name):,}" for name in own[:MOST_DICTIONARIES]]
    listed += [f"and {len(own) - MOST_DICTIONARIES:,} more"] if len(own) > MOST_DICTIONARIES else []
    for row, line in enumerate(_broken([*(f"{one} ·" for one in listed[:-1]), *listed[-1:]], 26, room), 1):
        y = above + 66 + 34 * row
        if y <= LOWEST:
            yield TextLine(line.removesuffix(" ·"), y, 26, INK)


def _broken(words: Sequence[str], size: int, room: float) -> list[str]:
    """Words in lines that fit; a longer word is cut."""
    lines: list[str] = []
    for word in words:
        if lines and _width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            fitting = next((end for end in range(len(word), 0, -1) if _width(word[:end], size) <= room), 1)
            lines.append(word if fitting == len(word) else f"{word[: fitting - 1]}…")
    return lines


def _width(text: str, size: int) -> float:
    """About how wide a line is; rather too much than too little."""
    ems = (0.36 if sign in _NARROW else 0.86 if sign in _WIDE else 0.7 if sign.isupper() else 0.6 for sign in text)
    return size * sum(ems)


def _is_drawn(text: str) -> bool:
    return all(
        any(first <= ord(sign) <= last for first, last in _DRAWN) and unicodedata.category(sign) != "Cf"
        for sign in text
    )


def _domains(atlas: SiteAtlas) -> Iterator[PreviewDomain]:
    x = float(EDGE)
    for name in filter(_is_drawn, atlas.domains):
        yield PreviewDomain(name, round(x), SHAPES.get(name, "circle"), DOMAIN_COLOURS.get(name, MUTED))
        x += 62 + _width(name, 28)


def _dots(atlas: SiteAtlas, own: Sequence[str]) -> tuple[Dot, ...]:
    """The map of the first dictionary that has one, each feature in the colour of its domain."""
    places = next((places for name in own if len(places := mapped(atlas, name))), None)
    if places is None:
        return ()
    shown = places.gather_every(-(-len(places) // MOST_DOTS))
    at = shown.select("map_x", "map_y").to_numpy() * [HALF, -HALF] + [*MIDDLE]
    colours = [DOMAIN_COLOURS.get(domain or "", MUTED) for domain in shown["domain"]]
    return tuple(Dot(f"{x:.1f}", f"{y:.1f}", colour) for (x, y), colour in zip(at.tolist(), colours, strict=True))
