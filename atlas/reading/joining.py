"""Tables joined as readers want them: clips with what is published of them, the names that people gave to features."""

from collections.abc import Callable

import polars as pl

from atlas.audio.samples import COLUMNS_PER_S
from atlas.reading.names import NAME_COLUMNS


def with_media(clips: pl.DataFrame, media: pl.DataFrame) -> pl.DataFrame:
    """The table of clips with what the index of the media says of each; `Atlas.clips` names the columns."""
    audio = pl.col("audio_bytes").is_not_null().alias("audio")
    picture = pl.col("picture_bytes").is_not_null().alias("picture")
    width = (pl.col("seconds") * COLUMNS_PER_S).round(6).ceil().cast(pl.UInt32).alias("picture_columns")
    published = media.select("clip", "key", "gain_db", "reason", audio, picture, width)
    joined = clips.join(published, on="clip", how="left", maintain_order="left")
    return joined.with_columns(pl.col("audio", "picture").fill_null(False))


def given_to(names: pl.DataFrame, dictionary: str) -> pl.DataFrame:
    """`given_name` and `given_by` of those features of a dictionary that somebody has named, by `feature`."""
    mine = names.filter(pl.col("dictionary") == dictionary)
    return mine.select("feature", given_name="name", given_by="author")


def headlines_of(column: Callable[..., pl.DataFrame], given: pl.DataFrame) -> pl.DataFrame:
    """A row a feature, as `Atlas.headlines` has it; column: a table of the dictionary, and its columns -> the rows."""
    headlines = column("features", "feature", "state", "density", "max")
    findings = column("findings", "feature", *NAME_COLUMNS, "flags", "domain")
    wanted = ("feature", "group", "rank", "clip", "start_s", "end_s", "peak_s", "peak")
    best = column("examples", *wanted).filter((pl.col("group") == "top") & (pl.col("rank") == 1))
    for other in (findings, best.drop("group", "rank"), given):
        headlines = headlines.join(other, on="feature", how="left", maintain_order="left")
    return headlines
