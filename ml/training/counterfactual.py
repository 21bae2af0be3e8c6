"""Tumours painted out and blended in while training, so that the source tells nothing.

For training pictures only; `ml.evaluation.counterfactual` makes its own from test pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.counterfactual import blend_in, paint_out, sham_blend, sham_paint
from ml.labels import CLASSES, NO_TUMOR
from ml.results import BoolArray, FloatArray

Versions = tuple[FloatArray | None, FloatArray | None]
"""A picture (S, S) without its tumour, and its sham; None where it refused the edit."""

KINDS: Final[tuple[str, ...]] = ("original", "painted_out", "blended_in", "sham")


@dataclass(frozen=True)
class EditedBatch:
    """A batch after editing.

    Attributes:
        images: (B, S, S, 1) float32 in 0..1.
        targets: (B, 4) float32, 1 for every class the picture may have.
        masks: (B, S, S, 1) float32 coverage.
        known: (B,) bool, the outline is known; always so after a tumour came or went.
        kinds: (B,) what was done to each picture, one of `KINDS`.
    """

    images: FloatArray
    targets: FloatArray
    masks: FloatArray
    known: BoolArray
    kinds: npt.NDArray[np.str_]


@dataclass(frozen=True)
class CounterfactualMixer:
    """Edits some pictures of a batch, label and mask with them; to be called before `augment`.

    An edit that a picture refuses (no brain found, no room) leaves that picture as it was.

    Attributes:
        paint_out: chance of a tumour picture with known outline to lose its tumour.
        blend_in: chance of a tumour-free picture to get a tumour of the same batch.
        sham: chance of any other picture to be edited without a change of truth, so that the
            traces of editing do not tell the label either.
    """

    paint_out: float = 0.2
    blend_in: float = 0.35
    sham: float = 0.15

    def __post_init__(self) -> None:
        """Refuse what is no chance.

        Raises:
            ValueError: a chance outside 0..1.
        """
        for name in ("paint_out", "blend_in", "sham"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"the chance {name} is {getattr(self, name)}, not in 0..1")

    def __call__(
        self,
        images: FloatArray,
        targets: FloatArray,
        masks: FloatArray,
        known: BoolArray,
        rng: np.random.Generator,
        *,
        ready: Sequence[Versions] | None = None,
    ) -> EditedBatch:
        """The batch with some of its pictures edited; the arrays given stay as they are.

        Args:
            images: (B, S, S, 1) float32 in 0..1.
            targets: (B, 4) float32, 1 for every class the picture may have.
            masks: (B, S, S, 1) float32 coverage.
            known: (B,) bool, the outline is known.
            rng: source of every draw.
            ready: of each picture its version without the tumour and its sham where they were
                made before (`ml.training.edits`); None makes them here.

        Raises:
            ValueError: masks and pictures are not of one shape.
        """
        if masks.shape != images.shape:
            raise ValueError(f"masks {masks.shape} must be as large as pictures {images.shape}")
        sure = np.asarray(known, np.bool_)
        batch = _Batch(images[..., 0], targets, masks[..., 0], sure, ready=ready)
        out = EditedBatch(
            images.copy(),
            targets.astype(np.float32),
            masks.copy(),
            batch.known.copy(),
            np.full(len(images), KINDS[0], dtype="<U11"),
        )
        for row in range(len(images)):
            # one stream a picture: a refusal does not change what the next one gets
            own = np.random.default_rng(rng.integers(2**63))
            try:
                self._edit(row, batch, out, own)
            except ValueError:
                continue
        return out

    def _edit(self, row: int, batch: "_Batch", out: EditedBatch, rng: np.random.Generator) -> None:
        change, sham = rng.random(2)
        if row in batch.tumours and change < self.paint_out:
            out.images[row, ..., 0] = batch.without(row, rng)
            out.targets[row] = np.eye(len(CLASSES), dtype=np.float32)[NO_TUMOR]
            out.masks[row] = 0.0
            out.kinds[row] = "painted_out"
        elif row in batch.free and batch.tumours.size and change < self.blend_in:
            donor = int(rng.choice(batch.tumours))
            pasted, where = blend_in(
                batch.images[row], batch.images[donor], batch.masks[donor], rng
            )
            out.images[row, ..., 0], out.masks[row, ..., 0] = pasted, where
            out.targets[row], out.known[row] = batch.targets[donor], True
            out.kinds[row] = "blended_in"
        elif sham < self.sham and batch.tumours.size and row in (*batch.tumours, *batch.free):
            out.images[row, ..., 0] = self._sham(row, batch, rng)
            out.kinds[row] = "sham"

    @staticmethod
    def _sham(row: int, batch: "_Batch", rng: np.random.Generator) -> FloatArray:
        """The picture with an outline painted over, or with a piece of another healthy brain."""
        image, shape = batch.images[row], batch.masks[int(rng.choice(batch.tumours))]
        others = batch.free[batch.free != row]
        if row in batch.free and others.size and rng.random() < 0.5:
            return sham_blend(image, batch.images[int(rng.choice(others))], shape, rng)
        if batch.ready is not None:
            return _present(batch.ready[row][1])
        tumour = batch.masks[row] if row in batch.tumours else None
        return sham_paint(image, shape, rng, tumour=tumour)


class _Batch:
    """A batch before editing, and which of its pictures can take part."""

    def __init__(
        self,
        images: FloatArray,
        targets: FloatArray,
        masks: FloatArray,
        known: BoolArray,
        *,
        ready: Sequence[Versions] | None,
    ) -> None:
        self.images, self.targets, self.masks, self.known = images, targets, masks, known
        self.ready = ready
        marked = known & (masks.reshape(len(masks), -1).max(axis=1, initial=0.0) > 0.5)
        free = targets[:, NO_TUMOR] > 0
        self.tumours = np.flatnonzero(marked & ~free)
        self.free = np.flatnonzero(free & (targets.sum(axis=1) == 1))

    def without(self, row: int, rng: np.random.Generator) -> FloatArray:
        """A picture (S, S) without its tumour.

        Raises:
            ValueError: the picture refuses it.
        """
        if self.ready is None:
            return paint_out(self.images[row], self.masks[row], rng)
        return _present(self.ready[row][0])


def _present(version: FloatArray | None) -> FloatArray:
    """A version made before.

    Raises:
        ValueError: the picture refused it then.
    """
    if version is None:
        raise ValueError("this picture refused that edit")
    return version
