"""Readings come before heat maps, a few at a time, and nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import pytest

from ml.inference.engine import NetworkOutput
from ml.inference.explain import BACKWARD
from ml.inference.heatmaps import network_heatmaps
from ml.inference.turns import TURNS, Turns
from ml.labels import CLASSES
from ml.preprocess import prepare
from tests.ml.fakes import FakeEngine, disc_picture

LONG_S: Final = 20.0
PICTURE: Final = disc_picture().astype(np.float32)


def test_no_more_readings_at_a_time_than_places() -> None:
    turns, together, most = Turns(2), 0, 0
    lock, both = threading.Lock(), threading.Barrier(2)

    def read() -> None:
        nonlocal together, most
        with turns.first():
            with lock:
                together += 1
                most = max(most, together)
            both.wait(LONG_S)  # six readings: always two of them are here
            with lock:
                together -= 1

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(read) for _ in range(6)]:
            done.result(LONG_S)
    assert most == 2


def test_a_map_waits_for_the_readings_that_are_asked_for() -> None:
    turns, order = Turns(1), list[str]()
    begun, go_on = threading.Event(), threading.Event()

    def read(name: str) -> None:
        with turns.first():
            begun.set()
            go_on.wait(LONG_S)
            order.append(name)

    def look() -> None:
        with turns.afterwards():
            order.append("map")

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(read, "first")
        assert begun.wait(LONG_S)
        second, looked = pool.submit(read, "second"), pool.submit(look)
        while turns._asked < 2:
            assert not looked.done()
        go_on.set()
        for one in (first, second, looked):
            one.result(LONG_S)
    assert order == ["first", "second", "map"]


def test_a_map_does_not_wait_for_ever() -> None:
    turns = Turns(1, patience_s=0.01)
    with turns.first(), turns.afterwards():
        pass


def test_a_reading_that_fails_gives_its_place_back() -> None:
    turns = Turns(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="damaged"), turns.first():
            raise ValueError("damaged")
    with turns.afterwards():
        pass
    assert turns._asked == 0


def test_a_map_of_a_backward_pass_waits_for_a_reading() -> None:
    engine = FakeEngine()
    prepared = prepare(PICTURE, 64)
    output = engine.classify("mobilenet", prepared.image)
    one = NetworkOutput(output.logits[0], output.features[0])
    maps = network_heatmaps(
        "mobilenet", prepared, one, engine, shape=PICTURE.shape, method=BACKWARD[0]
    )
    with ThreadPoolExecutor(1) as pool:
        with TURNS.first():
            asked = pool.submit(maps.__getitem__, CLASSES[0])
            with pytest.raises(TimeoutError):
                asked.result(0.3)
        assert asked.result(LONG_S).values.shape == PICTURE.shape
