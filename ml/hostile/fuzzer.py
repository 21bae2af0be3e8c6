"""The process of `ml.hostile.guided`: `python -m ml.hostile.fuzzer ENTRY SEED INPUTS FOLDER`.

Writes an outcome a line. libFuzzer's own limits are off: those of `ml.hostile.watch` hold.

Reference: K. Serebryany 2016, libFuzzer; Google 2020, atheris.
"""

import itertools
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Final

import atheris

with atheris.instrument_imports(include=["ml.io", "pydicom", "nibabel", "zipfile", "gzip"]):
    from ml.hostile import watch
    from ml.hostile.entries import FILES, Entry

_LONGEST: Final = 2**17
_MOST_S: Final = 540
"""Seconds after which it ends, however many inputs are left."""


def main(name: str, seed: int, inputs: int, folder: Path) -> None:
    """Make and read the inputs of one entry; never returns."""
    entry, corpus = FILES[name], folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(entry.valid()):
        (corpus / str(number)).write_bytes(data)
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    writes, places = watch.limited(folder), itertools.count()

    def read(data: bytes) -> None:
        told.write(json.dumps(asdict(watch.watched(entry, next(places), data, writes))) + "\n")
        told.flush()

    options = (f"-runs={inputs}", f"-seed={seed}", f"-max_len={_LONGEST}", "-rss_limit_mb=0")
    limits = (f"-max_total_time={_MOST_S}", f"-timeout={watch.MOST_CLOCK_S:.0f}", "-len_control=0")
    atheris.Setup(
        [sys.argv[0], *options, *limits, f"-artifact_prefix={folder}/", str(corpus)],
        read,
        custom_mutator=_mutator(entry),
    )
    atheris.Fuzz()


def _mutator(entry: Entry) -> Callable[[bytes, int, int], bytes]:
    """Changes of which every other one fits the format."""

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        chance = Random(seed)
        if chance.random() < 0.5:
            try:
                return entry.change(data, chance)[:most]
            except Exception:  # of a file too damaged to be taken apart
                return bytes(atheris.Mutate(data, most))
        return bytes(atheris.Mutate(data, most))

    return mutated


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
