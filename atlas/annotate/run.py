"""The stage `annotate`: words and phones, with their times, for clips of speech that come with none; and acoustics.

What the corpus brings wins: its texts are aligned as they stand, and a tier that it gives of a clip is not made again.
Where it has no text a Whisper writes one. The forced aligner places words and phones if it is asked for; what it
refuses keeps the words that Whisper places. A clip that fails has a problem in `transcripts`, and the run goes on.

Each shard leaves its rows of both tables, and last its marker. What an earlier run made of the same clip is kept.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Protocol

import polars as pl
import torch

from atlas.annotate.base import UNREADABLE, Alignment, SpeechClip, Transcript, WordSource
from atlas.annotate.clips import AnnotatedClip, AskedClip, annotations_of, asked_clip, asked_clips, transcripts_of
from atlas.annotate.phones import ForcedAligner, aligner_version
from atlas.annotate.reuse import EarlierRows, with_contents
from atlas.annotate.sampled import columns_of
from atlas.annotate.whisper_words import find_writer
from atlas.config.settings import Config
from atlas.encoders.catalogue import find_source
from atlas.formatting import counted, duration
from atlas.pool import ordered_map
from atlas.progress import Advance, bar
from atlas.schema import ANNOTATED, ANNOTATIONS, CLIPS, COLUMNS, TRANSCRIPTS, Table
from atlas.schema.annotated import CORPUS, STUDIED, WRITTEN
from atlas.schema.grid import FrameGrid
from atlas.speech.tiers import WORDS
from atlas.store import AtlasFolder, Facts, opaque

STAGE = "annotate"
RECIPE = "1"
"raised with every change of what a source makes of the same clip"
_AT_ONCE = 16  # clips whose samples are held


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
    clips = with_contents(asked_clips(workspace.config, folder), _recipe(workspace))
    mine = clips.filter(pl.col("shard").is_in([int(name) for name in names]))
    earlier, words = EarlierRows.of(folder), _Words(workspace)
    _drop_shards_beyond(folder, {f"{number:05d}" for number in folder.read_table(CLIPS)["shard"].unique()})
    done: Counter[str] = Counter()
    with bar(STAGE, len(mine), "clips") as advance:
        for name in names:
            here = mine.filter(pl.col("shard") == int(name))
            tables = _shard(here, workspace.config, earlier, words, workers, advance)
            columns = _columns(workspace, int(name), workers)
            paths = [folder.write_table(table, frame, name) for table, frame in (*tables, (COLUMNS, columns))]
            folder.mark((STAGE, name), facts, paths)
            done.update(_counts(tables[0][1]))
    return _closing_line(done, len(names), kept, time.monotonic() - started)


def _drop_shards_beyond(folder: AtlasFolder, known: Set[str]) -> None:
    """Delete what an earlier run left of shards that the corpus no longer has."""
    for name in set(folder.marked(STAGE)) - known:
        folder.unmark(STAGE, name)
        for table in ANNOTATED.values():
            folder.path(table, name).unlink(missing_ok=True)


def _columns(workspace: AnnotateWorkspace, shard: int, workers: int) -> pl.DataFrame:
    if not workspace.config.annotate.acoustics:
        return COLUMNS.empty()
    return columns_of(workspace.folder.read_table(CLIPS), shard, workspace.config, workspace.grid, workers)


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


def _shard(
    clips: pl.DataFrame, config: Config, earlier: EarlierRows, words: _Words, workers: int, advance: Advance
) -> tuple[tuple[Table, pl.DataFrame], ...]:
    """Both tables of one shard."""
    transcripts, annotations = earlier.of_clips(clips)
    advance(len(transcripts))
    fresh = clips.join(transcripts, on="content", how="anti").sort("clip")
    asked = [asked_clip(row, config) for row in fresh.iter_rows(named=True)]
    done: list[AnnotatedClip] = []
    for start in range(0, len(asked), _AT_ONCE):
        done += _written(asked[start : start + _AT_ONCE], words)
        advance(len(done) - start)
    if config.annotate.phones is not None:
        done = _forced(done, workers)
    frames = ((TRANSCRIPTS, transcripts, transcripts_of(done)), (ANNOTATIONS, annotations, annotations_of(done)))
    return tuple((table, pl.concat([before, made]).sort(table.key)) for table, before, made in frames)


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


def _forced(clips: Sequence[AnnotatedClip], workers: int) -> list[AnnotatedClip]:
    """The clips, and those with a known text aligned by force."""
    fit = [clip for clip in clips if clip.may_be_forced]
    aligned = dict(zip([clip.asked.clip for clip in fit], ordered_map(_force, fit, workers), strict=True))
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
    problems = [*transcripts["problem"].drop_nulls(), *transcripts["alignment_problem"].drop_nulls()]
    brought = transcripts.filter(pl.col("source") == CORPUS).height
    return {
        "clips": len(transcripts),
        "brought": brought,
        "written": transcripts["source"].count() - brought,
        "placed": transcripts["aligned_by"].count(),
        **{f"refused: {problem}": number for problem, number in Counter(problems).items()},
    }


def _closing_line(done: Mapping[str, int], shards: int, kept: int, seconds: float) -> str:
    before = f" ({kept} more were done before)" if kept else ""
    refused = [f"{key.removeprefix('refused: ')} {number}" for key, number in sorted(done.items()) if ": " in key]
    texts = f"{done['brought']:,} texts of the corpus, {done['written']:,} written"
    return (
        f"annotate   {counted(done['clips'], 'clip')} in {counted(shards, 'shard')}{before}, in {duration(seconds)}\n"
        f"           {texts}; {done['placed']:,} with times; refused: {', '.join(refused) or 'none'}"
    )
