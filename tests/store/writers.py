"""Children of the tests of durability: `python -m tests.store.writers WAY COUNT`.

The store is the one that the environment names. "hold" writes one reading and "sign" one signed
report; each prints its number and waits to be killed. "crowd" forks COUNT processes that open the
store and write at once.
"""

import os
import sys
import time

from app.store.opening import open_store
from app.store.places import places
from app.store.records import AGREE, Word
from app.store.repository import Repository
from app.store.signed import Reports
from tests.store.invented import REPORT, answer, scan

WORDS_EACH = 3


def hold(way: str) -> None:
    engine = open_store(places())
    repository = Repository(engine)
    answered = repository.add_answer(scan(), answer())
    if way == "sign":
        number = Reports(engine).sign(answered, REPORT)
    else:
        number = repository.add_word(answered, Word("A. Reader", AGREE))
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()
    time.sleep(600)


def crowd(count: int) -> int:
    """How many of the processes failed."""
    start = time.monotonic() + 0.5
    children = [pid for number in range(count) if (pid := _forked(number, start))]
    return sum(os.waitpid(pid, 0)[1] != 0 for pid in children)


def _forked(number: int, start: float) -> int:
    pid = os.fork()
    if pid:
        return pid
    failed = 1
    try:
        time.sleep(max(0.0, start - time.monotonic()))
        repository = Repository(open_store(places()))
        shared = repository.add_answer(scan(), answer())
        for turn in range(WORDS_EACH):
            repository.add_word(shared, Word(f"Reader {number}", AGREE, reason=str(turn)))
        failed = 0
    finally:
        os._exit(failed)


if __name__ == "__main__":
    if sys.argv[1] != "crowd":
        hold(sys.argv[1])
    sys.exit(crowd(int(sys.argv[2])))
