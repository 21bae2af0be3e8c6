"""A corpus in `.npz` files up to a chosen size, for machines without TensorFlow.

Each file holds a run of pictures in order: `images` and `masks` as PNG bytes end to end (uint8),
`images_ends` and `masks_ends` (the byte after each), and the other fields as they are.
"""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.errors import DatasetError
from ml.training.records.index import (
    FIELDS,
    Arrays,
    Index,
    Origin,
    arrays_of,
    describe,
    describe_shard,
    write_index,
)
from ml.training.records.pictures import decode, encode
from ml.training.records.place import claim

if TYPE_CHECKING:
    from ml.training.corpus import Corpus

MIB = 2**20
PICTURES = ("images", "masks")
OVERHEAD = 8192
"""Bytes kept for the headers of the archive and its ten arrays."""


def export_pack(corpus: "Corpus", folder: Path, *, origin: Origin, mib: int = 48) -> Index:
    """Write a corpus as `PART-00000-of-00003.npz` … and `index.json`.

    Args:
        corpus: prepared pictures.
        folder: where to; empty or not there yet.
        origin: which part of which split it is.
        mib: largest size of a file, MiB.

    Raises:
        DatasetError: a single picture is larger than that, or the folder may not be written to
            (see `place.claim`).
    """
    folder = claim(folder)
    encoded = {name: [encode(one) for one in getattr(corpus, name)] for name in PICTURES}
    fields = {k: v for k, v in arrays_of(corpus).items() if k not in PICTURES}
    beside = sum(v.itemsize for v in fields.values()) + 2 * np.int64().itemsize
    sizes = [len(a) + len(b) + beside for a, b in zip(*encoded.values(), strict=True)]
    cuts = file_bounds(sizes, mib * MIB - OVERHEAD)
    written = []
    for number, (begin, end) in enumerate(pairwise(cuts)):
        path = folder / f"{origin.part}-{number:05d}-of-{len(cuts) - 1:05d}.npz"
        held: dict[str, Any] = {name: one[begin:end] for name, one in fields.items()}
        for name in PICTURES:
            contents = encoded[name][begin:end]
            held[name] = np.frombuffer(b"".join(contents), np.uint8)
            held[f"{name}_ends"] = np.cumsum([len(one) for one in contents])
        np.savez(path, **held)
        written.append(describe_shard(path, corpus.groups[begin:end]))
    options = f"--mib {mib}"
    return write_index(
        folder, describe("pack", corpus, origin=origin, options=options, shards=written)
    )


def file_bounds(sizes: list[int], limit: int) -> list[int]:
    """Where files begin and end so that none is larger than `limit`, in order.

    Args:
        sizes: bytes of each picture with all that belongs to it.
        limit: largest sum a file, bytes.

    Returns:
        Positions 0 = b₀ < b₁ < … < bₖ = N; file i holds bᵢ … bᵢ₊₁ − 1.

    Raises:
        DatasetError: there is no picture, or one alone is larger than the limit.
    """
    if not sizes:
        raise DatasetError("There is no picture to pack.")
    if max(sizes) > limit:
        raise DatasetError(
            f"One picture takes {max(sizes)} bytes, more than fits a file. Give a larger --mib."
        )
    bounds, held = [0], 0
    for position, size in enumerate(sizes):
        if held + size > limit:
            bounds.append(position)
            held = 0
        held += size
    return [*bounds, len(sizes)]


def read_pack(folder: Path, index: Index) -> Arrays:
    """Arrays of a corpus in the exported order, from files that were checked.

    Args:
        folder: where the files are.
        index: its index.
    """
    arrays = index.blank()
    begin = 0
    for shard in index.shards:
        here = slice(begin, begin + shard.pictures)
        with np.load(folder / shard.file, allow_pickle=False) as stored:
            for name in FIELDS:
                if name in PICTURES:
                    contents, ends = stored[name].tobytes(), [0, *stored[f"{name}_ends"]]
                    for position, (first, last) in enumerate(pairwise(ends), start=begin):
                        arrays[name][position] = decode(contents[first:last])
                else:
                    arrays[name][here] = stored[name]
        begin += shard.pictures
    return arrays
