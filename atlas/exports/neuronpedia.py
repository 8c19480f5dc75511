"""`atlas export neuronpedia`: the layout that Neuronpedia imports in bulk, as it is.

    v1/{model}/{source}/release.jsonl, model.jsonl, sourceset.jsonl, source.jsonl    a line each
    v1/{model}/{source}/features|activations|explanations/batch-{n}.jsonl.gz         1,024 features each

A dictionary becomes a source. A folder has at most 1,000 files, as their listing of a bucket ends there, and there is
no empty file. Sounds have no place in that layout: tokens are what is said, or times (see `tokens`).
"""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path

from atlas.errors import AtlasError
from atlas.exports.blocks import BLOCK, blocks
from atlas.exports.cosines import most_alike, unit
from atlas.exports.folders import fresh_folder, measured
from atlas.exports.neuronpedia_names import Line, NeuronpediaOptions, SourceNames, describing_lines, source_names
from atlas.exports.neuronpedia_rows import NeuronpediaBlock
from atlas.exports.tokens import Tokeniser
from atlas.formatting import counted
from atlas.progress import Advance, Echo, bar
from atlas.render.site import SiteAtlas

KIND = "Neuronpedia"
MOST_FILES = 1_000
"of a folder: what their listing of a bucket returns"
ALIKE = 25
"features by cosine, itself included"
LEVEL = 6
"of compression"


@dataclass(slots=True)
class NeuronpediaLines:
    """The lines of each table so far."""

    features: int = 0
    activations: int = 0
    explanations: int = 0


def export_neuronpedia(
    atlas: SiteAtlas, dictionaries: Sequence[str], options: NeuronpediaOptions, to: Path, echo: Echo
) -> None:
    """Write dictionaries as sources into a new folder."""
    sources = _sources(atlas, dictionaries, options)
    written = NeuronpediaLines()
    with (
        fresh_folder(to, KIND) as folder,
        bar("export", sum(map(atlas.feature_count, dictionaries)), "features") as advance,
    ):
        for names in sources:
            _write_source(atlas, names, folder / names.folder, written, advance)
            for name, line in describing_lines(atlas, names, options).items():
                (folder / names.folder / name).write_bytes(_encoded(line))
    lines = ", ".join(counted(getattr(written, field.name), field.name[:-1]) for field in fields(written))
    echo(f"export     {counted(len(sources), 'source')} of the model {sources[0].model}: {lines}")
    echo(
        f"           {measured(to)} in {to}; copy its v1 into the bucket that the Neuronpedia reads, and import there:"
    )
    for names in sources:
        echo(f"           /api/admin/import?modelId={names.model}&sourceId={names.source}")


def _sources(atlas: SiteAtlas, dictionaries: Sequence[str], options: NeuronpediaOptions) -> list[SourceNames]:
    """What the dictionaries are called there; refused where two would be one, or a folder would hold too many files."""
    sources = [source_names(atlas, dictionary, options) for dictionary in dictionaries]
    if len({names.source for names in sources}) < len(sources):
        told = ", ".join(f"{names.dictionary} ({names.source})" for names in sources)
        raise AtlasError(f"--source: two dictionaries would be one source: {told}; export one, by --dictionary")
    for names in sources:
        if atlas.feature_count(names.dictionary) > BLOCK * MOST_FILES:
            raise AtlasError(
                f"{names.dictionary}: {atlas.feature_count(names.dictionary):,} features; Neuronpedia imports at most"
                f" {MOST_FILES:,} files of {BLOCK:,} features a source"
            )
    return sources


def _write_source(
    atlas: SiteAtlas, names: SourceNames, folder: Path, written: NeuronpediaLines, advance: Advance
) -> None:
    units, tokeniser = unit(atlas.decoder(names.dictionary)), Tokeniser(atlas)
    edges = atlas.dictionaries[names.dictionary].histogram_edges[1:-1]  # the end bins hold what lies beyond
    for number, block in enumerate(blocks(atlas, names.dictionary)):
        rows = NeuronpediaBlock(block, names, edges)
        batch = f"batch-{number}.jsonl.gz"
        alike = most_alike(units, block.first, block.stop, ALIKE)
        written.features += write_lines(folder / "features" / batch, rows.features(alike))
        written.activations += write_lines(folder / "activations" / batch, rows.activations(tokeniser))
        written.explanations += write_lines(folder / "explanations" / batch, rows.explanations())
        advance(len(block))


def write_lines(path: Path, lines: Iterable[Line]) -> int:
    """Write JSON lines, gzipped without a time, one after the other, and say how many; none are no file."""
    rest = iter(lines)
    first = next(rest, None)
    if first is None:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as file:
        for line in chain([first], rest):
            file.write(_encoded(line))
            count += 1
    return count


def _encoded(line: Line) -> bytes:
    """A line of JSON. A null character, which their database cannot hold, becomes a space."""
    text = json.dumps(_storable(line), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{text}\n".encode()


def _storable(value: object) -> object:
    """The same without null characters; a text that spells one, as \\u0000, is another text."""
    if isinstance(value, str):
        return value.replace("\0", " ")
    if isinstance(value, Mapping):
        return {key: _storable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return value
