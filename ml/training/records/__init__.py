"""Prepared pictures that travel: one part of a split in a folder, in one of two formats.

- `tfrecord`: TFRecord shards, no group in two of them, for several workers of a `tf.data`
  pipeline. Written and read by TensorFlow.
- `pack`: `.npz` files up to a chosen size, for machines without TensorFlow.

Both hold pictures and masks as PNG and are sealed by the same `index.json`; `read_corpus` gives
back the same arrays in the same order. The commands are `python -m ml.datasets.tfrecord` and
`python -m ml.datasets.pack`.

Limits: prepared pictures are pictures of patients. They are written only to a folder that is
named, never to one that git would commit.
"""

from ml.training.records.reading import read_arrays, read_corpus

__all__ = ["read_arrays", "read_corpus"]
