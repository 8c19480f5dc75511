"""Shards in this process, or in worker processes that divide the cores among them.

Workers are started afresh (no fork: torch and its threads do not survive one) and take shards from one queue. What a
worker leaves is in the folder; only counts of windows, and errors, come back. A worker whose parent is gone ends at
once, so that nothing writes to a folder that nobody holds.
"""

import multiprocessing
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty
from typing import TYPE_CHECKING

import torch

from atlas.errors import AtlasError
from atlas.measure.run import Run
from atlas.measure.scan import Scanner
from atlas.pool import FAILED, context, failed_to_start
from atlas.progress import Advance
from atlas.store import Facts

_WAIT_S = 0.2

if TYPE_CHECKING:
    Tasks = Queue[int | None]
    Reports = Queue[int | AtlasError]


def scan_shards(run: Run, facts: Facts, numbers: Sequence[int], workers: int, advance: Advance) -> None:
    """Scan shards with so many workers; one worker is this process. `facts` are what shards depend on."""
    workers = min(workers, len(numbers))
    if workers > 1:
        _scan_in_workers(run, facts, numbers, workers, advance)
        return
    torch.set_num_threads(run.threads)
    scanner = Scanner(run, facts)
    for number in numbers:
        scanner.scan(number, advance)


def _scan_in_workers(run: Run, facts: Facts, numbers: Sequence[int], workers: int, advance: Advance) -> None:
    processing = context()
    tasks: Tasks = processing.Queue()
    reports: Reports = processing.Queue()
    for number in (*numbers, *[None] * workers):
        tasks.put(number)
    share = replace(run, threads=max(1, run.threads // workers))
    processes = [
        processing.Process(target=_work, args=(share, facts, tasks, reports), daemon=True) for _ in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        _follow(processes, reports, advance)
    finally:
        tasks.cancel_join_thread()
        for process in processes:
            process.terminate()
            process.join()


def _follow(processes: Sequence[BaseProcess], reports: "Reports", advance: Advance) -> None:
    """Pass on what the workers report, until all have ended; the first failure ends the wait."""
    while True:
        ended = all(process.exitcode is not None for process in processes)
        try:
            report = reports.get(timeout=_WAIT_S)
        except Empty:
            _check(processes)
            if ended:
                return
            continue
        if isinstance(report, AtlasError):
            raise report
        advance(report)


def _check(processes: Sequence[BaseProcess]) -> None:
    codes = [process.exitcode for process in processes]
    if any(code is not None and code < 0 for code in codes):
        raise AtlasError(
            "a worker process was killed, perhaps for lack of memory; finished shards are kept:"
            " run the same command again, with fewer --workers"
        )
    if (error := failed_to_start(processes)) is not None:
        raise error
    if any(codes):
        raise RuntimeError(FAILED)


def _work(run: Run, facts: Facts, tasks: "Tasks", reports: "Reports") -> None:
    """A worker: encoder and dictionaries are loaded once, for all of its shards."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(run.threads)
    try:
        scanner = Scanner(run, facts)
        while (number := tasks.get()) is not None:
            scanner.scan(number, reports.put)
    except AtlasError as error:
        reports.put(error)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
