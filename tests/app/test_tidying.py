"""Garbage is collected quickly after each run, and all of it once a minute."""

import ctypes
import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import pytest

from app import tidying
from app.tidying import Tidying


class Ring:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.own = self


def test_what_lives_is_set_aside_and_what_died_since_is_found() -> None:
    ring = Ring()
    gone = weakref.ref(ring)
    Tidying.tidy()
    assert gc.get_freeze_count() > 1000
    del ring
    gc.collect()
    assert gone() is not None, "it was set aside"
    Tidying.tidy()
    assert gone() is None
    later = weakref.ref(Ring())
    gc.collect()
    assert later() is None, "what came later is found by a run's own collection"


def test_one_thread_tidies_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    times = threading.Semaphore(0)
    monkeypatch.setattr(tidying, "EVERY_S", 0.01)
    monkeypatch.setattr(Tidying, "tidy", lambda _: times.release())
    found, before = Tidying(), set(threading.enumerate())
    for _ in range(3):
        found.start()
    assert all(times.acquire(timeout=10) for _ in range(3))
    (begun,) = set(threading.enumerate()) - before
    assert begun.daemon, "it keeps no process alive"
    monkeypatch.setattr(tidying, "EVERY_S", 3600.0)
    time.sleep(0.05)


ARENAS = """
import ctypes, threading
from ml.inference.resident import few_arenas
{call}
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
places, all_there = set(), threading.Barrier(24)
def take():
    all_there.wait()
    places.add(libc.malloc(4000) >> 26)
    all_there.wait()
threads = [threading.Thread(target=take) for _ in range(24)]
[one.start() for one in threads]
[one.join() for one in threads]
print(len(places))
"""


def arenas(call: str) -> int:
    """In how many places, 64 MiB each, 24 threads at once are given memory."""
    command = [sys.executable, "-c", ARENAS.format(call=call)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="no glibc")
def test_threads_share_places_to_allocate_from() -> None:
    assert arenas("few_arenas()") <= max(2, os.cpu_count() or 1) < arenas("")
