"""The examples of a feature in a figure: spectrogram, trace and what is spoken, on three seconds around the peak.

They are those of its page, with the same trace and the same words; only where things stand is decided here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from atlas.audio.samples import MEL_TOP_HZ, hz_to_mel
from atlas.render.figure.metrics import BOLD, fitted, width_of
from atlas.render.figure.pictures import spectrogram_at
from atlas.render.numbers import plain
from atlas.render.parts.marks import Mark
from atlas.render.parts.rows import Example
from atlas.render.parts.snippets import COLUMNS, SPECTROGRAM, TRACE
from atlas.render.parts.spoken import SpokenLine
from atlas.render.site import SiteAtlas
from atlas.schema.media import picture_path

HEAD, PICTURE, BAND, LINE, GAP = 8.0, 30.0, 12.0, 7.0, 4.0
"points of height: of the line above, the spectrogram, the trace, a line of words or phones, and between examples"
AXIS = 9.0
GUTTER = 17.0
"points, left of the pictures: where frequencies stand"
SMALL, SMALLEST = 6.0, 5.5
"points of type"
HZ = ((1000, "1 kHz"), (4000, "4"))
SECONDS = ((-1.5, "−1.5 s"), (-1.0, "−1"), (-0.5, "−0.5"), (0.0, "peak"), (0.5, "+0.5"), (1.0, "+1"), (1.5, "+1.5 s"))
_SPAN_S = 3.0
_APART = {"word": 1.5, "phone": 2.3}
"points between words; phones are set a little wider than they are taken for"
_ASIDE = 5.0
"points that a word may stand aside from its middle, 60 ms at the width of a column"
_HAIR = 1e-6
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A text and where it stands; `style` is a class of the figure's own."""

    x: str
    text: str
    style: str = ""
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnExample:
    """One example, in points from the top left of its feature."""

    y: str
    mark: Mark
    domain_x: str
    labels: PlacedText
    value: str
    picture: str | None
    picture_x: str
    picture_width: str
    picture_y: str
    trace: str
    trace_at: str  # how the trace's own units become points
    foot: str  # where the trace stands
    height: str  # of the spectrogram
    middle: str
    missing: PlacedText  # in place of a spectrogram
    middle_y: str
    lines: tuple[tuple[str, tuple[PlacedText, ...]], ...]  # where a line stands, and what stands on it


@dataclass(frozen=True, slots=True)
class Spoke:
    """Which lines the examples of a row need below their traces: all of them, so that cells stay in step."""

    words: bool
    phones: bool

    @property
    def height(self) -> float:
        """Of one of them, in points."""
        lines = LINE * (self.words + self.phones)
        return HEAD + PICTURE + BAND + lines + (1.5 if lines else 0) + GAP


def spoke(examples: Sequence[Example]) -> Spoke:
    """What is spoken in any of these."""
    known = [example.spoken for example in examples if example.spoken]
    return Spoke(any(one.words for one in known), any(one.phones for one in known))


def drawn(atlas: SiteAtlas, example: Example, top: float, width: float, spoken: Spoke) -> DrawnExample:
    """An example whose upper edge is at `top`, in a feature as wide as `width`."""
    across = width - GUTTER
    picture_y, left = top + HEAD, float(example.snippet.left)
    foot = picture_y + PICTURE + BAND
    place, start, share = None, 0.0, 1.0
    if example.snippet.picture:
        key = example.snippet.picture.rpartition("/")[2].removesuffix(".webp")
        path = atlas.fetched(picture_path(atlas.folder.root, key))
        if path.exists():
            place, start, share = spectrogram_at(path, left)
    scale_x, scale_y = across / COLUMNS, BAND / TRACE
    domain_x = GUTTER + 7
    labels_x = domain_x + width_of(example.mark.name, SMALL) + 5
    labels = ", ".join(label.text for label in example.labels)
    value = f"peak {example.value}"
    room = width - width_of(value, SMALL) - 6 - labels_x
    moved_x, moved_y = GUTTER - left * scale_x, foot - (SPECTROGRAM + TRACE) * scale_y
    return DrawnExample(
        y=plain(top + HEAD - 2.2),
        mark=example.mark,
        domain_x=plain(domain_x),
        labels=PlacedText(plain(labels_x), fitted(" ".join(labels.split()), SMALL, room), anchor="start"),
        value=value,
        picture=place,
        picture_x=plain(GUTTER + start * across),
        picture_width=plain(share * across),
        picture_y=plain(picture_y),
        trace=example.trace,
        trace_at=f"translate({plain(moved_x)} {plain(moved_y)}) scale({scale_x:.4f} {scale_y:.4f})",
        foot=plain(foot),
        height=plain(PICTURE),
        middle=plain(GUTTER + across / 2),
        missing=PlacedText(plain(GUTTER + across / 2), "no spectrogram of this clip", "muted"),
        middle_y=plain(picture_y + PICTURE / 2 + 2),
        lines=tuple(_lines(example, foot, across, spoken)),
    )


def _lines(example: Example, foot: float, across: float, spoken: Spoke) -> Iterator[tuple[str, tuple[PlacedText, ...]]]:
    y = foot + LINE
    known = example.spoken
    for wanted, line, style in (
        (spoken.words, known and known.words, "word"),
        (spoken.phones, known and known.phones, "phone"),
    ):
        if wanted:
            yield plain(y), tuple(_placed(line, across, style)) if line else ()
            y += LINE


def _placed(line: SpokenLine, across: float, style: str) -> Iterator[PlacedText]:
    """As many of a line's labels as fit beside each other: first those that name the feature, then by the peak."""
    labels = [label.replace("\N{NO-BREAK SPACE}", " ") for label in line.labels.split(" ")]
    places = [(float(place.removesuffix("*")), place.endswith("*")) for place in line.places.split(" ")]
    taken: list[Span] = []
    kept: list[tuple[float, PlacedText]] = []
    entries = list(zip(labels, places, strict=True))
    for label, (place, marked) in sorted(entries, key=lambda entry: (not entry[1][1], abs(entry[1][0] - 500))):
        wanted, half = (
            GUTTER + place / 1000 * across,
            (width_of(label, SMALL) * (BOLD if marked else 1) + _APART[style]) / 2,
        )
        middle = _free(wanted, half, taken, GUTTER + across + 1)
        if middle is not None:
            taken.append((middle - half, middle + half))
            kept.append((middle, PlacedText(plain(middle), label, f"{style} marked" if marked else style)))
    return (text for _, text in sorted(kept, key=lambda entry: entry[0]))


def _free(wanted: float, half: float, taken: Sequence[Span], end: float) -> float | None:
    """The middle nearest to where a label belongs at which it covers no other, and not far from there."""
    beside = (middle for first, last in taken for middle in (first - half, last + half))
    near = sorted(
        (wanted, *(middle for middle in beside if abs(middle - wanted) <= _ASIDE)), key=lambda m: abs(m - wanted)
    )
    for middle in near:
        first, last = middle - half + _HAIR, middle + half - _HAIR
        if first >= 0 and last <= end and not any(first < stop and start < last for start, stop in taken):
            return middle
    return None


def hz_ticks() -> tuple[tuple[str, str], ...]:
    """How far below a picture's upper edge each frequency stands, and what is written there."""
    top = hz_to_mel(MEL_TOP_HZ)
    return tuple((plain(PICTURE * (1 - hz_to_mel(hz) / top)), text) for hz, text in HZ)


def second_ticks(width: float) -> tuple[PlacedText, ...]:
    """The seconds below the last example."""
    across = width - GUTTER
    ends = {SECONDS[0][0]: "start", SECONDS[-1][0]: "end"}
    return tuple(
        PlacedText(plain(GUTTER + (at / _SPAN_S + 0.5) * across), text, anchor=ends.get(at, "middle"))
        for at, text in SECONDS
    )
