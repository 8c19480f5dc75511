"""One progress bar a stage, on stderr, with rate and time left; nothing where stderr is not a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]
Echo = Callable[[str], None]
"takes a line for the user"


@contextmanager
def bar(title: str, total: int, unit: str = "windows") -> Iterator[Advance]:
    """Show a bar while the block runs; the block calls what it gets with the number of things done."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total, rate="")

        def advance(amount: int) -> None:
            speed = progress.tasks[0].speed
            progress.update(task, advance=amount, rate=f"{speed:.1f}/s" if speed else "")

        yield advance
