"""One TOML file -> checked, frozen settings.

Every mistake is reported at once, with the file, the key, the value given and what is accepted; what a table's keys
say together is judged once each of them is right. Unknown keys are mistakes. Relative paths are relative to the config
file. Each default is stated here and nowhere else, and none depends on the machine: the config says *what* is computed,
command-line options only where and how.
"""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from atlas.config.dictionaries import DictionaryConfig, control_tap
from atlas.config.effects import EffectsConfig
from atlas.config.site import CiteConfig, MediaConfig, SiteConfig
from atlas.config.tables import ConfigTable, FilePath, Name, unless

DOMAINS = ("speech", "music", "sound")


def _checked_pattern(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"a regular expression; this one fails: {error}") from None
    if groups != 1:
        raise ValueError("a regular expression with one group in brackets, which is the name")
    return pattern


def _checked_domains(domains: tuple[str, ...]) -> tuple[str, ...]:
    if not domains or len(set(domains)) < len(domains):
        raise ValueError("at least one domain, each named once")
    return domains


class CorpusConfig(ConfigTable):
    """Where the audio is, and how its rows are read; exactly one of the four sources is given."""

    manifest: FilePath | None = None
    "a CSV, JSON lines or Parquet file with a row a clip or file"
    folders: dict[str, FilePath] | None = None
    "a folder for each domain"
    audiofolder: FilePath | None = None
    "a folder in the Hugging Face `audiofolder` layout"
    webdataset: FilePath | None = None
    "WebDataset tar shards: one file, or a pattern such as shards/*.tar"
    root: FilePath | None = None
    "what a manifest's paths are relative to; its own folder, if not given"
    columns: dict[str, str] = Field(default={})
    "our column = the manifest's column, where the names differ"
    separator: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1)] = "|"
    "what separates several labels in one cell"
    domains: Annotated[tuple[Name, ...], AfterValidator(_checked_domains)] = DOMAINS
    "the domains, in the order of display"
    domain: str | None = None
    "the domain of rows that name none"
    dataset: str | None = None
    "the dataset of rows that name none"
    licence: str | None = None
    "the licence of rows that name none"
    recording_pattern: Annotated[str, AfterValidator(_checked_pattern)] | None = None
    "a regular expression searched in a path without its suffix; its group names the recording"
    group: str | None = Field(default=None, min_length=1)
    "the column, by our name or the source's, of what recordings share, such as speaker; 20 or more are kept whole"
    group_pattern: Annotated[str, AfterValidator(_checked_pattern)] | None = None
    "instead of a column, a regular expression searched as recording_pattern is; `(?P<speaker>...)` says what it names"
    alignments: FilePath | None = None
    "a TSV of timed labels (path, tier, start_s, end_s, label), or a folder of Praat TextGrids"
    max_problem_share: float = Field(default=0.05, ge=0, le=1)
    "the share of clips with a problem above which the run stops"

    @model_validator(mode="after")
    def _has_single_source(self) -> Self:
        mistakes = []
        sources = ("manifest", "folders", "audiofolder", "webdataset")
        given = [name for name in sources if getattr(self, name) is not None]
        if len(given) != 1:
            mistakes.append(f"exactly one of {', '.join(sources)}, not {' and '.join(given) or 'none'}")
        if self.domain is not None and self.domain not in self.domains:
            mistakes.append(f"domain to be one of {', '.join(self.domains)}, not {self.domain}")
        unknown = sorted(set(self.folders or {}) - set(self.domains))
        if self.folders is not None and (unknown or not self.folders):
            mistakes.append(f"folders of {', '.join(self.domains)}, not {', '.join(unknown) or 'none'}")
        mistakes += ["group or group_pattern, not both"] * bool(self.group and self.group_pattern)
        return unless(self, mistakes)

    @property
    def group_word(self) -> str | None:
        """What one group is: the column's name, or the pattern's; None where groups are not asked for."""
        names = iter(re.compile(self.group_pattern or "").groupindex)
        return next(names, "group") if self.group_pattern else self.group


def model_beside(model: str, config: Path) -> str:
    """A model's absolute path, where it lies beside the config or can be nothing but a path; else as it is."""
    path = config.resolve().parent / model
    local = "/" in model or model.endswith(".pt")
    return str(path) if path.exists() or (local and ":" not in model.split("/")[0]) else model


class EncoderConfig(ConfigTable):
    """The audio model being read."""

    model: str = Field(min_length=1)
    "a name that openai-whisper knows, or a checkpoint's path"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    "arithmetic of the encoder; auto is fp32 on a CPU and bf16 on a GPU"

    def beside(self, config: Path) -> Self:
        """The same with an absolute path, where the model lies beside the config or can be nothing but a path."""
        return self.model_copy(update={"model": model_beside(self.model, config)})


class AnnotateConfig(ConfigTable):
    """Words and phones with their times, for speech that comes with none; nothing is made unless it is asked for."""

    words: Literal["whisper"] | None = None
    "who places words in time, and first writes them where the corpus has no text: a Whisper with its decoder"
    model: str | None = Field(default=None, min_length=1)
    "that Whisper, by name or path; encoder.model, if not given"
    phones: Literal["pocketsphinx"] | None = None
    "who places phones, and the words that they make up; English only; needs the extra `phones`"
    acoustics: bool = False
    "whether loudness, pitch and other columns are measured on the frames that codes are sampled on"
    frames: bool = True
    "whether the scan counts frames under what is made; where not, annotations may change after it"
    domains: Annotated[tuple[Name, ...], AfterValidator(_checked_domains)] = ("speech",)
    "the domains whose clips are annotated with words and phones; a model hears words in music, too"

    @model_validator(mode="after")
    def _has_use(self) -> Self:
        idle = self.model is not None and self.words is None
        return unless(self, ["model only beside words, which it writes"] if idle else [])

    @property
    def speech(self) -> bool:
        """Whether words or phones are asked for."""
        return bool(self.words or self.phones)

    @property
    def asked(self) -> bool:
        """Whether there is anything to do."""
        return self.speech or self.acoustics


class CalibrateConfig(ConfigTable):
    """The sample on which thresholds and scales are set."""

    windows: int = Field(default=200, ge=1, le=200)
    "at most so many windows, those of smallest content hash"


class ScanConfig(ConfigTable):
    """The one pass over the corpus, and what it keeps."""

    shard_windows: int = Field(default=512, ge=1)
    "windows in a shard; no result depends on it"
    code_frames: int = Field(default=2**18, ge=0)
    "frames whose codes are kept, sampled by content"
    timed_labels: int = Field(default=200, ge=1, le=2000)
    "the most frequent labels of each tier are counted"


class ExamplesConfig(ConfigTable):
    """The clips that stand for a feature on its page."""

    top: int = Field(default=20, ge=1, le=100)
    "examples of the largest peaks, one per recording"
    others: int = Field(default=4, ge=0, le=10)
    "examples in each of high, mid, low, random and quiet"


class AnalyseConfig(ConfigTable):
    """What is made of the tables that were measured."""

    map: Literal["activations", "decoder"] = "activations"
    "which features lie near each other on the map: those active on the same frames, or with like decoder rows"


def _with_controls(entries: tuple[DictionaryConfig, ...]) -> tuple[DictionaryConfig, ...]:
    rows: list[DictionaryConfig] = []
    for entry in entries:
        rows += [entry, *entry.control_configs()]
    return tuple(rows)


def _checked_dictionaries(entries: tuple[DictionaryConfig, ...]) -> tuple[DictionaryConfig, ...]:
    mistakes = [] if entries else ["at least one [[dictionary]]"]
    names = [entry.name for entry in _with_controls(entries)]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        mistakes.append(f"names to be unique, controls included; twice: {', '.join(doubled)}")
    real = {entry.name: entry for entry in entries if not entry.is_control}
    for entry in entries:
        if entry.like is not None and entry.like not in real:
            mistakes.append(f"like of {entry.name} to be one of {', '.join(real) or 'none'}, not {entry.like}")
        elif entry.like is not None and entry.tap != (tap := control_tap(entry.kind, real[entry.like].tap)):
            mistakes.append(f"tap of {entry.name} to be {tap}, as it is like {entry.like}, not {entry.tap}")
    controls = {entry.name: (entry.like, entry.kind) for entry in _with_controls(entries) if entry.like in real}
    kinds = list(controls.values())
    for like, kind in sorted({pair for pair in kinds if kinds.count(pair) > 1}, key=str):
        mistakes.append(f"one control of kind {kind} like {like}, not several; `control` of {like} counts")
    return unless(entries, mistakes)


class Config(ConfigTable):
    """Everything that decides what an atlas holds."""

    title: str = Field(min_length=1)
    "what the site is called"
    corpus: CorpusConfig
    encoder: EncoderConfig
    dictionary: Annotated[tuple[DictionaryConfig, ...], AfterValidator(_checked_dictionaries)]
    annotate: AnnotateConfig = AnnotateConfig()
    calibrate: CalibrateConfig = CalibrateConfig()
    scan: ScanConfig = ScanConfig()
    examples: ExamplesConfig = ExamplesConfig()
    analyse: AnalyseConfig = AnalyseConfig()
    effects: EffectsConfig | None = None
    media: MediaConfig = MediaConfig()
    site: SiteConfig = SiteConfig()
    cite: CiteConfig = CiteConfig()

    @model_validator(mode="after")
    def _has_domains_to_annotate(self) -> Self:
        known = self.corpus.domains
        unknown = [name for name in self.annotate.domains if name not in known] if self.annotate.speech else []
        return unless(self, [f"annotate.domains: no domain {name!r} in {', '.join(known)}" for name in unknown])

    @model_validator(mode="after")
    def _has_effects_to_measure(self) -> Self:
        if self.effects is None:
            return self
        names = [entry.name for entry in self.dictionaries()]
        asked = [*(self.effects.dictionaries or ()), *(name.rpartition("/")[0] for name in self.effects.features)]
        mistakes = [f"effects: no dictionary {name!r} in {', '.join(names)}" for name in asked if name not in names]
        measured = self.effects.dictionaries
        if measured is None:
            measured = tuple(entry.name for entry in self.dictionaries() if not entry.is_control)
        mistakes += [
            f"effects.features: {name} to be of a dictionary that is measured, which are {', '.join(measured)}"
            for name in self.effects.features
            if (of := name.rpartition("/")[0]) in names and of not in measured
        ]
        unknown = [name for name in self.effects.domains if name not in self.corpus.domains]
        mistakes += [f"effects.domains: no domain {name!r} in {', '.join(self.corpus.domains)}" for name in unknown]
        return unless(self, list(dict.fromkeys(mistakes)))

    @model_validator(mode="after")
    def _redirects_to_what_there_is(self) -> Self:
        names = [entry.name for entry in self.dictionaries()]
        mistakes = [
            f"site.redirects: {old} to lead to one of {', '.join(names)}, not {new}"
            for old, new in self.site.redirects.items()
            if new not in names
        ]
        taken = [old for old in self.site.redirects if old in names]
        mistakes += [f"site.redirects: {old} to be a former name; a dictionary is called that today" for old in taken]
        return unless(self, mistakes)

    def dictionaries(self) -> tuple[DictionaryConfig, ...]:
        """All dictionaries, each with its controls after it."""
        return _with_controls(self.dictionary)

    def abouts(self) -> tuple[tuple[str, str], ...]:
        """Every dictionary that has a line for readers, with it."""
        return tuple((entry.name, entry.about) for entry in self.dictionary if entry.about)

    def controls(self) -> dict[str, dict[str, str]]:
        """The controls of each dictionary: kind -> which; of several of one kind the first."""
        controls: dict[str, dict[str, str]] = {entry.name: {} for entry in self.dictionaries()}
        for entry in self.dictionaries():
            if entry.like is not None:
                controls[entry.like].setdefault(entry.kind, entry.name)
        return controls

    def taps(self) -> tuple[str, ...]:
        """What is read of the encoder, beside it and of the sound itself, by dictionaries and controls."""
        return tuple(dict.fromkeys(entry.tap for entry in self.dictionaries()))
