"""Compiled networks kept on disk: a second start is quick, and their weights lie in memory once.

OpenVINO packs a network's weights for the processor when the network first runs, and holds on to
those that it was compiled from, which it may want again for another size of batch. Of a network
that comes from a file these are pages of the file; they are given back to the system after each
size that is new, and come back from the file where they are wanted after all.

A file is named by all that the network is made of: weights, layers, the code that turns layers
into operations, precision, runtime and processor. Its last bytes are the digest of all before
them. One that does not hold is written anew; where none can be written, networks are compiled at
every start and weigh twice as much. The digest tells damage and no forgery: a file that somebody
else owns or may write to is not read.
"""

import hashlib
import mmap
import os
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import openvino as ov

from ml.inference import graphs
from ml.models.registry import ModelSpec
from ml.models.topology import topology_path
from ml.models.weight_files import sha256_of

__all__ = ["Kept", "Shelf", "network_key"]

DEVICE: Final[str] = "CPU"
_DIGEST: Final[int] = hashlib.sha256().digest_size
_SUFFIX: Final[str] = ".network"


@dataclass(frozen=True)
class Kept:
    """A compiled network.

    Attributes:
        compiled: openvino.CompiledModel.
        pages: of the file that it came from, or None where there is no file.
    """

    compiled: Any
    pages: mmap.mmap | None = field(default=None, repr=False)

    def give_back(self) -> None:
        """Let the system have the pages of the file; safe at any time, they can be read again."""
        if self.pages is not None and hasattr(mmap, "MADV_DONTNEED"):
            self.pages.madvise(mmap.MADV_DONTNEED)


class Shelf:
    """A folder of compiled networks, or none."""

    def __init__(self, core: Any, folder: Path | None) -> None:
        """Keep where networks lie; nothing is read or written yet.

        Args:
            core: openvino.Core.
            folder: made when the first network is put there, for its owner only; None: nowhere.
        """
        self._core = core
        self._folder = folder

    def get(self, title: str, key: str, settings: dict[str, Any], build: Callable[[], Any]) -> Kept:
        """The network of a key: from its file, or built, compiled and put there.

        Args:
            title: what it is, for the file's name; a file of the same title and another key goes.
            key: hex digest of all that it is made of.
            settings: of the runtime.
            build: makes the openvino.Model.
        """
        if self._folder is None:
            return self._compiled(settings, build)
        path = self._folder / f"{title}-{key[:24]}{_SUFFIX}"
        found = self._read(path, settings)
        if found is not None:
            return found
        compiled = self._compiled(settings, build)
        if not _written(path, compiled.compiled.export_model().getvalue()):
            return compiled
        for other in self._folder.glob(f"{title}-*{_SUFFIX}"):
            if other != path:
                other.unlink(missing_ok=True)
        return self._read(path, settings) or compiled

    def _compiled(self, settings: dict[str, Any], build: Callable[[], Any]) -> Kept:
        return Kept(self._core.compile_model(build(), DEVICE, settings))

    def _read(self, path: Path, settings: dict[str, Any]) -> Kept | None:
        """What a file holds; None where it is absent, damaged or of no use to this runtime."""
        try:
            with path.open("rb") as file:
                if not _own(os.fstat(file.fileno())):
                    return None
                pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except (OSError, ValueError):
            return None
        content = memoryview(pages)
        if len(content) <= _DIGEST or _digest(content[:-_DIGEST]) != content[-_DIGEST:]:
            return None
        data = np.frombuffer(pages, np.uint8, len(content) - _DIGEST)
        try:
            model = self._core.import_model(ov.Tensor(data, shared_memory=True), DEVICE, settings)
        except RuntimeError:  # of another runtime than this one
            return None
        return Kept(model, pages)


def network_key(found: ModelSpec, core: Any, *about: object) -> str:
    """Digest of all that decides what a compiled network is.

    Args:
        found: record of the network; its weight file has the registered digest.
        core: openvino.Core.
        about: further things with a text of their own: part, side, precision.
    """
    parts = (
        found.sha256,
        sha256_of(topology_path(found)),
        _code(),
        ov.__version__,
        core.get_property(DEVICE, "FULL_DEVICE_NAME"),
        *map(repr, about),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _code() -> str:
    """Digest of the code that makes operations of layers."""
    files = sorted(Path(one) for folder in graphs.__path__ for one in Path(folder).glob("*.py"))
    return _digest(b"\n".join(file.read_bytes() for file in files)).hex()


def _own(file: os.stat_result) -> bool:
    """Whether a file is this user's, and nobody else may write to it."""
    return file.st_uid == os.geteuid() and not file.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).digest()


def _written(path: Path, content: bytes) -> bool:
    """Whether a file could be written, whole or not at all."""
    part: str | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")  # its owner's alone
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.write(_digest(content))
        Path(part).replace(path)
    except OSError:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        return False
    return True
