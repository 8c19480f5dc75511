"""What of an atlas its site offers to be downloaded, before it is there: tables, decoder rows and CSV."""

from collections.abc import Iterator, Sequence

from atlas.planning.causes import effects_contents, effects_tables
from atlas.planning.constants import SITE
from atlas.planning.contents import Contents, DictionaryContents
from atlas.planning.folder import annotated_tables, corpus_tables, figure_tables, scanned_tables, vectors_bytes
from atlas.planning.parts import SitePart, part_of_size
from atlas.render.parts.downloads import LARGEST
from atlas.schema.offered import ALL, NO_TABLES, offered

SMALL = 40_000
"bytes of the card and of the tables that have a few rows"
_SMALL_FILES = 4
_CSV_PACKED = 0.2
"of its text, where one is larger than hosts take"


def tables_part(contents: Contents) -> SitePart:
    """Every file that is offered, but for those that no host takes, which `render` leaves out."""
    files = [(count, size) for count, size in _files(contents) if size and size <= count * LARGEST]
    sizes = [size for _, size in files]
    largest = max((size / count for count, size in files), default=0.0)
    return part_of_size(sum(count for count, _ in files), sum(sizes), largest=largest)


def _files(contents: Contents) -> Iterator[tuple[int, float]]:
    """How many files, and the bytes of them together."""
    yield from ((1, _csv(some)) for some in (contents.learned, contents.controls))
    choice = contents.config.site.tables
    yield from ((1, vectors_bytes(one)) for one in (contents.dictionaries if choice == ALL else contents.learned))
    if choice == NO_TABLES:
        return
    names = {table.name for table in offered(choice, packed=contents.packed)}
    yield _SMALL_FILES, SMALL
    yield from ((1, size) for name, size in corpus_tables(contents).items() if name in names)
    yield from ((contents.shards, size) for name, size in annotated_tables(contents).items() if name in names)
    planned = effects_contents(contents)
    if planned is not None and planned.dictionaries:
        made = effects_tables(planned)
        yield from ((len(planned.dictionaries), size) for name, size in made.items() if name in names)
    for one in contents.dictionaries:
        made = figure_tables(one, contents) | scanned_tables(one, contents)
        yield from ((contents.shards if name == "peaks" else 1, size) for name, size in made.items() if name in names)


def _csv(some: Sequence[DictionaryContents]) -> float:
    """The CSV of all features, or of all directions of controls."""
    size = SITE.data_row * sum(one.shape.features for one in some)
    return size if size <= LARGEST else _CSV_PACKED * size
