"""Edits that leave the truth as it was: controls for the traces that editing itself leaves.

A network that tells painted pictures by their seams would shine on counterfactual pairs made by
the same hand. Shams are edited alike but keep their label, so seams tell nothing there.
"""

import numpy as np

from ml.counterfactual.heads import brain_of, dilate
from ml.counterfactual.insertion import blend_in, fitting
from ml.counterfactual.regions import displaced, tumour_core
from ml.counterfactual.removal import paint_out
from ml.results import BoolArray, FloatArray


def moved_mask(
    image: FloatArray, shape: FloatArray, rng: np.random.Generator, *, avoid: BoolArray | None
) -> FloatArray:
    """A tumour's outline laid somewhere into the brain of a picture, away from what to avoid.

    Args:
        image: (S, S) float32 in 0..1.
        shape: (S, S) float32 coverage of a tumour, of this or another picture.
        rng: draws the place.
        avoid: (S, S) that must stay untouched, or None.

    Returns:
        (S, S) float32 coverage.

    Raises:
        ValueError: the outline is empty or finds no place.
    """
    rows, columns = np.nonzero(shape > 0.5)
    if not rows.size:
        raise ValueError("the outline is empty: there is nothing to lay anywhere")
    centre = (round(float(rows.mean())), round(float(columns.mean())))
    free = brain_of(image)
    if avoid is not None:
        free &= ~dilate(avoid, 0.05 * image.shape[0])
    places = np.argwhere(fitting(shape, centre, free))
    if not len(places):
        raise ValueError("the outline finds no place in the brain away from the tumour")
    row, column = (int(v) for v in places[int(rng.integers(len(places)))])
    return displaced(shape, (centre[0] - row, centre[1] - column))


def sham_paint(
    image: FloatArray,
    shape: FloatArray,
    rng: np.random.Generator,
    *,
    tumour: FloatArray | None = None,
) -> FloatArray:
    """A picture with healthy brain painted over by brain: with or without tumour as before.

    Args:
        image: (S, S) float32 in 0..1.
        shape: (S, S) float32 coverage, the outline of what is painted.
        rng: draws place and grain.
        tumour: (S, S) float32 coverage of the picture's own tumour, which is spared, or None.

    Raises:
        ValueError: the outline finds no place.
    """
    avoid = None if tumour is None else tumour_core(tumour)
    return paint_out(image, moved_mask(image, shape, rng, avoid=avoid), rng, spared=avoid)


def sham_blend(
    host: FloatArray, donor: FloatArray, shape: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """A tumour-free picture with a piece of another tumour-free brain blended in.

    Args:
        host: (S, S) float32 in 0..1, without tumour.
        donor: (S, S) float32 in 0..1, without tumour.
        shape: (S, S) float32 coverage, the outline of the piece.
        rng: draws both places and grain.

    Raises:
        ValueError: the outline finds no place on one of the two.
    """
    piece = moved_mask(donor, shape, rng, avoid=None)
    return blend_in(host, donor, piece, rng, must_show=False)[0]
