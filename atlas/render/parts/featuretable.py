"""All features of an atlas as CSV: a row a feature, with its name, its address and every figure that stands once.

Columns are those of `Atlas.features`, so of the tables `features` and `findings`, in their order and by their names.
Lists are joined by `|`, and figures have six digits; the tables have all of them.
"""

import gzip
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from atlas.reading.names import label_of
from atlas.render.parts.downloads import LARGEST
from atlas.render.parts.featuredata import DIGITS, address_to_cite
from atlas.render.site import SiteAtlas

FEATURES, CONTROLS = "data/features.csv", "data/controls.csv"
JOINED_BY = "|"
ADDED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "control_of": ("text", "In `controls.csv`: the dictionary that the direction is a control of."),
        "name": ("text", "What the feature is called, or leans to; empty where nothing names it."),
        "address": ("text", "Of its page, to be cited; relative to the site where no base_url is configured."),
        "fingerprint": ("text", "Of its dictionary and of its figures: what `?v=` in the address stands for."),
        "domains": ("text", "The domains that it is specialised to."),
        "given_name": ("text", "What somebody calls it."),
        "given_by": ("text", "Who does."),
    }
)
"what no table has: column -> type and meaning"


def feature_tables(atlas: SiteAtlas) -> dict[str, bytes]:
    """Address -> CSV: of the features, and of the directions of controls where there are some.

    One that hosts would not take is packed.
    """
    of_control = {name: atlas.card.dictionaries[name].control_of is not None for name in atlas.names}
    chosen = {FEATURES: [name for name in atlas.names if not of_control[name]]}
    chosen |= {CONTROLS: [name for name in atlas.names if of_control[name]]}
    made = {address: csv_of(atlas, names) for address, names in chosen.items() if names}
    return dict(_packed(*one) if len(one[1]) > LARGEST else one for one in made.items())


def _packed(address: str, content: bytes) -> tuple[str, bytes]:
    return f"{address}.gz", gzip.compress(content, mtime=0)


def csv_of(atlas: SiteAtlas, names: Sequence[str]) -> bytes:
    """The features of some dictionaries, in their order."""
    return pl.concat([_rows(atlas, name) for name in names]).write_csv().encode()


def _rows(atlas: SiteAtlas, name: str) -> pl.DataFrame:
    rows = atlas.features(name)
    called = [label_of(row) for row in rows.iter_rows(named=True)]
    addresses = [address_to_cite(atlas, name, feature) for feature in rows["feature"]]
    control_of = atlas.card.dictionaries[name].control_of
    lists = [column for column, kind in rows.schema.items() if isinstance(kind, pl.List)]
    figures = rows.with_columns(
        pl.col(pl.Float32, pl.Float64).cast(pl.Float64).round_sig_figs(DIGITS),
        pl.col(lists).list.join(JOINED_BY).replace("", None),
    )
    return figures.select(
        pl.lit(name).alias("dictionary"),
        *([] if control_of is None else [pl.lit(control_of).alias("control_of")]),
        pl.col("feature"),
        pl.Series("name", called, pl.String),
        pl.Series("address", addresses, pl.String),
        pl.lit(atlas.fingerprint(name)).alias("fingerprint"),
        pl.exclude("feature"),
    )
