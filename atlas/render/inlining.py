"""A finished chart -> inline SVG that follows the page's theme, and files to save.

Charts are made with the light theme's colours. In the page each of these becomes `currentColor` and a class, as the
security policy forbids style attributes; files keep the colours. What vl-convert adds and no reader sees is left out.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType
from xml.etree import ElementTree

import vl_convert
from markupsafe import Markup

from atlas.render.charts import DOMAIN_COLOURS, HERE, INK, LINE, MUTED, Chart, theme

CLASSES = MappingProxyType(
    {**{colour: name for name, colour in DOMAIN_COLOURS.items()}, INK: "", MUTED: "muted", LINE: "rule"}
)
"a colour of a chart -> the class that gives it in the page"

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_KEPT = frozenset(
    [
        *("d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "viewBox"),
        *("fill", "stroke", "stroke-width", "stroke-dasharray", "fill-opacity", "stroke-opacity", "opacity"),
        *("text-anchor", "font-size", "font-weight"),
    ]
)
_DEFAULTS = MappingProxyType({"opacity": "1", "fill-opacity": "1", "stroke-opacity": "1", "font-weight": "normal"})
_WEIGHT = re.compile(r' font-weight="[^"]*"')
_PARTS = re.compile(rb"(?:[ ]+/[a-z]+\d+ \d+ 0 R\n){2,}")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineChart:
    """A chart as the page and its files have it."""

    name: str
    title: str
    about: str
    domains: bool
    inline: Markup
    svg: bytes
    pdf: bytes


def draw(chart: Chart) -> InlineChart:
    """Draw a chart for the page and as files."""
    svg = vl_convert.vegalite_to_svg(chart.drawing | {"config": theme()})
    inline = Markup(inlined(svg, chart.title))  # its texts are escaped by the writer of XML
    saved = _saved(svg)
    return InlineChart(
        name=chart.name,
        title=chart.title,
        about=chart.about,
        domains=chart.domains,
        inline=inline,
        svg=saved.encode(),
        pdf=_printed(saved),
    )


def _saved(svg: str) -> str:
    """The file, which lies in a folder of the site: on white, as it may be shown on any ground."""
    head, _, rest = svg.replace(HERE, "../").partition(">")
    return f'{head}><rect width="100%" height="100%" fill="#ffffff"/>{rest}'


def _printed(svg: str) -> bytes:
    """The chart as a PDF, the same on every run.

    vl-convert puts fonts, and what a page is made of, in any order. So there is one font, and the rest is sorted, by
    which nothing changes its place.
    """
    pdf = vl_convert.svg_to_pdf(_WEIGHT.sub("", svg))
    return _PARTS.sub(lambda match: b"".join(sorted(match.group().splitlines(keepends=True))), pdf)


def inlined(svg: str, title: str) -> str:
    """The SVG for a page: theme's colours, no names or styles of vl-convert's, numbers to a tenth."""
    root = ElementTree.fromstring(svg)
    _clean(root)
    linked = next(root.iter("a"), None) is not None
    root.attrib |= {"role": "group" if linked else "img", "aria-label": title, "class": "overview"}
    return ElementTree.tostring(root, encoding="unicode")


def _clean(node: ElementTree.Element) -> None:
    """Keep of an element and of all below it what is seen."""
    node.tag = node.tag.removeprefix(_SVG)
    href = node.get(_XLINK)
    label = next((inner.attrib["aria-label"] for inner in node.iter() if "aria-label" in inner.attrib), "")
    kept = {name: value for name, value in node.attrib.items() if name in _KEPT and _DEFAULTS.get(name) != value}
    node.attrib.clear()
    node.attrib.update({name: _LONG_NUMBER.sub(_tenths, value) for name, value in kept.items()})
    _follow_theme(node)
    if href is not None:  # the pages that a chart leads to are linked beside it, so it is no stop of the tab key
        node.attrib |= {"href": href.removeprefix(HERE), "tabindex": "-1", "aria-label": label}
    for child in list(node):
        _clean(child)
        if not _seen(child):
            node.remove(child)


def _seen(node: ElementTree.Element) -> bool:
    """Whether anything is drawn; the outermost group fills nothing, so what has no fill of its own has none."""
    if node.tag == "path":
        painted = {node.get("fill", "none"), node.get("stroke", "none")} != {"none"}
        return painted and bool(node.get("d"))
    return node.tag not in ("g", "a") or len(node) > 0


def _follow_theme(node: ElementTree.Element) -> None:
    """A chart's colour becomes the class that has it; a colour that no class has is a mistake of ours."""
    classes = set()
    for name in ("fill", "stroke"):
        colour = node.get(name, "").lower()
        if colour == "transparent":
            node.set(name, "none")
        elif colour not in ("", "none"):
            classes.add(CLASSES[colour])
            node.set(name, "currentColor")
    if len(classes) > 1:
        raise ValueError(f"a mark of a chart has the colours of {' and '.join(sorted(classes))}; it can have one")
    if any(classes):
        node.set("class", classes.pop())


def _tenths(number: re.Match[str]) -> str:
    return f"{round(float(number.group()), 1) + 0:g}"
