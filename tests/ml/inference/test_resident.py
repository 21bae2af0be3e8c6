"""What a process holds is read from the system, and freed memory goes back to it."""

import os
import subprocess
import sys

import numpy as np
import pytest

from ml.inference.resident import give_back, peaks, resident

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")


def test_memory_that_is_taken_shows_up_and_goes() -> None:
    before = resident()
    assert before is not None
    assert 0.0 < before.own_mb <= before.resident_mb
    assert before.proportional_mb <= before.resident_mb
    held = np.ones(64 * 2**20 // 8)
    taken = resident(os.getpid())
    assert taken is not None
    assert taken.own_mb - before.own_mb > 55.0
    del held
    pieces = [bytearray(50_000) for _ in range(2000)]
    del pieces
    give_back()
    after = resident()
    assert after is not None
    assert after.own_mb - before.own_mb < 30.0


def test_a_process_that_has_gone_holds_nothing() -> None:
    assert resident(2**22 + 1) is None


def test_the_peak_of_a_process_is_told_with_those_that_it_started() -> None:
    script = "held = bytearray(50 * 2**20); del held; print(flush=True); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    found = peaks(os.getpid())
    child.communicate(b"\n")
    assert found[os.getpid()] > 20.0
    assert 50.0 < found[child.pid] < 100.0
    assert child.pid not in peaks(os.getpid())
    assert peaks(2**22 + 1) == {}
