"""Random pictures of a few patient groups of unequal size, exported in either format."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml.training.corpus import Corpus
from ml.training.records.index import FIELDS, Index, Origin
from ml.training.records.pack import export_pack
from ml.training.records.tfrecord import export_tfrecord

ORIGIN = Origin("clean", "train", "0123456789abcdef", "fedcba9876543210")
GROUP_SIZES = (9, 5, 4, 3, 2, 2, 1)
SIDE = 24

Export = Callable[[Corpus, Path], Index]
EXPORTS: dict[str, Export] = {
    "tfrecord": lambda corpus, folder: export_tfrecord(corpus, folder, origin=ORIGIN, shards=4),
    "pack": lambda corpus, folder: export_pack(corpus, folder, origin=ORIGIN, mib=1),
}


def random_corpus(side: int = SIDE, seed: int = 0) -> Corpus:
    """Groups lie scattered; every third picture is a copy; labels include the unknown type."""
    rng = np.random.default_rng(seed)
    groups = np.repeat([f"g{i}" for i in range(len(GROUP_SIZES))], GROUP_SIZES)
    groups = rng.permutation(groups)
    count = len(groups)
    masks = np.zeros((count, side, side), np.uint8)
    masks[::2, 4:9, 5:11] = rng.integers(1, 256, (len(masks[::2]), 5, 6))
    return Corpus(
        images=rng.integers(0, 256, (count, side, side), np.uint8),
        masks=masks,
        has_mask=np.arange(count) % 2 == 0,
        labels=rng.integers(-1, 4, count),
        clusters=np.array([f"c{i - (i % 3 == 2)}" for i in range(count)]),
        groups=groups,
        paths=np.array([f"set/Größe ({i}).jpg" for i in range(count)]),
        representative=np.arange(count) % 3 != 2,
    )


def assert_same(found: Corpus, expected: Corpus) -> None:
    """Every array with its type and order."""
    for name in FIELDS:
        one, other = getattr(found, name), getattr(expected, name)
        assert one.dtype == other.dtype, name
        np.testing.assert_array_equal(one, other, err_msg=name)


@pytest.fixture
def corpus() -> Corpus:
    return random_corpus()


@pytest.fixture(params=["tfrecord", "pack"])
def exported(request: pytest.FixtureRequest, corpus: Corpus, tmp_path: Path) -> Path:
    """A folder in each of the formats."""
    folder = tmp_path / request.param
    EXPORTS[request.param](corpus, folder)
    return folder
