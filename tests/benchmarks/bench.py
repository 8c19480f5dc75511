"""`make bench`: what a window costs beside what it must cost, and whether memory and time behave.

Everything that is compared runs in turn in one process, and medians are compared, as machines are noisy. The floor is
the encoder plus the dictionaries' matmuls alone, on inputs that lie ready.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import torch

from atlas.config.loading import load_config
from atlas.measure.listening import decode
from atlas.measure.run import Run
from atlas.measure.scan import Scanner
from atlas.pipeline import STAGES, Options
from atlas.pool import cores
from atlas.store import AtlasFolder
from tests.benchmarks.analysing import write_tables
from tests.benchmarks.effects import effects
from tests.benchmarks.steps import split_by_step, state_bytes
from tests.benchmarks.world import MICRO, SMALL, TINY, Bench, write_corpus, write_world

ROOT = Path(".bench").resolve()
SHARD = 512  # windows of a shard, over which what is done once a shard is spread
BENCHES = {  # (what, windows of the smaller and of the larger scan, rounds)
    "tiny": (Bench("tiny, encoder.blocks.2 x 3,072", TINY, (2,), 3072), (8, 40), 3),
    "small": (Bench("small, 12 taps x 6,144", SMALL, tuple(range(12)), 6144), (1, 5), 3),
}


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def prepared(config: Path, out: Path, threads: int) -> Scanner:
    """A scanner over one shard that holds the whole corpus."""
    run = Run(load_config(config), AtlasFolder(out), torch.device("cpu"), threads)
    torch.set_num_threads(threads)
    for name in ("index", "calibrate"):
        STAGES[name].do(run, Options(force=True))
    return Scanner(run, STAGES["scan"].facts(run))


def floor_of(scanner: Scanner) -> Callable[[], None]:
    """The encoder and the dictionaries' matmuls over all windows, and nothing else."""
    inputs = [scanner.encoder.prepare(decode(clip, scanner.run.grid)[0]) for clip in scanner.run.usable]
    room = torch.empty(1500, max(reader.dictionary.n for reader in scanner.readers))

    def work() -> None:
        for mel in inputs:
            found = scanner.encoder.activations(mel[None], scanner.run.config.taps())
            for reader in scanner.readers:
                reader.dictionary.pre_activations(found[reader.tap][0], out=room)

    return work


def scan_seconds(scanner: Scanner, windows: int) -> float:
    """The scan of one shard that holds the first so many windows, its files written."""
    run = scanner.run
    everything = run.usable
    run.__dict__["usable"] = everything[:windows]
    try:
        return timed(lambda: scanner.scan(0, lambda _: None))
    finally:
        run.__dict__["usable"] = everything


def whole_pass(name: str) -> None:
    """The whole pass over FLAC, and over MP3, beside the floor.

    A shard costs something once and something a window: scans of two sizes, in turn with the floor, tell them apart.
    """
    bench, (few, many), rounds = BENCHES[name]
    corpora = {
        "flac": write_corpus(ROOT / f"flac-{many}", many, "flac", 16_000, 1),
        "mp3": write_corpus(ROOT / f"mp3-{many}", many, "mp3", 44_100, 2),
    }
    scanners = {}
    for kind, corpus in corpora.items():
        config = write_world(ROOT / name / kind, bench, corpus, 10**6)
        scanners[kind] = prepared(config, ROOT / name / kind / "out", cores())
    floor = floor_of(scanners["flac"])
    floors: list[float] = []
    slopes: dict[str, list[float]] = {kind: [] for kind in scanners}
    fixed: list[float] = []
    for turn in range(rounds + 1):
        found = {"floor": timed(floor) / many}
        for kind, scanner in scanners.items():
            short, long = scan_seconds(scanner, few), scan_seconds(scanner, many)
            found[kind] = (long - short) / (many - few)
            once = short - few * found[kind]
        if not turn:
            continue  # the first turn compiles kernels and warms caches
        floors.append(found["floor"])
        fixed.append(once)
        for kind in scanners:
            slopes[kind].append(found[kind] + max(once, 0) / SHARD)
    tell(bench, rounds, floors, slopes, fixed)
    for line in (*split_by_step(scanners["flac"]), *state_bytes(scanners["flac"], ROOT / name / "flac" / "out", many)):
        click.echo(f"  {line}")


def tell(bench: Bench, rounds: int, floors: list[float], slopes: dict[str, list[float]], fixed: list[float]) -> None:
    """Print medians, and the median of the ratios round by round."""
    ratios = {
        kind: statistics.median(whole / floor for whole, floor in zip(values, floors, strict=True))
        for kind, values in slopes.items()
    }
    milliseconds = {"floor": floors, **slopes}
    click.echo(f"\n{bench.name}; windows of 30 s, {rounds} rounds, {cores()} threads, fp32")
    medians = ", ".join(f"{kind} {statistics.median(values) * 1000:.1f}" for kind, values in milliseconds.items())
    click.echo(f"  ms a window: {medians}; once a shard: {statistics.median(fixed):.2f} s, spread over {SHARD} windows")
    click.echo(f"  whole pass / floor: {ratios['flac']:.2f}")
    click.echo(f"  whole pass / floor from MP3 at 44.1 kHz stereo: {ratios['mp3']:.2f}")


def command(config: Path, out: Path, workers: int) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.bench", "scan", str(config), str(out), str(workers)]


def measured(config: Path, out: Path, workers: int) -> tuple[float, float]:
    """Seconds of the scan alone, and peak MiB, of one process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    del before
    process = subprocess.Popen(command(config, out, workers), stdout=subprocess.PIPE, text=True)
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("the bench's own scan failed")
    scale = 1024 if sys.platform == "linux" else 1024**2
    return float(output.strip().splitlines()[-1]), usage.ru_maxrss / scale


def growth() -> None:
    """Time and memory from 1x to 10x the corpus."""
    bench = Bench("micro x 3,072", MICRO, (0,), 3072)
    found = {}
    for windows in (48, 480):
        corpus = write_corpus(ROOT / f"flac-{windows}", windows, "flac", 16_000, 1)
        config = write_world(ROOT / f"growth-{windows}", bench, corpus.resolve(), 32)
        found[windows] = measured(config, ROOT / f"growth-{windows}" / "out", 1)
    (small_s, small_mib), (large_s, large_mib) = found[48], found[480]
    click.echo("\n1x (48 windows) against 10x (480), shards of 32, index to merge in a process of its own")
    click.echo(f"  scan seconds a window: {small_s / 48 * 1000:.1f} ms and {large_s / 480 * 1000:.1f} ms")
    click.echo(f"  peak memory: {small_mib:.0f} MiB and {large_mib:.0f} MiB ({large_mib / small_mib:.2f} x)")


def workers() -> None:
    """Two workers of one thread against one of one thread: what a window costs, and what starting workers costs."""
    bench = BENCHES["tiny"][0]
    few, many = 32, 128
    configs = {}
    for windows in (few, many):
        corpus = write_corpus(ROOT / f"flac-{windows}", windows, "flac", 16_000, 1)
        configs[windows] = write_world(ROOT / f"workers-{windows}", bench, corpus.resolve(), 8)
    windows_ms: dict[int, list[float]] = {1: [], 2: []}
    starts: list[float] = []
    for turn in range(3):
        for number in windows_ms:
            took = {size: measured(path, path.parent / f"{number}-{turn}", number)[0] for size, path in configs.items()}
            each = (took[many] - took[few]) / (many - few)
            windows_ms[number].append(each * 1000)
        starts.append(took[few] - few * each)
    ratios = [one / two for one, two in zip(windows_ms[1], windows_ms[2], strict=True)]
    one, two = (statistics.median(values) for values in windows_ms.values())
    click.echo(f"\nworkers of one thread, tiny, from scans of {few} and {many} windows, {len(ratios)} rounds")
    click.echo(f"  ms a window: one worker {one:.1f}, two workers {two:.1f}")
    click.echo(f"  one worker / two workers: {statistics.median(ratios):.2f}")
    click.echo(f"  two workers start in {statistics.median(starts):.1f} s")


def scan_once(config: Path, out: Path, number: int) -> None:
    """What `measured` runs: every stage, one thread a worker; prints the seconds of the scan."""
    torch.set_num_threads(1)
    run = Run(load_config(config), AtlasFolder(out), torch.device("cpu"), number)
    for name in ("index", "calibrate"):
        STAGES[name].do(run, Options(force=True))
    seconds = timed(lambda: click.echo(STAGES["scan"].do(run, Options(workers=number, force=True))))
    STAGES["merge"].do(run, Options(force=True))
    click.echo(f"{seconds:.3f}")


def analysis() -> None:
    """One dictionary of 6,144 features against 2,000 clips and 100 labels, in a process of its own."""
    root = ROOT / "analyse"
    write_tables(root)
    arguments = [sys.executable, "-m", "tests.benchmarks.analysing", str(root)]
    told = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds, of_a_core, mib = map(float, told.split())
    click.echo("\nanalyse, 6,144 features x 2,000 clips x 100 labels, 2^18 sampled frames, one process")
    click.echo(f"  {seconds:.1f} s of at most 60, {of_a_core:.1f} s of a core; {mib:,.0f} MiB of at most 4,096")


PARTS = {
    "tiny": lambda: whole_pass("tiny"),
    "small": lambda: whole_pass("small"),
    "growth": growth,
    "workers": workers,
    "analyse": analysis,
    "effects": lambda: effects(ROOT),
}


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["scan"]:
        scan_once(Path(arguments[1]), Path(arguments[2]), int(arguments[3]))
        return
    for part in arguments or list(PARTS):
        PARTS[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
