"""The stage `annotate`: words and phones, with their times, for clips of speech that come with none; and acoustics.

What the corpus brings wins: its texts are aligned as they stand, and a tier that it gives of a clip is not made again.
Where it has no text a Whisper writes one. The forced aligner places words and phones if it is asked for; what it
refuses keeps the words that Whisper places. A clip that fails has a problem in `transcripts`, and the run goes on.

Each shard leaves its rows, and last its marker. What an earlier run made of the same clip is kept.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol

import polars as pl
import torch

from atlas.annotate.base import UNREADABLE, Alignment, SpeechClip, Transcript, WordSource
from atlas.annotate.clips import AnnotatedClip, AskedClip, annotations_of, asked_clip, asked_clips, transcripts_of
from atlas.annotate.phones import ForcedAligner, aligner_version
from atlas.annotate.reuse import EarlierRows, with_contents
from atlas.annotate.sampled import ColumnSource
from atlas.annotate.whisper_words import find_writer
from atlas.audio import draws
from atlas.config.settings import Config
from atlas.encoders.catalogue import find_source
from atlas.errors import AtlasError
from atlas.formatting import counted, duration, listed
from atlas.pool import ordered_map
from atlas.progress import Advance, bar
from atlas.schema import ANNOTATED, ANNOTATIONS, CLIPS, COLUMNS, TRANSCRIPTS, Table
from atlas.schema.annotated import CORPUS, STUDIED, WRITTEN
from atlas.schema.grid import FrameGrid
from atlas.speech.tiers import WORDS
from atlas.store import AtlasFolder, Facts, Marker, opaque

STAGE = "annotate"
RECIPE = "2"
"raised with every change of what a source makes of the same clip"
_AT_ONCE = 16  # clips whose samples are held
_COLUMNS_NOTE = "recipe of columns"
_WITHOUT, _NO_TEXT = "without: ", "no text"


class AnnotateWorkspace(Protocol):
    """What the stage works on."""

    @property
    def config(self) -> Config: ...
    @property
    def folder(self) -> AtlasFolder: ...
    @property
    def device(self) -> torch.device: ...
    @property
    def grid(self) -> FrameGrid: ...


def source_facts(workspace: AnnotateWorkspace) -> Facts:
    """What the sources are, beyond what the config says of them; a source that cannot be had is refused."""
    settings, facts = workspace.config.annotate, {"recipe of annotations": RECIPE}
    if settings.words is not None:
        facts["weights of annotate.model"] = opaque(find_writer(_model(workspace.config)).sha256[:16])
        facts["source of words"] = _source_of_words(workspace.config)
    if settings.phones is not None:
        facts["version of annotate.phones"] = aligner_version()
    return facts


def annotate(workspace: AnnotateWorkspace, facts: Facts, names: Sequence[str], kept: int, workers: int) -> str:
    """Annotate some shards, beside which others were done before; returns the closing line."""
    started, folder = time.monotonic(), workspace.folder
    job = _Job(workspace, names, workers)
    done: Counter[str] = Counter()
    with bar(STAGE, job.steps, "clips") as advance:
        for name in names:
            began, before = time.monotonic(), folder.marker(STAGE, name)
            tables = job.shard(int(name), advance)
            done.update(_counts(tables[0][1]))
            job.refuse_unreadable(done[_WITHOUT + UNREADABLE])
            folder.unmark(STAGE, name)  # what is half written passes for nothing
            paths = [folder.write_table(table, frame, name) for table, frame in tables]
            path, notes = job.columns(name, before, advance)
            done["columns"] += job.sampled_clips(int(name))
            notes["seconds"] = f"{time.monotonic() - began:.1f}"
            folder.mark((STAGE, name), facts, [*paths, path], notes)
    _drop_shards_beyond(folder, facts)
    return _closing_line(done, workspace.config, len(names), kept, time.monotonic() - started)


def _drop_shards_beyond(folder: AtlasFolder, facts: Facts) -> None:
    """Once all shards with usable clips are done, delete what an earlier run left of those that there are no longer.

    Until then their rows may serve a job that still has to come to their clips.
    """
    known = {f"{number:05d}" for number in draws.usable(folder.read_table(CLIPS))["shard"].unique()}
    markers = [folder.marker(STAGE, name) for name in known]
    if all(marker is not None and dict(marker.facts) == dict(facts) for marker in markers):
        for name in set(folder.marked(STAGE)) - known:
            folder.unmark(STAGE, name)
            for table in ANNOTATED.values():
                folder.path(table, name).unlink(missing_ok=True)


class _Job:
    """The shards that one call of `annotate` makes, with what all of them need."""

    def __init__(self, workspace: AnnotateWorkspace, names: Sequence[str], workers: int) -> None:
        config, folder = workspace.config, workspace.folder
        self._workspace, self._workers = workspace, workers
        asked = asked_clips(config, folder) if config.annotate.speech else asked_clips(config, folder).clear()
        clips = with_contents(asked, _recipe(workspace))
        self._words, self._earlier = _Words(workspace), EarlierRows(folder, clips)
        self._asked = clips.partition_by("shard", as_dict=True)
        self._none = clips.clear()
        self._source = ColumnSource(folder.read_table(CLIPS), config, workspace.grid)
        numbers = [int(name) for name in names]
        self._clips = sum(len(self._asked.get((number,), ())) for number in numbers)
        self._passes = 1 if config.annotate.phones is None else 2
        self.steps = self._clips * self._passes + sum(map(self.sampled_clips, numbers))

    def sampled_clips(self, shard: int) -> int:
        """How many clips of a shard acoustic columns are asked of."""
        return self._source.size(shard) if self._workspace.config.annotate.acoustics else 0

    def shard(self, number: int, advance: Advance) -> tuple[tuple[Table, pl.DataFrame], ...]:
        """The rows of `transcripts` and `annotations` of a shard."""
        config, clips = self._workspace.config, self._asked.get((number,), self._none)
        before = self._earlier.of_shard(number)
        advance(len(before[0]) * self._passes)
        fresh = clips.join(before[0], on="content", how="anti").sort("clip")
        asked = [asked_clip(row, config) for row in fresh.iter_rows(named=True)]
        done: list[AnnotatedClip] = []
        for start in range(0, len(asked), _AT_ONCE):
            done += _written(asked[start : start + _AT_ONCE], self._words)
            advance(len(done) - start)
        if config.annotate.phones is not None:
            done = _forced(done, self._workers, advance)
        frames = zip((TRANSCRIPTS, ANNOTATIONS), before, (transcripts_of(done), annotations_of(done)), strict=True)
        return tuple((table, pl.concat([kept, made]).sort(table.key)) for table, kept, made in frames)

    def columns(self, name: str, before: Marker | None, advance: Advance) -> tuple[Path, dict[str, str]]:
        """The file of `columns` of a shard, kept where nothing that it follows from has changed; and a note of that."""
        folder, number = self._workspace.folder, int(name)
        if not self._workspace.config.annotate.acoustics:
            return folder.write_table(COLUMNS, COLUMNS.empty(), name), {}
        recipe = self._source.recipe(number)
        if before is not None and before.notes.get(_COLUMNS_NOTE) == recipe:
            advance(self.sampled_clips(number))
            return folder.path(COLUMNS, name), {_COLUMNS_NOTE: recipe}
        frame = self._source.columns_of(number, self._workers, advance)
        return folder.write_table(COLUMNS, frame, name), {_COLUMNS_NOTE: recipe}

    def refuse_unreadable(self, clips: int) -> None:
        """Stop where more clips than the config allows cannot be read any more: a disk that is gone, say."""
        allowed = self._workspace.config.corpus.max_problem_share
        if clips > allowed * self._clips:
            raise AtlasError(
                f"{clips:,} of {counted(self._clips, 'clip')} cannot be read any more, over the allowed share of"
                f" {allowed:g}: see that the files of the corpus are there, or raise corpus.max_problem_share"
            )


def _recipe(workspace: AnnotateWorkspace) -> Facts:
    settings = workspace.config.annotate
    return {**source_facts(workspace), "words": str(settings.words), "phones": str(settings.phones)}


def _model(config: Config) -> str:
    return config.annotate.model or config.encoder.model


def _source_of_words(config: Config) -> str:
    """The model's name, which says so where that is the one under study."""
    writer = find_writer(_model(config))
    return (STUDIED if writer.encodes_like(find_source(config.encoder.model)) else WRITTEN) + writer.name


@dataclass(frozen=True)
class _Words:
    """The source of words, loaded when the first clip needs it; None where none is asked for."""

    workspace: AnnotateWorkspace

    @cached_property
    def source(self) -> WordSource | None:
        if self.workspace.config.annotate.words is None:
            return None
        return find_writer(_model(self.workspace.config)).load(self.workspace.device)

    @cached_property
    def name(self) -> str:
        return _source_of_words(self.workspace.config)


def _written(clips: Sequence[AskedClip], words: _Words) -> list[AnnotatedClip]:
    """Clips with their texts, of the corpus or written; and with the words that were placed meanwhile."""
    samples = {clip.clip: clip.samples() for clip in clips if WORDS not in clip.brings} if words.source else {}
    speech = [
        SpeechClip(clip=clip.clip, samples=audio, text=clip.text, language=clip.language)
        for clip in clips
        if (audio := samples.get(clip.clip)) is not None
    ]
    made = words.source.annotate(speech) if words.source is not None and speech else []
    of_clip = dict(zip([clip.clip for clip in speech], made, strict=True))
    return [
        _known_of(clip, of_clip.get(clip.clip), words, unread=samples.get(clip.clip, clip) is None) for clip in clips
    ]


def _known_of(clip: AskedClip, made: tuple[Transcript, Alignment] | None, words: _Words, unread: bool) -> AnnotatedClip:
    text_by = CORPUS if clip.text is not None else None
    if made is None:
        transcript = Transcript(text=clip.text, language=clip.language, problem=UNREADABLE if unread else None)
        return AnnotatedClip(asked=clip, transcript=transcript, text_by=text_by)
    transcript, placed = made
    text_by = text_by or (words.name if transcript.text is not None else None)
    return AnnotatedClip(asked=clip, transcript=transcript, text_by=text_by, words=placed, words_by=words.name)


def _forced(clips: Sequence[AnnotatedClip], workers: int, advance: Advance) -> list[AnnotatedClip]:
    """The clips, and those with a known text aligned by force."""
    fit = [clip for clip in clips if clip.may_be_forced]
    advance(len(clips) - len(fit))
    aligned: dict[int, Alignment] = {}
    for clip, alignment in zip(fit, ordered_map(_force, fit, workers), strict=True):
        aligned[clip.asked.clip] = alignment
        advance(1)
    return [replace(clip, forced=aligned.get(clip.asked.clip)) for clip in clips]


def _force(clip: AnnotatedClip) -> Alignment:
    samples, transcript = clip.asked.samples(), clip.transcript
    if samples is None:
        return Alignment(problem=UNREADABLE)
    speech = SpeechClip(clip=clip.asked.clip, samples=samples, text=clip.asked.text, language=clip.asked.language)
    return _aligner().align(speech, transcript)


@cache
def _aligner() -> ForcedAligner:
    """One a process, as it holds an acoustic model."""
    return ForcedAligner()


def _counts(transcripts: pl.DataFrame) -> Mapping[str, int]:
    """Each clip without words in time is counted once, for one reason."""
    source, placed = transcripts["source"], transcripts["aligned_by"].is_not_null()
    reason = pl.coalesce("problem", "alignment_problem", pl.when(pl.col("text").is_null()).then(pl.lit(_NO_TEXT)))
    without = transcripts.filter(~placed).select(reason=reason)["reason"].drop_nulls()
    brought = int((source == CORPUS).sum())
    return {
        "clips": len(transcripts),
        "brought": brought,
        "written": len(source) - source.null_count() - brought,
        "placed": int(placed.sum()),
        **{_WITHOUT + reason: number for reason, number in Counter(without).items()},
    }


def _closing_line(done: Mapping[str, int], config: Config, shards: int, kept: int, seconds: float) -> str:
    before = f" ({kept} more were done before)" if kept else ""
    lines = []
    if config.annotate.speech:
        texts = f"{done['brought']:,} texts of the corpus, {done['written']:,} written"
        without = [
            f"{number:,} {key.removeprefix(_WITHOUT)}" for key, number in sorted(done.items()) if _WITHOUT in key
        ]
        lines.append(
            f"{counted(done['clips'], 'clip')} of {listed(config.annotate.domains)}: {texts};"
            f" {done['placed']:,} with times; without: {', '.join(without) or 'none'}"
        )
    if config.annotate.acoustics:
        lines.append(f"acoustic columns of {counted(done['columns'], 'clip')}")
    first = f"{STAGE:<10} {counted(shards, 'shard')}{before}, in {duration(seconds)}"
    return "\n".join([first, *(f"{'':<10} {line}" for line in lines)])
