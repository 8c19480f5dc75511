"""How a feature is spread: over values, over domains, over frequencies and around its peaks (the right column)."""

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from atlas.audio.samples import COLUMNS_PER_S, MEL_BANDS, MEL_TOP_HZ, hz_to_mel
from atlas.formatting import listed
from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.tables import Atlas
from atlas.render import numbers, svg
from atlas.render.parts.marks import Mark, mark_of
from atlas.render.svg import ChartTick

WIDTH, HEIGHT, TOP = 324.0, 96.0, 4.0  # of the histogram's bars
MEL_HEIGHT, SPECTRUM_WIDTH = 160.0, 104.0
MEL_TICKS_HZ = (250, 500, 1000, 2000, 4000)
NO_SOUND = 255  # a cell of a patch that no example reaches
_LEVELS = {"frame": "frames", "audio": "clips"}
_DB_A_STEP = 0.5
OFTEN_TIMES, STRONG_AUROC = 2.0, 0.6  # so many more active frames than elsewhere should show in an AUROC of so much
MANY_CLIPS = 0.5  # a share of a domain's clips
SURE_AUROC = 0.7  # one that no reader takes for none
_DARKEST_DB = 50.0  # below the loudest cell of a patch


@dataclass(frozen=True, slots=True)
class Outline:
    """The clip peaks of one domain over the same bins."""

    mark: Mark
    path: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of active frames on a log scale, over values on a log scale."""

    bars: str
    outlines: tuple[Outline, ...]
    across: tuple[ChartTick, ...]
    up: tuple[ChartTick, ...]
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRow:
    """What is known of a feature in one domain."""

    mark: Mark
    frames: str
    bar: str  # the width of its bar, of 100
    clips: str
    auroc: str
    interval: str
    q: str
    specialised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mel:
    """The mean spectrum as a difference, and the mean second around the peaks, on one frequency axis."""

    patch: str | None
    spectrum: str
    zero: str
    hz: tuple[ChartTick, ...]
    db: tuple[ChartTick, ...]
    windows: str


def histogram_of(atlas: Atlas, dictionary: DictionaryTables, feature: int) -> Histogram | None:
    """None for a feature that was never active."""
    rows = {(row["counted"], row["domain"]): row["counts"] for row in dictionary.records("histograms", feature)}
    counts = rows.get(("frames", ""), [])
    filled = [place for place, count in enumerate(counts) if count]
    if not filled:
        return None
    first, last = max(filled[0] - 1, 0), min(filled[-1] + 2, len(counts))
    width, most = WIDTH / (last - first), max(counts)
    peaks = {domain: rows.get(("peaks", domain), [])[first:last] for domain in atlas.domains}
    outlines = [
        Outline(mark_of(domain, atlas.domains), _outline(peaks[domain], width, most))
        for domain in atlas.domains
        if any(peaks[domain])
    ]
    edges = dictionary.histogram_edges[first : last + 1]
    return Histogram(
        bars=svg.steps(svg.log_heights(counts[first:last], most, HEIGHT), width, TOP + HEIGHT),
        outlines=tuple(outlines),
        across=_value_ticks(edges, WIDTH),
        up=tuple(svg.log_ticks(most, HEIGHT, TOP)),
        caption=f"{sum(counts):,} active frames from {numbers.figure(edges[0])} to {numbers.figure(edges[-1])}",
    )


def _outline(counts: Sequence[int], width: float, most: int) -> str:
    return svg.steps(svg.log_heights(counts, most, HEIGHT), width, TOP + HEIGHT)


def _value_ticks(edges: Sequence[float], width: float) -> tuple[ChartTick, ...]:
    """At most five of 1, 2, 5 × 10^n within the edges, on their log scale."""
    low, high = math.log(edges[0]), math.log(edges[-1])
    powers = range(math.floor(math.log10(edges[0])), math.ceil(math.log10(edges[-1])) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = [factor * 10.0**power for power in powers for factor in factors]
        inside = [value for value in values if edges[0] <= value <= edges[-1]]
        if len(inside) <= 5:
            break
    return tuple(
        ChartTick(numbers.plain((math.log(value) - low) / (high - low) * width), f"{value:g}") for value in inside
    )


def domains_of(atlas: Atlas, dictionary: DictionaryTables, feature: int) -> tuple[DomainRow, ...]:
    """The domains of the corpus in their order; none where they were not analysed."""
    rows = {row["domain"]: row for row in dictionary.records("domains", feature)}
    most = max((row["rate_macro_frame"] or 0 for row in rows.values()), default=0)
    return tuple(
        DomainRow(
            mark=mark_of(domain, atlas.domains),
            frames=numbers.percent(row["rate_macro_frame"]),
            bar=numbers.plain(100 * (row["rate_macro_frame"] or 0) / most) if most else "0",
            clips=numbers.percent(row["rate_macro_clip"]),
            auroc=numbers.unit(row["auroc"]),
            interval=f"{numbers.unit(row['auroc_low'])} to {numbers.unit(row['auroc_high'])}",
            q=numbers.probability(row["q"]),
            specialised=bool(row["specialised"]),
        )
        for domain in atlas.domains
        if (row := rows.get(domain)) is not None
    )


def at_odds(rows: Sequence[Mapping[str, Any]]) -> str:
    """Why frames and AUROC of some domains (rows of the table) seem to contradict each other; empty where they do not.

    They do where a domain has by far the most active frames and no AUROC to match: then few of its clips are active, or
    many are and no more strongly; and where a domain has fewer active frames than another and yet the larger peaks.
    """
    tested = [row for row in rows if row["auroc"] is not None and row["rate_macro_frame"] is not None]
    ranked = sorted(tested, key=lambda row: -row["rate_macro_frame"])
    if not ranked[1:]:
        return ""
    most, second = ranked[:2]
    ahead = most["rate_macro_frame"] >= OFTEN_TIMES * second["rate_macro_frame"] > 0 or not second["rate_macro_frame"]
    if most["rate_macro_frame"] and ahead and most["auroc"] < STRONG_AUROC:
        domain, clips = most["domain"], most["rate_macro_clip"]
        if clips < MANY_CLIPS:
            return (
                f"It is active on far more frames of {domain}, yet the AUROC is low: only {numbers.percent(clips)} of"
                f" the clips of {domain} make it fire, and AUROC compares recordings, most of which leave it silent."
            )
        return (
            f"It is active on far more frames of {domain}, yet the AUROC is low: it fires longer there, not more"
            " strongly, and AUROC compares the largest values of recordings."
        )
    best = max(tested, key=lambda row: row["auroc"])
    if best["auroc"] >= SURE_AUROC and best["rate_macro_frame"] < most["rate_macro_frame"]:
        return (
            f"It fires on more frames of {most['domain']}, yet {best['domain']} has the larger AUROC: it fires more"
            f" briefly in {best['domain']} and more strongly, and AUROC compares the largest values of recordings."
        )
    return ""


def domain_note(dictionary: DictionaryTables, feature: int) -> str:
    """Which domain it is said to be specialised to, and what AudioSAE would say over all domains together."""
    rows = dictionary.records("domains", feature)
    special = [row["domain"] for row in rows if row["specialised"]]
    grades = dictionary.records("grades", feature)
    widest = max((row["comparison"].count("/") for row in grades), default=0)
    widest_grades = {row["level"]: row for row in grades if row["comparison"].count("/") == widest}
    graded = any(row["domain"] for row in widest_grades.values())
    by_level = [f"{_graded(widest_grades[level])} by {_LEVELS[level]}" for level in _LEVELS if level in widest_grades]
    parts = [f"Specialised to {listed(special)}."] if special else []
    parts += [odds] if (odds := at_odds(rows)) else []
    return " ".join([*parts, *([f"AudioSAE’s grade: {', '.join(by_level)}."] if graded else [])])


def _graded(row: Mapping[str, Any]) -> str:
    return f"{row['domain']} (τ {numbers.unit(row['tau'])})" if row["domain"] else "none"


def mel_of(atlas: Atlas, dictionary: DictionaryTables, feature: int) -> Mel | None:
    """None for a feature that was never active."""
    rows = dictionary.rows("mel", feature)  # not as Python's lists: a patch has 4,000 cells
    if rows["spectrum"].count() == 0:
        return None
    difference = rows["spectrum"][0].to_numpy() - np.asarray(atlas.card.corpus.mean_mel_db)
    reach = max(5.0, 5 * math.ceil(float(np.abs(difference).max()) / 5))
    across = SPECTRUM_WIDTH / (2 * reach)
    centre = SPECTRUM_WIDTH / 2
    step = MEL_HEIGHT / MEL_BANDS
    places: list[float] = (centre + difference * across).tolist()
    return Mel(
        patch=_patch_image(rows["patch"][0].to_numpy()) if rows["patch"].count() else None,
        spectrum=svg.climb(places, centre, MEL_HEIGHT - step / 2, step),
        zero=numbers.plain(centre),
        hz=_hz_ticks(),
        db=tuple(
            ChartTick(numbers.plain(centre + value * across), f"{value:+g}".replace("-", "−"))
            for value in (-reach / 2, reach / 2)
        ),
        windows=numbers.count(rows["windows"][0]),
    )


@cache
def _hz_ticks() -> tuple[ChartTick, ...]:
    top = hz_to_mel(MEL_TOP_HZ)
    return tuple(ChartTick(numbers.plain(MEL_HEIGHT * (1 - hz_to_mel(hz) / top)), svg.short(hz)) for hz in MEL_TICKS_HZ)


def _patch_image(patch: Sequence[int] | NDArray[np.uint8]) -> str:
    """A patch as a picture in its own address: dark is loud, as in the spectrograms."""
    cells = np.asarray(patch, np.uint8).reshape(MEL_BANDS, COLUMNS_PER_S)
    filled = cells != NO_SOUND
    if not filled.any():
        return ""
    below = (int(cells[filled].max()) - cells.astype(np.float32)) * _DB_A_STEP / _DARKEST_DB
    grey = np.where(filled, np.clip(255 * below, 0, 255), 255).astype(np.uint8)[::-1]
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "WEBP", quality=10, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
