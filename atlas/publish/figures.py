"""A figure -> a file that a paper can include: PDF with text and links, SVG, or PNG.

vl-convert, which draws the charts of the pages, turns SVG into PDF and PNG. Its PDF has no links; pypdf adds them.
Equal tables and fonts give equal bytes: no file tells when it was made.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import vl_convert
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from atlas.errors import AtlasError
from atlas.formatting import counted, listed
from atlas.progress import Echo
from atlas.render.figure.drawing import POINTS_A_MM, FigureLook, PaperFigure, figure_of
from atlas.render.site import SiteAtlas

PIXELS_AN_INCH = 600
"of a PNG: what journals ask of pictures with text"

Feature = tuple[str, int]


def write_figure(atlas: SiteAtlas, features: Sequence[str], to: Path, look: FigureLook, echo: Echo, warn: Echo) -> None:
    """Draw features (`block2/1234`) into a file; a closing line, and what the figure lacks."""
    convert = _converter(to)
    wanted = named(atlas, features)
    if not atlas.clips["picture"].any():
        raise AtlasError(
            f"{atlas.folder.root}: there are no spectrograms, and a figure shows them; `atlas media CONFIG` makes them"
        )
    figure = figure_of(atlas, wanted, look)
    if not figure.links:
        warn("the figure has no address: set [site] base_url in the config to where the site is published")
    for name in dict.fromkeys(name for name, _ in wanted):
        bare = [number for other, number in wanted if other == name and _without_page(atlas, name, number)]
        for number in bare:
            warn(
                f"{name}/{number}: a direction of a control, whose page at this address says little more than that; set"
                " [site] control_pages in the config, and render"
            )
    content = convert(figure)
    try:
        to.write_bytes(content)
    except OSError as error:
        raise AtlasError(f"{to}: cannot be written ({error.strerror}); give a folder that is there") from None
    size = " x ".join(f"{length / POINTS_A_MM:.0f}" for length in (figure.width, figure.height))
    echo(f"figure     {counted(len(wanted), 'feature')}, {size} mm, {len(content) / 1e3:,.0f} kB; it is {to}")


def named(atlas: SiteAtlas, texts: Sequence[str]) -> list[Feature]:
    """`block2/1234`, as it is written on pages, each once; every mistake at once."""
    features, mistakes = [], []
    for text in dict.fromkeys(texts):
        name, _, number = text.strip().rpartition("/")
        if name not in atlas.names:
            mistakes.append(f"{text}: expected a dictionary, a slash and a number; there are {listed(atlas.names)}")
        elif not (number.isascii() and number.isdecimal()) or int(number) >= atlas.feature_count(name):
            mistakes.append(f"{text}: {name} has features from 0 to {atlas.feature_count(name) - 1:,}")
        else:
            features.append((name, int(number)))
    if mistakes:
        raise AtlasError("\n  ".join(mistakes))
    return features


def _without_page(atlas: SiteAtlas, name: str, number: int) -> bool:
    return atlas.is_stubbed_control(name) and number not in atlas.cited.get(name, ())


def _converter(to: Path) -> Callable[[PaperFigure], bytes]:
    if to.suffix.lower() not in FORMATS:
        raise AtlasError(f"{to}: a figure is written as {listed(list(FORMATS), 'or')}; give it one of these suffixes")
    return FORMATS[to.suffix.lower()]


def pdf_of(figure: PaperFigure) -> bytes:
    """The figure as a page of its own size, with its addresses as links."""
    (page,) = PdfReader(io.BytesIO(vl_convert.svg_to_pdf(figure.drawn))).pages
    _put_in_order(page, set())
    writer = PdfWriter()
    writer.add_page(page)
    for link in figure.links:
        rectangle = (link.left, figure.height - link.bottom, link.right, figure.height - link.top)
        writer.add_annotation(0, Link(rect=rectangle, border=[0, 0, 0], url=link.address))
    writer.metadata = {"/Title": figure.title}
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def _put_in_order(held: object, seen: set[int]) -> None:
    """Sort the keys of what a page holds, which vl-convert writes in any order: so numbers of objects follow, too."""
    if isinstance(held, IndirectObject):
        if held.idnum not in seen:
            seen.add(held.idnum)
            _put_in_order(held.get_object(), seen)
    elif isinstance(held, DictionaryObject):
        entries = sorted(held.items())
        held.clear()
        held.update(entries)
        for key, value in entries:
            if key != "/Parent":
                _put_in_order(value, seen)
    elif isinstance(held, ArrayObject):
        for value in held:
            _put_in_order(value, seen)


def svg_of(figure: PaperFigure) -> bytes:
    """The figure as it was drawn, with its size in millimetres."""
    return figure.in_mm.encode()


def png_of(figure: PaperFigure) -> bytes:
    """The figure on white, and so fine that text stays sharp in print."""
    drawn = Image.open(io.BytesIO(vl_convert.svg_to_png(figure.drawn, ppi=PIXELS_AN_INCH)))
    white = Image.new("RGB", drawn.size, "white")
    white.paste(drawn, mask=drawn.getchannel("A"))
    content = io.BytesIO()
    white.save(content, "PNG", dpi=(PIXELS_AN_INCH, PIXELS_AN_INCH))
    return content.getvalue()


FORMATS: Mapping[str, Callable[[PaperFigure], bytes]] = MappingProxyType(
    {".pdf": pdf_of, ".svg": svg_of, ".png": png_of}
)
