"""Sessions with the database: one short transaction each, to read or to append."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.store.opening import WRITES, troubles


class Sessions:
    """What everything that reads from and appends to the store rests on.

    Rows are only ever added. Every method raises `StoreError` where the database cannot be
    reached, and then nothing is written.
    """

    def __init__(self, engine: Engine) -> None:
        self._reading = engine
        self._writing = engine.execution_options(**{WRITES: True})

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with troubles(), Session(self._reading) as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with troubles(), Session(self._writing) as session, session.begin():
            yield session
