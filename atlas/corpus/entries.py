"""Rows of any source -> entries: what the corpus says of each file, or stretch of a file, before it is listened to.

Columns are renamed, what a row lacks is filled from the config, and every mistake is counted before the first few are
told. Nothing here opens audio.
"""

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path

from atlas.config.settings import CorpusConfig
from atlas.errors import AtlasError
from atlas.formatting import counted

SHOWN = 5
"so many mistakes are told one by one"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusEntry:
    """One file, or a stretch of it, and what the corpus says of it; None: not said."""

    path: str
    "as the atlas shows it: relative to the corpus, with forward slashes"
    file: str
    "where it lies: an absolute path, or that of a tar file, `::` and the member"
    start_s: float | None
    end_s: float | None
    domain: str
    dataset: str
    recording: str
    group: str | None
    "what the recording shares with others, such as its speaker, where the config asks for it"
    speaker: str | None
    labels: tuple[str, ...]
    language: str | None
    text: str | None
    licence: str | None
    attribution: str | None
    source_url: str | None


COLUMNS = tuple(field.name for field in fields(CorpusEntry) if field.name not in ("file", "group"))
"those that a corpus may have"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusRow:
    """What a source says of a file, in its own columns."""

    where: str
    "what an error names: a row's number, or a path"
    path: str
    "as it is written: relative to the root, or absolute"
    root: Path
    prefix: str
    "what the path is shown with before it"
    dataset: str
    "the dataset, if neither the cells nor the config name one"
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CorpusListing:
    """What a source lists, and which columns it has."""

    source: str
    columns: tuple[str, ...]
    rows: Iterable[CorpusRow]


def entries_of(listing: CorpusListing, config: CorpusConfig) -> tuple[CorpusEntry, ...]:
    """Check and complete what a source lists; every mistake is counted, the first few are told."""
    names = their_columns(listing.source, listing.columns, config)
    group = _group_column(listing, names, config)
    entries: list[CorpusEntry] = []
    mistakes: list[str] = []
    seen: dict[tuple[str, float], str] = {}
    for row in listing.rows:
        try:
            cells = {ours: row.cells.get(theirs) for ours, theirs in names.items()}
            entry = _entry(row, cells, row.cells.get(group) if group else None, config)
        except AtlasError as error:
            mistakes.append(f"{row.where}: {error}")
            continue
        first = seen.setdefault((entry.path, entry.start_s or 0.0), row.where)
        if first != row.where:
            mistakes.append(f"{row.where}: the same path and start as {first}, {entry.path}")
        entries.append(entry)
    if mistakes:
        raise AtlasError(with_mistakes(f"{listing.source}: {counted(len(mistakes), 'row')} cannot be used", mistakes))
    if not entries:
        raise AtlasError(f"{listing.source}: lists no audio")
    return _grouped(entries, listing.source)


def _grouped(entries: Sequence[CorpusEntry], source: str) -> tuple[CorpusEntry, ...]:
    """The same, each of the group that any row of its recording names; a recording of two groups is a mistake."""
    named: dict[str, dict[str, None]] = {}
    for entry in entries:
        if entry.group is not None:
            named.setdefault(entry.recording, {})[entry.group] = None
    mistakes = [
        f"recording {recording}: {len(groups):,} groups, such as {' and '.join(islice(groups, 2))}"
        for recording, groups in named.items()
        if len(groups) > 1
    ]
    if mistakes:
        what = f"{source}: {counted(len(mistakes), 'recording')} of more than one group"
        remedy = "choose another corpus.group (or group_pattern), or finer recordings, each of which lies in one group"
        raise AtlasError(with_mistakes(f"{what}; {remedy}", mistakes))
    groups = {recording: next(iter(groups)) for recording, groups in named.items()}
    return tuple(replace(entry, group=groups.get(entry.recording)) if groups else entry for entry in entries)


def their_columns(source: str, columns: Collection[str], config: CorpusConfig) -> dict[str, str]:
    """Our column -> the source's own, for those that it has."""
    unknown = sorted(set(config.columns) - set(COLUMNS))
    if unknown:
        raise AtlasError(f"corpus.columns: no such column here: {', '.join(unknown)}; known: {', '.join(COLUMNS)}")
    absent = [f"{theirs} (for {ours})" for ours, theirs in config.columns.items() if theirs not in columns]
    if absent:
        raise AtlasError(
            f"{source}: no column {', '.join(absent)}, which corpus.columns names; its columns: {listed(columns)}"
        )
    names = {ours: config.columns.get(ours, ours) for ours in COLUMNS}
    return {ours: theirs for ours, theirs in names.items() if theirs in columns}


def _group_column(listing: CorpusListing, names: Mapping[str, str], config: CorpusConfig) -> str | None:
    """The source's column of groups; None where the config names none."""
    column = None if config.group is None else names.get(config.group, config.group)
    if column is not None and column not in listing.columns:
        raise AtlasError(
            f"{listing.source}: no column {column}, which corpus.group names; its columns: {listed(listing.columns)};"
            " where paths say it, corpus.group_pattern reads it from them"
        )
    return column


def within(path: str, root: Path) -> str:
    """A path as it was written -> relative to the root, with forward slashes."""
    relative = posixpath.normpath(posixpath.relpath(path, root) if posixpath.isabs(path) else path)
    if relative.split("/")[0] == "..":
        raise AtlasError(f"{path} lies outside {root}; set corpus.root to a folder above all files")
    return relative


def _entry(row: CorpusRow, cells: Mapping[str, object], group: object, config: CorpusConfig) -> CorpusEntry:
    if not row.path:
        raise AtlasError("no path")
    path = within(row.path, row.root)
    shown = row.prefix + path
    texts = {name: _text(name, cells.get(name)) for name in COLUMNS if name not in ("start_s", "end_s", "labels")}
    start_s, end_s = (_seconds(name, cells.get(name)) for name in ("start_s", "end_s"))
    if end_s is not None and end_s <= (start_s or 0.0):
        raise AtlasError(f"end_s {end_s:g} is not after start_s {start_s or 0.0:g}")
    return CorpusEntry(
        path=shown,
        file=f"{row.root}/{path}",
        start_s=start_s,
        end_s=end_s,
        domain=_domain(texts["domain"] or config.domain, config),
        dataset=texts["dataset"] or config.dataset or row.dataset,
        recording=texts["recording"] or _named_by(config.recording_pattern, shown) or posixpath.splitext(shown)[0],
        group=_text("group", group) or _named_by(config.group_pattern, shown),
        speaker=texts["speaker"],
        labels=_labels(cells.get("labels"), config.separator),
        language=texts["language"],
        text=texts["text"],
        licence=texts["licence"] or config.licence,
        attribution=texts["attribution"],
        source_url=texts["source_url"],
    )


def _domain(domain: str | None, config: CorpusConfig) -> str:
    if domain is None:
        raise AtlasError("no domain; give a column `domain`, name another by corpus.columns, or set corpus.domain")
    if domain not in config.domains:
        raise AtlasError(f'domain "{domain}" is none of corpus.domains: {", ".join(config.domains)}')
    return domain


def _named_by(pattern: str | None, path: str) -> str | None:
    """What a pattern's group finds in a path without its suffix."""
    match = re.search(pattern, posixpath.splitext(path)[0]) if pattern else None
    return (match and match.group(1)) or None


def _labels(value: object, separator: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(separator)
    labels = value if isinstance(value, Sequence) else [value]
    return tuple(dict.fromkeys(label for label in (_text("labels", label) for label in labels) if label))


def _text(name: str, value: object) -> str | None:
    if isinstance(value, list | dict):
        raise AtlasError(f"{name} holds a {'list' if isinstance(value, list) else 'table'}; expected a text")
    return None if value is None else str(value).strip() or None


def _seconds(name: str, value: object) -> float | None:
    text = _text(name, value)
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise AtlasError(f'{name} "{text}" is not a time in seconds')
    return seconds


def with_mistakes(what: str, mistakes: Sequence[str]) -> str:
    """A sentence and the first few mistakes below it."""
    more = len(mistakes) - SHOWN
    lines = [*mistakes[:SHOWN], *([f"and {more:,} more"] if more > 0 else [])]
    return what + "".join(f"\n  {line}" for line in lines)


def listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
