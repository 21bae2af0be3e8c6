"""Paint a tumour out of a prepared picture.

The other half of the head is the model where the head is symmetric enough (axial and coronal
slices, tumours off the midline), else a piece of the same head whose surroundings continue the
border, else a smooth inpainting. Whatever is taken is brought to the level of the border by a
smooth field, given the grain of its surroundings, and faded in over a soft edge.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ml.counterfactual.heads import AIR, depth_of, dilate, disc, head_of, mirror_of
from ml.counterfactual.regions import Region, best_fit, displaced, square, tumour_core
from ml.counterfactual.texture import grain_of, smooth, spread, trusted, with_grain
from ml.results import BoolArray, FloatArray

PLAUSIBLE: Final[float] = 0.7
"""Least likeness of both halves for one to be a model of the other; sagittal slices stay below."""
MISFIT: Final[float] = 0.75
"""Largest misfit along the border that a source may have."""
OEDEMA: Final[float] = 0.06
"""Least difference of oedema from the other half, as a share of the level."""
MOST: Final[float] = 0.4
"""Largest share of the head that is replaced."""
HALO: Final[float] = 0.10
"""How far oedema is followed beyond the tumour, share of the side."""


@dataclass(frozen=True)
class Filling:
    """What replaces a tumour.

    Attributes:
        values: (S, S) float32, before levels are matched.
        how: "mirror", "copy" or "smooth".
        misfit: along the border, NaN for "smooth".
    """

    values: FloatArray
    how: str
    misfit: float


def paint_out(
    image: FloatArray,
    mask: FloatArray,
    rng: np.random.Generator,
    *,
    spared: BoolArray | None = None,
) -> FloatArray:
    """A prepared picture without its tumour.

    Args:
        image: (S, S) float32 in 0..1, as `ml.preprocess.prepare` gives it.
        mask: (S, S) float32 coverage of the tumour in 0..1.
        rng: draws the grain.
        spared: (S, S) bool, another lesion that is neither followed nor taken from, or None.

    Returns:
        (S, S) float32 in 0..1; identical to `image` away from the tumour and its halo.

    Raises:
        ValueError: the mask is empty, not as large as the picture, off the head or so large
            that nothing is left to fill it from.

    Limits: what the tumour displaced stays displaced, and oedema beyond a tenth of the side stays.
    """
    region, filling = plan(image, mask, spared)
    values = filling.values
    if filling.how != "smooth":
        off = image - values
        values = values + spread(off, trusted(off, region.border))
    if filling.how != "copy":
        wanted = grain_of(image, dilate(region.border, 2.0) & ~region.core)
        if filling.how == "mirror":
            # all that is missing is what turning the picture took
            wanted = min(wanted, 1.2 * grain_of(values, region.core))
        values = with_grain(values, region.core, wanted, rng)
    return np.asarray(image + region.alpha * (np.clip(values, 0.0, 1.0) - image), np.float32)


def plan(
    image: FloatArray, mask: FloatArray, spared: BoolArray | None = None
) -> tuple[Region, Filling]:
    """What is replaced and by what, before any grain is drawn.

    Args:
        image: (S, S) float32 in 0..1.
        mask: (S, S) float32 coverage of the tumour.
        spared: as `paint_out`.

    Raises:
        ValueError: as `paint_out`.
    """
    head, core = _checked(image, mask)
    sick = core if spared is None else core | spared
    mirror, region = mirror_of(image, head, sick), Region.around(core, head)
    healthy, wide = head & ~dilate(sick, 1.0), region
    if mirror.likeness >= PLAUSIBLE:
        matrix = mirror.matrix(image.shape[0])
        if spared is None:
            wide = Region.around(_with_halo(image, core, head, _reflected(image, matrix)), head)
        for tried in (wide, region):
            found = _from_other_half(image, tried, healthy & ~tried.core, matrix)
            if found is not None:
                return tried, found
    found = _from_elsewhere(image, region, healthy)
    return (region, found) if found is not None else (wide, _smooth(image, wide))


def _checked(image: FloatArray, mask: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Head and tumour core."""
    if image.ndim != 2 or image.shape[0] != image.shape[1] or mask.shape != image.shape:
        raise ValueError(
            f"a square picture and a mask as large are wanted, not {image.shape} and {mask.shape}"
        )
    head = head_of(image)
    core = tumour_core(mask)
    if not (mask > 0.5).any():
        raise ValueError("the mask is empty: there is no tumour to paint out")
    if not (core & head).any():
        raise ValueError("the mask lies off the head: it does not belong to this picture")
    if (core & head).sum() > MOST * head.sum():
        raise ValueError("the mask covers most of the head: nothing is left to fill it from")
    return head, core & head


def _reflected(picture: FloatArray, matrix: FloatArray) -> FloatArray:
    size = picture.shape[0]
    return np.asarray(
        cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_CUBIC), np.float32
    )


def _with_halo(
    image: FloatArray, core: BoolArray, head: BoolArray, reflected: FloatArray
) -> BoolArray:
    """The core with the oedema around it: where brain goes on differing from the other half."""
    size = image.shape[0]
    here, there = smooth(image, size / 80), smooth(reflected, size / 80)
    inner = depth_of(head) > 0.08 * size
    rest = inner & ~dilate(core, HALO * size)
    if rest.sum() < 50:
        return core
    level = float(np.median(here[rest]))
    there = there + np.float32(np.median((here - there)[rest]))
    brain = (
        inner & (np.minimum(here, there) > 0.5 * level) & (np.maximum(here, there) < 1.6 * level)
    )
    # within a small neighbourhood: both halves never lie exactly on each other
    low, high = (f(there, disc(0.015 * size)) for f in (cv2.erode, cv2.dilate))
    differs = (here < low - OEDEMA * level) | (here > high + OEDEMA * level)
    differs &= brain & dilate(core, HALO * size)
    opened = cv2.morphologyEx((differs | core).astype(np.uint8), cv2.MORPH_OPEN, disc(0.015 * size))
    _, parts = cv2.connectedComponents(opened, connectivity=4)
    joined = np.isin(parts, np.unique(parts[core & (parts > 0)])) & (parts > 0)
    grown = dilate(joined | core, 0.012 * size) & head
    return grown if grown.sum() <= MOST * head.sum() else core


def _from_other_half(
    image: FloatArray, region: Region, healthy: BoolArray, matrix: FloatArray
) -> Filling | None:
    size = image.shape[0]
    usable = _reflected(healthy.astype(np.float32), matrix) > 0.5
    source = _reflected(image, matrix)
    shifts = square(max(1, round(0.03 * size)), 1)
    fit = best_fit(image, region, source, usable, shifts=shifts, least=0.6)
    if fit is None or fit.misfit > MISFIT:
        return None
    values = displaced(source, fit.shift)
    if fit.usable < 1.0:
        # a tumour near the midline: its own mirror image is no model, a smooth level stands in
        sure = smooth(displaced(usable.astype(np.float32), fit.shift), size / 100)
        sure = np.clip(2.0 * sure - 1.0, 0.0, 1.0)
        level = spread(values, np.asarray((sure > 0.9) * (values > AIR), np.float32))
        values = np.asarray(sure * values + (1.0 - sure) * level, np.float32)
    return Filling(values, "mirror", fit.misfit)


def _from_elsewhere(image: FloatArray, region: Region, healthy: BoolArray) -> Filling | None:
    size = image.shape[0]
    usable = healthy & ~dilate(region.core, max(2.0, 0.02 * size))
    step = max(1, size // 60)
    shifts = square(round(0.45 * size) // step, step)
    fit = best_fit(image, region, image, usable, shifts=shifts, least=0.97)
    if fit is None:
        return None
    nearby = square(step, 1) + np.array(fit.shift)
    fit = best_fit(image, region, image, usable, shifts=nearby, least=0.97) or fit
    if fit.misfit > MISFIT:
        return None
    return Filling(displaced(image, fit.shift), "copy", fit.misfit)


def _smooth(image: FloatArray, region: Region) -> Filling:
    return Filling(spread(image, trusted(image, region.border)), "smooth", float("nan"))
