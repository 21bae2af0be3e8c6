"""Training pictures a second: ours, and a plain `image_dataset_from_directory` with `fit`.

`python -m ml.bench.training STEPS SIDE BATCH` in a process of its own. Both train the same
MobileNet from the same start on the same simulated pictures. Ours draws classes evenly and augments
every picture; the plain one decodes, scales and shuffles. The first epoch is not counted.
"""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from ml.bench.child import run
from ml.bench.pictures import png, variants
from ml.labels import CLASSES

if TYPE_CHECKING:
    from ml.training.corpus import Corpus

__all__ = ["drawn", "main", "training"]

NETWORK: Final[str] = "mobilenet"
PICTURES: Final[int] = 256


def training(steps: int, side: int, batch: int) -> dict[str, Any]:
    """Pictures a second of both.

    Args:
        steps: batches that count.
        side: of the pictures, pixels.
        batch: pictures a batch.

    Raises:
        MetricsError: the run failed.
    """
    found: dict[str, Any] = run("ml.bench.training", str(steps), str(side), str(batch)).json
    return found


def drawn(count: int, side: int) -> "Corpus":
    """Simulated pictures (N, S, S) in all four classes, for their number only."""
    from ml.training.corpus import Corpus

    images = np.stack(
        [cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in variants(count)]
    )
    names = np.array([str(number) for number in range(count)])
    return Corpus(
        images=images.astype(np.uint8),
        masks=np.zeros_like(images, np.uint8),
        has_mask=np.ones(count, bool),
        labels=np.arange(count) % len(CLASSES),
        clusters=names,
        groups=names,
        paths=names,
        representative=np.ones(count, bool),
    )


def _ours(corpus: "Corpus", *, steps: int, side: int, batch: int) -> Any:
    """What `fit` is given in a run of ours."""
    from ml.training.batches import TrainingBatches
    from ml.training.config import Phase, RunConfig, Stage

    stage = Stage("bench", "classify", (Phase(side, 2),), learning_rate=1e-3)
    config = RunConfig(NETWORK, (stage,), steps=steps, batch=batch)
    return TrainingBatches(corpus, stage=stage, config=config, mask_shape=None)


def _plain(corpus: "Corpus", folder: Path, *, steps: int, side: int, batch: int) -> Any:
    """The pictures in a folder a class, as every tutorial reads them."""
    import keras

    for number, (image, label) in enumerate(zip(corpus.images, corpus.labels, strict=True)):
        own = folder / CLASSES[int(label)]
        own.mkdir(exist_ok=True)
        (own / f"{number}.png").write_bytes(png(image))
    read = keras.utils.image_dataset_from_directory(
        folder,
        label_mode="categorical",
        color_mode="grayscale",
        batch_size=batch,
        image_size=(side, side),
        verbose=False,
    )
    return read.map(lambda images, labels: (images / 255.0, labels)).repeat().take(2 * steps)


def _rate(batches: Any, *, steps: int, batch: int, ours: bool) -> float:
    """Pictures a second of the second epoch of `fit`."""
    import keras

    from ml.models.classifiers import build_classifier
    from ml.training.losses import PartialLabelLoss

    keras.utils.set_random_seed(0)
    model = build_classifier(NETWORK)
    loss = PartialLabelLoss(0.0) if ours else keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(1e-3), loss=loss)
    ends: list[float] = []
    noted = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    model.fit(batches, epochs=2, steps_per_epoch=steps, callbacks=[noted], verbose=0)
    return steps * batch / (ends[1] - ends[0])


def main(arguments: Sequence[str]) -> int:
    """Both rates as one line of JSON; returns the exit status."""
    steps, side, batch = map(int, arguments)
    corpus = drawn(max(PICTURES, batch), side)
    ours = _ours(corpus, steps=steps, side=side, batch=batch)
    own = _rate(ours, steps=steps, batch=batch, ours=True)
    with tempfile.TemporaryDirectory() as folder:
        plain = _plain(corpus, Path(folder), steps=steps, side=side, batch=batch)
        usual = _rate(plain, steps=steps, batch=batch, ours=False)
    found = {
        "network": NETWORK,
        "side_px": side,
        "batch": batch,
        "steps": steps,
        "pictures_per_s": round(own, 2),
        "plain_pictures_per_s": round(usual, 2),
        "ratio": round(own / usual, 3),
    }
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
