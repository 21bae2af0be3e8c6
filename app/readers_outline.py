"""Which outline of this reader counts: the one that was kept last, drawn or by threshold."""

from contextlib import suppress

from app import drawing_session, own_outline
from app.archive import archive
from app.store.drawings import KeptDrawing
from app.store.outlines import KeptOutline
from app.store.tables import ReaderDrawingRow, ReaderOutlineRow
from ml.errors import StoreError

__all__ = ["last_kept"]


def last_kept(content_hash: str) -> tuple[KeptOutline | None, KeptDrawing | None]:
    """The outline by threshold or the drawing that this reader kept last of a scan or series.

    Returns:
        One of the two and None; (None, None) where there is neither, or the store fails.
    """
    with suppress(StoreError):
        moved, drawn = own_outline.mine(content_hash), drawing_session.mine(content_hash)
        if moved is None or drawn is None:
            return moved, drawn
        return (None, drawn) if _later(drawn, moved) else (moved, None)
    return None, None


def _later(drawn: KeptDrawing, moved: KeptOutline) -> bool:
    """Whether the drawing came later: by the audit trail, as clocks are set back at times.

    Rows of both from before there was a trail have nothing but their times.
    """
    drawings = ReaderDrawingRow.__tablename__
    rows = {drawings: drawn.id, ReaderOutlineRow.__tablename__: moved.id}
    last = archive().trail.newest(rows)
    return drawn.at > moved.at if last is None else last == drawings
