"""One outline of a picture or a series, as DICOM SEG and SR speak of it: whose it is, how made.

The AI's comes first. The reader's is the one that the report uses: the AI's map from another
threshold on, or drawn by hand.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from app.reports.draft import Draft
from app.reports.own_drawing import drawing_of, size_in
from app.reports.own_outline import outline_of
from app.reports.series_result import Reported, SeriesResult
from ml.results import Analysis, BoolArray, Measurement, Refused
from ml.study import StudySize

__all__ = ["Outline", "by_reader", "outlines"]


@dataclass(frozen=True)
class Outline:
    """One outline.

    Attributes:
        masks: [slice from 1] → (H, W) bool; a single picture is slice 1, and slices with nothing
            on them are left out.
        sizes: of all of it, of a picture or of a series.
        threshold: lowest probability that is outlined, None for one that was drawn by hand.
        reader: whose it is, "" for the AI's.
        begun: what a drawing started from, one of `app.store.drawings.BEGUN`, else "".
    """

    masks: Mapping[int, BoolArray]
    sizes: Measurement | StudySize
    threshold: float | None
    reader: str = ""
    begun: str = ""

    @property
    def by_hand(self) -> bool:
        """Whether no algorithm made it."""
        return self.threshold is None

    @property
    def mark(self) -> tuple[str, ...]:
        """What tells it from the AI's outline in a UID."""
        if not self.reader:
            return ()
        digest = hashlib.sha256()
        for number in sorted(self.masks):
            digest.update(self.masks[number].tobytes())
        drawn = ("drawn", *map(str, sorted(self.masks))) if self.by_hand else ()
        return (self.reader, digest.hexdigest(), *drawn)


def by_reader(draft: Draft, answer: Reported) -> Outline | None:
    """The outline of the reader in a report, or None where it has none.

    Args:
        draft: the report.
        answer: what came of reading the picture or series that it is on.

    Raises:
        DrawingError: the reader's drawing is damaged.
    """
    moved = None if isinstance(answer, SeriesResult) else outline_of(draft, answer)
    if moved is not None and draft.outline is not None:
        reader = draft.outline.outline.reader
        return Outline(_one(moved.mask), moved.measurement, moved.threshold, reader)
    drawing = drawing_of(draft)
    if drawing is None or draft.drawing is None:
        return None
    kept = draft.drawing.outline
    return Outline(
        masks={number: drawing.mask(number) for number in drawing.slices},
        sizes=size_in(answer, drawing),
        threshold=None,
        reader=kept.reader,
        begun=kept.begun,
    )


def outlines(read: Analysis | SeriesResult, own: Outline | None) -> tuple[Outline, ...]:
    """Everything that is outlined, in the order of the segments: the AI's before the reader's."""
    both = (_by_ai(read), own)
    return tuple(one for one in both if one is not None and one.masks)


def _by_ai(read: Analysis | SeriesResult) -> Outline | None:
    """What the AI outlines; None for a series of which every slice was refused."""
    if isinstance(read, Analysis):
        found = read.segmentation
        return Outline(_one(found.mask), found.measurement, found.threshold)
    if isinstance(read.key, Refused):
        return None
    return Outline(read.masks, read.found.size, read.key.segmentation.threshold)


def _one(mask: BoolArray) -> dict[int, BoolArray]:
    return {1: mask} if mask.any() else {}
