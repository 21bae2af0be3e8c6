"""Work in a process of its own that says what was acknowledged, until it ends or is killed."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, NoReturn

from app.loss.work import FAILED, Ack

__all__ = ["finished", "forked", "killed", "said"]

Work = Callable[[], Iterator[Ack]]
_BEGUN: Final = b"begun\n"


def killed(work: Work, *, after: int, then_s: float) -> list[Ack]:
    """What a process acknowledged that was killed (SIGKILL).

    Args:
        work: what it does.
        after: acknowledgements that are waited for.
        then_s: seconds from the last of them, or from its beginning, to the kill.
    """
    child, pipe = forked(work)
    data = b""
    while data.count(b"\n") < after and (part := os.read(pipe, 1 << 16)):
        data += part
    time.sleep(then_s)
    os.kill(child, signal.SIGKILL)
    return _ended(child, pipe, data)


def finished(*works: Work) -> list[Ack]:
    """What processes that began at the same moment acknowledged until they ended."""
    started = [forked(work) for work in works]
    return [told for child, pipe in started for told in _ended(child, pipe)]


def forked(work: Work) -> tuple[int, int]:
    """A process that has begun, and the pipe through which it says what was acknowledged."""
    pipe, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(pipe)
        _say(work, writer)
    os.close(writer)
    os.read(pipe, len(_BEGUN))
    return child, pipe


def said(pipe: int) -> list[Ack]:
    """What was said since it was asked for last; the process is stopped, or has ended."""
    os.set_blocking(pipe, False)
    data = b""
    with suppress(BlockingIOError):
        while part := os.read(pipe, 1 << 16):
            data += part
    lines = data.split(b"\n")[:-1]  # a line that was cut off was not said
    return [json.loads(line) for line in lines]


def _ended(child: int, pipe: int, data: bytes = b"") -> list[Ack]:
    """All that is said by a process, when it has ended; `data` was read before."""
    while part := os.read(pipe, 1 << 16):
        data += part
    os.close(pipe)
    os.waitpid(child, 0)
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def _say(work: Work, writer: int) -> NoReturn:
    """Work, and tell; never returns, and leaves nothing to the parent's own ways of ending."""
    try:
        os.write(writer, _BEGUN)
        try:
            for told in work():
                os.write(writer, json.dumps(told).encode() + b"\n")
        except Exception as error:  # whatever a process meets is counted
            os.write(writer, json.dumps([FAILED, f"{type(error).__name__}: {error}"]).encode())
            os.write(writer, b"\n")
    finally:
        os._exit(0)
