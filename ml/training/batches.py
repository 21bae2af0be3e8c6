"""Random training batches: balanced over classes, one picture a near-duplicate cluster."""

import math
from typing import Any

import keras
import numpy as np

from ml.labels import CLASSES, NO_TUMOR
from ml.results import FloatArray
from ml.training.augment import RECIPE, Families, augment
from ml.training.config import OUTLINING, Mixing, RunConfig, Stage
from ml.training.corpus import UNKNOWN_TUMOUR, Corpus
from ml.training.counterfactual import CounterfactualMixer
from ml.training.edits import Edits
from ml.training.mixing import Mixed, cutmix, mixup
from ml.training.multitask import multitask_targets
from ml.training.policy import Pair, rand_augment
from ml.training.restoring import hidden

GLIOMA = CLASSES.index("glioma")
CHANGED = ("painted_out", "blended_in")
"""Edits after which a picture's class is another one."""


def class_shares(corpus: Corpus, stage: Stage) -> dict[int, float]:
    """Share of each class in a batch: square root of its clusters, adjusted as the stage says.

    Slices with a tumour of unknown type serve the outline and, in the joint task, the class
    loss through their set of possible classes.
    """
    wanted = [*range(len(CLASSES))]
    if stage.task in OUTLINING:
        wanted.append(UNKNOWN_TUMOUR)
    sizes = {c: len(np.unique(corpus.clusters[corpus.labels == c])) for c in wanted}
    roots = {c: math.sqrt(n) for c, n in sizes.items() if n}
    weights = {GLIOMA: stage.glioma_weight, UNKNOWN_TUMOUR: stage.unknown_weight}
    roots = {c: v * weights.get(c, 1.0) for c, v in roots.items()}
    others = sum(v for c, v in roots.items() if c != NO_TUMOR)
    if stage.task == "segment" and NO_TUMOR in roots and others:
        most = others * stage.empty_share / (1.0 - stage.empty_share)
        roots[NO_TUMOR] = min(roots[NO_TUMOR], most)
    total = sum(roots.values())
    return {c: v / total for c, v in roots.items()}


def families_of(stage: Stage) -> Families:
    """The augmentation families of a stage.

    Raises:
        ValueError: it names a family that does not exist.
    """
    found = RECIPE
    for name in stage.extra_families:
        found = found.including(name)
    for name in stage.left_out:
        found = found.without(name)
    return found


def mix(
    mixing: Mixing,
    images: FloatArray,
    labels: FloatArray,
    masks: FloatArray | None,
    rng: np.random.Generator,
) -> Mixed:
    """A batch mixed with itself, see `ml.training.mixing`."""
    chosen = ("mixup", "cutmix")[int(rng.integers(2))] if mixing == "both" else mixing
    blend = mixup if chosen == "mixup" else cutmix
    return blend(images, labels, rng, masks=masks)


class TrainingBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """`steps` batches an epoch, drawn anew each time, reproducible from the seed.

    A batch is (images (B, S, S, 1), targets, weights). Targets are (B, 4) as `PartialLabelLoss`
    wants them, or masks (B, h, w, 1), or in the joint task both, by output name.
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        stage: Stage,
        config: RunConfig,
        mask_shape: tuple[int, int] | None,
        edits: Edits | None = None,
        teacher: FloatArray | None = None,
    ) -> None:
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        self.task, self.stage = stage.task, stage
        self.families = families_of(stage)
        self.mixer, self.edits = CounterfactualMixer() if stage.edited else None, edits
        self.teacher = teacher
        if self.task == "segment":
            corpus = corpus.select(corpus.has_mask)
        self.corpus, self.mask_shape = corpus, mask_shape
        self.steps, self.batch, self.seed = config.steps, config.batch, config.seed
        self.epoch = 0
        self.shares = class_shares(corpus, stage)
        self.members = self._members()

    def _members(self) -> dict[int, list[np.ndarray[Any, np.dtype[np.int64]]]]:
        """[class] → one array of picture positions a cluster; masked pictures come first."""
        members: dict[int, dict[str, list[int]]] = {c: {} for c in self.shares}
        for position, (label, cluster) in enumerate(
            zip(self.corpus.labels, self.corpus.clusters, strict=True)
        ):
            if int(label) in members:
                members[int(label)].setdefault(str(cluster), []).append(position)
        order = lambda p: not self.corpus.has_mask[p]  # noqa: E731
        return {
            c: [np.array(sorted(v, key=order)) for v in named.values()]
            for c, named in members.items()
        }

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        rng = np.random.default_rng([self.seed, self.epoch, index])
        classes = rng.choice(list(self.shares), self.batch, p=list(self.shares.values()))
        labels = np.stack([self._target(int(c)) for c in classes])
        drawn = np.array([self._draw(int(c), rng) for c in classes])
        images, masks = (
            stack[drawn][..., None].astype(np.float32) / 255.0
            for stack in (self.corpus.images, self.corpus.masks)
        )
        known = self.corpus.has_mask[drawn]
        taught = np.full(self.batch, self.stage.distilled, np.float32)
        if self.mixer is not None:
            ready = None
            if self.edits is not None:
                ready = [self.edits.of(str(path)) for path in self.corpus.paths[drawn]]
            edited = self.mixer(images, labels, masks, known, rng, ready=ready)
            images, labels, masks = edited.images, edited.targets, edited.masks
            known = edited.known
            taught[np.isin(edited.kinds, CHANGED)] = 0.0
        if self.teacher is not None:
            labels = np.concatenate([labels, self.teacher[drawn], taught[:, None]], axis=1)
        for row in range(self.batch):
            mask = masks[row, ..., 0] if self.mask_shape is not None else None
            images[row, ..., 0], moved = self._change(images[row, ..., 0], mask, rng)
            if moved is not None:
                masks[row, ..., 0] = moved
        grid = None
        if self.task == "restore":
            masks, known = images.copy(), np.ones(self.batch, bool)
            images[..., 0] = [hidden(image, rng) for image in images[..., 0]]
        if self.mask_shape is not None:
            grid = np.stack([shrink(mask, self.mask_shape) for mask in masks[..., 0]])[..., None]
        if self.stage.mixing != "none":
            mixed = mix(self.stage.mixing, images, labels, grid, rng)
            images, labels, grid = mixed.images, mixed.targets, mixed.masks
            known = known & known[mixed.partner]
        return self._packed(images, labels, grid, known.astype(np.float32))

    def _packed(self, images: Any, labels: Any, masks: Any, weights: Any) -> tuple[Any, Any, Any]:
        """Pictures, targets and weights as the task's losses take them."""
        if masks is None:
            return images, labels, np.ones(self.batch, np.float32)
        if self.task in ("segment", "restore"):
            return images, masks, weights
        if self.task == "multitask":
            return images, *multitask_targets(labels, masks, weights)
        return (
            images,
            {"logits": labels, "mask_logits": masks},
            {"logits": np.ones(self.batch, np.float32), "mask_logits": weights},
        )

    def _change(self, image: FloatArray, mask: FloatArray | None, rng: np.random.Generator) -> Pair:
        """One picture and its mask, augmented as the stage asks."""
        strength = self.stage.strength
        if self.stage.rand_augment:
            count = self.stage.rand_augment
            return rand_augment(image, mask, rng, n=count, magnitude=strength)
        return augment(image, mask, rng, strength=strength, families=self.families)

    def _draw(self, label: int, rng: np.random.Generator) -> int:
        """Position of a picture of a class: a cluster first, then one of its pictures."""
        clusters = self.members[label]
        positions = clusters[int(rng.integers(len(clusters)))]
        first = self.mask_shape is not None and rng.random() < 0.7
        return int(positions[0] if first else rng.choice(positions))

    @staticmethod
    def _target(label: int) -> Any:
        target = np.zeros(len(CLASSES), np.float32)
        if label == UNKNOWN_TUMOUR:
            target[[c for c in range(len(CLASSES)) if c != NO_TUMOR]] = 1.0
        else:
            target[label] = 1.0
        return target

    def on_epoch_end(self) -> None:
        """Draw differently in the next epoch."""
        self.epoch += 1


def shrink(mask: Any, shape: tuple[int, int]) -> Any:
    """Coverage (S, S) → (h, w) by area averaging."""
    import cv2

    if mask.shape == shape:
        return mask
    return cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
