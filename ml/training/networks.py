"""Which network a stage trains, and the weights that it starts from."""

from pathlib import Path
from typing import Any

from ml.errors import TrainingError
from ml.models.baselines import (
    BASELINES,
    build_baseline,
    build_pretraining,
    copy_backbone,
    freeze_for_recipe,
)
from ml.models.classifiers import build_classifier
from ml.models.multitask import build_multitask
from ml.models.resunet import build_resunet
from ml.models.unet import build_joint, build_unet
from ml.models.weights import read_arrays
from ml.training.checkpoint import assign, load_arrays
from ml.training.config import ENCODER, OUTLINING, RunConfig, Stage
from ml.training.restoring import restorer


def start_network(config: RunConfig) -> tuple[Any, Any]:
    """Encoder with its class head, and the joint network on it, with the weights to start from.

    The networks of `ml.models.baselines` have no decoder: the second is None.

    Raises:
        TrainingError: ImageNet weights cannot be downloaded, or the path is no weight file.
    """
    try:
        classifier = untrained(config)
    except Exception as error:
        if config.weights != "imagenet":
            raise
        raise TrainingError(
            "ImageNet weights could not be downloaded. Train with `--weights none`, or give "
            "a weight file with `--weights PATH`."
        ) from error
    joint = None if config.network in BASELINES else build_joint(classifier)
    if config.weights not in ("imagenet", "none"):
        arrays = stored_arrays(Path(config.weights))
        target = classifier
        if joint is not None and len(arrays) == len(joint.weights):
            target = joint
        assign(target.weights, arrays, what="weights")
    return classifier, joint


def untrained(config: RunConfig) -> Any:
    """The classifier that a recipe begins with, from nothing or with ImageNet weights."""
    imagenet = config.weights == "imagenet"
    if config.network not in BASELINES:
        return build_classifier(ENCODER.get(config.network, config.network), imagenet=imagenet)
    imagenet = imagenet and BASELINES[config.network].has_imagenet
    build = build_pretraining if config.stages[0].name == "pretrain" else build_baseline
    return build(config.network, imagenet=imagenet)


def stored_arrays(path: Path) -> list[Any]:
    """Arrays of a run's `.npz` or of a published `.safetensors`.

    Raises:
        TrainingError: there is no such file.
    """
    if not path.is_file():
        raise TrainingError(f"There is no weight file at {path}; see `--weights`.")
    return read_arrays(path) if path.suffix == ".safetensors" else load_arrays(path)[0]


def network_for(stage: Stage, network: str, *, classifier: Any, before: Any) -> Any:
    """The outputs a stage trains, on shared layers.

    Args:
        stage: what comes next.
        network: name in the recipe.
        classifier: encoder with its class head.
        before: the model of the stage before, or the pre-trained joint network.
    """
    if stage.task == "recipe":
        model = build_baseline(network)
        copy_backbone(before, model)
        freeze_for_recipe(model)
        return model
    for layer in classifier.layers:  # one by one: a model that counts as trainable passes over them
        layer.trainable = True
    if stage.task not in OUTLINING:
        for layer in classifier.layers:
            layer.trainable = stage.task == "classify" or layer.name == "logits"
        return classifier
    if stage.task == "restore":
        return restorer(build_joint(classifier))
    ending = {"joint": "_joint", "multitask": "_multitask"}.get(stage.task, network)
    if before.name.endswith(ending):
        return before
    if network == "resunet":
        return build_resunet()
    build = {"joint": build_joint, "multitask": build_multitask}.get(stage.task, build_unet)
    model = build(classifier)
    if stage.task != "joint":
        copy_decoder(before, model)
    return model


def copy_decoder(joint: Any, model: Any) -> None:
    """Weights of the stages that both decoders have, by layer name."""
    names = {layer.name for layer in joint.layers}
    for layer in model.layers:
        if layer.name.startswith("decoder") and layer.name in names:
            layer.set_weights(joint.get_layer(layer.name).get_weights())
