"""Everything that can be downloaded: `data.html`, which says what there is and what each column means, and the CSV.

Copies of the atlas's own files are made in `downloads`, and the JSON of features with their pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from atlas.formatting import counted, listed
from atlas.render.effect_columns import effects_measured
from atlas.render.parts import featuretable
from atlas.render.parts.downloads import (
    LARGEST,
    OfferedFile,
    offered_tables,
    table_bytes,
    table_files,
    vector_files,
)
from atlas.render.parts.featuredata import (
    DATA_PAGE,
    MANY,
    MANY_OF_EFFECTS,
    ONE,
    ONE_OF_EFFECTS,
    FeatureData,
    json_address,
    json_text,
)
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.schema import CAUSES, EXPERIMENTS, Table
from atlas.schema.card import CARD
from atlas.schema.described import EVERY, DescribedTable, described
from atlas.schema.media import LEAD_S
from atlas.schema.offered import ALL, FOLDER, NO_TABLES, TablesChoice, offered

MOST_LINKS = 40  # files of a table
TRIED = 16  # features whose JSON is made to say how large one is
ELSEWHERE = "https://example.org/atlas/"
"stands in examples where the config does not say where the site is published"
OWN_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "feature": "its number",
        "dictionary": "the dictionary that it belongs to",
        "tap": "the place in the model that the dictionary reads",
        "control_of": "of which dictionary it is a direction of a control, where it is one",
        "fingerprint": "of its dictionary and of its figures: what `?v=` in the address stands for",
        "address": "of its page, to be cited",
        "name": "what it is called or leans to, null where nothing names it",
        "atlas": "the title of the atlas",
        "licence": "of what the file says, null where none is stated",
        "definitions": "the address of this page",
    }
)
"keys of a feature's JSON that are no table"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file to be downloaded."""

    name: str
    address: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRow:
    """A line of the list of downloads."""

    anchor: str
    title: str
    about: str
    format: str
    extent: str
    files: tuple[DataFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTable:
    """A table with its meaning, and its files where the site offers it."""

    table: DescribedTable
    extent: str
    files: tuple[DataFile, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataView:
    """What the page says."""

    licence: str | None
    host: str
    "where the site lies, for examples"
    dictionary: str
    csv: str
    json: str | None
    packed: bool
    lead: str
    "seconds before the clip in each sound"
    vectors: str | None
    opened: bool
    "whether the tables open by their address"
    downloads: tuple[DataRow, ...]
    sentences: tuple[str, ...]
    tables: tuple[DataTable, ...]
    added: tuple[tuple[str, str, str], ...]
    keys: tuple[tuple[str, str], ...]
    key_tables: tuple[tuple[str, str], ...]


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """The tables of features as CSV, and the page about all downloads."""
    made = featuretable.feature_tables(atlas)
    yield from made.items()
    yield page(site_of(atlas), DATA_PAGE, "data.html", view=data_view(atlas, made))


def data_view(atlas: SiteAtlas, made: Mapping[str, bytes]) -> DataView:
    """What the page says; made: the CSV files by address."""
    name, vectors = atlas.names[0], tuple(vector_files(atlas))
    files = {table.name: tuple(table_files(atlas, table)) for table in offered_tables(atlas)}
    fitting = {one.name: [file for file in files.get(one.name, ()) if file.fits] for one in EVERY}
    return DataView(
        licence=atlas.cite.licence,
        host=site_of(atlas).base_url or ELSEWHERE,
        dictionary=name,
        csv=next(iter(made)),
        json=json_address(atlas, name, 0),
        packed=atlas.packed,
        lead=f"{LEAD_S:g}",
        vectors=next((file.address for file in vectors if file.fits), None),
        opened=bool(files),
        downloads=(
            *_csv_rows(atlas, made),
            *_json_rows(atlas),
            *_vector_rows(vectors),
            *_table_rows([file for every in fitting.values() for file in every]),
        ),
        sentences=tuple(_sentences(atlas, fitting)),
        tables=tuple(_table(atlas, one, files.get(one.name)) for one in _told(atlas)),
        added=tuple((column, *about) for column, about in featuretable.ADDED.items()),
        keys=tuple(OWN_KEYS.items()),
        key_tables=tuple(_key_tables(atlas)),
    )


def _told(atlas: SiteAtlas) -> Iterator[Table]:
    """The tables that the page speaks of: those of effects and experiments only where they were made."""
    left_out = [] if effects_measured(atlas) else [*CAUSES]
    left_out += [name for name, table in EXPERIMENTS.items() if not atlas.folder.path(table).exists()]
    return (table for table in EVERY if table.name not in left_out)


def _key_tables(atlas: SiteAtlas) -> Iterator[tuple[str, str]]:
    """The tables that a feature's JSON has, and their columns; those of effects where they were measured."""
    measured = effects_measured(atlas)
    yield from ((one, "all columns") for one in (*ONE, *(ONE_OF_EFFECTS if measured else ())))
    many = {**MANY, **(MANY_OF_EFFECTS if measured else {})}
    yield from ((one, ", ".join(columns)) for one, columns in many.items())


def _csv_rows(atlas: SiteAtlas, made: Mapping[str, bytes]) -> Iterator[DataRow]:
    titles = {featuretable.FEATURES: "Features", featuretable.CONTROLS: "Directions of controls"}
    for address, content in made.items():
        of_controls = address.startswith(featuretable.CONTROLS)
        mine = [name for name in atlas.names if (atlas.card.dictionaries[name].control_of is not None) == of_controls]
        yield DataRow(
            anchor="csv-controls" if of_controls else "csv",
            title=titles[address.removesuffix(".gz")],
            about="the same of what features are held against"
            if of_controls
            else "a row a feature: its name, its address and every figure that stands once",
            format="CSV",
            extent=f"{counted(sum(map(atlas.feature_count, mine)), 'row')}, {size_in_words(len(content))}",
            files=(DataFile(address.rpartition("/")[2], address, ""),),
        )


def _json_rows(atlas: SiteAtlas) -> Iterator[DataRow]:
    name = atlas.names[0]
    address = json_address(atlas, name, 0)
    if address is None:
        return
    tried = FeatureData(atlas, atlas.dictionary(name, 0, TRIED))
    texts = [json_text(tried.of(feature)) for feature in range(min(TRIED, atlas.feature_count(name)))]
    alone = f"about {size_in_words(sum(len(text.encode()) for text in texts) // len(texts))} each"
    yield DataRow(
        anchor="json",
        title="One feature",
        about="its figures, labels, examples and neighbours; linked from its page"
        + (", in files of 64 features" if atlas.packed else ""),
        format="JSON, gzip" if atlas.packed else "JSON",
        extent=f"{alone}, unpacked" if atlas.packed else alone,
        files=(DataFile(address, address, "for example"),),
    )


def _vector_rows(files: Sequence[OfferedFile]) -> Iterator[DataRow]:
    fitting = [file for file in files if file.fits]
    if fitting:
        yield DataRow(
            anchor="vectors",
            title="Decoder vectors",
            about="the directions of a dictionary’s features, of length 1, in half precision",
            format="safetensors",
            extent=_extent(fitting),
            files=_links(fitting),
        )


def _table_rows(files: Sequence[OfferedFile]) -> Iterator[DataRow]:
    card = DataFile(CARD, f"{FOLDER}/{CARD}", "the card")
    if files:
        yield DataRow(
            anchor="tables",
            title="Tables",
            about="the atlas itself, listed below; its card says what was measured with what",
            format="Parquet",
            extent=_extent(files),
            files=(card,),
        )
    else:
        yield DataRow(
            anchor="card",
            title="Card",
            about="what was measured with what, and the edges of the bins of histograms",
            format="JSON",
            extent="1 file",
            files=(card,),
        )


def _sentences(atlas: SiteAtlas, files: Mapping[str, Sequence[OfferedFile]]) -> Iterator[str]:
    """What is offered, and what the other choice would take; files: those of each table."""
    offered_bytes = size_in_words(sum(file.size for every in files.values() for file in every))
    if atlas.settings.tables == NO_TABLES:
        yield f"This site does not offer the tables, which take {size_in_words(_bytes(atlas, ALL))}."
        return
    if atlas.settings.tables == ALL:
        yield f"All tables of the atlas are offered, {offered_bytes}."
    else:
        yield (
            f"The tables of figures are offered, {offered_bytes}. All tables, with those of single clips and frames,"
            f" would take {size_in_words(_bytes(atlas, ALL))}."
        )
    if any(file.rewritten is not None for every in files.values() for file in every):
        yield "What is spoken is left out where no licence of the clip is known to allow that it is published."


def _bytes(atlas: SiteAtlas, choice: TablesChoice) -> int:
    return sum(table_bytes(atlas, table) for table in offered(choice, packed=atlas.packed))


def _table(atlas: SiteAtlas, table: Table, files: Sequence[OfferedFile] | None) -> DataTable:
    """files: None where the site does not offer the table."""
    fitting = [file for file in files or () if file.fits]
    return DataTable(
        table=described(table),
        extent=_extent(fitting) if fitting else "",
        files=_links(fitting) if len(fitting) <= MOST_LINKS else (),
        note=_note(table_bytes(atlas, table), files, len(fitting)),
    )


def _note(size: int, files: Sequence[OfferedFile] | None, fitting: int) -> str:
    if files is None:
        return f"Not offered here ({size_in_words(size)})." if size else "The atlas has none."
    left_out = [file.part or "it" for file in files if not file.fits]
    if left_out:
        limit = size_in_words(LARGEST)
        return f"Left out: {listed(left_out)}, as hosts take no file above {limit}."
    if not files:
        return "The atlas has none."
    return f"In {counted(fitting, 'file')}, whose names follow from the path." if fitting > MOST_LINKS else ""


def _extent(files: Sequence[OfferedFile]) -> str:
    rows, size = sum(file.rows for file in files), sum(file.size for file in files)
    return f"{counted(rows, 'row')}, {size_in_words(size)}"


def _links(files: Sequence[OfferedFile]) -> tuple[DataFile, ...]:
    return tuple(
        DataFile(file.part or file.address.rpartition("/")[2], file.address, size_in_words(file.size)) for file in files
    )


def size_in_words(size: int) -> str:
    """`12 kB`, `3.4 MB`, `1.2 GB`; as its decimal units are written."""
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if size >= 0.9995 * unit:
            return f"{size / unit:.1f} {name}"
    return f"{size / 1000:.1f} kB"
