"""Backup of the store into one file, and back: database, kept pictures, secret, each by digest.

The database is copied with SQLite's online backup: readers and writers go on, and the copy is the
state of one moment. Of PostgreSQL the pictures and the secret are packed, and its own tools copy
the database.

Limits: series that the DICOM node is still receiving are not in it. The file holds the secret of
the pseudonyms and is readable by its owner only: keep it as safe as the store.
"""

import hashlib
import json
import os
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.store.places import Places, secret
from app.store.troubles import is_damage
from app.store.unfinished import flush, folder_in, sweep
from ml.errors import StoreError

__all__ = ["FORMAT", "Contents", "back_up", "check_whole", "copied", "failing", "is_whole"]

FORMAT: Final = 1
"""Version of the file; a restore refuses a later one."""
MANIFEST: Final = "manifest.json"
DATABASE: Final = "sulcus.sqlite"
SECRET: Final = "secret"
PICTURES: Final = "pictures/"
NAMES: Final = re.compile(r"sulcus\.sqlite|secret|pictures/[0-9a-f]{64}\.scan")
"""What may be in a backup; no name leads out of the folder."""
_STEP: Final = 1 << 20


@dataclass(frozen=True)
class Packed:
    """One file in a backup.

    Attributes:
        size: bytes.
        sha256: hex digest of them.
        mtime: when it was last written, seconds since 1970; a kept picture's days count from it.
    """

    size: int
    sha256: str
    mtime: float


@dataclass(frozen=True)
class Contents:
    """What is in a backup.

    Attributes:
        format: version of the file.
        made_at: when it was made, UTC, ISO 8601.
        schema: version of the database, None where it is not in it.
        trail: number and seal of the last line of the audit trail, None likewise.
        files: [name] → what it is.
    """

    format: int
    made_at: str
    schema: str | None
    trail: tuple[int, str] | None
    files: dict[str, Packed]


def back_up(found: Places, to: Path) -> Contents:
    """Write a backup; whole or not at all.

    Args:
        found: the store; it may be in use.
        to: the file, which must not be there yet.

    Raises:
        StoreError: there is nothing to back up, the file is there, or something cannot be read
            or written.
    """
    if to.exists():
        raise StoreError("A file of that name is there already. Name another one for the backup.")
    here = found.url.get_backend_name() == "sqlite"
    if here and not Path(str(found.url.database)).is_file():
        raise StoreError(
            "There is no database in the data folder, so there is nothing to back up. See that "
            "SULCUS_HOME names the folder in use."
        )
    secret(found)  # readable, and long enough
    with failing("written"):
        sweep(to.parent)
        with folder_in(to.parent) as folder:
            database = folder / DATABASE
            if here:
                copied(Path(str(found.url.database)), database)
            contents = _pack(found, database if here else None, folder / "packed")
            (folder / "packed").replace(to)
            flush(to.parent)
    return contents


def copied(source: Path, to: Path) -> None:
    """Copy a database that may be in use, and see that the copy is whole."""
    os.close(os.open(to, os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(source, timeout=60)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)
    check_whole(to)


def check_whole(database: Path) -> None:
    """See that a database is not damaged.

    Raises:
        StoreError: it is.
    """
    if not is_whole(database):
        raise StoreError(
            "The copy of the database is damaged, so the backup is not used. Look after the disk, "
            "and take the backup before it."
        )


def is_whole(database: Path) -> bool:
    """Whether a database is not damaged."""
    with closing(sqlite3.connect(database, timeout=60)) as connection:
        try:
            return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return False
        except UnicodeDecodeError:  # what is damaged is a name, and the complaint quotes it
            return False


@contextmanager
def failing(what: str) -> Iterator[None]:
    """Turn what a disk or a database raises into a sentence without a file's name.

    Raises:
        StoreError: in its place.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The backup cannot be {what} ({error.strerror}). See that the folder is there, has "
            "room and can be written to."
        ) from None
    except sqlite3.Error:
        raise StoreError(
            f"The backup cannot be {what}: the database cannot be read. It is damaged, or another "
            "program holds it. Stop what uses it, and try again."
        ) from None


def _pack(found: Places, database: Path | None, to: Path) -> Contents:
    sources = {} if database is None else {DATABASE: database}
    sources[SECRET] = found.secret_file
    if found.pictures.is_dir():
        names = sorted(file.name for file in found.pictures.iterdir())
        known = [name for name in names if NAMES.fullmatch(f"{PICTURES}{name}")]
        sources |= {f"{PICTURES}{name}": found.pictures / name for name in known}
    schema, trail = (None, None) if database is None else _facts(database)
    with to.open("wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        files = {}
        for name, file in sources.items():
            one = _add(packed, name, file)
            if one is not None:
                files[name] = one
        at = datetime.now(UTC).isoformat(timespec="seconds")
        contents = Contents(FORMAT, at, schema, trail, files)
        packed.writestr(MANIFEST, json.dumps(asdict(contents), indent=1))
        packed.close()
        stream.flush()
        os.fsync(stream.fileno())
    to.chmod(0o600)
    return contents


def _add(packed: zipfile.ZipFile, name: str, file: Path) -> Packed | None:
    """Put a file in; None for a picture whose days ended meanwhile."""
    digest, size = hashlib.sha256(), 0
    try:
        source = file.open("rb")
    except FileNotFoundError:
        if name.startswith(PICTURES):
            return None
        raise
    with source, packed.open(name, "w", force_zip64=True) as target:
        while part := source.read(_STEP):
            digest.update(part)
            size += len(part)
            target.write(part)
        return Packed(size, digest.hexdigest(), os.fstat(source.fileno()).st_mtime)


def _facts(database: Path) -> tuple[str, tuple[int, str] | None]:
    """Version of the tables, and the last line of the audit trail."""
    with closing(sqlite3.connect(database)) as connection:
        (schema,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        try:
            query = "SELECT id, digest FROM audit_trail ORDER BY id DESC LIMIT 1"
            line: tuple[Any, ...] | None = connection.execute(query).fetchone()
        except sqlite3.OperationalError:
            line = None  # from before there was a trail
    return str(schema), None if line is None else (int(line[0]), str(line[1]))
