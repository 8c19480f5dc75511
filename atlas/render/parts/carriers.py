"""The clips that carry a label, as other pages link to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.detections import Named
from atlas.render.parts.marks import Mark, mark_of
from atlas.render.parts.snippets import Snippet, snippet
from atlas.render.terms import TIERS

MOST_CLIPS = 12


@dataclass(frozen=True, slots=True)
class ClipLink:
    """A clip with a page of its own."""

    address: str
    name: str
    seconds: str
    domain: Mark
    snippet: Snippet  # the whole clip


def clip_address(key: str) -> str:
    """Where the page of a clip lies."""
    return f"c/{key}.html"


def clip_link(atlas: Atlas, clip: Mapping[str, Any]) -> ClipLink:
    """The link to a clip whose sound is published."""
    valid_s = atlas.grid.seconds(clip["valid_frames"])
    whole = snippet(clip, 0.0, valid_s, valid_s / 2, f"clip {clip['recording']}")
    address, domain = clip_address(clip["key"]), mark_of(clip["domain"], atlas.domains)
    return ClipLink(address, clip["recording"], numbers.seconds(valid_s, 1), domain, whole)


def clips_by_label(atlas: Atlas) -> dict[Named, tuple[ClipLink, ...]]:
    """Some clips with a page for each label, one per recording."""
    audible = atlas.clips.filter("audio").select("clip", "recording", "labels", "language", "speaker")
    asked = {"label": audible.explode("labels").rename({"labels": "label"})}
    asked |= {kind: audible.rename({kind: "label"}) for kind in ("language", "speaker")}
    spans = atlas.alignments.frame.select(pl.col("tier").replace(dict(TIERS)).alias("kind"), "label", "clip")
    pieces = [frame.select(pl.lit(kind).alias("kind"), "label", "clip", "recording") for kind, frame in asked.items()]
    timed = spans.unique().join(audible.select("clip", "recording"), on="clip")
    every = pl.concat([*pieces, timed.select("kind", "label", "clip", "recording")]).drop_nulls("label")
    first = every.sort("kind", "label", "clip").unique(("kind", "label", "recording"), keep="first")
    some = first.sort("kind", "label", "clip").group_by("kind", "label", maintain_order=True)
    chosen = some.agg(pl.col("clip").head(MOST_CLIPS)).iter_rows()
    return {
        (kind, label): tuple(clip_link(atlas, atlas.clip_rows[clip]) for clip in clips) for kind, label, clips in chosen
    }
