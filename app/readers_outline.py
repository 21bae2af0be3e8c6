"""Which outline of this reader counts: the one that was kept last, drawn or by threshold."""

from contextlib import suppress

from app import drawing_session, own_outline
from app.store.drawings import KeptDrawing
from app.store.outlines import KeptOutline
from ml.errors import StoreError

__all__ = ["last_kept"]


def last_kept(content_hash: str) -> tuple[KeptOutline | None, KeptDrawing | None]:
    """The outline by threshold or the drawing that this reader kept last of a scan or series.

    Returns:
        One of the two and None; (None, None) where there is neither, or the store fails.
    """
    with suppress(StoreError):
        moved, drawn = own_outline.mine(content_hash), drawing_session.mine(content_hash)
        if drawn is not None and (moved is None or drawn.at > moved.at):
            return None, drawn
        return moved, None
    return None, None
