"""A plan: what a run would cost and leave, whether the site fits its host, and what to change where it does not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from atlas.config.settings import Config
from atlas.formatting import counted
from atlas.planning import parts
from atlas.planning.constants import ATLAS
from atlas.planning.contents import Contents, DictionaryContents
from atlas.planning.existing import FinishedDictionary
from atlas.planning.firing import CorpusExtent, expected, full, matched, mixture
from atlas.planning.folder import atlas_parts
from atlas.planning.outline import CorpusOutline
from atlas.planning.parts import SitePart
from atlas.planning.rates import EffectRates, Trial
from atlas.planning.shapes import Shape
from atlas.planning.site import site_parts
from atlas.planning.times import Machine, StagePlan, stage_plans
from atlas.publish.hosts import Host
from atlas.schema.grid import FrameGrid
from atlas.schema.offered import TablesChoice

MB = 10**6
PICTURE_BYTES = 970.0
"of a second of audio, where no trial says"


ALONE = Machine(workers=1, scan_workers=1, slowness=1.0)


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A change of the config, and what the site would then be."""

    key: str
    bytes: int
    files: int
    fits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would cost and leave."""

    contents: Contents
    trial: Trial | None
    rates: EffectRates | None
    machine: Machine
    stages: tuple[StagePlan, ...]
    "those whose time is known: without a trial none that has to be tried, unless it was done before"
    atlas: Mapping[str, float]
    "bytes, by part"
    done_folder: bool
    "whether these are of a folder that is there"
    site: Mapping[str, SitePart]
    host: Host
    misfits: tuple[str, ...]
    "in what the site does not fit its host, a sentence each"
    changes: tuple[SiteChange, ...]
    "what would make it smaller, where it does not fit"

    @property
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages)

    @property
    def memory_mib(self) -> float:
        return max((stage.memory_mib for stage in self.stages), default=0.0)

    @property
    def atlas_bytes(self) -> float:
        return sum(self.atlas.values())

    @property
    def site_bytes(self) -> int:
        return bytes_of(self.site)

    @property
    def site_files(self) -> int:
        return files_of(self.site)

    @property
    def site_pages(self) -> int:
        return sum(part.pages for part in self.site.values())

    @property
    def fits(self) -> bool:
        return not self.misfits


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a plan is made from, beside the config."""

    outline: CorpusOutline
    shapes: tuple[Shape, ...]
    grid: FrameGrid
    trial: Trial | None = None
    rates: EffectRates | None = None
    "of effects, where the config asks for them and they were tried"
    measured: Mapping[str, FinishedDictionary] = field(default_factory=dict)
    "by dictionary, where an atlas is there"
    machine: Machine = ALONE
    done: Mapping[str, float] = field(default_factory=dict)
    "how much of each stage was done before"
    folder: Mapping[str, float] | None = None
    "bytes of the atlas's folder by part, where all of it is there"


def make_plan(config: Config, known: Known, host: Host) -> Plan:
    """Everything that can be said before a run."""
    contents = contents_of(config, known)
    site = site_parts(contents)
    misfits = tuple(misfits_of(site, host))
    return Plan(
        contents=contents,
        trial=known.trial,
        rates=known.rates,
        machine=known.machine,
        stages=stage_plans(contents, known.trial, known.machine, known.done, known.rates),
        atlas=known.folder or atlas_parts(contents),
        done_folder=known.folder is not None,
        site=site,
        host=host,
        misfits=misfits,
        changes=tuple(_changes(config, known, host)) if misfits else (),
    )


def contents_of(config: Config, known: Known) -> Contents:
    """What the atlas will be made of."""
    outline, trial = known.outline, known.trial
    extent = extent_of(config, outline)
    return Contents(
        config=config,
        outline=outline,
        dictionaries=tuple(_dictionaries(config, known, extent)),
        frames_per_s=known.grid.frames_per_s,
        picture_bytes=trial.picture_bytes if trial else PICTURE_BYTES,
    )


def extent_of(config: Config, outline: CorpusOutline) -> CorpusExtent:
    """How much of the corpus there is, and how many examples the config asks for."""
    return CorpusExtent(
        windows=outline.count,
        recordings=outline.recordings,
        shard_windows=config.scan.shard_windows,
        top=config.examples.top,
        others=config.examples.others,
    )


def _dictionaries(config: Config, known: Known, extent: CorpusExtent) -> Iterator[DictionaryContents]:
    """A control fires as the features do that it matches: those of its trial are other ones, of fewer windows."""
    sample = min(config.calibrate.windows, extent.windows)
    matching: dict[str, tuple[int, NDArray[np.float64]]] = {}
    for shape in known.shapes:
        finished = known.measured.get(shape.name)
        if finished is not None:
            yield _as_measured(finished, extent)
            continue
        tried = known.trial.dictionaries.get(shape.name) if known.trial else None
        most, weights = matching.get(shape.control_of or "", (shape.features, None))
        if weights is None and tried is not None and known.trial is not None:
            weights = mixture(tried.counts, known.trial.windows)
            matching[shape.name] = matched(weights, shape.features, sample, extent.windows)
        yield DictionaryContents(
            shape=replace(shape, features=min(shape.features, most)),
            firing=full(extent) if weights is None else expected(weights, extent),
            l0=tried.l0 if tried else ATLAS.l0,
            code_bytes=tried.code_bytes if tried else ATLAS.code,
        )


def _as_measured(finished: FinishedDictionary, extent: CorpusExtent) -> DictionaryContents:
    firing, most = finished.firing, full(extent)
    return DictionaryContents(
        shape=finished.shape,
        firing=replace(firing, examples=min(firing.examples, most.examples), few=min(firing.few, most.few)),
        l0=finished.l0 if finished.l0 is not None else ATLAS.l0,
        code_bytes=ATLAS.code,
        mel_bytes=finished.mel_bytes,
        example_bytes=finished.example_bytes,
        tables=finished.tables,
    )


def misfits_of(site: Mapping[str, SitePart], host: Host) -> Iterator[str]:
    """In what a site does not fit, a sentence each."""
    size, files = bytes_of(site), files_of(site)
    if host.site_bytes is not None and size > host.site_bytes:
        yield f"{size / MB:,.0f} MB, and {host.title} takes {host.site_bytes / MB:,.0f} MB"
    if host.files is not None and files > host.files:
        yield f"{counted(files, 'file')}, and {host.title} takes {host.files:,}"
    for name, part in site.items():
        if host.file_bytes is not None and part.largest > host.file_bytes:
            limit = f"{host.title} takes {host.file_bytes / MB:,.0f} MB a file"
            yield f"{name} with a file of {part.largest / MB:,.0f} MB, and {limit}"


def _changes(config: Config, known: Known, host: Host) -> Iterator[SiteChange]:
    """Each change that saves anything; and where none of them suffices, all of those that were named, together."""
    now, together, enough = site_parts(contents_of(config, known)), config, False
    for words, tables in alternatives(config, known):
        change = _site_change(words, changed(config, tables), known, host)
        saves = change.bytes < _NOTABLE * bytes_of(now) or change.files < _NOTABLE * files_of(now)
        if saves:
            together, enough = changed(together, tables), enough or change.fits
            yield change
    if together is not config and not enough:
        yield _site_change("all of these", together, known, host)


_NOTABLE = 0.99  # of what there is without a change, at most


def _site_change(words: str, config: Config, known: Known, host: Host) -> SiteChange:
    site = site_parts(contents_of(config, known))
    return SiteChange(words, bytes_of(site), files_of(site), not any(misfits_of(site, host)))


def bytes_of(site: Mapping[str, SitePart]) -> int:
    """Of all parts."""
    return sum(part.bytes for part in site.values())


def files_of(site: Mapping[str, SitePart]) -> int:
    """Of all parts."""
    return sum(part.files for part in site.values())


Tables = dict[str, dict[str, object]]


def changed(config: Config, tables: Tables) -> Config:
    """A config with some keys of some tables set."""
    return config.model_copy(
        update={name: getattr(config, name).model_copy(update=keys) for name, keys in tables.items()}
    )


def alternatives(config: Config, known: Known) -> Iterator[tuple[str, Tables]]:
    """What may make a site smaller: first what loses nothing that was measured."""
    contents = contents_of(config, known)
    yield from _fewer_pages(contents)
    yield from _less_media(contents)
    yield from _fewer_examples(config)


def _fewer_pages(contents: Contents) -> Iterator[tuple[str, Tables]]:
    if contents.config.site.control_pages:
        yield "[site] control_pages = false", {"site": {"control_pages": False}}
    if not contents.packed:
        yield "[site] packed = true", {"site": {"packed": True}}
    if not contents.aliased:
        words = "stubs = false" if contents.packed else "packed = true, stubs = false"
        yield f"[site] {words}", {"site": {"packed": True, "stubs": False}}
    for fewer in _FEWER_TABLES[contents.config.site.tables]:
        yield f'[site] tables = "{fewer}"', {"site": {"tables": fewer}}


_FEWER_TABLES: Mapping[TablesChoice, tuple[TablesChoice, ...]] = {
    "all": ("figures", "none"),
    "figures": ("none",),
    "none": (),
}


def _less_media(contents: Contents) -> Iterator[tuple[str, Tables]]:
    sounds = site_parts(contents).get(parts.SOUNDS)
    if sounds is not None:
        half = sounds.bytes // 2 // MB
        yield f"[media] budget_mb = {half} (half of the sounds)", {"media": {"budget_mb": half}}
        yield "[media] base_url (sounds and pictures elsewhere)", {"media": {"base_url": "https://elsewhere/"}}


def _fewer_examples(config: Config) -> Iterator[tuple[str, Tables]]:
    top, others = min(10, config.examples.top), min(2, config.examples.others)
    if (top, others) != (config.examples.top, config.examples.others):
        yield f"[examples] top = {top}, others = {others}", {"examples": {"top": top, "others": others}}
