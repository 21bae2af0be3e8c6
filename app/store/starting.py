"""What a start finds of a process that was ended, or of a machine that lost its power.

What was left half written is removed, a restore that was interrupted goes on, and a database that
was not closed is looked at: SQLite repairs it by its log, and one that is damaged all the same is
not used.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

from app.store.backup import DATABASE, PICTURES, SECRET, failing, is_whole
from app.store.places import Places
from app.store.troubles import DAMAGED, troubles
from app.store.unfinished import alone, flush, folder_in, sweep, write_whole
from ml.errors import StoreError

__all__ = ["CHECKED", "go_on", "recover"]

CHECKED: Final = ".restored"
"""Folder of a backup that was unpacked and looked at; from then on its restore goes on."""


def recover(found: Places) -> None:
    """Mend what an earlier process left.

    Args:
        found: the store; its folder is there.

    Raises:
        StoreError: the database is damaged, or an interrupted restore cannot go on.
    """
    for folder in {found.home, found.pictures, found.secret_file.parent}:
        sweep(folder)
    go_on(found)
    if found.url.get_backend_name() == "sqlite":
        with troubles():
            _look_at(Path(str(found.url.database)))


def go_on(found: Places) -> bool:
    """Move what a restore has looked at to its place, the database last.

    What is in its place already is not there to be moved, so this may be ended and begun again.

    Returns:
        Whether there was anything.

    Raises:
        StoreError: it cannot be moved.
    """
    checked = found.home / CHECKED
    with failing("restored"), alone(checked) as there:
        if there:
            _move(found, checked)
    return there


def _move(found: Places, checked: Path) -> None:
    found.pictures.mkdir(mode=0o700, exist_ok=True)
    for file in sorted((checked / PICTURES).iterdir()):
        file.replace(found.pictures / file.name)
    flush(found.pictures)
    found.secret_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(found.secret_file, (checked / SECRET).read_bytes())
    with suppress(FileNotFoundError):  # moved before, or on a server
        (checked / DATABASE).replace(str(found.url.database))
    flush(found.home)
    with folder_in(found.home) as folder:  # in one step: half of it removed could not go on
        checked.rename(folder / checked.name)


def _look_at(database: Path) -> None:
    """Look at a database that has a log, as one has that was not closed or is in use."""
    log = database.with_name(f"{database.name}-wal")
    if log.exists() and not is_whole(database):
        raise StoreError(DAMAGED)
