"""Going from a line of the worklist to its picture: open in this session, or kept."""

from contextlib import suppress

from app import reader_session, state
from app import worklist_texts as words
from app.archive import archive
from app.store.lists import BLIND_ORDERS, ORDERS, ordered, unread
from app.store.records import Entry
from ml.errors import ScanError, StoreError
from ml.io.kept_series import reopened


def orders() -> tuple[str, ...]:
    """Orders of the worklist that a reader may choose, the default first."""
    return BLIND_ORDERS if reader_session.blind_first() else ORDERS


def openable(content_hash: str) -> bool:
    """Whether the picture of a scan is at hand.

    Raises:
        StoreError: the archive cannot be opened.
    """
    return _is_open(content_hash) or archive().pictures.kept_until(content_hash) is not None


def reopen(entry: Entry) -> None:
    """Put a scan on screen; call in a callback, or where the box of opened scans is not drawn.

    A picture that has gone in the meantime changes nothing: the page says so when it is drawn.
    """
    content_hash = entry.scan.content_hash
    with suppress(StoreError):
        data = b"" if _is_open(content_hash) else archive().pictures.data(content_hash)
        if entry.scan.slices is None or not data:
            opened = state.OpenedFile(words.pseudonym(entry), data, content_hash)
        else:
            opened = _series(words.line(entry), data, content_hash)
        state.add([opened])


def next_unread(entries: tuple[Entry, ...], content_hash: str) -> Entry | None:
    """The unread scan after this one in the order of the worklist, or the first of all.

    Args:
        entries: the worklist.
        content_hash: the scan on screen.

    Raises:
        StoreError: the archive cannot be opened.
    """
    chosen = state.recall(state.WORKLIST_SORT, orders()[0])
    by = chosen if chosen in orders() else orders()[0]
    near = [one for one in ordered(entries, by) if openable(one.scan.content_hash)]
    found = unread(near, content_hash, 1) or unread(near, "", 1)
    return next((one for one in near if one.scan.content_hash == found), None)


def _series(name: str, data: bytes, content_hash: str) -> state.OpenedFile:
    """A kept series, or why it cannot be opened."""
    try:
        series = reopened(data, content_hash)
    except ScanError as error:
        return state.OpenedFile(name, b"", content_hash, problem=error)
    return state.OpenedFile(name, b"", content_hash, series=series)


def _is_open(content_hash: str) -> bool:
    return any(file.content_hash == content_hash for file in state.opened())
