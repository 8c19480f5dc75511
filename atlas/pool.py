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
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.context import BaseContext, ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar, cast

from threadpoolctl import threadpool_limits

from atlas.errors import AtlasError

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4  # chunks a worker
UNCAUGHT = 1  # the exit status of Python after an exception that nobody caught
FAILED = "a worker process failed; its traceback is above"
UNGUARDED = 78  # the exit status of a worker that finds itself doing its parent's work


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(workers: int | None) -> int:
    """How many processes a stage may use: as many as are asked for, else one a core."""
    return cores() if workers is None else workers


def refuse_unguarded() -> None:
    """End a worker that is about to do its parent's work, as it imports a script that lacks a guard."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(UNGUARDED)  # not by an exception: a forkserver's child would end with 1


def failed_to_start(children: Iterable[BaseProcess]) -> AtlasError | None:
    """What to say where workers ended as they imported the script that started them, as it has no guard."""
    if not any(child.exitcode == UNGUARDED for child in children):
        return None
    script = getattr(sys.modules["__main__"], "__file__", None) or "the script that called this"
    return AtlasError(
        f"{script}: a worker process could not start. Each of them imports the script anew: put what starts the work"
        ' under `if __name__ == "__main__":`'
    )


def background(module: str, function: str) -> BaseProcess:
    """A process that calls a function, and is not interrupted with this one: it ends when this one does."""
    process = context().Process(target=_uninterrupted, args=(module, function), daemon=True)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if _in_main_thread() else None
    try:
        process.start()
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
    return process


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _uninterrupted(module: str, function: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # before what takes long to import
    getattr(import_module(module), function)()


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
    refuse_unguarded()
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


class _StartedProcesses:
    """A way of starting processes that keeps them, as those that have ended are no longer among active children."""

    def __init__(self, inner: BaseContext) -> None:
        self._inner = inner
        self.processes: list[BaseProcess] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def Process(self, *args: Any, **kwargs: Any) -> BaseProcess:  # noqa: N802 (as contexts call it)
        process: BaseProcess = self._inner.Process(*args, **kwargs)  # type: ignore[attr-defined]
        self.processes.append(process)
        return process


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
    started = _StartedProcesses(context())
    pool = ProcessPoolExecutor(workers, cast(BaseContext, started), _begin)
    chunks = (items[start : start + chunk] for start in range(0, len(items), chunk))
    try:
        for results in prefetch((pool.submit(_all, work, some) for some in chunks), AHEAD * workers):
            yield from results
    except BrokenProcessPool:
        pool.shutdown(cancel_futures=True)  # waits until all have ended, so that it is known how
        children = started.processes
        if any(child.exitcode == UNCAUGHT for child in children):
            raise RuntimeError(FAILED) from None
        raise failed_to_start(children) or AtlasError(
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
