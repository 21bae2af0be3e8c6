"""Training on several accelerators: one copy of the network each, the batch divided among them.

JAX uses Keras's own `keras.distribution.DataParallel`; TensorFlow, which that interface does not
cover, uses `tf.distribute.MirroredStrategy`. BatchNormalization takes its statistics over the
whole batch in both, so that the result does not depend on the number of devices.
"""

import contextlib
from contextlib import AbstractContextManager
from typing import Any

import keras

from ml.errors import TrainingError


def accelerators() -> list[str]:
    """Devices of the best kind that is here, GPUs or TPUs before processors."""
    return [str(name) for name in keras.distribution.list_devices()]


def distributed() -> bool:
    """Whether the code runs inside the scope of `across`.

    There, `predict_on_batch` gives every device the whole batch, or wants it divisible.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return bool(tf.distribute.get_strategy().num_replicas_in_sync > 1)
    return keras.distribution.distribution() is not None


def across(devices: list[str], *, batch: int) -> AbstractContextManager[Any]:
    """Scope in which a network has to be built and trained to run on all of the devices.

    Args:
        devices: as `accelerators` names them.
        batch: pictures a batch, over all devices together.

    Raises:
        TrainingError: fewer than two devices, a batch that cannot be divided, or a backend
            that cannot distribute.
    """
    if len(devices) < 2:
        raise TrainingError(
            f"--distribute needs two devices or more; this machine shows {len(devices)}."
        )
    if batch % len(devices):
        raise TrainingError(
            f"A batch of {batch} pictures cannot be divided among {len(devices)} devices."
        )
    backend = keras.backend.backend()
    if backend == "jax":
        return _data_parallel(devices)
    if backend == "tensorflow":
        import tensorflow as tf

        strategy = tf.distribute.MirroredStrategy([name.upper() for name in devices])
        scope: AbstractContextManager[Any] = strategy.scope()
        return scope
    raise TrainingError(
        f"--distribute works under TensorFlow and JAX; the backend here is {backend}."
    )


@contextlib.contextmanager
def _data_parallel(devices: list[str]) -> Any:
    before = keras.distribution.distribution()
    chosen = keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
    keras.distribution.set_distribution(chosen)
    try:
        yield chosen
    finally:
        keras.distribution.set_distribution(before)


def synchronise_batch_norm(model: Any) -> None:
    """Take BatchNormalization's statistics over all devices, in place.

    Under JAX they already are: the program sees the whole batch.
    """
    if keras.backend.backend() != "tensorflow":
        return
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
