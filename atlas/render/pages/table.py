"""All features of a dictionary for those who have no script or want it whole: pages of 500 links, and a CSV."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from atlas.render import numbers
from atlas.render.columns import PlayedClips, columns_of, domain_figures, figures_of, played_clips, read_tables
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.schema import FEATURES

LINKS = 500  # a page
DIGITS = 6  # of a figure in the CSV
_NOT_MEASURED = ("example_clip", "example_start", "example_end")


@dataclass(frozen=True, slots=True)
class Link:
    """One feature."""

    address: str
    feature: int
    label: str
    state: str
    density: str


@dataclass(frozen=True, slots=True)
class LinkPage:
    """One index page of a dictionary, and its neighbours."""

    dictionary: str
    number: int
    title: str
    links: tuple[Link, ...]
    pages: tuple[str, ...]
    "what each index page holds, such as 500-999"


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """The index pages and the CSV of every dictionary; the CSV at former addresses, too, as programs follow no page."""
    site, played = site_of(atlas), played_clips(atlas.clips)
    for name in atlas.names:
        whole = features_whole(atlas, name, played)
        csv = _rounded(whole).write_csv()
        yield from ((f"d/{called}.csv", csv) for called in (name, *atlas.former_names(name)))
        for view in link_pages(atlas, name, whole):
            yield page(site, f"d/{name}/links-{view.number}.html", "links.html", index=view)


def features_whole(atlas: SiteAtlas, name: str, played: PlayedClips) -> pl.DataFrame:
    """A row a feature: every figure of the table `features`, then what search knows, then every domain's figures."""
    tables = read_tables(atlas, name)
    known = columns_of(tables, played)
    added = [figure.name for figure in figures_of(atlas) if figure.name not in (*FEATURES.columns, *_NOT_MEASURED)]
    whole = tables.features.join(known.select("feature", *added), on="feature", validate="1:1")
    return whole.join(domain_figures(tables.domains, atlas.domains), on="feature", how="left").sort("feature")


def _rounded(whole: pl.DataFrame) -> pl.DataFrame:
    """The same, figures to the digits that were measured: of what is a quotient, more follow and say nothing."""
    return whole.with_columns(pl.col(pl.Float32, pl.Float64).cast(pl.Float64).round_sig_figs(DIGITS))


def link_pages(atlas: SiteAtlas, name: str, whole: pl.DataFrame) -> Iterator[LinkPage]:
    """The features in order, 500 a page."""
    last = len(whole) - 1
    titles = tuple(f"{start:,}–{min(start + LINKS - 1, last):,}" for start in range(0, len(whole), LINKS))
    rows = whole.select("feature", pl.coalesce("label", "best_label", pl.lit("")).alias("label"), "state", "density")
    for number, title in enumerate(titles, 1):
        links = tuple(
            Link(atlas.address(f"{name}/{feature}"), feature, label, state, numbers.percent(density))
            for feature, label, state, density in rows.slice((number - 1) * LINKS, LINKS).iter_rows()
        )
        yield LinkPage(name, number, title, links, titles)
