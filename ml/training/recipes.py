"""The recipe of every network: stages, sizes, rates."""

from dataclasses import replace

from ml.training.config import Phase, RunConfig, Stage


def _classifier(
    network: str, *, rate: float, joint: tuple[Phase, ...], batch: int = 32
) -> RunConfig:
    """Classes and outline at once, with tumours painted out and blended in.

    Args:
        network: registry name.
        rate: peak learning rate.
        joint: progressive sizes.
        batch: pictures a batch; an epoch has 3,200.
    """
    stage = Stage("pretrain", "joint", joint, learning_rate=rate, edited=True)
    return RunConfig(network=network, stages=(stage,), batch=batch, steps=3200 // batch)


def transferred(config: RunConfig) -> RunConfig:
    """From ImageNet the head is trained first, alone, so that it does not tear the backbone."""
    size = config.stages[0].phases[0].size
    head = Stage("head", "head", (Phase(size, 1),), learning_rate=1e-3, edited=True)
    return replace(config, stages=(head, *config.stages))


RECIPES: dict[str, RunConfig] = {
    "mobilenet": _classifier("mobilenet", rate=1.2e-3, joint=(Phase(96, 26), Phase(128, 12))),
    "xception": _classifier("xception", rate=8e-4, joint=(Phase(96, 14), Phase(128, 3)), batch=16),
    "resnet50": _classifier("resnet50", rate=8e-4, joint=(Phase(96, 16), Phase(128, 4)), batch=16),
    "unet": RunConfig(
        network="unet",
        stages=(
            Stage(
                "outline",
                "segment",
                (Phase(128, 12), Phase(160, 6)),
                learning_rate=1e-3,
                glioma_weight=1.6,
                unknown_weight=0.4,
                extra_families=("elastic",),
                edited=True,
            ),
            Stage(
                "refine",
                "segment",
                (Phase(128, 4), Phase(160, 4)),
                learning_rate=6e-4,
                strength=1.3,
                glioma_weight=1.6,
                unknown_weight=0.4,
                extra_families=("elastic", "cutout"),
            ),
        ),
        batch=16,
        steps=150,
    ),
    "resunet": RunConfig(
        network="resunet",
        stages=(
            Stage(
                "outline",
                "segment",
                (Phase(96, 8), Phase(128, 4)),
                learning_rate=1e-3,
                glioma_weight=1.6,
                unknown_weight=0.4,
            ),
        ),
        batch=16,
        steps=150,
    ),
    "unet_resnet50": RunConfig(
        network="unet_resnet50",
        stages=(
            Stage(
                "outline",
                "segment",
                (Phase(96, 3), Phase(128, 3)),
                learning_rate=8e-4,
                glioma_weight=1.6,
                unknown_weight=0.4,
            ),
        ),
        batch=16,
        steps=150,
    ),
    "multitask": RunConfig(
        network="multitask",
        stages=(
            Stage(
                "multitask",
                "multitask",
                (Phase(96, 6), Phase(128, 8), Phase(160, 4)),
                1e-3,
                edited=True,
            ),
        ),
    ),
    "detector": RunConfig(
        network="detector",
        stages=(
            Stage(
                "detect",
                "detect",
                (Phase(128, 10), Phase(160, 10)),
                learning_rate=1e-3,
                glioma_weight=1.3,
                unknown_weight=0.4,
            ),
        ),
        batch=16,
        steps=150,
    ),
    "mlp": RunConfig(
        network="mlp",
        stages=(Stage("classes", "classify", (Phase(64, 30),), 1e-3, strength=0.7, edited=True),),
    ),
    "small_cnn": RunConfig(
        network="small_cnn",
        stages=(Stage("classes", "classify", (Phase(96, 14), Phase(128, 10)), 2e-3, edited=True),),
    ),
    "alexnet": RunConfig(
        network="alexnet",
        stages=(Stage("classes", "classify", (Phase(195, 6),), 1e-4, edited=True),),
    ),
    "vgg16": RunConfig(
        network="vgg16",
        stages=(
            Stage("pretrain", "classify", (Phase(64, 6), Phase(96, 2)), 1e-4, edited=True),
            Stage("recipe", "recipe", (Phase(128, 2),), 1e-4, edited=True),
        ),
    ),
    "inception_v3": RunConfig(
        network="inception_v3",
        stages=(
            # below 107 px its last blocks are one place wide: nothing for BatchNorm to count
            Stage("pretrain", "classify", (Phase(112, 9), Phase(128, 3)), 6e-4, edited=True),
            Stage("recipe", "recipe", (Phase(128, 2),), 1e-3, edited=True),
        ),
    ),
}
"""What `make train` runs; docs/experiments.md says how each was chosen."""


BRIEF_PHASES: dict[str, dict[str, tuple[Phase, ...]]] = {
    "mlp": {"classes": (Phase(64, 12),)},
    "small_cnn": {"classes": (Phase(64, 8), Phase(96, 3))},
    "mobilenet": {"classes": (Phase(96, 12), Phase(128, 2))},
    "xception": {"classes": (Phase(64, 8), Phase(96, 8))},
    "resnet50": {"classes": (Phase(64, 8), Phase(96, 8))},
    "inception_v3": {"pretrain": (Phase(112, 8),), "recipe": (Phase(128, 2),)},
}
"""Sizes off the clean split, by stage; the last one is the size the network is read at."""


def brief(config: RunConfig) -> RunConfig:
    """The same network off the clean split: classes only, from nothing or ImageNet, unedited.

    The official splits have no masks, and the clean pre-training has seen most of the test
    pictures of every other split.
    """
    shorter = BRIEF_PHASES.get(config.network, {})
    stages = config.stages
    if stages[0].task == "joint":
        rate = stages[0].learning_rate
        stages = (Stage("classes", "classify", stages[0].phases, learning_rate=rate),)
    return replace(
        config,
        stages=tuple(
            replace(stage, phases=shorter.get(stage.name, stage.phases), edited=False)
            for stage in stages
        ),
    )


def toy(config: RunConfig) -> RunConfig:
    """The same run with one epoch a phase and two steps, to see that everything works."""
    stages = tuple(
        replace(stage, phases=tuple(Phase(phase.size, 1) for phase in stage.phases))
        for stage in config.stages
    )
    return replace(config, stages=stages, steps=2)
