"""TFRecord shards: whole patient groups a shard, read back as arrays or by several workers.

One record a picture: `tf.train.Example` with `image` and `mask` (PNG bytes), `has_mask`,
`label`, `representative` and `position` (int64), `cluster`, `group` and `path` (text).
`position` is the picture's place in the exported corpus.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.errors import DatasetError
from ml.training.records.index import (
    Arrays,
    Index,
    Origin,
    Shard,
    check_shards,
    describe,
    describe_shard,
    read_index,
    write_index,
)
from ml.training.records.pictures import decode, encode
from ml.training.records.place import claim

if TYPE_CHECKING:
    from ml.training.corpus import Corpus

PICTURES = {"image": "images", "mask": "masks"}
NUMBERS = {"has_mask": "has_mask", "label": "labels", "representative": "representative"}
TEXTS = {"cluster": "clusters", "group": "groups", "path": "paths"}


def tensorflow() -> Any:
    """TensorFlow, imported when it is needed.

    Raises:
        DatasetError: it is not installed.
    """
    try:
        import tensorflow
    except ImportError as error:
        raise DatasetError(
            "TFRecord is written and read by TensorFlow, which is not installed here. Use "
            "`python -m ml.datasets.pack`, which does without."
        ) from error
    return tensorflow


def shard_of_picture(groups: npt.NDArray[np.str_], shards: int) -> npt.NDArray[np.int64]:
    """Shard of each picture (N,): largest group first, each to the emptiest shard.

    Equally large groups come in the order of their SHA-256, which mixes the sources; the same
    groups give the same shards on every machine.

    Args:
        groups: (N,) patient group of each picture.
        shards: how many.

    Raises:
        DatasetError: fewer groups than shards.
    """
    names, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if not 1 <= shards <= len(names):
        raise DatasetError(
            f"{len(names)} patient groups cannot fill {shards} shards, as no group is in two. "
            f"Give --shards from 1 to {len(names)}."
        )
    sums = [hashlib.sha256(str(name).encode()).hexdigest() for name in names]
    home, filled = np.zeros(len(names), np.int64), np.zeros(shards, np.int64)
    for group in sorted(range(len(names)), key=lambda g: (-sizes[g], sums[g])):
        home[group] = filled.argmin()
        filled[home[group]] += sizes[group]
    return home[members]


def export_tfrecord(corpus: "Corpus", folder: Path, *, origin: Origin, shards: int = 8) -> Index:
    """Write a corpus as `PART-00000-of-00008.tfrecord` … and `index.json`.

    Args:
        corpus: prepared pictures.
        folder: where to; empty or not there yet.
        origin: which part of which split it is.
        shards: how many files.

    Raises:
        DatasetError: TensorFlow is missing, there are fewer groups than shards, or the folder
            may not be written to (see `place.claim`).
    """
    tf = tensorflow()
    home = shard_of_picture(corpus.groups, shards)
    folder = claim(folder)
    written = []
    for number in range(shards):
        positions = np.flatnonzero(home == number)
        path = folder / f"{origin.part}-{number:05d}-of-{shards:05d}.tfrecord"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for position in positions:
                writer.write(_record(tf, corpus, int(position)))
        written.append(describe_shard(path, corpus.groups[positions]))
    options = f"--shards {shards}"
    return write_index(
        folder, describe("tfrecord", corpus, origin=origin, options=options, shards=written)
    )


def read_tfrecord(folder: Path, index: Index) -> Arrays:
    """Arrays of a corpus in the exported order, from shards that were checked.

    Args:
        folder: where the shards are.
        index: its index.

    Raises:
        DatasetError: TensorFlow is missing.
    """
    tf = tensorflow()
    arrays = index.blank()
    for shard in index.shards:
        for record in tf.data.TFRecordDataset(str(folder / shard.file)).as_numpy_iterator():
            one = tf.train.Example.FromString(record).features.feature
            position = one["position"].int64_list.value[0]
            for name, field in PICTURES.items():
                arrays[field][position] = decode(one[name].bytes_list.value[0])
            for name, field in NUMBERS.items():
                arrays[field][position] = one[name].int64_list.value[0]
            for name, field in TEXTS.items():
                arrays[field][position] = one[name].bytes_list.value[0].decode()
    return arrays


def dataset(
    folder: Path,
    *,
    shard_index: int = 0,
    shard_count: int = 1,
    batch: int = 32,
    seed: int | None = None,
) -> Any:
    """One worker's pictures as a `tf.data.Dataset`.

    The workers 0 … `shard_count` − 1 together read every picture exactly once, none twice and
    no patient group at two of them. The last batch may be smaller.

    Args:
        folder: a TFRecord export.
        shard_index: which worker this is.
        shard_count: how many workers there are.
        batch: pictures a batch.
        seed: shuffle over all of the worker's pictures, differently each time it is iterated;
            None keeps the order of the shards.

    Returns:
        Dataset of dictionaries: `image` and `mask` (B, S, S, 1) uint8, `has_mask` and
        `representative` (B,) bool, `label` and `position` (B,) int64, `cluster`, `group` and
        `path` (B,) string.

    Raises:
        DatasetError: one of the worker's shards is missing or altered, or there are fewer shards
            than workers.

    Limits:
        Workers get whole shards, so their numbers of pictures and steps differ somewhat.
    """
    tf = tensorflow()
    index = read_index(folder, "tfrecord")
    own = shards_of_worker(index, shard_index, shard_count)
    check_shards(folder, index, own)
    records = tf.data.TFRecordDataset([str(folder / shard.file) for shard in own])
    if seed is not None:
        records = records.shuffle(sum(shard.pictures for shard in own), seed=seed)
    options = tf.data.Options()
    # The shards are divided here; tf.distribute would divide each worker's share once more.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    parsed = records.map(
        lambda record: _parse(tf, record, index.side), num_parallel_calls=tf.data.AUTOTUNE
    )
    return parsed.batch(batch).prefetch(tf.data.AUTOTUNE).with_options(options)


def shards_of_worker(index: Index, shard_index: int, shard_count: int) -> tuple[Shard, ...]:
    """The shards that one of several workers reads.

    Raises:
        DatasetError: there is no such worker, or it would have nothing to read.
    """
    if not 0 <= shard_index < shard_count:
        raise DatasetError(
            f"There is no worker {shard_index} of {shard_count}: workers count from 0 to "
            f"{shard_count - 1}."
        )
    if shard_count > len(index.shards):
        raise DatasetError(
            f"{len(index.shards)} shards cannot feed {shard_count} workers. Export again with at "
            f"least --shards {shard_count}, into an empty folder: `{index.command}`."
        )
    return index.shards[shard_index::shard_count]


def _record(tf: Any, corpus: "Corpus", position: int) -> bytes:
    """One serialised `tf.train.Example`; the same picture always gives the same bytes."""
    texts = {name: str(getattr(corpus, field)[position]) for name, field in TEXTS.items()}
    contents = {
        **{name: encode(getattr(corpus, field)[position]) for name, field in PICTURES.items()},
        **{name: text.encode() for name, text in texts.items()},
    }
    numbers = {name: int(getattr(corpus, field)[position]) for name, field in NUMBERS.items()}
    numbers["position"] = position
    feature = {
        **{k: tf.train.Feature(bytes_list={"value": [v]}) for k, v in contents.items()},
        **{k: tf.train.Feature(int64_list={"value": [v]}) for k, v in numbers.items()},
    }
    example = tf.train.Example(features=tf.train.Features(feature=feature))
    return bytes(example.SerializeToString(deterministic=True))


def _parse(tf: Any, record: Any, side: int) -> dict[str, Any]:
    """One record → tensors, inside the graph of the pipeline."""
    numbers = {name: tf.io.FixedLenFeature([], tf.int64) for name in (*NUMBERS, "position")}
    texts = {name: tf.io.FixedLenFeature([], tf.string) for name in (*PICTURES, *TEXTS)}
    one = dict(tf.io.parse_single_example(record, {**numbers, **texts}))
    for name in PICTURES:
        one[name] = tf.ensure_shape(tf.io.decode_png(one[name], channels=1), (side, side, 1))
    for name in ("has_mask", "representative"):
        one[name] = tf.cast(one[name], tf.bool)
    return one
