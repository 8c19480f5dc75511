"""The spectrogram of an example as it stands in a figure: cut out of its clip's picture, and embedded."""

import base64
import io
from pathlib import Path

from PIL import Image

from atlas.render.parts.snippets import COLUMNS

ACROSS, UP = 600, 160
"pixels of an embedded spectrogram: smooth at any size that a paper prints it, and about 60 kB"


def spectrogram_at(path: Path, left: float) -> tuple[str, float, float]:
    """Three seconds of a clip's picture as an address of its own content, and the part of them that it fills.

    `left` is the first column of the three seconds; where the clip begins later or ends earlier, there is no picture:
    what is returned begins and ends with the clip, at these shares of the three seconds.
    """
    with Image.open(path) as picture:
        grey = picture.convert("L")
    first, last = max(0, round(left)), min(grey.width, round(left) + COLUMNS)
    cut = grey.crop((first, 0, last, grey.height))
    share = (last - first) / COLUMNS
    sized = cut.resize((max(1, round(ACROSS * share)), UP), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    sized.save(buffer, "PNG", optimize=True)
    address = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    return address, (first - round(left)) / COLUMNS, share
