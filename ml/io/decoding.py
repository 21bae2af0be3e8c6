"""Frames of compressions whose decoders cannot be limited, decoded in a process of its own.

A damaged frame can keep such a decoder busy for minutes, make it take all memory or end its
process. So one child process decodes them, one at a time, and is started again where it dies: the
kernel ends it after `MAX_DECODE_S` of a processor, and it cannot get more memory than
`_MAX_MEMORY`. It stays between frames, so that a slice costs its decoding and two copies.

What goes through the pipes is plain: a line of JSON, then bytes.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

__all__ = ["MAX_DECODE_S", "Gone", "decode"]

MAX_DECODE_S: Final = 4
"""Seconds of a processor that one frame may take."""
_PATIENCE_S: Final = 60.0
"""Seconds of the clock after which the child counts as hanging, on a busy machine."""
_MAX_MEMORY: Final = 2 * 2**30
"""Bytes of the child's address space, libraries and threads included."""
_NEEDED: Final = (
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
)


class Gone(Exception):
    """The child ended, or was ended, while it decoded a frame."""


def decode(coded: bytes, header: Dataset, syntax: UID, plugin: str) -> npt.NDArray[np.generic]:
    """Stored values of one frame.

    Args:
        coded: the frame.
        header: what lays out its pixels.
        syntax: the transfer syntax.
        plugin: pydicom's name of the decoder.

    Raises:
        Gone: it took too long, too much memory, or the decoder crashed.
        ValueError: the frame cannot be decoded.
    """
    facts = {name: header[name].value for name in _NEEDED if name in header}
    told = {"size": len(coded), "syntax": str(syntax), "plugin": plugin, "facts": facts}
    return _CHILD.ask(json.dumps(told).encode() + b"\n", coded)


class _Child:
    """The process, started when it is first asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, line: bytes, coded: bytes) -> npt.NDArray[np.generic]:
        with self._lock:
            process = self._running()
            late = threading.Timer(_PATIENCE_S, process.kill)
            late.start()
            try:
                return _answer(process, line, coded)
            except (OSError, EOFError):
                self._process = None
                process.kill()
                process.wait()
                raise Gone from None
            finally:
                late.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
                | {"OPENBLAS_NUM_THREADS": "1"},
            )
        return self._process


_CHILD: Final = _Child()


def _answer(process: subprocess.Popen[bytes], line: bytes, coded: bytes) -> npt.NDArray[np.generic]:
    """Send a frame and read its values.

    Raises:
        EOFError: the child ended.
        OSError: likewise.
        ValueError: it could not decode the frame.
    """
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(line + coded)
    process.stdin.flush()
    head = process.stdout.readline()
    if not head:
        raise EOFError
    found = json.loads(head)
    if not found:
        raise ValueError("the frame cannot be decoded")
    raw = _exactly(process.stdout, found["size"])
    return np.frombuffer(raw, np.dtype(found["kind"])).reshape(found["shape"])


def _exactly(stream: IO[bytes], size: int) -> bytes:
    raw = stream.read(size)
    if len(raw) < size:
        raise EOFError
    return raw


def _values(told: Mapping[str, Any], coded: bytes) -> npt.NDArray[np.generic]:
    header = Dataset()
    for name, value in told["facts"].items():
        setattr(header, name, value)
    header.NumberOfFrames = 1
    header.PixelData = encapsulate([coded])
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = UID(told["syntax"])
    header.set_original_encoding(False, True)
    decoder = get_decoder(UID(told["syntax"]))
    values, _ = decoder.as_array(header, index=0, decoding_plugin=told["plugin"])
    return np.ascontiguousarray(values)


def _limit(seconds: int) -> None:
    """Let the kernel end this process after so many seconds of a processor; 0 for never."""
    if sys.platform != "win32":
        import signal

        signal.setitimer(signal.ITIMER_PROF, seconds)


def _serve(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    """Decode what comes until the other side is gone."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for line in iter(incoming.readline, b""):
        told = json.loads(line)
        coded = _exactly(incoming, told["size"])
        values = None
        _limit(MAX_DECODE_S)
        with contextlib.suppress(Exception):  # decoders raise nearly anything on corrupt bytes
            values = _values(told, coded)
        _limit(0)
        head: dict[str, Any] = {}
        if values is not None:
            head = {"kind": values.dtype.str, "shape": values.shape, "size": values.nbytes}
        outgoing.write(json.dumps(head).encode() + b"\n")
        outgoing.write(b"" if values is None else values.tobytes())
        outgoing.flush()


if __name__ == "__main__":
    _answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a decoder that prints may not do so into the answers
    _serve(sys.stdin.buffer, _answers)
