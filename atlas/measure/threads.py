"""A few threads that share one range of rows or features; the kernels release the interpreter's lock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

_SMALLEST_SHARE = 64  # below this a thread costs more than it brings


class Threads:
    """Runs a function on parts of a range at once; no result depends on how many threads there are."""

    def __init__(self, number: int) -> None:
        self.number = max(1, number)
        self._pool = ThreadPoolExecutor(self.number - 1) if self.number > 1 else None

    def share(self, size: int, work: Callable[[int, int], None]) -> None:
        """Call `work(first, last)` for parts that cover 0..size."""
        parts = min(self.number, max(1, size // _SMALLEST_SHARE))
        if self._pool is None or parts == 1:
            work(0, size)
            return
        edges = [size * part // parts for part in range(parts + 1)]
        others = [self._pool.submit(work, edges[part], edges[part + 1]) for part in range(1, parts)]
        work(edges[0], edges[1])
        wait(others)
        for other in others:
            other.result()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
