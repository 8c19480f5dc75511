"""The overview charts: what the dictionaries are like, side by side.

Not on Home: that a feature is specialised to a domain, or fires there more often, random directions have nearly as
much of. A chart is left out where the atlas has nothing to show in it; each begins
with whether the controls differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from atlas.analyse.paper_figures import BETWEEN, TESTED, Layer, domain_overlaps, layer_curves
from atlas.formatting import listed
from atlas.reading.tables import Atlas
from atlas.render.charts import (
    CONTROL,
    HERE,
    KIND_COLOURS,
    KIND_DASHES,
    MUTED,
    OWN,
    WIDTH,
    Chart,
    domain_colours,
    domain_shapes,
    logarithmic,
    shares,
    side_by_side,
)
from atlas.render.effect_columns import primary_of
from atlas.render.inlining import InlineChart, draw
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.parts.effectcard import effects_of
from atlas.render.parts.effectsizes import size_chart
from atlas.render.parts.scatter import cells
from atlas.render.templating import Page
from atlas.schema.effects import DOWNSTREAM

FOLDER = "charts"
PANELS = 4
"dictionaries in a chart of panels; the map and the dictionaries' own pages have the others"
DECADES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What charts need of one dictionary; `panel` is the dictionary that a control belongs to, else its own name.

    `tap` is that of the panel: a control of another place, such as the log-mel spectrum, stands beside its dictionary.
    """

    name: str
    panel: str
    tap: str
    made_of: str
    "what its features are; empty of a dictionary that is no control"
    features: pl.DataFrame
    domains: pl.DataFrame
    grades: pl.DataFrame

    @property
    def kind(self) -> str:
        return OWN if self.name == self.panel else CONTROL


def overview(atlas: Atlas) -> tuple[InlineChart, ...]:
    """All charts that the atlas has the figures for, drawn."""
    shown, order = [_shown(atlas, name) for name in atlas.names], atlas.domains
    curves = layer_curves(
        [Layer(dictionary.name, dictionary.tap, dictionary.domains, dictionary.grades) for dictionary in shown], order
    )
    charts = (
        _densities(shown),
        _specialised(shown, curves, order),
        _frequency(shown, order),
        _layers(shown, curves, order),
        _overlaps(shown, order),
        size_chart(_effects_in_nats(atlas), _panels(shown)),
    )
    return tuple(draw(chart) for chart in charts if chart is not None)


def files(charts: Sequence[InlineChart]) -> Iterator[Page]:
    """The charts to save."""
    for chart in charts:
        yield f"{FOLDER}/{chart.name}.svg", chart.svg
        yield f"{FOLDER}/{chart.name}.pdf", chart.pdf


def _shown(atlas: Atlas, name: str) -> Shown:
    card = atlas.card.dictionaries[name]
    panel = card.control_of or name
    return Shown(
        name=name,
        panel=panel,
        tap=atlas.card.dictionaries[panel].tap,
        made_of=CONTROL_WORDS[card.kind] if card.control_of else "",
        features=atlas.column(name, "features", "feature", "state", "density", "mean_active", "frames_active"),
        domains=atlas.column(name, "domains", "feature", "domain", "specialised", "rate_pooled_clip", "q"),
        grades=atlas.column(name, "grades", "feature", "level", "comparison", "domain", "tau"),
    )


def _effects_in_nats(atlas: Atlas) -> dict[str, pl.DataFrame]:
    """The effects of each dictionary with a readout: others cannot be held against them."""
    return {name: effects_of(atlas, name) for name in atlas.names if primary_of(atlas, name) != DOWNSTREAM}


def _panels(shown: Sequence[Shown]) -> list[str]:
    """The dictionaries that get a panel each."""
    return [dictionary.name for dictionary in shown if dictionary.kind == OWN][:PANELS]


def _densities(shown: Sequence[Shown]) -> Chart | None:
    panels = _panels(shown)
    rows = [row for dictionary in shown if dictionary.panel in panels for row in _density_steps(dictionary)]
    if not rows:
        return None
    drawn = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(interpolate="step-after", strokeWidth=1.5)
        .encode(
            x=alt.X("density:Q", title="share of frames", scale=alt.Scale(type="log"), axis=shares(DECADES)),
            y=alt.Y("share:Q", title="share of features", axis=shares()),
            color=alt.Color("kind:N", scale=KIND_COLOURS),
            strokeDash=alt.StrokeDash("kind:N", scale=KIND_DASHES),
            detail="line:N",
        )
    )
    about = (
        "No comparison: controls (dashed, a line each) are given the densities of features that fire in the"
        " calibration sample, which leaves out the rarest. Features by the share of frames on which they fire, in"
        " quarters of a power of ten."
    )
    return Chart("densities", "How often features fire", about, side_by_side(drawn, panels, 120))


def _density_steps(dictionary: Shown) -> Iterator[dict[str, object]]:
    density = dictionary.features["density"].to_numpy()
    edges = np.arange(-6, 0.26, 0.25)
    counts, _ = np.histogram(np.log10(density[density > 0]), edges)
    for low, share in zip(edges[:-1], counts / max(len(density), 1), strict=True):
        yield {
            "panel": dictionary.panel,
            "kind": dictionary.kind,
            "line": dictionary.name,
            "density": float(f"{10**low:.4g}"),
            "share": round(share, 5),
        }


def _specialised(shown: Sequence[Shown], curves: pl.DataFrame, order: Sequence[str]) -> Chart | None:
    rows = curves.filter(pl.col("level") == TESTED)
    if rows["features"].sum() == 0:
        return None
    place = pl.col("domain").replace_strict(list(order), range(len(order)), return_dtype=pl.Int64).alias("place")
    tooltip = pl.format("{}, {}: {} %", "dictionary", "domain", (100 * pl.col("share")).round(1)).alias("tooltip")
    values = rows.select("dictionary", "domain", pl.col("share").round(5), place, _page(), tooltip)
    drawn: dict[str, Any] = (
        alt.Chart(alt.InlineData(values=values.to_dicts()))
        .mark_bar(height={"band": 0.7})
        .encode(
            x=alt.X("share:Q", title="share of features", axis=shares()),
            y=alt.Y("dictionary:N", title=None, sort=[dictionary.name for dictionary in shown]),
            color=domain_colours(order),
            order="place:Q",
            href="page:N",
            description="tooltip:N",
        )
        .properties(width=WIDTH - 80, height=alt.Step(20))
        .to_dict()
    )
    about = f"{_difference(shown, rows)} A bar is the share of features that the test finds specialised to a domain."
    return Chart("specialised", "What features are specialised to", about, drawn, domains=True)


def _difference(shown: Sequence[Shown], tested: pl.DataFrame) -> str:
    """Whether dictionaries have more specialised features than their controls."""
    share = dict(tested.group_by("dictionary").agg(pl.col("share").sum()).iter_rows())
    controls: dict[str, list[float]] = {}
    for dictionary in shown:
        if dictionary.kind == CONTROL:
            controls.setdefault(dictionary.panel, []).append(share.get(dictionary.name, 0.0))
    ahead = [name for name, theirs in controls.items() if share.get(name, 0.0) > max(theirs)]
    if not controls:
        return "No control was measured, so nothing says what these shares are worth."
    if len(ahead) == len(controls):
        return "Every dictionary has more specialised features than its controls."
    if not ahead:
        return "No dictionary has more specialised features than its controls: the layer itself tells domains apart."
    verb, owner = ("has", "its") if len(ahead) == 1 else ("have", "their")
    return (
        f"Only {listed(ahead)} {verb} more specialised features than {owner} controls: elsewhere the layer itself tells"
        " the domains apart."
    )


def _page() -> pl.Expr:
    return pl.format(f"{HERE}d/{{}}.html", "dictionary").alias("page")


def _frequency(shown: Sequence[Shown], order: Sequence[str]) -> Chart | None:
    panels = _panels(shown)
    rows = [
        {"panel": dictionary.name} | cell
        for dictionary in shown
        if dictionary.name in panels
        for cell in cells(dictionary.features, dictionary.grades, dictionary.domains)
    ]
    if not rows:
        return None
    strength = alt.Axis(values=[0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300], format="~g")
    drawn = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, opacity=1)
        .encode(
            x=alt.X("density:Q", title="share of frames", scale=logarithmic(), axis=shares(DECADES)),
            y=alt.Y("mean:Q", title="mean activation", scale=logarithmic(), axis=strength),
            size=alt.Size("features:Q", scale=alt.Scale(range=[6, 120])),
            color=domain_colours(order),
            shape=domain_shapes(order),
        )
    )
    about = (
        "Shown without controls: it describes, and compares nothing. A mark stands for the features of a small cell,"
        " larger for more, and has the domain that most of them are specialised to."
    )
    title = "How often and how strongly features fire"
    return Chart("frequency", title, about, side_by_side(drawn, panels, 160), domains=True)


def _layers(shown: Sequence[Shown], curves: pl.DataFrame, order: Sequence[str]) -> Chart | None:
    """Domain shares over taps, by the test and by AudioSAE's grades; only where there is more than one tap."""
    taps = curves["tap"].unique(maintain_order=True).to_list()
    if len(taps) < 2 or curves["features"].sum() == 0:
        return None
    one_kind = _one_kind(shown)
    kinds = {dictionary.name: dictionary.kind for dictionary in shown if dictionary.made_of in ("", one_kind)}
    whole = max(curves["comparison"].unique().sort(), key=lambda names: names.count(BETWEEN))
    rows = curves.filter(pl.col("comparison") == whole, pl.col("dictionary").is_in(list(kinds))).select(
        pl.concat_str(
            pl.col("level"), pl.format(", τ {}", "tau").str.replace("0.", ".", literal=True), ignore_nulls=True
        ).alias("panel"),
        pl.col("tap").str.strip_prefix(_common(taps)),
        "domain",
        pl.col("share").round(5),
        pl.col("dictionary").replace_strict(kinds).alias("kind"),
        pl.format("{} {}", "domain", pl.col("dictionary").replace_strict(kinds)).alias("line"),
    )
    base = alt.Chart(alt.InlineData(values=rows.to_dicts())).encode(
        x=alt.X("tap:N", title=_common(taps).rstrip("."), sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("mean(share):Q", title="share of features", axis=shares()),
        color=domain_colours(order),
        detail="line:N",
    )
    lines = base.mark_line(strokeWidth=1.5).encode(strokeDash=alt.StrokeDash("kind:N", scale=KIND_DASHES))
    marks = base.mark_point(filled=True, opacity=1, size=24).encode(shape=domain_shapes(order))
    panels = rows["panel"].unique().to_list()
    facet = alt.Facet("panel:N", title=None, sort=sorted(panels, key=_test_first))
    drawn = (lines + marks).properties(width=136, height=100).facet(facet, columns=3, spacing=16).to_dict()
    about = (
        f"{_difference(shown, curves.filter(pl.col('level') == TESTED))} A line is the share of features that belong"
        f" to a domain: by the test, and by AudioSAE's grades of frames and of clips at each τ.{_dashed(one_kind)} A"
        " layer with several dictionaries has their mean."
    )
    return Chart("layers", "Domains by layer", about, drawn, domains=True)


def _one_kind(shown: Sequence[Shown]) -> str:
    """What the features are of the controls whose lines are drawn: random directions, else the first other kind."""
    measured = {dictionary.made_of for dictionary in shown}
    return next((words for words in CONTROL_WORDS.values() if words in measured), "")


def _dashed(one_kind: str) -> str:
    return f" Dashed: {one_kind}." if one_kind else ""


def _test_first(panel: str) -> tuple[bool, str]:
    return panel != TESTED, panel


def _common(taps: Sequence[str]) -> str:
    """What all names of taps begin with, up to a dot: `encoder.blocks.`."""
    first, last = min(taps), max(taps)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[: first[:same].rfind(".") + 1]


def _overlaps(shown: Sequence[Shown], order: Sequence[str]) -> Chart | None:
    panels = _panels(shown)
    rows = []
    for dictionary in (dictionary for dictionary in shown if dictionary.name in panels and len(dictionary.domains)):
        counts = domain_overlaps(dictionary.domains, order).filter(
            (pl.col("what") == "active") & (pl.col("domains") != "")
        )
        rows += [
            {"panel": dictionary.name, "set": names, "features": features} for _, names, features in counts.iter_rows()
        ]
    if not rows:
        return None
    sets = sorted({str(row["set"]) for row in rows}, key=lambda names: _set_order(names, order))
    tick_label = f"join(split(datum.value, '{BETWEEN}'), ' + ')"
    drawn = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(color=MUTED, height={"band": 0.6})
        .encode(
            x=alt.X("features:Q", title="features", axis=alt.Axis(tickCount=3, format=",d")),
            y=alt.Y("set:N", title=None, sort=sets, axis=alt.Axis(labelLimit=200, labelExpr=tick_label)),
        )
    )
    about = (
        "Shown without controls: it describes, and compares nothing. Features by the domains in which they fire, in at"
        " least 1 % of a domain's clips."
    )
    return Chart("overlaps", "How the domains overlap", about, side_by_side(drawn, panels, 20 * len(sets)))


def _set_order(names: str, order: Sequence[str]) -> tuple[int, list[int]]:
    parts = names.split(BETWEEN)
    return len(parts), [order.index(part) for part in parts]
