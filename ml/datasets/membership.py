"""The index in which an upload is looked up, made from the training pictures.

``python -m ml.datasets.membership`` hashes every picture of the training part of
``data/splits/clean.csv`` and writes the hashes, and nothing else of the pictures, to
``assets/membership/training_hashes.safetensors`` (`ml.inference.membership` reads it).
Run it again whenever the split changes; the distance up to which a scan counts as a copy is
then chosen anew by ``python -m ml.evaluation --parts membership``.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ml.datasets.fingerprints import CACHE, fingerprint_all
from ml.datasets.readers import SOURCES, data_root, read_all
from ml.datasets.splits import FOLDER
from ml.datasets.tables import read_rows, split_id
from ml.errors import DatasetError, MissingDataset
from ml.inference.membership import COMMAND, INDEX_FILE, TrainingIndex, save_index

__all__ = ["build", "main"]


def build(root: Path, split: Path, *, cache: Path | None = CACHE) -> TrainingIndex:
    """Hashes of the training part of a split, in the order of its file.

    Args:
        root: data root.
        split: the split file.
        cache: folder of fingerprints kept between runs, or None.

    Raises:
        MissingDataset: a training picture, or its whole set, is not under `root`.
        DatasetLayout: a set is not laid out as published.
        DatasetError: the split is missing or has no training part.
    """
    training = [row for row in read_rows(split) if row["split"] == "train"]
    if not training:
        raise DatasetError(f"{split.name} has no training part; run python -m ml.datasets.splits")
    pictures = read_all(root)
    place = {picture.path: at for at, picture in enumerate(pictures)}
    absent = sum(row["path"] not in place for row in training)
    if absent:
        raise MissingDataset(
            f"{absent} of {len(training)} training pictures are not in the data folder; download "
            "the sets as data/README.md describes."
        )
    # All pictures: the splits keep the fingerprints of exactly these.
    hashes = fingerprint_all(pictures, root, cache=cache).hashes
    upright = hashes[[place[row["path"]] for row in training], :, 0]  # (N, 2, 4)
    return TrainingIndex(
        words=np.ascontiguousarray(upright.transpose(1, 2, 0)),
        sources=np.array([SOURCES.index(row["source"]) for row in training], np.uint8),
        names=SOURCES,
        split_id=split_id(split.read_bytes()),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: write the index."""
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--split", type=Path, default=FOLDER / "clean.csv", metavar="CSV")
    parser.add_argument("--out", type=Path, default=INDEX_FILE, metavar="FILE")
    parser.add_argument("--no-cache", action="store_true", help="hash every picture again")
    options = parser.parse_args(arguments)
    try:
        index = build(data_root(), options.split, cache=None if options.no_cache else CACHE)
    except DatasetError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    save_index(index, options.out)
    sys.stdout.write(f"{len(index.sources)} training pictures: {options.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
