"""A folder of prepared pictures → arrays, whichever format it has."""

from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import DatasetError
from ml.training.records.index import Arrays, check_shards, content_sum, read_index
from ml.training.records.pack import read_pack
from ml.training.records.tfrecord import read_tfrecord

if TYPE_CHECKING:
    from ml.training.corpus import Corpus


def read_arrays(folder: Path) -> Arrays:
    """The fields of the exported `Corpus` by name; a pack needs NumPy and OpenCV or Pillow only.

    Steps: index → SHA-256 of every file → decoding → SHA-256 over all arrays.

    Raises:
        DatasetError: something is missing, truncated or altered (says what, and which command
            mends it), or a TFRecord export is read without TensorFlow.
    """
    index = read_index(folder)
    check_shards(folder, index)
    arrays = (read_tfrecord if index.kind == "tfrecord" else read_pack)(folder, index)
    if content_sum(arrays) != index.content:
        raise DatasetError(
            f"The pictures in {folder} are not those that were exported. {index.remedy}"
        )
    return arrays


def read_corpus(folder: Path) -> "Corpus":
    """The exported corpus: the same arrays in the same order.

    Raises:
        DatasetError: see `read_arrays`.
    """
    from ml.training.corpus import Corpus

    return Corpus(**read_arrays(folder))
