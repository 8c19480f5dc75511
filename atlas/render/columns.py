"""What search, the table of all features and the map know of each feature: one column a figure, one row a feature.

Columns are read off the tables; nothing is measured here. A column without a single value stays in the list, so that
pages can say that there is none. `datascripts` turns columns into files that a page loads: first the names, by which
search shows its rows and counts its facets, and figures when a row, a sort or a facet asks for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl

from atlas.reading.joining import given_to
from atlas.reading.names import NAME_COLUMNS, shown_name
from atlas.reading.tables import Atlas
from atlas.render.effect_columns import effect_columns, effects_measured, primary_of
from atlas.render.parts.withheld import unread_labels, without, without_tokens
from atlas.render.site import SiteAtlas
from atlas.schema import EFFECT_TOKENS, EFFECTS, PEAK_LABELS, SCREENING
from atlas.schema.analysed import BESIDE, BY_LABEL, BY_PEAKS
from atlas.schema.thresholds import CHANCE_AUROC, SIGNIFICANT_Q

PHONE_TIERS = ("phone", "phones")
DOMAIN_FIGURES = ("rate_pooled_frame", "rate_macro_frame", "rate_pooled_clip", "auroc", "auroc_worst", "q")
BESIDE_COLUMNS = tuple(f"{control}_best" for control in BESIDE.values())
FINDING_COLUMNS = (
    *("feature", *NAME_COLUMNS, "clip_kind", "clip_label", "domain", "flags"),
    *("value", *BESIDE_COLUMNS, "peak_tier", "map_x", "map_y"),
)
LONGEST_TEXT = 300
"characters of an explanation that can be searched and that a row can show"
LONGEST_SPOKEN = 600
"characters of a transcript that can be searched: what is said in thirty seconds"


@dataclass(frozen=True, slots=True)
class SearchColumn:
    """One column: the script that holds it, and how its values are written."""

    name: str
    script: str
    decimals: int | None = None
    "None: four digits that count; one or two more than pages show, so that rounding twice does no harm"
    text: bool = False


FIGURES = (
    SearchColumn("state", "names", text=True),
    SearchColumn("density", "core"),
    SearchColumn("max", "core"),
    SearchColumn("label", "names", text=True),
    SearchColumn("given_by", "names", text=True),
    SearchColumn("beyond", "names", 3),
    SearchColumn("best_label", "core", text=True),
    SearchColumn("auroc", "core", 4),
    SearchColumn("q", "core"),
    SearchColumn("domain", "names", text=True),
    SearchColumn("flags", "core", text=True),
    SearchColumn("peak_tier", "names", text=True),
    SearchColumn("explanation", "explanations", text=True),
    SearchColumn("example_clip", "examples", 0),
    SearchColumn("example_start", "examples", 2),
    SearchColumn("example_end", "examples", 2),
    SearchColumn("clip_density", "figures"),
    SearchColumn("mean_active", "figures"),
    SearchColumn("recordings_active", "figures", 0),
    SearchColumn("burst_s", "figures"),
    SearchColumn("lift", "figures"),
    SearchColumn("specialised", "figures", text=True),
    SearchColumn("phone", "figures", text=True),
    SearchColumn("phone_share", "figures", 4),
    SearchColumn("map_x", "map", 3),
    SearchColumn("map_y", "map", 3),
)
EFFECT_FIGURES = (
    SearchColumn("does", "names", text=True),
    SearchColumn("effect", "effects"),
    SearchColumn("effect_size", "effects"),
    SearchColumn("effect_statistic", "effects"),
    SearchColumn("effect_q", "effects"),
)
"where effects were measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureTables:
    """What columns are read off, of one dictionary; frames without rows where an atlas lacks a table."""

    features: pl.DataFrame
    domains: pl.DataFrame
    labels: pl.DataFrame
    timed_labels: pl.DataFrame
    peak_labels: pl.DataFrame
    findings: pl.DataFrame
    explanations: pl.DataFrame
    given: pl.DataFrame  # feature, given_name, given_by
    examples: pl.DataFrame  # group top
    effects: pl.DataFrame = field(default_factory=EFFECTS.empty)  # by the primary outcome
    screening: pl.DataFrame = field(default_factory=SCREENING.empty)
    effect_tokens: pl.DataFrame = field(default_factory=EFFECT_TOKENS.empty)


@dataclass(frozen=True, slots=True)
class PlayedClips:
    """The clips that some row plays: their places in `data/clips.js`, and what stands there."""

    places: Mapping[int, int]  # clip -> place
    frame: pl.DataFrame  # clip_key, clip_frames, clip_picture


def read_tables(atlas: SiteAtlas, name: str) -> FeatureTables:
    """Read what columns and terms need of one dictionary."""
    features = atlas.table("features", name)
    domains = atlas.column(name, "domains", "feature", "domain", *DOMAIN_FIGURES, "specialised")
    labels = atlas.column(name, "labels", "feature", "kind", "label", "auroc", "lift", "lift_low", "p", "q")
    timed = without(atlas.column(name, "timed_labels", "feature", "tier", "label", "share", "q"), unread_labels(atlas))
    findings = atlas.column(name, "findings", *FINDING_COLUMNS)
    explanations = atlas.explanations.filter(pl.col("dictionary") == name)
    examples = atlas.column(name, "examples", "feature", "group", "rank", "clip", "start_s", "end_s")
    top = examples.filter(pl.col("group") == "top")
    effects = atlas.column(name, "effects", "feature", "outcome", "effect", "low", "high", "statistic", "q")
    return FeatureTables(
        features=features,
        domains=domains,
        labels=labels,
        timed_labels=timed,
        peak_labels=atlas.column(name, "peak_labels", *PEAK_LABELS.columns),
        findings=findings,
        explanations=explanations,
        given=given_to(atlas.given_names, name),
        examples=top,
        effects=effects.filter(pl.col("outcome") == primary_of(atlas, name)),
        screening=atlas.column(name, "screening", "feature", "gradient_effect", "null_reason"),
        effect_tokens=readable_tokens(atlas, name),
    )


def readable_tokens(atlas: SiteAtlas, name: str) -> pl.DataFrame:
    """What ablation changes word by word, as far as it may be shown."""
    tokens = atlas.column(name, "effect_tokens", "feature", "direction", "token", "change")
    return without_tokens(atlas, tokens)


def figures_of(atlas: Atlas) -> tuple[SearchColumn, ...]:
    """The columns that this atlas has."""
    return (*FIGURES, *EFFECT_FIGURES) if effects_measured(atlas) else FIGURES


def played_clips(clips: pl.DataFrame) -> PlayedClips:
    """All clips with published audio, by number."""
    known = clips.filter("audio").sort("clip")
    places = {clip: place for place, clip in enumerate(known["clip"])}
    shown = {
        "clip_key": pl.col("key"),
        "clip_frames": pl.col("picture_columns"),
        "clip_picture": pl.col("picture").cast(pl.UInt8),
    }
    return PlayedClips(MappingProxyType(places), known.select(**shown))


def clip_texts(played: PlayedClips, transcripts: pl.DataFrame) -> pl.Series:
    """What is spoken in each played clip, as far as search looks; null where nobody knows."""
    used = transcripts.filter(pl.col("problem").is_null())
    texts = used.select("clip", pl.col("text").str.replace_all(r"\s+", " ").str.slice(0, LONGEST_SPOKEN))
    clips = pl.DataFrame({"clip": list(played.places)}, schema={"clip": pl.UInt32})
    return clips.join(texts, on="clip", how="left", maintain_order="left")["text"].alias("clip_text")


def columns_of(tables: FeatureTables, played: PlayedClips) -> pl.DataFrame:
    """One row a feature, by number; the columns of `FIGURES` and `EFFECT_FIGURES`."""
    wide = tables.features.select(
        *("feature", "state", "density", "max", "clip_density", "mean_active", "recordings_active", "burst_s")
    )
    pieces = (
        _findings(tables.findings, tables.given),
        _beyond(tables.findings),
        _best(tables.findings, tables.labels),
        _domain(tables.domains),
        _phone(tables.timed_labels),
        _explanation(tables.explanations),
        _example(tables.examples, played),
        effect_columns(tables.effects, tables.screening),
    )
    for piece in pieces:
        wide = wide.join(piece, on="feature", how="left", validate="1:1")
    return wide.sort("feature").select("feature", *(figure.name for figure in (*FIGURES, *EFFECT_FIGURES)))


def significant(labels: pl.DataFrame) -> pl.DataFrame:
    """Labels that a feature finds: q below .05, and stronger with the label than without."""
    return labels.filter((pl.col("q") < SIGNIFICANT_Q) & (pl.col("auroc") > CHANCE_AUROC))


def _findings(findings: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    rows = findings.join(given, on="feature", how="full", coalesce=True)
    label = pl.Series("label", [shown_name(row) for row in rows.iter_rows(named=True)], dtype=pl.String)
    flags, specialised = pl.col("flags").list.join(", "), pl.col("domain").alias("specialised")
    return rows.select("feature", label, "given_by", flags, specialised, "peak_tier", "map_x", "map_y")


def _beyond(findings: pl.DataFrame) -> pl.DataFrame:
    """How far what names a feature lies above the best of its controls; a control that does not find it has 0."""
    held_against = [column for column in BESIDE_COLUMNS if findings[column].is_not_null().any()]
    if not held_against:
        return findings.select("feature", beyond=pl.lit(None, pl.Float64))
    best = pl.max_horizontal(pl.col(held_against).fill_null(0.0))
    named = findings.filter(pl.col("named_by").is_in([BY_PEAKS, BY_LABEL]))
    return named.select("feature", beyond=pl.col("value") - best)


def _best(findings: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """The best label of clips with its figures."""
    best = findings.select("feature", kind="clip_kind", label="clip_label").drop_nulls()
    rows = best.join(labels, on=["feature", "kind", "label"], how="left")
    return rows.select("feature", pl.col("label").alias("best_label"), "auroc", "q", "lift")


def _domain(domains: pl.DataFrame) -> pl.DataFrame:
    """Where the feature fires most often, each dataset counted alike."""
    firing = domains.filter(pl.col("rate_macro_frame") > 0)
    most = firing.sort("feature", "rate_macro_frame", "domain", descending=[False, True, False])
    return most.unique("feature", keep="first").select("feature", "domain")


def _phone(timed: pl.DataFrame) -> pl.DataFrame:
    """The phone under which most of its active frames lie; frames without a label are none."""
    phones = timed.filter(pl.col("tier").is_in(PHONE_TIERS) & (pl.col("label") != "") & (pl.col("share") > 0))
    ranked = phones.sort("feature", "share", "label", descending=[False, True, False]).unique("feature", keep="first")
    return ranked.select("feature", pl.col("label").alias("phone"), pl.col("share").alias("phone_share"))


def _explanation(explanations: pl.DataFrame) -> pl.DataFrame:
    short = explanations.sort("feature", "author").group_by("feature", maintain_order=True).agg("text")
    return short.select("feature", pl.col("text").list.join(" · ").str.slice(0, LONGEST_TEXT).alias("explanation"))


def _example(examples: pl.DataFrame, played: PlayedClips) -> pl.DataFrame:
    """The strongest of its top examples whose sound is published."""
    audible = examples.filter(pl.col("clip").is_in(list(played.places)))
    first = audible.sort("feature", "rank").unique("feature", keep="first")
    place = first["clip"].replace_strict(dict(played.places), return_dtype=pl.UInt32)
    renamed = {"start_s": "example_start", "end_s": "example_end"}
    return first.select("feature", place.alias("example_clip"), *renamed).rename(renamed)


def domain_figures(domains: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """A row a feature that some domain speaks of, and a column for each figure of each domain: `q_music`."""
    parts = [
        domains.filter(domain=name).select("feature", pl.col(DOMAIN_FIGURES).name.suffix(f"_{name}")) for name in names
    ]
    wide = domains.select("feature").unique()
    for part in parts:
        wide = wide.join(part, on="feature", how="left")
    return wide
