"""A stage as an object: what it reads and writes, the config keys it depends on, and how it runs.

A stage is done when its marker is in place. The marker holds the facts that the stage depended on: its keys of the
config, the versions of the tables and files it wrote, what it found outside of the folder (such as a model's weights),
and the digests of the tables it read, never of all that lies upstream: a stage that comes out with equal bytes stops
the cascade. Equal facts mean that there is nothing to do. Nothing here knows what a stage does.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from atlas.config.facts import default_of, key_facts
from atlas.config.settings import Config
from atlas.config.tables import ConfigTable
from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.schema import Table
from atlas.store import AtlasFolder, Change, Facts, Marker, Output, changes, opaque

OUTSIDE = "the "  # so begin facts from outside of config and folder: "the weights of dictionary.last"
_SHOWN = 4


class Workspace(Protocol):
    """A config, and the folder that it is worked on in."""

    @property
    def config(self) -> ConfigTable: ...
    @property
    def folder(self) -> AtlasFolder: ...


@dataclass(frozen=True)  # without slots, whose pickling would drop what a subclass has cached
class AtlasWorkspace:
    """A config of an atlas, and the atlas's folder: all that stages need which read nothing but tables."""

    config: Config
    folder: AtlasFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How stages run; none of these changes what is computed."""

    workers: int | None = None  # one a core, if not given; the scan then takes one
    force: bool = False
    share: tuple[int, int] = (1, 1)  # the part of the shards to scan, and of how many parts
    site: Path | None = None  # where the pages go; none are made without it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage did: its closing line, the files that it left, and notes for its marker."""

    line: str
    outputs: Sequence[Path] = ()
    described: Mapping[str, Output] = field(default_factory=dict)
    "further files, whose digests are known"
    notes: Facts = field(default_factory=dict)


def _always(_config: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Input:
    """What a stage reads of another one's files: its name for a user, who writes it, and its digest."""

    name: str
    writer: str
    digest: Callable[[Marker], str]
    wanted: Callable[[Any], bool] = _always
    "whether a config has the stage read it"


def table_input(table: Table) -> Input:
    """A table, with all of its parts."""
    prefixes = (f"{table.name}.parquet", f"{table.name}/")
    return Input(f"table {table.name}", table.writer, lambda left: left.digest_of(prefixes, ".parquet"))


def files_input(name: str, writer: str, *prefixes: str) -> Input:
    """Files that are no table."""
    return Input(name, writer, lambda left: left.digest_of(prefixes))


def noted_input(name: str, writer: str, note: str) -> Input:
    """Something whose digest its writer noted."""
    return Input(name, writer, lambda left: digest_of(left.notes.get(note, "")))


WorkspaceT = TypeVar("WorkspaceT", bound=Workspace, contravariant=True)


def _nothing(_workspace: Workspace) -> Facts:
    return {}


def _never(_workspace: Workspace) -> bool:
    return False


def _anything(_workspace: Workspace, _options: Options, _reason: str) -> None:
    pass


def _nothing_to_run(_workspace: Workspace, _options: Options) -> Outcome:
    raise NotImplementedError


def _as_it_is(_workspace: Workspace) -> None:
    pass


def _nowhere(_workspace: Workspace) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Stage(Generic[WorkspaceT]):
    """A stage: it is done once its marker is in place, with the facts that it depends on."""

    name: str
    run: Callable[[WorkspaceT, Options], Outcome] = _nothing_to_run
    reads: tuple[Input, ...] = ()
    writes: tuple[Table, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    "of the files that it writes besides tables, by their name for a user"
    keys: tuple[str, ...] = ()
    finds: Callable[[WorkspaceT], Facts] = _nothing
    "facts from outside of config and folder; their names follow `the`"
    guard: Callable[[WorkspaceT, Options, str], None] = _anything
    "refuses what would throw away scanned shards, for the reason that it is given"
    outdate: Callable[[WorkspaceT], None] = _as_it_is
    "takes away what no longer passes for whole, if this stage has left other bytes"
    renew: Callable[[WorkspaceT], None] = _as_it_is
    "brings up to date what depends on the config and costs nothing, such as a title"
    asked: Callable[[Any], bool] = _always
    "whether the config asks for it; one that is not asked for is skipped, and may leave nothing behind"
    keeps: tuple[str, ...] = ()
    "folders of what it keeps for its next run, which no table is in"
    participle: str = "done"
    "what is done with a shard, such as scanned"
    left_in: Callable[[WorkspaceT], str] = _nowhere
    "where its results lie, for the closing line of a stage that was done before"

    def sources(self, config: ConfigTable) -> list[Input]:
        """What it reads under a config."""
        return [source for source in self.reads if source.wanted(config)]

    def take_away(self, workspace: Workspace) -> None:
        """Delete what a stage left that is not asked for, so that nobody takes its tables for this config's."""
        folder = workspace.folder
        for names in ((self.name,), *((self.name, shard) for shard in folder.marked(self.name))):
            folder.unmark(*names)
        for table in self.writes:
            folder.prune([table.name], ())
            folder.root.joinpath(f"{table.name}.parquet").unlink(missing_ok=True)
        for name in self.keeps:
            shutil.rmtree(folder.root / name, ignore_errors=True)

    def stated_facts(self, workspace: Workspace) -> dict[str, str]:
        """What it depends on, so far as config and folder tell."""
        versions = {**{f"table {table.name}": table.version for table in self.writes}, **self.versions}
        facts = {f"version of {name}": str(version) for name, version in versions.items()}
        sources = self.sources(workspace.config)
        left = {writer: workspace.folder.left_by(writer) for writer in {source.writer for source in sources}}
        read = {source.name: (source, left[source.writer]) for source in sources}
        digests = {name: opaque(source.digest(marker)) for name, (source, marker) in read.items() if marker}
        return facts | key_facts(workspace.config, self.keys) | digests

    def facts(self, workspace: WorkspaceT) -> dict[str, str]:
        """All that it depends on."""
        return self.stated_facts(workspace) | {OUTSIDE + name: value for name, value in self.finds(workspace).items()}

    def differing(self, workspace: WorkspaceT) -> tuple[Change, ...] | None:
        """What has changed since it was done; None where it is not done, or not whole."""
        marker = workspace.folder.marker(self.name)
        return None if marker is None else changed(workspace, marker.facts, self.facts(workspace))

    def require(self, workspace: Workspace, facts: Facts) -> None:
        """Refuse to go on from here where the stage is not done, or was done with other facts than these."""
        marker = workspace.folder.marker(self.name)
        if marker is None:
            raise AtlasError(
                f"{workspace.folder.root}: the stage {self.name!r} is not done; run `atlas {self.name}` first"
            )
        differing = changed(workspace, comparable(marker.facts, facts), facts)
        if differing:
            raise AtlasError(
                f"{workspace.folder.root}: the stage {self.name!r} was done with other inputs: {reasons(differing)};"
                f" run `atlas {self.name}` again"
            )

    def do(self, workspace: WorkspaceT, options: Options) -> str:
        """Run it unless it is done; returns the closing line."""
        facts = self.facts(workspace)  # before it runs: whatever changes meanwhile shows next time
        before = workspace.folder.record(self.name)
        again = reasons(changed(workspace, before.facts, facts)) if before else ""
        if not options.force and not again and workspace.folder.marker(self.name) is not None:
            self.renew(workspace)
            return f"{self.name:<10} was done before{self.left_in(workspace)}"
        if not options.force:
            self.guard(workspace, options, again)
        workspace.folder.unmark(self.name)
        outcome = self.run(workspace, options)
        workspace.folder.mark((self.name,), facts, outcome.outputs, outcome.notes, outcome.described)
        self.outdate(workspace)
        first, *more = outcome.line.split("\n")
        return "\n".join([first + (f"; again, as {again}" if again else ""), *more])


@dataclass(frozen=True, kw_only=True)
class ShardedStage(Stage[WorkspaceT]):
    """A stage that leaves a marker a shard, so that shards may be shared and a kill costs one of them."""

    shards: Callable[[Workspace], Sequence[str]]
    run_shards: Callable[[WorkspaceT, Options, Facts, Sequence[str], int], str]
    "scans the shards named; the number is that of others of this share that were done before"
    discard: Callable[[WorkspaceT, Sequence[str] | None], None]
    "throws away some shards, or all"
    settled: Callable[[WorkspaceT], bool] = _never
    "whether what was made from the shards stands, so that they are needed no more"

    def differing_shards(self, workspace: Workspace, facts: Facts) -> tuple[Change, ...]:
        """What has changed since shards were done, by the first that was done with other facts."""
        for shard in workspace.folder.marked(self.name):
            record = workspace.folder.record(self.name, shard)
            differing = changed(workspace, comparable(record.facts, facts), facts) if record else ()
            if differing:
                return differing
        return ()

    def unfinished(self, workspace: Workspace, facts: Facts) -> list[str]:
        """The shards that are not done with these facts, or not whole."""
        markers = ((shard, workspace.folder.marker(self.name, shard)) for shard in self.shards(workspace))
        return [shard for shard, marker in markers if marker is None or dict(marker.facts) != dict(facts)]

    def require(self, workspace: Workspace, facts: Facts) -> None:
        differing = self.differing_shards(workspace, facts)
        done = set(workspace.folder.marked(self.name))
        missing = [shard for shard in self.shards(workspace) if shard not in done]
        if differing:
            raise self.refusal(workspace, len(done), reasons(differing))
        if missing:
            raise self.refusal(workspace, len(missing), f"first: {int(missing[0])}")

    def refusal(self, workspace: Workspace, shards: int, which: str) -> AtlasError:
        """What is said where shards are missing."""
        known = len(self.shards(workspace))
        return AtlasError(
            f"{workspace.folder.root}: {shards} of {known} shards are not {self.participle} with these settings"
            f" ({which}); run `atlas {self.name}`"
        )

    def do(self, workspace: WorkspaceT, options: Options) -> str:
        facts = self.facts(workspace)
        differing = self.differing_shards(workspace, facts)
        if differing and not options.force:
            self.guard(workspace, options, reasons(differing))
        part, parts = options.share
        mine = self.shards(workspace)[part - 1 :: parts]
        if options.force:
            self.discard(workspace, None if parts == 1 else mine)
        unfinished = set(self.unfinished(workspace, facts))
        todo = [shard for shard in mine if shard in unfinished]
        if not todo or (not options.force and self.settled(workspace)):
            return f"{self.name:<10} was done before ({len(mine)} shard{'s' * (len(mine) != 1)})"
        return self.run_shards(workspace, options, facts, todo, len(mine) - len(todo))


@dataclass(frozen=True, kw_only=True)
class RenderStage(Stage[WorkspaceT]):
    """A stage that makes everything anew, and leaves no marker in the folder, which it only reads."""

    def do(self, workspace: WorkspaceT, options: Options) -> str:
        return self.run(workspace, options).line


def changed(workspace: Workspace, before: Facts, now: Facts) -> tuple[Change, ...]:
    """The facts that differ; a key of the config that is no fact had its default."""
    model = type(workspace.config)
    return changes(before, now, lambda key: default_of(model, key))


def comparable(before: Facts, now: Facts) -> Facts:
    """A marker's facts, less those from outside where nobody has looked for them now."""
    if any(key.startswith(OUTSIDE) for key in now):
        return before
    return {key: value for key, value in before.items() if not key.startswith(OUTSIDE)}


def reasons(differing: Sequence[Change]) -> str:
    """What has changed, in words."""
    more = len(differing) - _SHOWN
    return "; ".join(str(change) for change in differing[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
