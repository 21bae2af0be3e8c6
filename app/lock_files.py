"""What the lock files pin: packages, their hashes, and which package asked for which.

The lock files hold for every Python and system that the project supports; what is read out of
them is the part for Linux, the same on every machine that reads it.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

__all__ = ["NpmPin", "Pin", "npm_pins", "pins"]

PYTHONS: Final = ("3.11", "3.12", "3.13")
"""Those that pyproject.toml allows."""
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_ASKED: Final = re.compile(r"^    # (?:via |  )(.+)$")


@dataclass(frozen=True)
class Pin:
    """One version of a Python package.

    Attributes:
        name: of the package.
        version: the pinned one.
        sha256: hex digests of the files that it may be installed from.
        asked_by: names of packages, and files of requirements as "-r requirements.txt".
    """

    name: str
    version: str
    sha256: tuple[str, ...]
    asked_by: tuple[str, ...]


@dataclass(frozen=True)
class NpmPin:
    """One package that the viewer's bundle is built with.

    Attributes:
        name: with its scope, as "@niivue/niivue".
        version: the pinned one.
        licence: as its maker states it.
        sha512: hex digest of its archive.
        shipped: it may be in the bundle; False for what only builds it.
        asks_for: names of the packages that it needs.
    """

    name: str
    version: str
    licence: str
    sha512: str
    shipped: bool
    asks_for: tuple[str, ...]


def pins(lock: Path) -> Iterator[Pin]:
    """What a lock file of requirements installs on Linux, for every Python of `PYTHONS`."""
    for block in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8")):
        if block.strip() and not block.startswith("#"):
            first, *rest = block.splitlines()
            stated = Requirement(first.rstrip("\\ "))
            if _meant(stated):
                (bound,) = stated.specifier
                asked = (found[1] for line in rest if (found := _ASKED.match(line)))
                yield Pin(stated.name, bound.version, tuple(_HASH.findall(block)), tuple(asked))


def npm_pins(lock: Path) -> tuple[NpmPin, ...]:
    """What a package-lock.json pins, by name."""
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return tuple(
        NpmPin(
            name=place.rpartition("node_modules/")[2],
            version=one["version"],
            licence=one["license"],
            sha512=base64.b64decode(one["integrity"].removeprefix("sha512-")).hex(),
            shipped=not one.get("dev") and not one.get("optional"),
            asks_for=tuple(one.get("dependencies", ())),
        )
        for place, one in sorted(packages.items())
        if place
    )


def _meant(stated: Requirement) -> bool:
    """Whether a line is for Linux and one of `PYTHONS`."""
    return stated.marker is None or any(
        stated.marker.evaluate(
            {
                "python_version": python,
                "python_full_version": f"{python}.0",
                "platform_python_implementation": "CPython",
                "implementation_name": "cpython",
                "sys_platform": "linux",
            }
        )
        for python in PYTHONS
    )
