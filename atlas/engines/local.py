"""Shards in this process, or in worker processes that divide the cores among them.

Workers are started afresh (no fork: torch and its threads do not survive one) and take shards from one queue. What a
worker leaves is in the folder; only counts of windows come back, for the progress bar.
"""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.queues import Queue
from queue import Empty

import torch

from atlas.errors import AtlasError
from atlas.measure.run import Run
from atlas.measure.scan import Scanner
from atlas.progress import Advance

_WAIT_S = 0.2

_scanner: Scanner | None = None
_progress: "Queue[int] | None" = None


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def scan_shards(run: Run, numbers: Sequence[int], workers: int, advance: Advance) -> None:
    """Scan shards with so many workers; one worker is this process."""
    if workers == 1 or len(numbers) == 1:
        torch.set_num_threads(run.threads)
        scanner = Scanner(run)
        for number in numbers:
            scanner.scan(number, advance)
        return
    workers = min(workers, len(numbers))
    share = replace(run, threads=max(1, run.threads // workers))
    context = multiprocessing.get_context("spawn")
    progress: Queue[int] = context.Queue()
    with ProcessPoolExecutor(workers, context, _start, (share, progress)) as pool:
        waiting = {pool.submit(_scan, number) for number in numbers}
        try:
            _follow(waiting, progress, advance)
        except BrokenProcessPool:
            raise AtlasError(
                "a worker process was killed, perhaps for lack of memory; finished shards are kept:"
                " run the same command again, with fewer --workers"
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _follow(waiting: "set[Future[None]]", progress: "Queue[int]", advance: Advance) -> None:
    """Wait for the shards, and pass on what the workers report; the first failure ends the wait."""
    while waiting:
        done, waiting = wait(waiting, _WAIT_S, FIRST_COMPLETED)
        while True:
            try:
                advance(progress.get_nowait())
            except Empty:
                break
        for future in done:
            future.result()


def _start(run: Run, progress: "Queue[int]") -> None:
    """Make a worker ready: its encoder and dictionaries are loaded once."""
    global _scanner, _progress
    torch.set_num_threads(run.threads)
    _scanner, _progress = Scanner(run), progress


def _scan(number: int) -> None:
    if _scanner is None or _progress is None:
        raise RuntimeError("a worker was asked to scan before it was started")
    _scanner.scan(number, _progress.put)
