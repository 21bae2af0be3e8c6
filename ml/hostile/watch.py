"""Inputs read in processes of their own, watched for time, memory and files.

A process is killed by the kernel where an input takes more of a processor's time, or of the
clock's, than it may: a decoder that hangs does not come back to Python. Memory is the largest
resident size since the input began. Audit hooks see every file that Python opens for writing, and
every connection and process that it starts.

Limits: what a C library writes by itself no audit hook sees.

Reference: PEP 578 (audit hooks); proc(5), clear_refs and VmHWM.
"""

import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ml.errors import SulcusError
from ml.hostile.entries import Entry
from ml.hostile.seeds import MARK

__all__ = [
    "MOST_BYTES",
    "MOST_CLOCK_S",
    "MOST_S",
    "Outcome",
    "Writes",
    "killed",
    "limited",
    "outcomes",
    "watched",
]

MOST_S: Final = 5.0
"""Seconds of a processor that one input may take."""
MOST_CLOCK_S: Final = 120.0
"""Seconds of the clock after which a process counts as hanging that uses no processor."""
MOST_BYTES: Final = 2**30
"""Most resident bytes of the process while it reads one input."""
_CEILING: Final = 6 * 2**30
"""Address space that an input cannot get beyond, so that the machine is not harmed."""
_BLOCK: Final = 200
"""Inputs of one process: a library that was driven mad by one does not judge the others."""
_STARTED: Final = ("socket.connect", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
_DECODER: Final = "ml.io.decoding"
"""The one process that reading a file may start."""
_CHANGES: Final = ("os.mkdir", "os.rename", "os.rmdir", "os.remove", "os.symlink", "os.link")
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Outcome:
    """What came of one input.

    Attributes:
        place: number of the input.
        kind: "read", "refused", or a failure: "crash", "hang", "memory", "file", "sentence".
        detail: class of the refusal, or where it failed.
        sentence: what the reader is told, "" where it was read.
        seconds: of a processor.
        peak_bytes: largest resident size.
    """

    place: int
    kind: str
    detail: str = ""
    sentence: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0


def outcomes(entry: Entry, seed: int, places: Sequence[int], folder: Path) -> Iterator[Outcome]:
    """What comes of each input, in order.

    Args:
        entry: where the bytes come in.
        seed: of the campaign.
        places: numbers of the inputs.
        folder: the one folder that may be written to; temporary files go there too.
    """
    left = list(places)
    entry.valid()  # made once, for all processes
    while left:
        done, end = [], os.WEXITSTATUS
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _child(entry, seed, left[:_BLOCK], folder, writer)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as lines:
            for line in lines:
                done.append(Outcome(**json.loads(line)))
                yield done[-1]
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) or end(status):
            yield killed(left[len(done)], status)
            done.append(done[-1] if done else Outcome(left[0], "crash"))
        left = left[len(done) :]


def killed(place: int, status: int) -> Outcome:
    """What it is that a process ended while it read an input.

    Args:
        place: number of the input.
        status: as `os.waitpid` tells it.
    """
    if not os.WIFSIGNALED(status):
        return Outcome(place, "crash", f"exit status {os.WEXITSTATUS(status)}")
    sent = signal.Signals(os.WTERMSIG(status))
    if sent in (signal.SIGPROF, signal.SIGALRM):
        return Outcome(place, "hang", f"over {MOST_S:.0f} s", seconds=MOST_S)
    return Outcome(place, "memory" if sent == signal.SIGKILL else "crash", sent.name)


def _child(entry: Entry, seed: int, places: Sequence[int], folder: Path, writer: int) -> None:
    """Read the inputs and tell of each; never returns."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    status = 1
    try:
        with os.fdopen(writer, "w", encoding="utf-8") as told:
            writes = limited(folder)
            for place in places:
                data = entry.made(seed, place)
                told.write(json.dumps(asdict(watched(entry, place, data, writes))) + "\n")
                told.flush()
        status = 0
    finally:  # an input that cannot be made must not let this process do its parent's work
        os._exit(status)


def limited(folder: Path) -> "Writes":
    """Limit this process and hear what it does; call once, nothing takes it back.

    Args:
        folder: the one that may be written to.
    """
    writes = Writes(folder)
    tempfile.tempdir = str(folder)
    resource.setrlimit(resource.RLIMIT_AS, (_CEILING, _CEILING))
    for sent in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(sent, signal.SIG_DFL)
    sys.addaudithook(writes.heard)
    return writes


def watched(entry: Entry, place: int, data: bytes, writes: "Writes") -> Outcome:
    """What comes of one input, in a process that was limited.

    Args:
        entry: where the bytes come in.
        place: number of the input.
        data: the input.
        writes: from `limited`.
    """
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    writes.strange = ""
    signal.setitimer(signal.ITIMER_PROF, MOST_S)
    signal.setitimer(signal.ITIMER_REAL, MOST_CLOCK_S)
    begun = time.process_time()
    kind, detail, sentence = _read(entry, data)
    seconds = time.process_time() - begun
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    peak = _peak()
    if peak > MOST_BYTES:
        kind, detail = "memory", f"{kind}: {detail}"
    if writes.strange:
        kind, detail = "file", writes.strange
    return Outcome(place, kind, detail, sentence, round(seconds, 4), peak)


def _read(entry: Entry, data: bytes) -> tuple[str, str, str]:
    """(kind, detail, sentence) of reading the bytes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of corrupt Exif; that is no outcome
            entry.read(data)
    except SulcusError as error:
        said = str(error)
        return ("refused" if is_sentence(said) else "sentence"), type(error).__name__, said
    except BaseException as error:  # a crash of any kind is what is looked for
        steps = traceback.extract_tb(error.__traceback__)
        own = [one for one in steps if "/ml/" in one.filename or "/app/" in one.filename]
        places = [f"{Path(one.filename).name}:{one.lineno}" for one in (own[-1], steps[-1])]
        return "crash", f"{type(error).__name__} at {' in '.join(dict.fromkeys(places))}", ""
    return "read", "", ""


def is_sentence(said: str) -> bool:
    """Whether a reader can be told that: whole sentences, no trace of a program, no identity."""
    strange = ("Traceback", "Error:", "<class", "0x", ".py", "object at", "None", MARK)
    return said.endswith((".", "`.")) and len(said) < 700 and not any(s in said for s in strange)


def _peak() -> int:
    """Largest resident size since `clear_refs`, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


class Writes:
    """Hears what Python does to files, connections and processes.

    Args:
        folder: what may be written to.
    """

    def __init__(self, folder: Path) -> None:
        self._allowed = (os.path.realpath(folder), os.devnull)
        self.strange = ""

    def heard(self, event: str, arguments: tuple[object, ...]) -> None:
        """An audit hook."""
        if event in _STARTED and _DECODER not in str(arguments):
            self.strange = event
        elif event == "open":
            path, _, flags = (*arguments, 0, 0, 0)[:3]
            if isinstance(flags, int) and flags & _WRITES and isinstance(path, str):
                self._look(event, path)
        elif event in _CHANGES:
            held = arguments[-1]  # the folder that a name is relative to, or -1
            inside = isinstance(held, int) and held > 0
            base = Path(f"/proc/self/fd/{held}").readlink() if inside else Path()
            self._look(event, str(base / str(arguments[0])))

    def _look(self, event: str, path: str) -> None:
        if not os.path.realpath(path).startswith(self._allowed):
            self.strange = event
