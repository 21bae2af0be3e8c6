"""DICOM taken apart into its elements, changed and put together again.

Explicit little endian only, as the valid files are written; what holds fragments of a compressed
picture is changed fragment by fragment.

Reference: DICOM PS3.5 7.1 (elements), 7.5 (nested), A.4 (encapsulated pixel data).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import pydicom.uid

from ml.hostile.damage import REALS, damaged, number
from ml.io.dicom_header import SERIES_ATTRIBUTES

__all__ = ["dicom", "nested"]

_START: Final = 132
_LONG: Final = frozenset(
    (b"OB", b"OW", b"OF", b"OL", b"OD", b"OV", b"SQ", b"UC", b"UN", b"UR", b"UT")
)
_SHORT: Final = (
    b"US",
    b"SS",
    b"IS",
    b"DS",
    b"CS",
    b"UI",
    b"LO",
    b"AT",
    b"FL",
    b"FD",
    b"ZZ",
    b"\0\0",
)
_UNDEFINED: Final = 0xFFFFFFFF
_PIXELS: Final = 0x7FE00010
_SYNTAX: Final = 0x00020010
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
_SYNTAXES: Final = (*pydicom.uid.AllTransferSyntaxes, "1.2.3", "", "x")
_TEXTS: Final = (
    *(b"", b" ", b"\\", b"\\\\\\", b"nan", b"inf", b"1e400", b"-1", b"0", b"1\\2\\3\\4\\5\\6\\7"),
    *(b"99999999999999999999", b"1.2.3", b"MONOCHROME1", b"RGB", b"YES", b"\xff\xfe", b"1" * 5000),
)


@dataclass(frozen=True)
class _Element:
    tag: int
    kind: bytes
    value: bytes
    stated: int | None = None
    """Length that is written, where it is not that of the value."""


def dicom(data: bytes, chance: Random) -> bytes:
    """A file with changed elements."""
    elements = list(_elements(data))
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(elements))
        one, way = elements[at], chance.randrange(9)
        if way == 0:
            elements[at] = replace(one, stated=number(chance))
        elif way == 1:
            elements[at : at + 1] = [one] * chance.choice((0, 2))
        elif way == 2:
            elements[at] = replace(one, kind=chance.choice((*_SHORT, *_LONG)))
        elif way == 3:
            elements[at] = replace(elements[at], tag=chance.choice(SERIES_ATTRIBUTES))
        elif way == 4:
            elements.insert(at, _foreign(chance))
        elif way == 5:
            elements = [_with_syntax(each, chance) for each in elements]
        elif way == 6 and elements[-1].tag == _PIXELS:
            elements[-1] = _pixels(elements[-1], chance)
        else:
            elements[at] = replace(one, value=_value(one, chance))
        elements = elements or [_foreign(chance)]
    head = data[:_START] if chance.random() < 0.95 else b""
    return head + b"".join(map(_written, elements))


def nested(depth: int, tag: int = SERIES_ATTRIBUTES[-1]) -> bytes:
    """A sequence in a sequence in a sequence, of undefined length."""
    opened = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, b"SQ", 0, _UNDEFINED)
    return (opened + _ITEM + _UNDEFINED.to_bytes(4, "little")) * depth


def _elements(data: bytes) -> Iterator[_Element]:
    at = _START
    while at + 8 <= len(data):
        group, element, kind = struct.unpack_from("<HH2s", data, at)
        long = kind in _LONG
        size = int.from_bytes(data[at + 8 : at + 12] if long else data[at + 6 : at + 8], "little")
        start = at + (12 if long else 8)
        stated = size if size == _UNDEFINED else None
        end = len(data) if stated else start + size
        yield _Element(group << 16 | element, kind, data[start:end], stated)
        at = end


def _written(one: _Element) -> bytes:
    size = len(one.value) if one.stated is None else one.stated
    head = struct.pack("<HH2s", one.tag >> 16, one.tag & 0xFFFF, one.kind)
    if one.kind in _LONG:
        return head + struct.pack("<HI", 0, size) + one.value
    return head + struct.pack("<H", size & 0xFFFF) + one.value


def _foreign(chance: Random) -> _Element:
    """An element that does not belong there."""
    tag = chance.choice((*SERIES_ATTRIBUTES, 0x00090010, 0x00280000, 0x60003000, 0xFFFEE000))
    if chance.random() < 0.2:
        return _Element(tag, b"SQ", nested(chance.choice((1, 3, 60, 1200)), tag), _UNDEFINED)
    return _Element(tag, chance.choice((*_SHORT, *_LONG)), chance.choice(_TEXTS))


def _with_syntax(one: _Element, chance: Random) -> _Element:
    if one.tag != _SYNTAX:
        return one
    uid = str(chance.choice(_SYNTAXES)).encode()
    return replace(one, value=uid + b"\0" * (len(uid) % 2))


def _value(one: _Element, chance: Random) -> bytes:
    """Another value, often one that the kind of element allows."""
    way = chance.randrange(4)
    if way == 0:
        return chance.choice(_TEXTS)
    if one.kind in (b"US", b"SS"):
        return struct.pack("<H", number(chance) & 0xFFFF)
    if one.kind in (b"DS", b"IS"):
        parts = one.value.split(b"\\")
        parts[chance.randrange(len(parts))] = str(
            chance.choice((*REALS, number(chance), -number(chance)))
        ).encode()
        return b"\\".join(parts)
    return damaged(one.value, chance)


def _pixels(one: _Element, chance: Random) -> _Element:
    """Pixel data with changed fragments, or cut, or with another length."""
    if one.stated != _UNDEFINED:
        return replace(one, value=one.value[: chance.randrange(len(one.value) + 1)])
    fragments = list(_fragments(one.value))
    at = chance.randrange(len(fragments))
    way = chance.randrange(5)
    if way == 0:
        fragments[at : at + 1] = [fragments[at]] * chance.choice((0, 2, 500))
    elif way == 1:
        size = chance.choice((1, 2, 64))
        whole = fragments[at]
        fragments[at : at + 1] = [
            whole[i : i + size] for i in range(0, min(len(whole), 2000), size)
        ]
    elif way == 2:
        fragments[0] = b"".join(
            number(chance).to_bytes(4, "little") for _ in range(chance.randrange(4))
        )
    else:
        fragments[at] = damaged(fragments[at], chance)
    ended = b"" if chance.random() < 0.1 else _END
    return replace(one, value=b"".join(_fragment(each, chance) for each in fragments) + ended)


def _fragments(value: bytes) -> Iterator[bytes]:
    at = 0
    while value[at : at + 4] == _ITEM:
        size = int.from_bytes(value[at + 4 : at + 8], "little")
        yield value[at + 8 : at + 8 + size]
        at += 8 + size


def _fragment(part: bytes, chance: Random) -> bytes:
    size = len(part) if chance.random() < 0.98 else number(chance)
    return _ITEM + size.to_bytes(4, "little") + part
