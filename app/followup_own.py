"""What this reader outlined in one of two examinations that lie side by side."""

from contextlib import suppress

from app import services
from app.followup import Examination, Outlined
from app.readers_outline import last_kept
from ml.drawing import Drawing, series_size, unpacked
from ml.errors import DrawingError
from ml.followup import Sizes
from ml.inference.segment import outlined_at
from ml.results import Analysis

__all__ = ["kept"]


def kept(found: Examination) -> Outlined | None:
    """The outline that this reader kept last, measured by the rules for the AI's.

    Returns:
        None where there is none, where the drawing is damaged, or where the store fails.

    Raises:
        SulcusError: the networks, on whose map an outline by threshold lies, cannot run.
    """
    moved, drawn = last_kept(found.content_hash)
    if drawn is not None:
        with suppress(DrawingError):
            return _drawn(found, unpacked(drawn.outline.mask))
    if moved is None:
        return None
    scan = found.slices[0]
    answer = services.analysis(scan)
    if not isinstance(answer, Analysis):
        return None
    own = outlined_at(answer.segmentation, moved.outline.threshold, scan.spacing_mm)
    return Outlined((own.mask,), 1, Sizes.of(own.measurement, None))


def _drawn(found: Examination, drawing: Drawing) -> Outlined:
    """Of a series, the slice with the longest diameter is measured."""
    number, volume_ml = 1, None
    if found.volume is not None:
        size = series_size(drawing, found.volume)
        number, volume_ml = size.number or 1, size.volume_ml
    sizes = drawing.measured(number, found.slices[0].spacing_mm)
    masks = tuple(
        drawing.mask(place) if place in drawing.slices else None
        for place in range(1, len(found.slices) + 1)
    )
    return Outlined(masks, number, Sizes.of(sizes, volume_ml))
