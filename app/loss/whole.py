"""What is looked at after a process was killed or the power failed: nothing lost, nothing half.

The store is opened as the app opens it, which is where it repairs itself. Then: the database is
whole by SQLite's own check and its foreign keys; the audit trail holds; every signature has its
text, letter by letter; every kept picture is decoded; nothing lies about that has no place there;
and everything that was acknowledged is there.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import text

from app.archive import Archive, open_archive
from app.loss.work import Ack
from app.store.places import Places
from app.store.troubles import troubles
from ml.errors import SulcusError
from ml.io import kept

__all__ = ["closed", "half", "lost", "problems"]

_HALF_SIGNED: Final = (
    "SELECT count(*) FROM signatures WHERE takes_back IS NULL"
    " AND id NOT IN (SELECT signature_id FROM signed_reports)"
)
_TEXTS: Final = (
    "SELECT report_hash, document FROM signed_reports"
    " JOIN signatures ON signatures.id = signed_reports.signature_id"
)
_NAMES: Final = ("sulcus.sqlite", "sulcus.sqlite-wal", "sulcus.sqlite-shm", "secret", "pictures")


def problems(found: Places, told: Iterable[Ack]) -> list[str]:
    """What is wrong with a store, in words for an engineer; nothing where all is well.

    Args:
        found: the store; nobody else uses it.
        told: what was acknowledged.
    """
    try:
        store = open_archive(found)
    except SulcusError as error:
        return [f"does not open: {error}"]
    try:
        return [*half(store), *_broken(store), *_strange(store, found), *lost(store, told)]
    except SulcusError as error:
        return [f"does not answer: {error}"]
    finally:
        closed(store)


def closed(store: Archive) -> None:
    """Close the connections of a store."""
    store.trail.engine.dispose()


def half(store: Archive) -> Iterator[str]:
    """What is not whole in the database.

    Raises:
        StoreError: it cannot be read.
    """
    with troubles(), store.trail.engine.connect() as connection:
        said = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        if list(said) != ["ok"]:
            yield f"the database is damaged: {said[0]}"
        if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
            yield "a foreign key leads nowhere"
        if connection.execute(text(_HALF_SIGNED)).scalar():
            yield "a signature has no text"
        for digest, document in connection.execute(text(_TEXTS)):
            if hashlib.sha256(document.encode()).hexdigest() != digest:
                yield "a signed text is another one"


def lost(store: Archive, told: Iterable[Ack]) -> Iterator[str]:
    """What was acknowledged and is not there.

    Raises:
        StoreError: it cannot be read.
    """
    held = _Held(store)
    for kind, *values in told:
        if not _THERE[kind](held, *values):
            yield f"acknowledged and not there: {kind}"


def _broken(store: Archive) -> Iterator[str]:
    """Where the audit trail does not hold."""
    for one in store.trail.verify().breaks:
        yield f"the audit trail: {one.place} {one.kind}"


def _strange(store: Archive, found: Places) -> Iterator[str]:
    """Files that are not whole, or have no place there."""
    for file in found.pictures.iterdir() if found.pictures.is_dir() else ():
        try:
            kept.unpack(store.pictures.data(file.stem), file.stem)
        except (SulcusError, ValueError):
            yield "a kept picture is not whole, or something else lies among the pictures"
    if {file.name for file in found.home.iterdir()} - set(_NAMES):
        yield "something half written was left"


class _Held:
    """What a store holds, each part read once."""

    def __init__(self, store: Archive) -> None:
        self._store = store
        self._parts: dict[object, Any] = {}

    def part(self, key: object, read: Callable[[], Any]) -> Any:
        """A part by its name."""
        if key not in self._parts:
            self._parts[key] = read()
        return self._parts[key]

    def answer(self, digest: str) -> bool:
        """The scan is on the worklist with its answer."""
        lines = self.part("worklist", self._store.worklist)
        return any(one.scan.content_hash == digest and one.label is not None for one in lines)

    def picture(self, digest: str) -> bool:
        return self._store.pictures.kept_until(digest) is not None

    def word(self, number: int) -> bool:
        rows = self.part("words", lambda: {row.id for row in self._store.readings()})
        return number in rows

    def drawing(self, digest: str, number: int) -> bool:
        return any(row.id == number for row in self._store.drawings.of_scan(digest))

    def outline(self, digest: str, number: int) -> bool:
        return any(row.id == number for row in self._store.outlines.of_scan(digest))

    def signed(self, digest: str, number: int) -> bool:
        return any(row.id == number and row.intact for row in self._store.reports.of_scan(digest))

    def withdrawn(self, digest: str, number: int) -> bool:
        rows = self._store.reports.of_scan(digest)
        return any(row.id == number and not row.standing for row in rows)

    def line(self, digest: str, what: str) -> bool:
        """The trail has a line of that word about the scan."""
        lines = self.part(
            "trail", lambda: {(one.scan, one.what) for one in self._store.trail.last(10**9)}
        )
        return (digest, what) in lines


_THERE: Final[Mapping[str, Callable[..., bool]]] = {
    kind: getattr(_Held, kind)
    for kind in ("answer", "picture", "word", "drawing", "outline", "signed", "withdrawn", "line")
}
