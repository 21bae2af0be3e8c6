"""Sessions with the database: one short transaction each, to read or to append."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, UOWTransaction

from app.store import chain
from app.store.opening import PLACES, WRITES
from app.store.places import Places, secret
from app.store.troubles import troubles


class Sessions:
    """What everything that reads from and appends to the store rests on.

    Rows are only ever added, each with its line of the audit trail in the same transaction. Every
    method raises `StoreError` where the database cannot be reached, and then nothing is written.

    Args:
        engine: from `app.store.opening`.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(**{WRITES: True})

    def _key(self) -> bytes:
        """The secret that the trail is sealed with.

        Raises:
            StoreError: it cannot be read or made.
        """
        found: Places = self.engine.get_execution_options()[PLACES]
        return secret(found)

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with troubles(), Session(self.engine) as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        key, added = self._key(), list[object]()

        def collect(session: Session, _: UOWTransaction) -> None:
            added.extend(session.new)

        with troubles(), Session(self._writing) as session, session.begin():
            event.listen(session, "after_flush", collect)
            yield session
            session.flush()
            chain.record(session, key, added)
