import os

import pytest

from atlas.errors import AtlasError
from atlas.pool import each


def square(number: int) -> int:
    return number * number


def refuse(number: int) -> int:
    raise AtlasError(f"no {number}")


def end(number: int) -> int:
    os._exit(3)


def process(number: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    assert list(each(square, range(7), workers)) == [0, 1, 4, 9, 16, 25, 36]
    assert list(each(square, range(50), workers, chunk=3)) == [number * number for number in range(50)]
    assert list(each(square, [], workers)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_what_an_item_raises_is_raised_to_the_caller(workers: int) -> None:
    with pytest.raises(AtlasError, match=r"^no 0$"):
        list(each(refuse, range(3), workers))


def test_one_worker_is_this_process_and_more_are_not() -> None:
    assert set(each(process, range(3), 1)) == {os.getpid()}
    assert os.getpid() not in set(each(process, range(3), 2))


def test_a_killed_worker_is_told_in_a_sentence() -> None:
    with pytest.raises(AtlasError, match="a worker process was killed"):
        list(each(end, range(2), 2))
