"""The page of a clip whose sound is published: player, spectrogram, timed labels and features on one time axis."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from atlas.errors import AtlasError
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.carriers import clip_address
from atlas.render.parts.corpus import dataset_anchor
from atlas.render.parts.detections import Named, detection_of, label_address
from atlas.render.parts.listed import Lister
from atlas.render.parts.marks import Mark, mark_of
from atlas.render.parts.snippets import Snippet, snippet
from atlas.render.parts.tracks import (
    Band,
    RulerTick,
    TierTrack,
    TimeAxis,
    axis_of,
    bands,
    by_clip,
    most_bands,
    peak_times,
    ruler,
    tiers,
)
from atlas.render.parts.transcript import ClipTranscript, FeaturePeak, transcript_of
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of


@dataclass(frozen=True, slots=True)
class ClipNote:
    """A text, and the page about it where there is one."""

    text: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ClipFact:
    """Something that is known of a clip."""

    name: str
    notes: tuple[ClipNote, ...]


@dataclass(frozen=True, slots=True)
class BandGroup:
    """The features of one dictionary that fire most in the clip."""

    dictionary: str
    address: str
    bands: tuple[Band, ...]
    peaks: tuple[FeaturePeak, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPage:
    """One clip."""

    title: str
    path: str
    domain: Mark
    dataset: ClipNote
    heading: str
    snippet: Snippet
    axis: TimeAxis
    ruler: tuple[RulerTick, ...]
    tiers: tuple[TierTrack, ...]
    groups: tuple[BandGroup, ...]
    transcript: ClipTranscript | None
    facts: tuple[ClipFact, ...]
    source_url: str | None
    truth: tuple[ClipFact, ...]


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """A page a clip with published audio."""
    audible = atlas.clips.filter("audio")["clip"].to_list()
    if not audible:
        return
    makers = _Makers(
        Lister(atlas),
        {name: by_clip(atlas.tracks(name)) for name in _shown(atlas)},
        frozenset().union(*(detection_of(atlas, name).labels for name in atlas.names)),
        read_truth(atlas.settings.truth),
    )
    site = site_of(atlas)
    for clip in audible:
        row = atlas.clip_rows[clip]
        yield page(site, clip_address(row["key"]), "clip.html", view=clip_page(atlas, row, makers))


@dataclass(frozen=True, slots=True)
class _Makers:
    """What all pages of clips share."""

    lister: Lister
    tracks: Mapping[str, Mapping[int, pl.DataFrame]]
    labels: frozenset[Named]
    truth: Mapping[str, tuple[ClipFact, ...]]


def _shown(atlas: Atlas) -> list[str]:
    """The dictionaries but for the controls: of random directions there is nothing to be heard."""
    return [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]


def clip_page(atlas: Atlas, row: Mapping[str, Any], makers: _Makers) -> ClipPage:
    """What is shown of one clip."""
    seconds = atlas.grid.seconds(row["valid_frames"])
    spans = atlas.alignments.of(row["clip"])
    axis = axis_of(seconds, atlas.grid, timed=len(spans) > 0)
    groups = tuple(_groups(row["clip"], axis, makers))
    peaks = [peak for group in groups for peak in group.peaks]
    return ClipPage(
        title=row["recording"],
        path=row["path"],
        domain=mark_of(row["domain"], atlas.domains),
        dataset=_dataset(row["dataset"]),
        heading=f"{numbers.seconds(row['duration_s'])}{_gain(row['gain_db'])}",
        snippet=snippet(row, 0.0, seconds, seconds / 2, row["recording"]),
        axis=axis,
        ruler=ruler(axis),
        tiers=tiers(spans, axis),
        groups=groups,
        transcript=transcript_of(atlas, row["clip"], peaks),
        facts=tuple(_facts(row, makers.labels)),
        source_url=web_address(row["source_url"]),
        truth=makers.truth.get(row["path"], ()),
    )


def _gain(gain_db: float | None) -> str:
    if not gain_db:
        return ""
    return f" · played {abs(gain_db):.1f} dB {'louder' if gain_db > 0 else 'softer'} than recorded"


def _groups(clip: int, axis: TimeAxis, makers: _Makers) -> Iterator[BandGroup]:
    most = most_bands(max(1, len(makers.tracks)))
    for name, tracks in makers.tracks.items():
        if clip in tracks:
            shown = bands(name, tracks[clip], makers.lister, most)
            peaks = zip(shown, peak_times(tracks[clip], axis, most), strict=True)
            yield BandGroup(
                name, f"d/{name}.html", shown, tuple(FeaturePeak(band.feature, at_s) for band, at_s in peaks)
            )


def _facts(row: Mapping[str, Any], labels: frozenset[Named]) -> Iterator[ClipFact]:
    tagged = tuple(_note("label", label, labels) for label in row["labels"] or ())
    named = (
        ("Labels", tagged),
        ("Language", _note("language", row["language"], labels)),
        ("Speaker", _note("speaker", row["speaker"], labels)),
        ("Recording", ClipNote(row["recording"])),
        ("Dataset", _dataset(row["dataset"])),
        ("File", ClipNote(f"{row['path']}, {row['codec']}, {row['sample_rate']:,} Hz")),
        ("Begins at", ClipNote(numbers.seconds(row["offset_s"]) if row["offset_s"] else "")),
        ("Licence", ClipNote(row["licence"] or "not stated")),
        ("Attribution", ClipNote(row["attribution"] or "")),
    )
    for name, notes in named:
        kept = tuple(note for note in (notes if isinstance(notes, tuple) else (notes,)) if note.text)
        if kept:
            yield ClipFact(name, kept)


def _dataset(name: str | None) -> ClipNote:
    return ClipNote(name or "no dataset named", f"about.html#{dataset_anchor(name or '')}")


def _note(kind: str, label: str | None, labels: frozenset[Named]) -> ClipNote:
    known = label is not None and (kind, label) in labels
    return ClipNote(label or "", label_address(kind, label) if known and label else None)


def web_address(url: str | None) -> str | None:
    """An address that a page may link to: a manifest may hold anything, and a link can run what it names."""
    return url if url and url.startswith(("https://", "http://")) else None


def read_truth(path: Path | None) -> Mapping[str, tuple[ClipFact, ...]]:
    """What the makers of a corpus know of each clip, by its path; nothing where there is no such file."""
    if path is None:
        return {}
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        return {
            line.pop("path"): tuple(ClipFact(name, (ClipNote(str(text)),)) for name, text in line.items())
            for line in lines
        }
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise AtlasError(f"{path}: not JSON lines with a `path` each ({error}); see `truth` under [site]") from None
