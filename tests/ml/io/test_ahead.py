"""One item is made ahead, in its order, and no more."""

import threading
from collections.abc import Iterator

import pytest

from ml.io.ahead import ahead


def test_order_is_kept_and_the_end_is_the_end() -> None:
    assert list(ahead(range(7))) == list(range(7))
    assert list(ahead([])) == []
    assert list(ahead([None, 0, ""])) == [None, 0, ""]


def test_the_next_one_is_made_while_the_last_is_used_and_only_that() -> None:
    made: list[int] = []
    second = threading.Event()

    def slowly() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    items = ahead(slowly())
    assert next(items) == 0
    assert second.wait(10), "it was not made ahead"
    assert made == [0, 1]
    items.close()
    assert made == [0, 1]


def test_what_goes_wrong_comes_out_in_its_place() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    items = ahead(broken())
    assert next(items) == 1
    with pytest.raises(OSError, match="gone"):
        next(items)
