"""PNG, JPEG and TIFF taken apart, changed part by part and put together again.

Checksums and lengths are made to fit, so that a decoder reads on to where the change is; now and
then they are not.
"""

import struct
import zlib
from collections.abc import Iterator
from random import Random
from typing import Final

from ml.hostile.damage import damaged, number

__all__ = ["jpeg", "png", "tiff"]

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHUNKS: Final = (
    *(b"acTL", b"fcTL", b"eXIf", b"iCCP", b"iTXt", b"zTXt", b"tEXt", b"tRNS", b"PLTE", b"gAMA"),
    *(b"sBIT", b"bKGD", b"pHYs", b"IDAT", b"IEND", b"IHDR", b"xxXx"),
)
_SEGMENTS: Final = (0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xE2, 0xEE)
_TAGS: Final = (
    *(254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 317, 320, 322),
    *(323, 324, 325, 330, 338, 339, 347, 529, 530, 532, 34665, 34675, 700, 33723),
)


def png(data: bytes, chance: Random) -> bytes:
    """A PNG with changed chunks; most checksums fit."""
    chunks = list(_chunks(data))
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(chunks))
        kind, body = chunks[at]
        way = chance.randrange(6)
        if way == 0:
            chunks[0] = (b"IHDR", _header(chance))
        elif way == 1:
            chunks.insert(at, (chance.choice(_CHUNKS), chance.randbytes(chance.choice((0, 4, 26)))))
        elif way == 2:
            chunks.insert(at, (b"zTXt", b"k\0\0" + zlib.compress(bytes(100_000))))
        elif way == 3:
            chunks[at : at + 1] = [(kind, body)] * chance.choice((0, 2, 300))
        elif way == 4 and kind == b"IDAT":
            chunks[at] = (kind, zlib.compress(chance.randbytes(chance.choice((0, 10, 4000)))))
        else:
            chunks[at] = (kind, damaged(body, chance))
        chunks = chunks or [(b"IEND", b"")]
    return _SIGNATURE + b"".join(_chunk(kind, body, chance) for kind, body in chunks)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += size + 12


def _header(chance: Random) -> bytes:
    """Size, depth, colour type, compression, filter, interlacing (PNG 11.2.1)."""
    side = (33, 48, 64, 100, 8193, 0, 0x7FFFFFFF)
    return struct.pack(
        ">IIBBBBB",
        chance.choice(side),
        chance.choice(side),
        chance.choice((1, 2, 4, 8, 16, 0, 255)),
        chance.choice((0, 2, 3, 4, 6, 5)),
        chance.choice((0, 0, 0, 1)),
        chance.choice((0, 0, 0, 9)),
        chance.choice((0, 1, 2)),
    )


def _chunk(kind: bytes, body: bytes, chance: Random) -> bytes:
    size = len(body) if chance.random() < 0.98 else number(chance)
    check = zlib.crc32(kind + body) if chance.random() < 0.98 else number(chance)
    return size.to_bytes(4, "big") + kind + body + check.to_bytes(4, "big")


def jpeg(data: bytes, chance: Random) -> bytes:
    """A JPEG with changed segments."""
    segments = list(_segments(data))
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(segments))
        kind, body = segments[at]
        way = chance.randrange(5)
        if way == 0:
            segments.insert(at, (chance.choice(_SEGMENTS), chance.randbytes(chance.choice((0, 9)))))
        elif way == 1:
            segments.insert(at, (0xE1, b"Exif\0\0" + damaged(b"II*\0\x08\0\0\0" * 9, chance)))
        elif way == 2:
            segments[at : at + 1] = [(kind, body)] * chance.choice((0, 2, 300))
        elif way == 3:
            segments[at] = (chance.choice(_SEGMENTS), body)
        else:
            segments[at] = (kind, damaged(body, chance))
        segments = segments or [(0xDA, b"")]
    return b"\xff\xd8" + b"".join(_segment(*one, chance) for one in segments) + b"\xff\xd9"


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, payload); that of a scan goes on to the next marker (ITU-T T.81 B.1.1)."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xD9:
        kind, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        while kind == 0xDA and end < len(data) - 1:
            if data[end] == 0xFF and data[end + 1] not in (0, *range(0xD0, 0xD8)):
                break
            end += 1
        yield kind, data[at + 4 : end]
        at = end


def _segment(kind: int, body: bytes, chance: Random) -> bytes:
    size = len(body) + 2
    if kind == 0xDA:  # its length is that of the scan's header alone
        size = 2 * (body[0] if body else 0) + 6
    if chance.random() < 0.02:
        size = number(chance)
    return bytes([0xFF, kind]) + (size & 0xFFFF).to_bytes(2, "big") + body


def tiff(data: bytes, chance: Random) -> bytes:
    """A classic little-endian TIFF with changed entries of its first directory."""
    changed = bytearray(data)
    start = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[start : start + 2], "little")
    for _ in range(chance.randint(1, 3)):
        at = start + 2 + 12 * chance.randrange(max(count, 1))
        way = chance.randrange(6)
        if way == 0:
            struct.pack_into("<H", changed, at, chance.choice(_TAGS))
        elif way == 1:
            struct.pack_into("<H", changed, at + 2, chance.choice((*range(14), 255)))
        elif way == 2:
            struct.pack_into("<I", changed, at + 4, number(chance))
        elif way == 3:
            struct.pack_into("<I", changed, at + 8, number(chance))
        elif way == 4:
            after = start + 2 + 12 * count
            place = chance.choice((start, 0, after, len(data), number(chance)))
            struct.pack_into("<I", changed, after, place)
        else:
            struct.pack_into("<H", changed, start, chance.choice((0, 1, count + 1, 200, 0xFFFF)))
    found = bytes(changed)
    return damaged(found, chance) if chance.random() < 0.2 else found
