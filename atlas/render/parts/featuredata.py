"""The figures of one feature as JSON, for programs: the rows of the tables that its page is made of.

A table with a row a feature is an object; one with more is an object of columns, each a list, which data frames take as
it is. Figures have six digits; one that does not exist, or is infinite, is null. Traces, spectra and decoder rows are
not in it, but in the tables.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.names import label_of
from atlas.reading.sorted_frame import SortedFrame, sorted_frame
from atlas.render.parts.extent import FEATURES_OF_A_SHARD, Extent
from atlas.render.parts.withheld import hidden_clips, hidden_labels, without, without_tokens
from atlas.render.site import LARGEST_STUBBED, SiteAtlas
from atlas.render.templating import Page, site_of
from atlas.schema import EFFECT_EXAMPLES, EFFECT_TOKENS, EFFECTS, SCREENING

DIGITS = 6
DATA_PAGE = "data.html"

ALONE = Extent(top=10, others=2, labels=10, timed=6)
IN_SHARDS = Extent(top=5, others=1, labels=5, timed=3)
NEAREST = 5
"neighbours of each kind"
ONE: tuple[str, ...] = ("features", "findings")
"tables with a row a feature, of which all columns are given"
CLIP_COLUMNS = ("path", "licence", "key")
"of the table `clips` and of the index of the media, for the clip of an example; the key where it can be heard"
MANY: Mapping[str, tuple[str, ...]] = {
    "domains": (
        *("domain", "frames_active", "clips_active", "recordings", "rate_macro_frame", "rate_macro_clip"),
        *("auroc", "auroc_low", "auroc_high", "p", "q", "confounded", "specialised", "null_reason"),
    ),
    "labels": (
        *("kind", "label", "recordings", "auroc", "auroc_low", "lift", "precision10", "mass_share"),
        *("phi_heldout", "f1_heldout", "f1_permuted_max", "p", "q"),
    ),
    "timed_labels": ("tier", "label", "share", "expected", "share_shifted_max", "recordings", "q"),
    "peak_labels": ("tier", "label", "purity", "purity_shifted_max", "base", "peaks", "q", "precision", "recall"),
    "column_shifts": ("column", "domain", "shift_a", "shift_b", "sd", "frames", "shifted_max"),
    "histograms": ("counted", "counts"),
    "examples": ("group", "rank", "clip", *CLIP_COLUMNS, "start_s", "end_s", "peak_s", "peak"),
    "neighbours": ("kind", "rank", "other_dictionary", "other", "value"),
    "explanations": ("author", "text", "score", "source"),
    "names": ("name", "author"),
}
"table with several rows a feature -> the columns that are given"
ONE_OF_EFFECTS: tuple[str, ...] = (SCREENING.name,)
MANY_OF_EFFECTS: Mapping[str, tuple[str, ...]] = {
    table.name: tuple(column for column in table.columns if column not in ("dictionary", "feature"))
    for table in (EFFECTS, EFFECT_TOKENS, EFFECT_EXAMPLES)
}
"the same of a dictionary whose effects were measured; of no other are there such keys"


def offers_json(atlas: SiteAtlas) -> bool:
    """Whether features have JSON: where they are so many that they have no stubs, there is no room for it either."""
    return sum(map(atlas.feature_count, atlas.names)) <= LARGEST_STUBBED


def json_address(atlas: SiteAtlas, name: str, feature: int) -> str | None:
    """Where the JSON of a feature lies, from the site's root; None where there is none."""
    if not offers_json(atlas):
        return None
    if atlas.is_stubbed_control(name):
        return f"f/{name}/{feature}.json" if feature in atlas.cited.get(name, frozenset()) else None
    return f"p/{name}/{feature // FEATURES_OF_A_SHARD}.json.gz" if atlas.packed else f"f/{name}/{feature}.json"


def pages(atlas: SiteAtlas, name: str, first: int, stop: int) -> Iterator[Page]:
    """The JSON of a block of features, a file each or a shard."""
    if not offers_json(atlas):
        return
    dictionary = atlas.dictionary(name, first, stop)
    made = FeatureData(atlas, dictionary)
    shards: dict[str, dict[str, Any]] = {}
    for feature in range(dictionary.first, dictionary.stop):
        address = json_address(atlas, name, feature)
        if address is not None and address.endswith(".gz"):
            shards.setdefault(address, {})[str(feature)] = made.of(feature)
        elif address is not None:
            yield address, json_text(made.of(feature))
    for address, features in shards.items():
        yield address, gzip.compress(json_text(features).encode(), mtime=0)


def json_text(content: object) -> str:
    """Compact, and valid for every reader: no NaN."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def address_to_cite(atlas: SiteAtlas, name: str, feature: int) -> str:
    """The address of a feature that a paper can rely on, with its fingerprint; relative where no host is known."""
    address, alias, place = atlas.lasting_address(f"{name}/{feature}").partition("#")
    return f"{address}?v={atlas.fingerprint(name)}{alias}{place}"


class FeatureData:
    """What is known of the features of a block; the rows of a table are turned all at once."""

    def __init__(self, atlas: SiteAtlas, dictionary: DictionaryTables) -> None:
        self.atlas, self.dictionary = atlas, dictionary
        extent = IN_SHARDS if atlas.packed else ALONE
        turned = partial(_Turned.of_frame, first=dictionary.first, stop=dictionary.stop)
        measured = dictionary.effect_run is not None
        self._one = {name: turned(dictionary.table(name)) for name in (*ONE, *(ONE_OF_EFFECTS if measured else ()))}
        many = {
            name: _chosen(atlas, name, dictionary.table(name), extent).select("feature", *columns)
            for name, columns in MANY.items()
        }
        if measured:
            many |= {
                name: _publishable(atlas, name, dictionary.table(name)).select("feature", *columns)
                for name, columns in MANY_OF_EFFECTS.items()
            }
        self._many = {name: turned(rows) for name, rows in many.items()}
        self._common = {
            "dictionary": dictionary.name,
            "tap": dictionary.card.tap,
            "control_of": dictionary.card.control_of,
            "fingerprint": atlas.fingerprint(dictionary.name),
        }
        self._about = {
            "atlas": atlas.cite.title or atlas.title,
            "licence": atlas.cite.licence,
            "definitions": f"{site_of(atlas).base_url or ''}{DATA_PAGE}",
        }

    def of(self, feature: int) -> dict[str, Any]:
        """What the file of a feature says."""
        one = {name: table.row(feature) for name, table in self._one.items()}
        given = self.dictionary.row("names", feature) or {}
        return {
            "feature": feature,
            **self._common,
            "address": address_to_cite(self.atlas, self.dictionary.name, feature),
            "name": label_of({**(one["findings"] or {}), "given_name": given.get("name")}),
            **one,
            **{name: table.columns_of(feature) for name, table in self._many.items()},
            **self._about,
        }


def _chosen(atlas: SiteAtlas, name: str, rows: pl.DataFrame, extent: Extent) -> pl.DataFrame:
    """The rows of a table that are given, in the order in which the page has them."""
    match name:
        case "labels":
            best = rows.sort("feature", "q", "p", "kind", "label", nulls_last=True)
            return best.group_by("feature", maintain_order=True).head(extent.labels)
        case "timed_labels":
            shown = without(rows.filter(pl.col("share") > 0), hidden_labels(atlas))
            largest = shown.sort("feature", "tier", "share", "label", descending=[False, False, True, False])
            return largest.group_by("feature", "tier", maintain_order=True).head(extent.timed).sort("feature", "tier")
        case "peak_labels":
            return without(rows, hidden_labels(atlas))
        case "histograms":
            return rows.filter(pl.col("domain") == "")
        case "neighbours":
            return rows.filter(pl.col("rank") <= NEAREST)
        case "column_shifts":
            return rows.filter("held_out")
        case "examples":
            audible = pl.when(pl.col("audio")).then(pl.col("key")).alias("key")
            clips = atlas.clips.select("clip", *(audible if one == "key" else one for one in CLIP_COLUMNS))
            shown = rows.filter(
                pl.col("rank") <= pl.when(pl.col("group") == "top").then(extent.top).otherwise(extent.others)
            )
            return shown.join(clips, on="clip", how="left", maintain_order="left")
    return rows


def _publishable(atlas: SiteAtlas, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table of effects, without what is spoken where that may not be published."""
    match name:
        case "effect_tokens":
            return without_tokens(atlas, rows)
        case "effect_examples":
            return rows.filter(~pl.col("clip").is_in(sorted(hidden_clips(atlas))))
    return rows


@dataclass(frozen=True, slots=True)
class _Turned:
    """Rows of some features as lists of Python, a list a column."""

    columns: Mapping[str, list[Any]]
    rows: SortedFrame

    @classmethod
    def of_frame(cls, frame: pl.DataFrame, first: int, stop: int) -> "_Turned":
        given = frame.drop("dictionary", "feature", strict=False).with_columns(
            pl.col(pl.Float32, pl.Float64).cast(pl.Float64).round_sig_figs(DIGITS),
            pl.col(pl.List(pl.Float64)).list.eval(pl.element().round_sig_figs(DIGITS)),
        )
        finite = given.with_columns(
            pl.when(pl.col(pl.Float64).is_finite()).then(pl.col(pl.Float64)).otherwise(None).name.keep()
        )
        return cls({one.name: one.to_list() for one in finite}, sorted_frame(frame, "feature", first, stop))

    def columns_of(self, feature: int) -> dict[str, list[Any]]:
        start, stop = self.rows.place(feature), self.rows.place(feature + 1)
        return {name: values[start:stop] for name, values in self.columns.items()}

    def row(self, feature: int) -> dict[str, Any] | None:
        start, stop = self.rows.place(feature), self.rows.place(feature + 1)
        return {name: values[start] for name, values in self.columns.items()} if start < stop else None
