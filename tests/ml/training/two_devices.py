"""A few steps of a tiny run, on one or two virtual processors: prints the losses as JSON.

Run as a program: devices have to be laid out before a backend starts.
    python -m tests.ml.training.two_devices FOLDER COUNT
"""

import json
import os
import sys
from functools import partial
from pathlib import Path
from types import MappingProxyType

if os.environ.get("KERAS_BACKEND") == "jax":
    os.environ["XLA_FLAGS"] = (
        "--xla_force_host_platform_device_count=2 --xla_backend_optimization_level=0 "
        "--xla_llvm_disable_expensive_passes=true"
    )
else:
    import tensorflow as tf

    (processor,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        processor, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    # optimising its graphs takes longer than the steps
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

from ml.models import classifiers, unet
from ml.training import networks, runner
from ml.training.config import Phase, RunConfig, Stage
from ml.training.devices import accelerators
from tests.ml.training.conftest import drawn_corpus, tiny_body


def main(folder: Path, count: int) -> None:
    taps = tuple(f"tiny{stride}_relu" for stride in (4, 8, 16, 32))
    backbone = classifiers.Backbone(tiny_body, "tf", taps[-1], taps, "tiny2_relu")
    classifiers.BACKBONES = unet.BACKBONES = MappingProxyType({"mobilenet": backbone})
    # dropout draws differently on each device
    networks.build_classifier = partial(classifiers.build_classifier, dropout=0.0)
    runner.load_corpus = lambda _split, _part: drawn_corpus()
    runner.split_id = lambda _split: "drawn"
    stage = Stage("pretrain", "joint", (Phase(32, 2),), 1e-3)
    config = RunConfig(network="mobilenet", stages=(stage,), steps=4, batch=8)
    found = accelerators()
    assert len(found) == 2, found
    runner.Run(config, folder, found[:count] if count > 1 else None).go()
    log = (folder / "pretrain" / "log.csv").read_text().splitlines()
    head = log[0].split(",")
    rows = [dict(zip(head, map(float, row.split(",")), strict=True)) for row in log[1:]]
    sys.stdout.write(f"RESULT {json.dumps(rows)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
