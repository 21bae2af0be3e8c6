"""Trains the networks: `python -m ml.training [NETWORK …]`.

What happens, in order: the pictures of the split are prepared once (.cache/), then each network
goes through the stages of its recipe (ml/training/config.py). A run that was killed goes on
where it stopped; a finished stage is not repeated. Results lie in runs/NAME/; `--publish` puts
the networks that the app uses into assets/weights/.
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from ml.errors import SulcusError, TrainingError
from ml.models.registry import CLASSIFIERS
from ml.training.config import SPLITS

REPOSITORY = Path(__file__).resolve().parents[2]
RUNS = REPOSITORY / "runs"
SHIPPED = ("mobilenet", "unet", "resnet50", "xception")
"""What the app runs, in the order of training."""
COMPARED = (
    "multitask",
    "detector",
    "resunet",
    "unet_resnet50",
    "small_cnn",
    "mlp",
    "alexnet",
    "vgg16",
    "inception_v3",
)
"""What stands beside them in the comparison."""
NETWORKS = (*SHIPPED, *COMPARED)
GROWS_ON = {
    "unet": "mobilenet",
    "multitask": "mobilenet",
    "detector": "mobilenet",
    "unet_resnet50": "resnet50",
}
"""Network → the one whose in-domain pre-training it starts from."""
NEEDS_MASKS = ("unet", "resunet", "unet_resnet50", "multitask", "detector")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(
        prog="python -m ml.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument(
        "networks",
        nargs="*",
        default=list(SHIPPED),
        metavar="NETWORK",
        help=f"what to train: {', '.join(NETWORKS)} (default: {', '.join(SHIPPED)})",
    )
    found.add_argument(
        "--weights",
        default="imagenet",
        metavar="imagenet|none|PATH",
        help="where to start: ImageNet weights (the default; downloaded by keras), nothing, or a "
        "file, .npz of an earlier run or published .safetensors. Unless a file is given, "
        f"{', '.join(GROWS_ON)} start from the pre-trained encoder of the same runs folder",
    )
    found.add_argument(
        "--split",
        default="clean",
        choices=SPLITS,
        help="which split to train on (default: clean, by patient group); elsewhere the networks "
        "of the app learn the classes only, without outlines",
    )
    found.add_argument(
        "--runs",
        type=Path,
        default=RUNS,
        metavar="DIR",
        help="where runs are kept (default: runs/)",
    )
    found.add_argument("--seed", type=int, default=None, help="of sampling and initialisation")
    found.add_argument(
        "--distribute",
        action="store_true",
        help="divide each batch among all accelerators of this machine (TensorFlow or JAX)",
    )
    found.add_argument(
        "--toy", action="store_true", help="a few steps only, to see that everything works"
    )
    found.add_argument(
        "--publish",
        action="store_true",
        help="afterwards write float16 weights and their registry to assets/weights",
    )
    found.add_argument(
        "--share",
        type=float,
        default=1.0,
        metavar="0..1",
        help="publish this share of a run's weights and the rest of those it went on from",
    )
    return found


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    options = parser().parse_args(arguments)
    # large tensors are kept and used again instead of being asked of the system at every step
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")
    unknown = [name for name in options.networks if name not in NETWORKS]
    if unknown:
        sys.stderr.write(f"unknown network {unknown[0]!r}; known: {', '.join(NETWORKS)}\n")
        return 2
    if options.toy and options.publish:
        sys.stderr.write("--toy trains nothing worth publishing: leave out one of the two\n")
        return 2
    if options.toy and options.runs == RUNS:
        options.runs = RUNS / "toy"
    masked = [name for name in options.networks if name in NEEDS_MASKS]
    if options.split != "clean" and masked:
        sys.stderr.write(f"outlines are trained on the clean split: leave out the {masked[0]}\n")
        return 2
    try:
        for name in options.networks:
            train_one(name, options)
        if options.publish:
            from ml.training.publish import publish

            for name in options.networks:
                publish(name, options.runs, share=options.share)
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def train_one(name: str, options: argparse.Namespace) -> None:
    """One network's recipe with the options of the command line.

    Raises:
        TrainingError: it cannot start or resume.
    """
    from ml.training.detector import DetectorRun
    from ml.training.devices import accelerators
    from ml.training.recipes import RECIPES, brief, toy, transferred
    from ml.training.runner import Run, summary

    suffix = "" if options.split == "clean" else f"-{options.split}"
    weights = options.weights
    if name in GROWS_ON and weights in ("imagenet", "none"):
        encoder = GROWS_ON[name]
        pretrained = options.runs / encoder / "pretrain" / "best.npz"
        if not pretrained.is_file():
            raise TrainingError(
                f"The {name} grows on the pre-training of the {encoder}, which is not in "
                f"{options.runs}: train the {encoder} first, or give `--weights PATH`."
            )
        weights = str(pretrained)
    config = replace(RECIPES[name], weights=weights, split=options.split)
    if options.split != "clean":
        config = brief(config)
    elif weights == "imagenet" and name in CLASSIFIERS:
        config = transferred(config)
    if options.seed is not None:
        config = replace(config, seed=options.seed)
    if options.toy:
        config = toy(config)
    devices = accelerators() if options.distribute else None
    kind = DetectorRun if name == "detector" else Run
    run = kind(config, options.runs / f"{name}{suffix}", devices)
    print(f"{name}: training on {summary(run.train)}; checked on {summary(run.check)}")
    run.go()


if __name__ == "__main__":
    sys.exit(main())
