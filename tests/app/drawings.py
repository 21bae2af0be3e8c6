"""What readers drew, for tests of what is written about it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from app.drawing_session import sizes
from app.store.drawings import FROM_NOTHING, KeptDrawing, NewDrawing
from ml.drawing import of_masks, packed
from ml.results import BoolArray, Scan
from ml.volume import Volume

READER = "B. Reader"
NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def new(
    masks: Mapping[int, BoolArray], decoded: Scan | Volume, begun: str = FROM_NOTHING
) -> NewDrawing:
    """A drawing of those masks, as a reader keeps it."""
    drawn = of_masks(masks, decoded)
    known = sizes(drawn, decoded)
    return NewDrawing(READER, begun, packed(drawn), slices=len(drawn.slices), **known)


def kept(content_hash: str, drawing: NewDrawing) -> KeptDrawing:
    """The row that it stands in."""
    return KeptDrawing(1, content_hash, drawing, NOON, "", "", None, standing=True)
