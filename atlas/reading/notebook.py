"""How a feature shows itself in a notebook: a histogram as inline SVG, and snippets as sounds within the page.

Texts enter markup through `Markup.format` alone, which escapes them. Nothing is loaded from outside.
"""

import base64
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import soundfile
from markupsafe import Markup
from numpy.typing import NDArray

from atlas.errors import AtlasError
from atlas.reading.clips import ClipSound

SHOWN = 3  # examples
WIDTH, HEIGHT = 240, 48

_FEATURE = Markup("<div><p><strong>{title}</strong><br><small>{facts}</small></p>{histogram}{examples}</div>")
_SVG = Markup(
    '<figure style="margin:0"><svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img"'
    ' aria-label="{label}" fill="currentColor">{bars}</svg><figcaption><small>{label}</small></figcaption></figure>'
)
_BAR = Markup('<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>')
_EXAMPLE = Markup("<div>{sound} <small>{text}</small></div>")
_SOUND = Markup('<audio controls preload="none" src="data:audio/mpeg;base64,{data}"></audio>')


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookExample:
    """A snippet of a clip, whose sound is fetched and decoded when it is shown."""

    peak: float
    start_s: float
    end_s: float
    path: str
    label: str
    sound: Callable[[], ClipSound]


def feature_html(title: str, facts: str, histogram: str, examples: Sequence[NotebookExample]) -> str:
    """What stands in the notebook; `histogram` is markup already."""
    rows = Markup("").join(map(_example, examples))
    return str(_FEATURE.format(title=title, facts=facts, histogram=histogram, examples=rows))


def histogram_svg(counts: Sequence[int], edges: Sequence[float]) -> Markup:
    """Active frames over values, both on log scales; nothing for a feature that was never active."""
    filled = [place for place, count in enumerate(counts) if count]
    if not filled:
        return Markup("")
    first, stop = filled[0], filled[-1] + 1
    width, scale = WIDTH / (stop - first), HEIGHT / math.log1p(max(counts))
    bars = Markup("").join(
        _BAR.format(x=(place - first) * width, y=HEIGHT - height, width=width, height=height)
        for place in range(first, stop)
        if (height := math.log1p(counts[place]) * scale)
    )
    label = f"{sum(counts):,} active frames with values from {edges[first]:.3g} to {edges[stop]:.3g} (log scales)"
    return _SVG.format(width=WIDTH, height=HEIGHT, label=label, bars=bars)


def _example(example: NotebookExample) -> Markup:
    times = f"{example.start_s:.1f} to {example.end_s:.1f} s, peak {example.peak:.3g}"
    text = f"{example.path}, {times}; {example.label}"
    try:
        sound = example.sound()
    except AtlasError as error:
        return _EXAMPLE.format(sound="", text=f"{text}; {error}")
    start, stop = (round(second * sound.rate_hz) for second in (example.start_s, example.end_s))
    data = base64.b64encode(_mp3(sound.samples[start:stop], sound.rate_hz)).decode()
    return _EXAMPLE.format(sound=_SOUND.format(data=data), text=text)


def _mp3(samples: NDArray[np.float32], rate_hz: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format="MP3", subtype="MPEG_LAYER_III")
    return file.getvalue()
