"""Prepared pictures of one part of a split in .npz files, for machines without TensorFlow.

  python -m ml.datasets.pack export FOLDER --part train [--split clean] [--mib 48]
                                    [--representatives] [--side PIXELS]
  python -m ml.datasets.pack verify FOLDER [FOLDER…]
  python -m ml.datasets.pack import FOLDER [FOLDER…]

export writes train-00000-of-00006.npz …, none larger than --mib, and index.json (counts, SHA-256
of each file, side, split id). verify compares every file with the index. import puts the parts of
a split into .cache/, where training finds them without the data sets.

In a program: ml.training.records.read_corpus gives back the same arrays in the same order.

The files hold pictures of patients: they are written only to the folder that you name, and never
to one that git would commit.
"""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    # here, not above: training rests on datasets, and only this command goes the other way
    from ml.training.records.command import run

    return run("pack", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
