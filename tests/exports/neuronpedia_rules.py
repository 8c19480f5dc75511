"""What Neuronpedia's importer takes, as a checker of its own: it shares nothing with the code that writes.

    mistakes(folder) -> sentences; none for an export that can be imported

Lines of the four describing files go into Prisma, where an unknown key is an error. The other files go into Postgres
by the columns of each file's first line: a key that a later line lacks becomes NULL there, against the column's
default, and arrays that must not be NULL break pages.
"""

import gzip
import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

BATCH = 1_024
MOST_FILES = 1_000
MOST_TOKENS = 1_024
EMBEDDING = 256


def is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def is_public(value: Any) -> bool:
    return value == "PUBLIC"


def named(value: Any) -> bool:
    return is_text(value) and value.strip() != ""


def list_of(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(kind, value))


def or_null(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or kind(value)


Keys = dict[str, Callable[[Any], bool]]

DESCRIBING: dict[str, tuple[Keys, Keys]] = {
    "release.jsonl": (
        {
            "name": named,
            "description": is_text,
            "creatorName": named,
            "creatorId": named,
            "visibility": is_public,
        },
        {"urls": list_of(is_text), "descriptionShort": is_text, "creatorNameShort": is_text, "creatorEmail": is_text},
    ),
    "model.jsonl": (
        {
            "id": named,
            "creatorId": named,
            "layers": is_count,
            "neuronsPerLayer": is_count,
            "owner": named,
            "visibility": is_public,
        },
        {"displayName": is_text, "displayNameShort": is_text, "website": is_text, "dimension": is_count},
    ),
    "sourceset.jsonl": (
        {
            "modelId": named,
            "name": named,
            "description": is_text,
            "creatorName": named,
            "creatorId": named,
            "visibility": is_public,
        },
        {"urls": list_of(is_text), "releaseName": named, "type": is_text, "showUmap": is_bool},
    ),
    "source.jsonl": (
        {"id": named, "modelId": named, "setName": named, "creatorId": named, "visibility": is_public},
        {"dataset": is_text, "notes": is_text, "hfRepoId": is_text, "hfFolderId": is_text, "hasUmap": is_bool},
    ),
}
"needed and known keys; saelensConfig is known, too, and left out"

TABLES: dict[str, Keys] = {
    "features": {
        "modelId": named,
        "layer": named,
        "index": named,
        "sourceSetName": named,
        "creatorId": named,
        "frac_nonzero": is_number,
        "maxActApprox": is_number,
        "pos_str": list_of(is_text),
        "pos_values": list_of(is_number),
        "neg_str": list_of(is_text),
        "neg_values": list_of(is_number),
        "freq_hist_data_bar_heights": list_of(is_number),
        "freq_hist_data_bar_values": list_of(is_number),
        "topkCosSimIndices": list_of(is_count),
        "topkCosSimValues": list_of(is_number),
        "umap_x": or_null(is_number),
        "umap_y": or_null(is_number),
    },
    "activations": {
        "id": named,
        "modelId": named,
        "layer": named,
        "index": named,
        "creatorId": named,
        "maxValue": is_number,
        "maxValueTokenIndex": is_count,
        "minValue": is_number,
        "tokens": list_of(is_text),
        "values": list_of(is_number),
        "dataSource": or_null(is_text),
        "dataIndex": or_null(is_text),
        "binMin": is_number,
        "binMax": is_number,
        "binContains": is_number,
    },
    "explanations": {
        "id": named,
        "modelId": named,
        "layer": named,
        "index": named,
        "authorId": named,
        "description": named,
        "notes": or_null(is_text),
        "embedding": or_null(lambda value: list_of(is_number)(value) and len(value) == EMBEDDING),
    },
}
PAIRS = {
    "features": (
        ("pos_str", "pos_values"),
        ("neg_str", "neg_values"),
        ("freq_hist_data_bar_heights", "freq_hist_data_bar_values"),
        ("topkCosSimIndices", "topkCosSimValues"),
    ),
    "activations": (("tokens", "values"),),
    "explanations": (),
}


def refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def parsed(text: str) -> dict[str, Any]:
    line = json.loads(text, parse_constant=refuse_constant)
    if not isinstance(line, dict):
        raise ValueError("no object")
    return line


def mistakes(root: Path) -> list[str]:
    """What would break the import of an export, or spoil pages; root: the folder that holds `v1`."""
    sources = [path for path in sorted((root / "v1").glob("*/*")) if path.is_dir()]
    found = [] if sources else [f"{root}: no source in v1/"]
    ids: dict[str, str] = {}
    for source in sources:
        found += [f"{source.relative_to(root)}/{mistake}" for mistake in source_mistakes(source, ids)]
    return found


def source_mistakes(source: Path, ids: dict[str, str]) -> Iterator[str]:
    model, name = source.parent.name, source.name
    if not re.fullmatch(r"[a-z0-9_-]+", model):
        yield f": the model id {model} has other characters than a-z 0-9 - _"
    if not re.fullmatch(r"\d+-[^/]+", name):
        yield f": the source {name} does not begin with its layer and -"
    expected = {*DESCRIBING, *TABLES}
    yield from (f"{path.name}: not a part of their layout" for path in source.iterdir() if path.name not in expected)
    lines = {}
    for file in DESCRIBING:
        lines[file] = yield from described(source / file)
    yield from references(lines, model, name)
    features = yield from table_mistakes(source, "features", ids, None)
    for table in ("activations", "explanations"):
        yield from table_mistakes(source, table, ids, features)


def described(path: Path) -> Iterator[str]:
    """The mistakes of a describing file; returns its line."""
    if not path.exists():
        yield f"{path.name}: not there"
        return {}
    lines = path.read_text(encoding="utf-8").split("\n")
    if len(lines) != 2 or lines[1]:
        yield f"{path.name}: not one line"
    line = parsed(lines[0])
    needed, known = DESCRIBING[path.name]
    yield from (f"{path.name}: no {key}" for key in needed if key not in line)
    yield from (f"{path.name}: unknown key {key}" for key in line if key not in {**needed, **known})
    for key, kind in {**needed, **known}.items():
        if key in line and not kind(line[key]):
            yield f"{path.name}: {key} is {line[key]!r}"
    return line


def references(lines: dict[str, dict[str, Any]], model: str, source: str) -> Iterator[str]:
    """Whether the four lines name each other."""
    set_name = source.partition("-")[2].partition("__")[0]
    expected = {
        ("model.jsonl", "id"): model,
        ("source.jsonl", "id"): source,
        ("source.jsonl", "modelId"): model,
        ("source.jsonl", "setName"): set_name,
        ("sourceset.jsonl", "modelId"): model,
        ("sourceset.jsonl", "name"): set_name,
        ("sourceset.jsonl", "releaseName"): lines["release.jsonl"].get("name"),
    }
    for (file, key), value in expected.items():
        if lines[file].get(key) != value:
            yield f"{file}: {key} is {lines[file].get(key)!r}, not {value!r}"


def table_mistakes(source: Path, table: str, ids: dict[str, str], features: set[str] | None) -> Iterator[str]:
    """The mistakes of a folder of batches; returns the features that it names. features: those that exist."""
    folder = source / table
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    named_there: set[str] = set()
    if table == "features" and not files:
        yield f"{table}: no files"
    if len(files) > MOST_FILES:
        yield f"{table}: {len(files)} files, of which the importer sees {MOST_FILES}"
    for path in files:
        if not re.fullmatch(r"batch-(0|[1-9]\d*)\.jsonl\.gz", path.name):
            yield f"{table}/{path.name}: not the name of a batch"
            continue
        for mistake in batch_mistakes(path, table, source, ids, features, named_there):
            yield f"{table}/{path.name}: {mistake}"
    return named_there


def batch_mistakes(
    path: Path, table: str, source: Path, ids: dict[str, str], features: set[str] | None, named_there: set[str]
) -> Iterator[str]:
    content = path.read_bytes()
    if content[4:8] != b"\0\0\0\0":
        yield "its gzip header has a time"
    rows = [parsed(line) for line in gzip.decompress(content).decode().split("\n")[:-1]]
    if not rows:
        yield "empty"
        return
    if len({row.get("index") for row in rows}) > BATCH:
        yield f"more than {BATCH} features"
    for number, row in enumerate(rows, 1):
        told = [*row_mistakes(row, table, source)] if list(row) == list(rows[0]) else ["other keys than the first line"]
        told += reference_mistakes(row, ids, features, named_there)
        yield from (f"line {number}: {mistake}" for mistake in told)


def reference_mistakes(
    row: dict[str, Any], ids: dict[str, str], features: set[str] | None, named_there: set[str]
) -> Iterator[str]:
    if features is None:
        if row["index"] in named_there:
            yield f"feature {row['index']} again"
        named_there.add(row["index"])
    elif row["index"] not in features:
        yield f"feature {row['index']} does not exist"
    if "id" in row:
        if row["id"] in ids:
            yield f"id {row['id']} again"
        ids[row["id"]] = row["index"]


def row_mistakes(row: dict[str, Any], table: str, source: Path) -> Iterator[str]:
    keys = TABLES[table]
    yield from (f"no {key}" for key in keys if key not in row)
    yield from (f"unknown key {key}" for key in row if key not in keys)
    broken = [f"{key} is {row[key]!r}" for key, kind in keys.items() if key in row and not kind(row[key])]
    yield from broken
    if broken:
        return
    if (row.get("modelId"), row.get("layer")) != (source.parent.name, source.name):
        yield "of another source"
    for one, other in PAIRS[table]:
        if len(row[one]) != len(row[other]):
            yield f"{one} and {other} of different lengths"
    if table == "features" and row["topkCosSimIndices"][:1] != [int(row["index"])]:
        yield "the feature itself is not the first in topkCosSimIndices"
    if table == "activations":
        yield from activation_mistakes(row)


def activation_mistakes(row: dict[str, Any]) -> Iterator[str]:
    values, place = row["values"], row["maxValueTokenIndex"]
    if not 0 < len(row["tokens"]) <= MOST_TOKENS:
        yield f"{len(row['tokens'])} tokens"
    elif place >= len(values) or values[place] != row["maxValue"] or max(values) != row["maxValue"]:
        yield "maxValue is not the largest value, at its index"
    elif min(values) != row["minValue"]:
        yield "minValue is not the smallest value"
    if row["binMin"] != -1 and not row["binMin"] <= row["maxValue"] < row["binMax"]:
        yield "outside of its interval"
    if row["binContains"] != -1 and not 0 <= row["binContains"] <= 1:
        yield f"binContains is {row['binContains']}"
