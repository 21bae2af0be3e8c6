"""Times the running app as browsers use it, without one: `python -m app.probe PICTURE…`.

It starts the app, asks for its page, opens a session over the websocket as a browser does, sends it
a picture, and waits until the networks' answers are on the way to the screen. Then the memory of
the app while nobody does anything, and as many sessions at once as asked for, each with pictures of
its own. What it found goes to standard output as JSON; `make bench` calls it.

Limits: nothing is drawn; the time that a browser takes is not in these figures.
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from app.load.server import PATIENCE_S, page_of, running
from app.load.wire import Session
from ml.inference.resident import Resident, resident

SETTLE_S: Final = 3.0
"""Without a change of memory for so long, the app has loaded all that it loads."""


def settled(process: int) -> Resident | None:
    """Memory of the app when it changes no more."""
    before, since = resident(process), time.monotonic()
    end = since + PATIENCE_S
    while before is not None and time.monotonic() < min(end, since + SETTLE_S):
        time.sleep(0.25)
        now = resident(process)
        if now is None or abs(now.own_mb - before.own_mb) > 1.0:
            before, since = now, time.monotonic()
    return before


def at_once(address: str, pictures: Sequence[bytes]) -> dict[str, Any]:
    """Every picture read by a session of its own, all at the same moment."""
    gate, seconds, errors = threading.Barrier(len(pictures)), list[float](), list[str]()

    def one(number: int) -> None:
        try:
            session = Session(address)
            gate.wait(PATIENCE_S)
            seconds.append(session.read(f"{number}.png", pictures[number]))
            session.close()
        except Exception as error:  # whatever a session meets is counted
            gate.abort()
            errors.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(pictures))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": seconds, "errors": errors}


def probe(pictures: Sequence[bytes], *, sessions: Sequence[int], rounds: int) -> dict[str, Any]:
    """All that this module times.

    Args:
        pictures: PNG files that the networks answer, all different; 2 and for each number of
            sessions as many as it says, `rounds` times.
        sessions: how many at once.
        rounds: how often each of them.
    """
    left = iter(pictures)
    with running() as app:
        page_of(app.address)
        served = time.perf_counter() - app.start
        session = Session(app.address)
        session.read("first.png", next(left))
        first = time.perf_counter() - app.start
        session.close()
    with running() as app:
        page_of(app.address)
        Session(app.address).close()
        idle = settled(app.process)
        session = Session(app.address)
        session.read("second.png", next(left))
        session.close()
        after = settled(app.process)
        groups = {
            str(number): [
                at_once(app.address, [next(left) for _ in range(number)]) for _ in range(rounds)
            ]
            for number in sessions
        }
        crowded = settled(app.process)
    memory = {"idle": idle, "after_reading": after, "after_sessions": crowded}
    return {
        "page_s": served,
        "first_reading_s": first,
        "memory": {name: found and asdict(found) for name, found in memory.items()},
        "sessions": groups,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m app.probe", description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE")
    parser.add_argument("--sessions", nargs="+", type=int, default=[1, 5, 20])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    contents = [file.read_bytes() for file in options.pictures]
    found = probe(contents, sessions=options.sessions, rounds=options.rounds)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
