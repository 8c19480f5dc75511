"""What each step of a window costs, called one after another, and how many bytes a feature's state takes."""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from atlas.audio.samples import display_mel
from atlas.measure import catalogue
from atlas.measure.counts import Counts
from atlas.measure.listening import decode
from atlas.measure.scan import Scanner
from atlas.measure.serialise import unpack
from atlas.measure.shard import WORK, dictionary_context, tracks_of
from atlas.measure.states import ClipView, CodedClip, CorpusContext, DictionaryState, empty_states

Step = tuple[str, Callable[[], object]]


def split_by_step(scanner: Scanner) -> Iterator[str]:
    """Median milliseconds a window of each step; those of a dictionary are summed over all of them."""
    times: dict[str, list[float]] = {}
    for clip in scanner.run.usable[:6]:
        window: dict[str, float] = {}
        for name, seconds in _steps(scanner, clip):
            window[name] = window.get(name, 0.0) + seconds
        for name, seconds in window.items():
            times.setdefault(name, []).append(seconds)
    medians = {name: statistics.median(values) * 1000 for name, values in times.items()}
    yield "ms a window: " + ", ".join(f"{name} {value:.1f}" for name, value in medians.items())


def _steps(scanner: Scanner, clip) -> Iterator[tuple[str, float]]:  # type: ignore[no-untyped-def]
    def timed(work: Callable[[], object]) -> tuple[object, float]:
        started = time.perf_counter()
        result = work()
        return result, time.perf_counter() - started

    (samples, shown), seconds = timed(lambda: decode(clip, scanner.run.grid))
    yield "decode", seconds
    mel, seconds = timed(lambda: display_mel(shown))
    yield "display mel", seconds
    prepared, seconds = timed(lambda: scanner.encoder.prepare(samples))
    yield "encoder mel", seconds
    found, seconds = timed(lambda: scanner.encoder.activations(prepared[None], scanner.run.config.taps()))
    yield "encoder", seconds
    view = ClipView(
        number=clip.number,
        hash64=clip.hash64,
        valid=clip.valid,
        mel=mel,
        matched=(0, 250),
        matched_in_cell=(50, 350),
    )
    for reader in scanner.readers:
        x = found[reader.tap][0]
        z, seconds = timed(lambda: reader.dictionary.pre_activations(x, out=reader.coder._z))
        yield "matmul", seconds
        codes, seconds = timed(lambda: reader.coder.select(z.numpy(), clip.valid))
        yield "selection", seconds
        corpus = CorpusContext(
            recordings=scanner.recordings, tiers=(), top=20, grid=scanner.run.grid, threads=scanner.threads
        )
        context = dictionary_context(corpus, reader.dictionary, reader.scales)
        states = _STATES.setdefault((id(scanner), reader.name), empty_states(catalogue.kinds(), context))
        counts = states[catalogue.COUNTS]
        assert isinstance(counts, Counts)
        seen, seconds = timed(lambda: counts.count(codes, view, context))
        yield catalogue.COUNTS, seconds
        distances = None
        if reader.rebuilder is not None:
            raw = x[: clip.valid].numpy()
            distances, seconds = timed(lambda: reader.rebuilder.distances(raw, codes.rows, None, None))
            yield "distances", seconds
        coded = CodedClip(view, codes, seen, distances)
        for name, state in states.items():
            if state is not counts:
                _, seconds = timed(lambda: state.add(coded, context))
                yield name, seconds
        _, seconds = timed(lambda: tracks_of(codes, seen, view))
        yield "tracks", seconds


_STATES: dict[tuple[int, str], dict[str, DictionaryState]] = {}


def state_bytes(scanner: Scanner, out: Path, windows: int) -> Iterator[str]:
    """Bytes of a feature's state in memory, and what a window leaves on disk."""
    reader = scanner.readers[0]
    states = unpack(next((out / WORK).glob(f"*/{reader.name}.states.zip")), catalogue.kinds())
    n = reader.dictionary.n
    counted = sum(array.nbytes for array in (states["counts"].table, states["counts"].histogram, states["counts"].mel))
    slots = sum(
        getattr(states[key], name).nbytes
        for key in ("top", "draw")
        for name in ("keys", "clips", "peaks", "frames", "worst")
    )
    traces = sum(
        getattr(states[key], name).nbytes
        for key in ("top", "draw")
        for name in ("starts", "sizes", "offsets", "shares")
    )
    yield f"state a feature: {(counted + slots) / n / 1024:.2f} KiB without traces, traces {traces / n / 1024:.2f} KiB"
    peaks = sum(path.stat().st_size for path in (out / "peaks").rglob("*.parquet"))
    work = sum(path.stat().st_size for path in (out / WORK).rglob("*") if path.is_file())
    taps = len(scanner.readers)
    shares = [f"{what} {size / windows / taps / 1024:.1f} KiB" for what, size in (("peaks", peaks), ("work", work))]
    yield f"on disk a window and dictionary: {', '.join(shares)}"
