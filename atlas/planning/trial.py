"""A short trial on this machine: some windows of the corpus through the run's own index, calibration and scan.

What it measures are rates, and what dictionaries do on these windows: how many features fire, in how many windows each,
and how large what they leave is. Kernels are compiled and caches are warm before the clock starts. It works in a
temporary folder and leaves nothing behind.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import torch
from torch import Tensor

from atlas.annotate.run import annotate, source_facts
from atlas.audio.samples import Samples
from atlas.config.dictionaries import LOG_MEL
from atlas.config.settings import Config
from atlas.corpus.alignments import place_spans, read_spans
from atlas.corpus.decode import Clip, listen
from atlas.corpus.entries import CorpusEntry
from atlas.corpus.index import clips_table
from atlas.corpus.sources import read_entries
from atlas.digests import digest_of
from atlas.encoders.base import Encoder
from atlas.errors import AtlasError
from atlas.measure.calibrate import calibrate
from atlas.measure.listening import ClipSource, decode
from atlas.measure.run import Run
from atlas.measure.scan import Scanner
from atlas.measure.shard import CODES_FILE, DictionaryReader, shard_name, work_file
from atlas.measure.thresholds import hear_sample
from atlas.media import loudness, pictures, sounds
from atlas.planning.outline import CorpusOutline, length_of
from atlas.planning.rates import Trial, TrialDictionary
from atlas.schema import ALIGNMENTS, CLIPS, peaks_table
from atlas.schema.grid import FrameGrid
from atlas.store import AtlasFolder

FIRST = 6
"windows that warm everything up, and tell how many more there is time for"
MOST = 200
"windows: as many as the calibration listens to"
_WINDOWS_A_FILE = 4
_PASSES = 4.0  # of the encoder over each window, or what takes as long: calibration, scan, dictionaries
_MEDIA = 8
_MIB = 1024 if sys.platform == "linux" else 1024**2  # of ru_maxrss


def try_run(
    config: Config, outline: CorpusOutline, device: torch.device, threads: int, seconds: float, *, annotated: bool
) -> Trial:
    """About so many seconds of trial, beside what it takes to load models; `annotated`: whether that is tried, too."""
    entries = _spread(read_entries(config.corpus))
    with tempfile.TemporaryDirectory(prefix="atlas-plan-") as temporary:
        where = _Where(_bounded(config, outline), Path(temporary), device, threads)
        first, _ = _indexed(where, "first", entries, FIRST)
        encoder_s = _warm_encoder_s(first)
        count = int(np.clip(seconds / (_PASSES * encoder_s), FIRST, MOST))
        run, index_s = _indexed(where, "trial", entries, count)
        annotate_s = _annotate_s(where, entries) if annotated else None
        return replace(_measured(run), index_s=index_s, annotate_s=annotate_s)


@dataclass(frozen=True, slots=True)
class _Where:
    """What a trial works with, and where."""

    config: Config
    root: Path
    device: torch.device
    threads: int


def _bounded(config: Config, outline: CorpusOutline) -> Config:
    """The config of a trial: one shard, and as large a share of the frames' codes as in the whole."""
    share = min(1.0, MOST / max(1, outline.count))
    frames = max(1, round(config.scan.code_frames * share))
    return config.model_copy(
        update={"scan": config.scan.model_copy(update={"shard_windows": 10**6, "code_frames": frames})}
    )


def _spread(entries: Sequence[CorpusEntry]) -> list[CorpusEntry]:
    """The entries in an order of their own, which mixes the corpus."""
    return sorted(entries, key=lambda entry: digest_of(f"{entry.path} {entry.start_s}"))


def _cut(entry: CorpusEntry, longest_s: float) -> CorpusEntry:
    """An entry of a few windows, whose file may be hours long."""
    start_s = entry.start_s or 0.0
    end_s = entry.end_s or length_of(entry.file) or 0.0
    return replace(entry, end_s=start_s + longest_s) if end_s - start_s > longest_s else entry


def _indexed(where: _Where, name: str, entries: Sequence[CorpusEntry], count: int) -> tuple[Run, float]:
    """A run over so many windows, as `index` leaves it; and what that took, a second of audio."""
    run = Run(where.config, AtlasFolder(where.root / name), where.device, where.threads)
    clips: list[Clip] = []
    started, place = time.perf_counter(), 0
    while len(clips) < count and place < len(entries):
        wanted = max(where.threads, count - len(clips))
        some = [_cut(entry, _WINDOWS_A_FILE * run.window_s) for entry in entries[place : place + wanted]]
        heard = listen(some, run.window_s, run.grid, where.threads)
        clips += [clip for clip in heard if clip.problem is None]
        place += wanted
    took_s = time.perf_counter() - started
    if not clips:
        raise AtlasError("plan: no file of the corpus can be read; `atlas index` says what is wrong with each")
    ordered = sorted(clips[:count], key=lambda clip: (clip.entry.recording, clip.entry.path, clip.offset_s))
    table = clips_table(ordered, 10**6)
    lengths = table.with_columns(file_s=pl.Series([clip.file_s for clip in ordered], dtype=pl.Float64))
    alignments = where.config.corpus.alignments
    spans = read_spans(alignments, {entry.path for entry in entries})
    run.folder.write_table(CLIPS, table)
    run.folder.write_table(ALIGNMENTS, place_spans(spans, lengths, alignments))
    return run, took_s / sum(clip.duration_s for clip in clips)


def _warm_encoder_s(run: Run) -> float:
    encoder, inputs = run.encoder(), _inputs(run, run.usable[:FIRST])
    _encoding_s(run, encoder, inputs[:2])
    return _encoding_s(run, encoder, inputs)


def _inputs(run: Run, clips: Sequence[ClipSource]) -> list[Tensor]:
    encoder = run.encoder()
    return [encoder.prepare(decode(clip, run.grid)[0]) for clip in clips]


def _encoding_s(run: Run, encoder: Encoder, inputs: Sequence[Tensor]) -> float:
    """Seconds a window of the encoder alone, in its batches."""
    modules = [tap for tap in run.config.taps() if tap != LOG_MEL]
    if not modules:
        return 1e-3
    shape = inputs[0].shape
    alike = [one for one in inputs if one.shape == shape]
    torch.set_num_threads(run.threads)
    _wait(run)
    started, encoded = time.perf_counter(), 0
    for start in range(0, len(alike), encoder.batch):
        batch = torch.stack(alike[start : start + encoder.batch])
        encoder.activations(torch.cat([batch, batch.new_zeros(encoder.batch - len(batch), *shape)]), modules)
        encoded += encoder.batch
    _wait(run)
    return max((time.perf_counter() - started) / encoded, 1e-6)


def _wait(run: Run) -> None:
    if run.device.type == "cuda":
        torch.cuda.synchronize(run.device)


class TimedEncoder:
    """An encoder with a clock: what it takes within the pass, so that both are measured under the same load."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.seconds = 0.0

    @property
    def grid(self) -> FrameGrid:
        return self._encoder.grid

    @property
    def frames(self) -> int:
        return self._encoder.frames

    @property
    def device(self) -> torch.device:
        return self._encoder.device

    @property
    def batch(self) -> int:
        return self._encoder.batch

    def prepare(self, samples: Samples) -> Tensor:
        return self._encoder.prepare(samples)

    def activations(self, inputs: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        started = time.perf_counter()
        found = self._encoder.activations(inputs, taps)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.seconds += time.perf_counter() - started
        return found

    def resumed_with(self, tap: str) -> str | None:
        return self._encoder.resumed_with(tap)

    def resume(self, tap: str, edited: Tensor, entering: Tensor | None = None) -> Tensor:
        return self._encoder.resume(tap, edited, entering)

    def trace(
        self, tap: str, edited: Tensor, entering: Tensor | None, taps: Sequence[str]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        return self._encoder.trace(tap, edited, entering, taps)


def _measured(run: Run) -> Trial:
    """Calibrate, scan and look at what is left."""
    clips = run.usable
    encoder = run.encoder()
    sample = clips[:FIRST]
    heard_s = _timed(lambda: hear_sample(encoder, sample, run.widths, run.threads, _ignore)) / len(sample)
    calibrate_s = _timed(lambda: calibrate(run)) - heard_s * min(len(clips), run.config.calibrate.windows)
    scanner = Scanner(run, {})
    _scan_s(scanner, clips[:2])
    timed = TimedEncoder(scanner.encoder)
    scanner.encoder = timed
    window_s, shard_s = _scan_s(scanner, clips)
    media_s, picture_bytes = _media(run, clips[:_MEDIA])
    gpu = run.device.type == "cuda"
    return Trial(
        windows=len(clips),
        frames=sum(clip.valid for clip in clips),
        seconds=sum(clip.duration_s for clip in clips),
        encoder_s=timed.seconds / len(clips),
        window_s=window_s,
        shard_s=shard_s,
        index_s=0.0,
        heard_s=heard_s,
        calibrate_s=max(0.0, calibrate_s),
        media_s=media_s,
        annotate_s=None,
        picture_bytes=picture_bytes,
        dictionaries={reader.name: _left(run, reader) for reader in scanner.readers},
        memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB,
        device_mib=torch.cuda.max_memory_allocated(run.device) / 2**20 if gpu else None,
        machine=run.build,
    )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ignore(_amount: int) -> None:
    pass


def _scan_s(scanner: Scanner, clips: Sequence[ClipSource]) -> tuple[float, float]:
    """The scan of a shard of some clips: seconds a window, and once."""
    scanner.run.__dict__["usable"] = list(clips)
    stamps = [time.perf_counter()]
    scanner.scan(0, lambda _amount: stamps.append(time.perf_counter()))
    return (stamps[-1] - stamps[0]) / len(clips), time.perf_counter() - stamps[-1]


def _media(run: Run, clips: Sequence[ClipSource]) -> tuple[float, float]:
    """Sound and picture of some windows: seconds a window, and bytes of pictures a second of audio."""
    drawn = 0
    started = time.perf_counter()
    for clip in clips:
        shown = decode(clip, run.grid)[1]
        drawn += len(pictures.spectrogram(shown))
        sounds.encode(shown, loudness.gain_db(shown))
    took_s = time.perf_counter() - started
    return took_s / len(clips), drawn / sum(clip.duration_s for clip in clips)


def _left(run: Run, reader: DictionaryReader) -> TrialDictionary:
    """What the scan left of one dictionary."""
    n = reader.dictionary.n
    path = run.folder.path(peaks_table(n), reader.name, shard_name(0))
    peaks = pl.read_parquet(path, columns=["feature"])
    codes = work_file(run.folder, 0, f"{reader.name}{CODES_FILE}")
    sampled = pl.read_parquet(codes, columns=["features"])["features"].list.len()
    active = max(1, int(sampled.sum()))
    return TrialDictionary(
        counts=np.bincount(peaks["feature"].to_numpy(), minlength=n),
        features=n,
        l0=active / max(1, len(sampled)),
        code_bytes=codes.stat().st_size / active,
    )


def _annotate_s(where: _Where, entries: Sequence[CorpusEntry]) -> float | None:
    """What annotating takes, a second of audio of the domains that are annotated."""
    config = where.config
    some = [entry for entry in entries if entry.domain in config.annotate.domains]
    if not config.annotate.asked or not some:
        return None
    run, _ = _indexed(where, "annotate", some, FIRST)
    workers = where.threads
    took_s = _timed(lambda: annotate(run, source_facts(run), [shard_name(0)], 0, workers))
    return took_s / sum(clip.duration_s for clip in run.usable)
