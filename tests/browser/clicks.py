"""A click track, and what was heard of it: which click was when, and where the playhead stood at that moment.

Clicks lie further and further apart, so that a few of them tell which they are; between them a soft tone shows from
when to when there was sound. Times on the wall are seconds since 1970, times in a clip seconds since its beginning.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.audio.samples import COLUMNS_PER_S, RATE_HZ, Samples
from atlas.media.sounds import encode
from atlas.schema.media import LEAD_S

HERE = Path(__file__).parent
TAPPING = (HERE / "tapping.js").read_text(encoding="utf-8")
LONGEST_S = 10
CLICKS = np.array([0.02, *(0.2 * n + 0.01 * n**2 for n in range(1, 24))])
CLICK = 0.8 * np.cos(2 * np.pi * 2000 * np.arange(16) / RATE_HZ)  # 1 ms that MP3 keeps, and keeps in its place
ALIKE_S = 0.005

Times = npt.NDArray[np.float64]


def track(late_s: float = 0.0) -> bytes:
    """The file of a click track, as `atlas media` writes the sound of a clip."""
    samples: Samples = np.sin(2 * np.pi * 1000 * np.arange(LONGEST_S * RATE_HZ) / RATE_HZ).astype(np.float32) * 0.02
    for click in CLICKS:
        start = round((click + late_s) * RATE_HZ)
        samples[start : start + len(CLICK)] = CLICK
    return encode(samples, 0.0)


@dataclass(frozen=True, slots=True)
class Heard:
    """One play of a snippet: when each click came out, and where the playhead was put when."""

    begin_s: float
    end_s: float
    clicks: Times  # on the wall
    sounding: tuple[float, float]  # on the wall
    heads: Times  # on the wall, in the clip: [moves, 2]

    @property
    def which(self) -> Times:
        """The clicks that were heard, in the clip."""
        starts = range(len(CLICKS) - len(self.clicks) + 1)
        off, first = min((float(np.ptp(self.clicks - CLICKS[one : one + len(self.clicks)])), one) for one in starts)
        assert off < ALIKE_S, f"what was heard is no part of the click track: {off:.3f} s off"
        return CLICKS[first : first + len(self.clicks)]

    @property
    def late_s(self) -> Times:
        """How far the playhead was behind each click at the moment when it was heard; negative: ahead."""
        stood = np.searchsorted(self.heads[:, 0], self.clicks, side="right") - 1
        return (self.which - self.heads[stood, 1])[stood >= 0]

    @property
    def span_s(self) -> tuple[float, float]:
        """From when to when there was sound, in the clip."""
        started = float(np.median(self.clicks - self.which))
        return self.sounding[0] - started, self.sounding[1] - started


def hear(page: Any, button: Any) -> Heard:
    """Play a snippet to its end, and listen."""
    page.evaluate("heard.ready.then(() => { heard.blocks.length = heard.heads.length = 0; })")
    begin_s, end_s = (float(time) - LEAD_S for time in button.get_attribute("href").split("#t=")[1].split(","))
    button.click()
    page.wait_for_function("() => heard.blocks.length && !atlas.nowPlaying()")
    page.wait_for_timeout(200)  # what was on its way is heard
    blocks, heads = page.evaluate("[heard.blocks, heard.heads]")
    ahead = np.median([block["wall"] - block["at"] for block in blocks])  # blocks come in bursts, so their walls jump
    return Heard(
        begin_s,
        end_s,
        np.array([click for block in blocks for click in block["clicks"]]) + ahead,
        (blocks[0]["from"] + ahead, blocks[-1]["until"] + ahead),
        np.array(heads) / [1, COLUMNS_PER_S],
    )
