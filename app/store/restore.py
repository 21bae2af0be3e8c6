"""A backup back into the store; what is there is never overwritten."""

import hashlib
import json
import os
import re
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, Final

from alembic.config import Config
from alembic.script import ScriptDirectory

from app.store.backup import (
    DATABASE,
    FORMAT,
    MANIFEST,
    NAMES,
    PICTURES,
    SECRET,
    Contents,
    Packed,
    check_whole,
    failing,
)
from app.store.kinds import fits
from app.store.opening import MIGRATIONS
from app.store.places import Places, prepare
from app.store.starting import CHECKED, go_on
from app.store.unfinished import flush, folder_in, sweep
from ml.errors import StoreError

__all__ = ["contents_of", "restore"]

_LARGEST_MANIFEST: Final = 64 << 20
_STEP: Final = 1 << 20
_PACKINGS: Final = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_REVISION: Final = re.compile(r"\w{1,32}")
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError),  # runtime: locked, nested too deep
    *(AttributeError, LookupError, OverflowError, TypeError, ValueError),
)
"""What reading a backup raises that is not whole, or whose list is of another form."""
_DAMAGED: Final = (
    "The backup is damaged or was changed: what is in it does not fit its list. Nothing was "
    "restored. Take another copy of it, or the backup before it."
)


def restore(found: Places, backup: Path) -> Contents:
    """Put a backup back; every file is looked at before the first one is put in its place.

    Args:
        found: where to; there must be no database, secret or picture yet.
        backup: the file.

    Raises:
        StoreError: the place is in use, or the backup is damaged, of a later version, or cannot
            be read.
    """
    if go_on(found):
        raise StoreError(
            "A restore that was interrupted has just been finished. Nothing else was restored. "
            "Start the program, and see with `make trail` that all is there."
        )
    _check_empty(found)
    with failing("read"):
        contents = contents_of(backup)
        if (DATABASE in contents.files) != (found.url.get_backend_name() == "sqlite"):
            raise StoreError(
                "The backup has a database and the store is on a PostgreSQL server, or the other "
                "way round. Set or leave out SULCUS_DATABASE_URL as it was when it was made."
            )
        prepare(found)
        sweep(found.home)
        with folder_in(found.home) as folder:
            files = folder / "files"
            _unpack(backup, contents, files)
            if DATABASE in contents.files:
                check_whole(files / DATABASE)
                if not fits(files / DATABASE):
                    raise StoreError(_DAMAGED)
            _check_empty(found)  # of a program that was started meanwhile
            files.rename(found.home / CHECKED)
            flush(found.home)
    go_on(found)
    return contents


def contents_of(backup: Path) -> Contents:
    """What a backup says is in it.

    Raises:
        StoreError: it is none, is damaged, or of a later version.
    """
    try:
        with zipfile.ZipFile(backup) as packed:
            if packed.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
                raise StoreError(_DAMAGED)
            packings = {one.compress_type for one in packed.infolist()}
            ours = packings <= _PACKINGS
            stated: Any = json.loads(packed.read(MANIFEST)) if ours else None
            names = sorted(packed.namelist())
        if isinstance(stated, dict) and stated.get("format", FORMAT) > FORMAT:
            raise StoreError(_later("format", int(stated["format"])))
        contents = _contents(stated)
    except _BROKEN:
        raise StoreError(_DAMAGED) from None
    known = all(map(NAMES.fullmatch, contents.files)) and SECRET in contents.files
    named = contents.schema is None or _REVISION.fullmatch(contents.schema)
    if not (known and named) or names != sorted([MANIFEST, *contents.files]):
        raise StoreError(_DAMAGED)
    if contents.schema is not None and contents.schema not in _known():
        raise StoreError(_later("database", contents.schema))
    return contents


def _contents(stated: dict[str, Any]) -> Contents:
    line = stated["trail"]
    return Contents(
        format=int(stated["format"]),
        made_at=str(stated["made_at"]),
        schema=None if stated["schema"] is None else str(stated["schema"]),
        trail=None if line is None else (int(line[0]), str(line[1])),
        files={str(name): Packed(**one) for name, one in stated["files"].items()},
    )


def _later(what: str, version: object) -> str:
    return (
        f"The backup was made by a later version of this program ({what} {version}). Nothing was "
        "restored. Install that version or a newer one, and restore with it."
    )


def _known() -> frozenset[str]:
    """Versions of the database that this program knows."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return frozenset(one.revision for one in ScriptDirectory.from_config(config).walk_revisions())


def _check_empty(found: Places) -> None:
    used = [found.secret_file]
    if found.url.get_backend_name() == "sqlite":
        database = Path(str(found.url.database))
        # the log of another database would be taken for that of the one that is restored
        used += [database.with_name(f"{database.name}{end}") for end in ("", "-wal", "-journal")]
    pictures = found.pictures.is_dir() and any(found.pictures.iterdir())
    if pictures or any(one.exists() for one in used):
        raise StoreError(
            "The place to restore to has a database, a secret or pictures already. Nothing was "
            "changed. Move them away, or name an empty folder in SULCUS_HOME."
        )


def _unpack(backup: Path, contents: Contents, folder: Path) -> None:
    """Write every file beside its place, and see that each is what the list says."""
    (folder / PICTURES).mkdir(mode=0o700, parents=True)
    try:
        with zipfile.ZipFile(backup) as packed:
            for name, one in contents.files.items():
                with packed.open(name) as source:
                    _write(source, folder / name, one)
    except _BROKEN:
        raise StoreError(_DAMAGED) from None


def _write(source: IO[bytes], to: Path, one: Packed) -> None:
    digest, size = hashlib.sha256(), 0
    handle = os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as target:
        while size <= one.size and (part := source.read(_STEP)):
            digest.update(part)
            size += len(part)
            target.write(part)
        target.flush()
        os.fsync(target.fileno())
    if (size, digest.hexdigest()) != (one.size, one.sha256):
        raise StoreError(_DAMAGED)
    os.utime(to, (one.mtime, one.mtime))
