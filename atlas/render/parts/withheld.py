"""What may not be published of a corpus: `[media] redistribute` covers words as it covers sound."""

from functools import lru_cache

import polars as pl

from atlas.media.plan import allowed_of
from atlas.render.site import SiteAtlas
from atlas.schema.media import LICENCE


@lru_cache(maxsize=4)
def hidden_clips(atlas: SiteAtlas) -> frozenset[int]:
    """Clips whose licence the config of today does not name, or did not when sounds were made."""
    clips = atlas.clips
    allowed = allowed_of(clips["licence"].drop_nulls().unique(), atlas.media.redistribute)
    hidden = ~pl.col("licence").fill_null("").is_in(allowed) | (pl.col("reason") == LICENCE).fill_null(False)
    return frozenset(clips.filter(hidden)["clip"])
