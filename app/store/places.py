"""Where the store lies: a folder of the user's, or a PostgreSQL database.

The folder is `SULCUS_HOME`, else `sulcus` in the user's data folder; never the repository. The
secret that pseudonyms are made with is a file in it, or the file that `SULCUS_SECRET` names.
"""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url as parsed
from sqlalchemy.exc import ArgumentError

from app.store.unfinished import flush, folder_in, write_new
from ml.errors import StoreError

SECRET_BYTES: Final = 32
KEEP_DAYS: Final = 30
"""Days that a kept picture stays, unless `SULCUS_KEEP_DAYS` says otherwise."""
_DATABASE: Final = "sulcus.sqlite"


@dataclass(frozen=True)
class Places:
    """What the environment says about the store.

    Attributes:
        home: folder for the database, the secret and kept pictures.
        url: address of the database.
        secret_file: file with the secret of pseudonyms.
        keep_days: days that a kept picture stays.
    """

    home: Path
    url: URL
    secret_file: Path
    keep_days: int

    @property
    def pictures(self) -> Path:
        """Folder of kept pictures."""
        return self.home / "pictures"


def places(environment: Mapping[str, str] = os.environ) -> Places:
    """The places that the environment names.

    Raises:
        StoreError: a variable cannot be used.
    """
    home = Path(environment.get("SULCUS_HOME") or _default_home(environment)).expanduser()
    secret = environment.get("SULCUS_SECRET")
    return Places(
        home=home,
        url=_address(environment.get("SULCUS_DATABASE_URL"), home),
        secret_file=Path(secret).expanduser() if secret else home / "secret",
        keep_days=_days(environment.get("SULCUS_KEEP_DAYS")),
    )


def prepare(found: Places) -> None:
    """Make the folder, for its owner only.

    Raises:
        StoreError: it cannot be made.
    """
    try:
        found.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The data folder cannot be made ({error.strerror}). Name a folder that you may write "
            "to in SULCUS_HOME, and start again."
        ) from None


def secret(found: Places) -> bytes:
    """The secret of pseudonyms, made at the first start and readable by its owner only.

    Two processes that start at once end up with the same one.

    Raises:
        StoreError: it cannot be read or made, or is too short.
    """
    try:
        if not found.secret_file.exists():
            _make_secret(found.secret_file)
        value = bytes.fromhex(found.secret_file.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        raise StoreError(
            "The secret that pseudonyms are made with cannot be read or made. It is a file of "
            "hexadecimal digits: put it back from a copy, or name it in SULCUS_SECRET."
        ) from None
    if len(value) < SECRET_BYTES:
        raise StoreError(
            f"The secret that pseudonyms are made with has {len(value)} bytes; at least "
            f"{SECRET_BYTES} are needed. Put the file back from a copy."
        )
    return value


def _default_home(environment: Mapping[str, str]) -> Path:
    """The user's data folder by the XDG rules."""
    base = environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "sulcus"


def _address(address: str | None, home: Path) -> URL:
    """Address of the database; the password in it is repeated in no message."""
    if not address:
        return URL.create("sqlite", database=str(home / _DATABASE))
    try:
        url = parsed(address)
    except ArgumentError:
        url = URL.create("unknown")
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreError(
            "SULCUS_DATABASE_URL is not the address of a PostgreSQL database. Accepted is "
            "postgresql://user@host/name; leave it out for a file in the data folder."
        )
    return url.set(drivername="postgresql+psycopg")


def _days(text: str | None) -> int:
    if not text:
        return KEEP_DAYS
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise StoreError(
            "SULCUS_KEEP_DAYS is not a number of days. Accepted is a whole number from 1 on."
        )
    return int(text)


def _make_secret(file: Path) -> None:
    """Write a new secret beside its place, whole, and link it there unless one is there by now."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder_in(file.parent) as folder:
        written = folder / file.name
        write_new(written, secrets.token_hex(SECRET_BYTES).encode("ascii"))
        with suppress(FileExistsError):
            file.hardlink_to(written)
        flush(file.parent)  # a power cut must not take it from the rows that are sealed with it
