"""The next item made in a thread while the last one is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items in the same order, one of them made ahead.

    Two are in memory at most: the one in use and the next. Whoever stops early waits for the one
    that is being made, and for no other.

    Args:
        items: made by a thread, one at a time; what it raises comes out here, in its place.
    """
    source = iter(items)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as pool:
        waiting = pool.submit(_next, source)
        while found := waiting.result():
            waiting = pool.submit(_next, source)
            yield from found


def _next(source: Iterator[T]) -> list[T]:
    """One item, or none at the end."""
    return list(islice(source, 1))
