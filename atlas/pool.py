"""Work on many items in processes of their own, in the order of the items; and where such processes come from.

The lower half works on dictionaries, clips and pages that need nothing of each other. Every process does its linear
algebra on one thread: many small products on all cores at once take twice as long as one after another. A process whose
parent is gone ends at once, so that nothing writes to a folder that nobody holds.

Processes are started afresh, as torch, polars and their threads do not survive a fork; on Linux they may branch off one
that has imported libraries, and done nothing else.
"""

import gc
import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import TypeVar

from threadpoolctl import threadpool_limits

from atlas.errors import AtlasError

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4  # chunks a worker


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def preload(libraries: Sequence[str]) -> None:
    """Have a process import libraries from now on, off which all later ones branch, so that none imports them again.

    Libraries that start threads as they are imported (polars) must not be among them. On Linux alone, and where there
    is more than one core; macOS's own libraries do not survive a fork.
    """
    if sys.platform == "linux" and cores() > 1:
        from multiprocessing import forkserver

        multiprocessing.set_start_method("forkserver", force=True)
        multiprocessing.set_forkserver_preload(list(libraries))
        with _same_path():
            forkserver.ensure_running()


def context() -> SpawnContext | ForkServerContext:
    """How processes are started."""
    forking = multiprocessing.get_start_method(allow_none=True) == "forkserver"
    return multiprocessing.get_context("forkserver") if forking else multiprocessing.get_context("spawn")


@contextmanager
def _same_path() -> Iterator[None]:
    """What is started meanwhile finds modules where this process does, and not in the folder that it is called in."""
    before = dict(os.environ)
    os.environ |= {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path), "PYTHONSAFEPATH": "1"}
    try:
        yield
    finally:
        for name in ("PYTHONPATH", "PYTHONSAFEPATH"):
            os.environ.pop(name)
        os.environ |= before


def ordered_map(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int, chunk: int = 1
) -> Iterator[Result]:
    """The result of each item, in order; one worker is this process. What `work` raises is raised here.

    A process takes `chunk` items at a time, and only so far ahead that what nobody asked for yet fits into memory.
    """
    workers = min(workers, len(items))
    if workers <= 1:
        with threadpool_limits(1):
            yield from map(work, items)
        return
    pool = ProcessPoolExecutor(workers, context(), _begin)
    try:
        chunks = (items[start : start + chunk] for start in range(0, len(items), chunk))
        for results in prefetch((pool.submit(_all, work, some) for some in chunks), AHEAD * workers):
            yield from results
    except BrokenProcessPool:
        raise AtlasError(
            "a worker process was killed, perhaps for lack of memory; run the same command again, with fewer --workers"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def prefetch(begun: Iterable[Future[Result]], most: int) -> Iterator[Result]:
    """The results of futures, in order; so many are begun before the first is waited for."""
    waiting: deque[Future[Result]] = deque()
    for future in begun:
        waiting.append(future)
        if len(waiting) == most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _all(work: Callable[[Item], Result], chunk: Sequence[Item]) -> list[Result]:
    return list(map(work, chunk))


def _begin() -> None:
    threadpool_limits(1)
    gc.set_threshold(
        100_000, 50, 50
    )  # pages are millions of small objects: looking for reference cycles took a fifth of the time
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
