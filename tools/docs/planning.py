"""`python -m tools.docs.planning ATLAS SITE [ATLAS SITE ...]`: what a unit takes in finished sites.

The constants by which `atlas plan` reckons bytes (`atlas/planning/constants.py`), measured on atlases with the sites
that were rendered from them, and printed beside those that stand there; `--write` puts them in. Of several sites the
mean counts, each weighing the same; of an atlas whose tables were made up, only what no other here tells. What none
tells (a packed site has no pages to measure) stays as it is. The demo belongs among them: where every feature fires
often, as in a corpus of one kind, what a page takes for that cannot be told from what each page takes. And so does a
packed site, and one of many dictionaries, without which what the page of a label takes stays as it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

import click
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import nnls

from atlas.planning import constants, parts
from atlas.planning.existing import folder_bytes
from atlas.planning.folder import CODES, PEAKS, SEVERAL
from atlas.planning.site import packed_json_bytes, uncompressed_bytes
from atlas.render.templating import PICTURE
from atlas.schema import EFFECT_EXAMPLES, EFFECT_PAIRS, EFFECT_TOKENS, EFFECTS, EXAMPLES, SCREENING, Table
from atlas.schema.media import INDEX, MEDIA
from atlas.store import AtlasFolder
from tools.docs.finished_sites import Finished, Piece, clips_of, json_of, pages_of

CONSTANTS = Path(constants.__file__)
_TOLD_APART = 4  # times as many dictionaries as another site has, which tell what each adds to the page of a label


def fitted(pieces: Sequence[Piece]) -> NDArray[np.float64]:
    """Least squares over several sets of rows, each set weighing the same; nothing below zero."""
    weights = [np.sqrt(1 / len(size)) for _, size in pieces]
    x = np.concatenate([known * weight for (known, _), weight in zip(pieces, weights, strict=True)])
    y = np.concatenate([size * weight for (_, size), weight in zip(pieces, weights, strict=True)])
    solved: NDArray[np.float64] = nnls(x, y)[0]
    return solved


def measured(sites: Sequence[Finished]) -> dict[str, float]:
    """Every constant of the site's bytes that these sites tell."""
    found: dict[str, float] = {}
    for names, pieces_of in _REGRESSIONS.items():
        pieces = [piece for one in sites for piece in pieces_of(one)]
        if pieces:
            there = np.any([known.any(axis=0) for known, _ in pieces], axis=0)
            found |= {
                name: value for name, value, is_there in zip(names, fitted(pieces), there, strict=True) if is_there
            }
    for name, measure in _EACH.items():
        values = [value for one in sites if (value := measure(one)) is not None]
        if values:
            found[name] = float(np.mean(values))
    return found


def labels(sites: Sequence[Finished]) -> dict[str, float]:
    """The pages of labels, which several numbers of dictionaries tell."""
    several = [len(one.learned) for one in sites]
    pieces = [piece for one in sites if (piece := _labels_of(one)) is not None]
    if max(several) < _TOLD_APART * min(several):
        return {}
    return dict(zip(("label", "label_dictionary"), fitted(pieces), strict=True))


def _labels_of(one: Finished) -> Piece | None:
    """Of all pages of labels together, so that their share of the error counts, not their bytes."""
    sizes = one.of("l/", ".html")
    return (np.array([[1.0, len(one.learned)]]) / np.mean(sizes), np.ones(1)) if sizes else None


def _mean(sizes: Sequence[int]) -> float | None:
    return float(np.mean(sizes)) if sizes else None


def _control_stub(one: Finished) -> float | None:
    sizes = [size for name in one.controls for size in one.of(f"f/{name}/", ".html")]
    return float(np.median(sizes)) if sizes else None


def cited(sites: Sequence[Finished]) -> dict[str, float]:
    """How many directions of a control have a page of their own, which several numbers of labels tell."""
    pieces = [
        (np.array([[1.0, len(one.of("l/", ".html"))]]), np.array([np.mean(several)]))
        for one in sites
        if any(several := [len(one.of(f"f/{name}/", ".json")) for name in one.controls])
    ]
    if len({known[0, 1] for known, _ in pieces}) < 2:
        return {}
    return dict(zip(("cited", "cited_a_label"), fitted(pieces), strict=True))


def shards(sites: Sequence[Finished]) -> dict[str, float]:
    """What a feature takes in a shard; of one packed site alone, beside what stands there of its tables' bytes."""
    pieces = [_shards_of(one) for one in sites if one.packed]
    if len(pieces) == 1:
        (known, size), share = pieces[0], constants.SITE.shard_table
        return {"shard_feature": max(0.0, float((size - share * known[:, 1]).mean()))}
    return dict(zip(("shard_feature", "shard_table"), fitted(pieces), strict=True)) if pieces else {}


def _shards_of(one: Finished) -> Piece:
    """What is known of a packed site's mean feature, and what it takes in a shard."""
    shown = one.learned if parts.CONTROLS in one.parts else one.dictionaries
    weights = [each.shape.features for each in shown]
    tables = [uncompressed_bytes(each.mel_bytes, each.example_bytes, each.firing) for each in shown]
    size = one.parts[parts.SHARDS].bytes / sum(weights)
    return np.array([[1.0, float(np.average(tables, weights=weights))]]), np.array([size])


def _search_clip(one: Finished) -> float:
    shared = one.of("data/clips") + one.of("data/texts") + one.of("data/definitions")
    return sum(shared) / one.folder.read_table(MEDIA, INDEX).height


def _search(one: Finished) -> float:
    within = (size for name, size in one.sizes.items() if re.match("data/(?!vectors/).*/", name))
    return sum(within) / one.features


def packed_json(sites: Sequence[Finished], found: Mapping[str, float]) -> dict[str, float]:
    """How far the JSON in shards is compressed; found: what its text takes."""
    text = replace(constants.SITE, **{name: value for name, value in found.items() if name.startswith("json")})
    shares = []
    for one in sites:
        shown = one.learned if parts.CONTROLS in one.parts else one.dictionaries
        whole = sum(each.shape.features * packed_json_bytes(each.firing, text) for each in shown)
        shares += [sum(sizes) / whole] if (sizes := one.of("p/", ".json.gz")) else []
    return {"json_packed": float(np.mean(shares))} if shares else {}


def _rest(one: Finished) -> float:
    return one.parts[parts.REST].bytes - sum(one.of("sitemap")) - sum(one.of(PICTURE))


_EACH: Mapping[str, Callable[[Finished], float | None]] = {
    "stub": lambda one: (
        _mean([size for each in one.learned for size in one.of(f"f/{each.shape.name}/", ".html")])
        if one.packed
        else None
    ),
    "control_stub": _control_stub,
    "label_row": lambda one: one.sizes.get("labels.html", 0) / max(1, len(one.of("l/", ".html"))),
    "csv_row": lambda one: sum(one.of("d/", ".csv")) / one.features,
    "link": lambda one: sum(size for name, size in one.sizes.items() if re.match("d/.*/links", name)) / one.features,
    "dictionary": lambda one: _mean([size for name, size in one.sizes.items() if re.fullmatch(r"d/[^/]*\.html", name)]),
    "comparison": lambda one: _mean(one.of("compare/", ".html")),
    "search": _search,
    "search_clip": _search_clip,
    "data_row": lambda one: sum(one.of("data/", ".csv")) / one.features,
    "moved": lambda one: former.bytes / former.files if (former := one.parts.get(parts.FORMER)) else None,
    "rest": _rest,
    "preview": lambda one: _mean(one.of(PICTURE)),
}
_REGRESSIONS: Mapping[tuple[str, ...], Callable[[Finished], Iterator[Piece]]] = {
    (
        *("page", "page_active", "page_breadth", "page_example"),
        *("page_screened", "page_effect", "page_controls"),
    ): pages_of,
    ("json", "json_breadth", "json_example", "json_screened", "json_effect"): json_of,
    ("clip", "clip_band_s", "clip_span"): clips_of,
}


def atlas_measured(sites: Sequence[Finished]) -> dict[str, float]:
    """Those of the atlas's folder whose unit is a row."""
    from atlas.schema import CODES as CODES_TABLE
    from atlas.schema import LABELS, MEL, PEAKS_SMALL, SPREADS, TIMED_COUNTS, TIMED_LABELS

    def size(one: Finished, table: Table) -> int:
        return sum(path.stat().st_size for path in (one.folder.root / table.name).rglob("*.parquet"))

    def tested(one: Finished) -> float:
        return sum(each.shape.features * each.firing.tested for each in one.dictionaries)

    by_name: dict[str, Callable[[Finished], float]] = {
        "mel": lambda one: size(one, MEL) / one.features,
        "example": lambda one: size(one, EXAMPLES) / one.rows(EXAMPLES),
        "label_rows": lambda one: size(one, LABELS) / tested(one),
        "spread_rows": lambda one: size(one, SPREADS) / tested(one),
        "feature": lambda one: sum(each.tables[name] for each in one.dictionaries for name in SEVERAL) / one.features,
        "timed_count_row": lambda one: size(one, TIMED_COUNTS) / max(1, one.rows(TIMED_COUNTS)),
        "timed_label_row": lambda one: size(one, TIMED_LABELS) / max(1, one.rows(TIMED_COUNTS)),
        "peak": lambda one: folder_bytes(one.folder)[PEAKS] / max(1, one.rows(PEAKS_SMALL)),
        "code": lambda one: size(one, CODES_TABLE) / max(1, _active(one.folder.root / CODES_TABLE.name)),
    }
    assert CODES, "the part of codes and tracks"
    found = {name: float(np.mean([measure(one) for one in sites])) for name, measure in by_name.items()}
    return found | effects_measured(sites)


def effects_measured(sites: Sequence[Finished]) -> dict[str, float]:
    """The rows of what effects leave, where some site has them."""
    rows = {
        "screened": SCREENING,
        "effect_row": EFFECTS,
        "effect_pair": EFFECT_PAIRS,
        "effect_token": EFFECT_TOKENS,
        "effect_example": EFFECT_EXAMPLES,
    }
    found: dict[str, float] = {}
    for name, table in rows.items():
        counts = [(one, one.rows(table)) for one in sites]
        sizes = [_bytes(one.folder.root / table.name) / count for one, count in counts if count]
        found |= {name: float(np.mean(sizes))} if sizes else {}
    return found


def _bytes(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*.parquet"))


def _active(folder: Path) -> int:
    lengths = (pl.scan_parquet(path).select(pl.col("features").list.len().sum()) for path in folder.glob("*.parquet"))
    return sum(frame.collect().item() for frame in lengths)


def written(text: str, table: str, found: Mapping[str, float]) -> str:
    """The module of constants with those of a class replaced."""
    start = text.index(f"class {table}:")
    end = text.find("\n@dataclass", start)
    body = text[start:end]
    for name, value in found.items():
        body = re.sub(rf"(    {name}: float = )\S+", rf"\g<1>{_digits(value)}", body)
    return text[:start] + body + text[end:]


def _digits(value: float) -> str:
    """Three digits, as Python writes them."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:_.0f}" if rounded >= 100 else f"{rounded:g}"


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--write", is_flag=True, help="Put them into the module of constants.")
def main(folders: tuple[Path, ...], write: bool) -> None:
    """Measure finished sites: ATLAS SITE, and any number of further pairs."""
    if len(folders) % 2:
        raise click.UsageError("give pairs: the folder of an atlas, and that of its site")
    sites = [Finished(AtlasFolder(atlas), site) for atlas, site in zip(folders[::2], folders[1::2], strict=True)]
    run = [one for one in sites if (one.folder.root / ".done").is_dir()]  # others have tables that were made up
    found_of_site = measured(sites) | (measured(run) if run else {}) | labels(sites) | shards(sites) | cited(sites)
    found_of_site |= packed_json(run, found_of_site) or packed_json(sites, found_of_site)
    tables: list[tuple[str, object, dict[str, float]]] = [("SiteBytes", constants.SITE, found_of_site)]
    if run:
        tables.append(("AtlasBytes", constants.ATLAS, atlas_measured(run)))
    text = CONSTANTS.read_text(encoding="utf-8")
    for table, present, found in tables:
        for field in fields(present):  # type: ignore[arg-type]
            if field.name in found:
                before = getattr(present, field.name)
                click.echo(f"{table}.{field.name:<18} {_digits(before):>9} -> {_digits(found[field.name]):>9}")
        text = written(text, table, found)
    if write:
        CONSTANTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
