"""Prepared pictures of one part of a split as TFRecord shards.

  python -m ml.datasets.tfrecord export FOLDER --part train [--split clean] [--shards 8]
  python -m ml.datasets.tfrecord verify FOLDER [FOLDER…]
  python -m ml.datasets.tfrecord import FOLDER [FOLDER…]

export writes train-00000-of-00008.tfrecord … and index.json (counts, SHA-256 of each file, side,
split id). All pictures of a patient group lie in one shard, so workers that read different
shards never share a patient. verify compares every file with the index. import puts the parts of
a split into .cache/, where training finds them without the data sets.

In a program: ml.training.records.read_corpus gives back the same arrays in the same order,
ml.training.records.tfrecord.dataset is a tf.data pipeline of one of several workers.

The files hold pictures of patients: they are written only to the folder that you name, and never
to one that git would commit.
"""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    # here, not above: training rests on datasets, and only this command goes the other way
    from ml.training.records.command import run

    return run("tfrecord", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
