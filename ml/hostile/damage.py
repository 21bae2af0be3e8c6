"""Bytes → damaged bytes, knowing nothing of the format."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, Literal

__all__ = ["NUMBERS", "REALS", "damaged", "number"]

NUMBERS: Final = (
    *(0, 1, 2, 3, 7, 16, 0x7F, 0x80, 0xFF, 0x100, 0x101, 0x7FFF, 0x8000, 0xFFFF, 0x10000),
    *(0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF),
)
"""Numbers at which lengths, counts and offsets go wrong."""
REALS: Final = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 1e-6, 1e6, 1e38, -1e38),
    *(float("inf"), float("-inf"), float("nan")),
)
"""The same for real numbers."""
_HEAD: Final = 600
"""Bytes at the beginning that hold most of what a format states."""
_LONGEST: Final = 2**20
"""What grows beyond it is cut: a larger file is a case of its own (`ml.hostile.bombs`)."""


def number(chance: Random) -> int:
    """A whole number that is likely to be wrong."""
    return chance.choice(NUMBERS) if chance.random() < 0.7 else chance.getrandbits(32)


def damaged(data: bytes, chance: Random) -> bytes:
    """The same bytes after one to four changes.

    Args:
        data: a file, whole or not.
        chance: the same state gives the same changes.
    """
    for _ in range(chance.randint(1, 4)):
        if data:
            data = chance.choice(_WAYS)(data, chance)
    return data[:_LONGEST]


def _place(data: bytes, chance: Random) -> int:
    """A place in the file; every other one is in its head."""
    reach = min(len(data), _HEAD) if chance.random() < 0.5 else len(data)
    return chance.randrange(reach)


def _flipped(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        changed[_place(data, chance)] = chance.getrandbits(8)
    return bytes(changed)


def _numbered(data: bytes, chance: Random) -> bytes:
    at, size = _place(data, chance), chance.choice((1, 2, 4))
    value = number(chance) & ((1 << 8 * size) - 1)
    order: Literal["little", "big"] = "little" if chance.random() < 0.5 else "big"
    return data[:at] + value.to_bytes(size, order) + data[at + size :]


def _cut_off(data: bytes, chance: Random) -> bytes:
    return data[: _place(data, chance)]


def _cut_out(data: bytes, chance: Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.choice((1, 2, 4, 16, 256)) :]


def _put_in(data: bytes, chance: Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.randbytes(chance.choice((1, 2, 4, 16, 256))) + data[at:]


def _repeated(data: bytes, chance: Random) -> bytes:
    at, size = _place(data, chance), chance.choice((1, 4, 16, 256))
    return data[:at] + data[at : at + size] * chance.choice((2, 16, 500)) + data[at + size :]


def _levelled(data: bytes, chance: Random) -> bytes:
    at, size = _place(data, chance), chance.choice((4, 16, 256, 4096))
    size = min(size, len(data) - at)
    return data[:at] + bytes([chance.choice((0, 0xFF))]) * size + data[at + size :]


def _moved(data: bytes, chance: Random) -> bytes:
    first, second = sorted((_place(data, chance), _place(data, chance)))
    return data[:first] + data[second:] + data[first:second]


_WAYS: Final[Sequence[Callable[[bytes, Random], bytes]]] = (
    *(_flipped, _flipped, _numbered, _numbered),
    *(_cut_off, _cut_out, _put_in, _repeated, _levelled, _moved),
)
