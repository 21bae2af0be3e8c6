"""Work that makes whole files and folders: an upgrade, a batch, a backup, a restore."""

import csv
import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, MetaData, Table

from app.archive import answer_of, open_archive
from app.loss.whole import closed, problems
from app.loss.work import LOOPS, VERSION, Ack, named
from app.store.backup import DATABASE, back_up
from app.store.opening import connect, migrate
from app.store.places import Places, places, prepare
from app.store.restore import restore
from app.store.starting import recover
from app.store.unfinished import PREFIX
from ml.batch_masks import mask_png
from ml.batch_options import stopped
from ml.errors import StoreError, SulcusError
from ml.io import read_scan
from ml.readings import COLUMNS, ReadingsTable, write_atomically

__all__ = ["Backup", "Batch", "Restore", "Upgrade", "at", "filled", "first_version"]

FIRST: Final = "0001"
"""Version of the database that an upgrade starts from."""
_BEFORE: Final = ("upload", "word", "draw", "sign")


def at(home: Path) -> Places:
    """A store in a folder, whatever the environment says."""
    return places({"SULCUS_HOME": str(home)})


def filled(home: Path) -> list[Ack]:
    """A store in which something of every kind is kept: what was acknowledged."""
    store = open_archive(at(home))
    told = [ack for name in _BEFORE for ack in LOOPS[name].step(store, f"before/{name}")]
    closed(store)
    return told


def first_version(home: Path) -> list[Ack]:
    """A store as the first version left it, with an answer and a word: what is in it."""
    found = at(home)
    prepare(found)
    engine = connect(found)
    migrate(engine, FIRST)
    read, now = named("first version"), datetime.now(UTC)
    said = answer_of(read, VERSION.encode().hex().ljust(64, "0")[:64])
    digest = read.scan.content_hash
    marks = {"model_version": said.model_version, "weights_hash": said.weights_hash}
    scan = {"content_hash": digest, "pseudonym": digest, "format": "DICOM", "simulated": True}
    word = {"reader": "A. Reader", "verdict": "agree", "reason": ""}
    with engine.begin() as connection:
        _write(connection, "scans", **scan, added_at=now)
        answer = {**vars(said), **marks, "digest": said.digest}
        _write(connection, "ai_results", **answer, scan_id=1, at=now)
        _write(connection, "readings", **word, **marks, ai_result_id=1, at=now)
    engine.dispose()
    return [["answer", digest], ["word", 1]]


def _write(connection: Connection, name: str, **values: object) -> None:
    """A row in a table of an earlier version, without the columns that it lacks."""
    table = Table(name, MetaData(), autoload_with=connection)
    known = {column.name for column in table.columns}
    row = {key: value for key, value in values.items() if key in known}
    connection.execute(table.insert().values(**row))


class Upgrade:
    """Opening stores that the first version left."""

    title: Final = "Upgrading the database from its first version"

    def __init__(self, folder: Path) -> None:
        """Make a store of the first version."""
        self._folder, self._first = folder, folder / "first"
        self._told = first_version(self._first)

    def work(self, name: str) -> Iterator[Ack]:
        """Open a copy, and another one."""
        for number in itertools.count():
            home = self._folder / f"{name}-{number}"
            home.mkdir()
            part = home / "part"
            shutil.copy(self._first / DATABASE, part)
            part.rename(home / DATABASE)  # copying it is no work of the program's
            closed(open_archive(at(home)))
            yield ["upgraded", home.name]

    def problems(self, name: str, told: list[Ack]) -> Iterator[str]:
        """What is wrong with the copies."""
        for home in sorted(self._folder.glob(f"{name}-*")):
            (home / "part").unlink(missing_ok=True)
            if (home / DATABASE).exists():
                yield from problems(at(home), self._told)
            elif ["upgraded", home.name] in told:
                yield "an upgraded database is not there"
            shutil.rmtree(home)


class Batch:
    """Rows and masks of a batch, gone on with where it was ended."""

    title: Final = "Writing the table and the masks of a batch"
    _mark: Final = "networks"

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self._out = folder / "out"
        (self._out / "masks").mkdir(parents=True)

    def work(self, name: str) -> Iterator[Ack]:  # noqa: ARG002  a batch goes on with the same files
        """Add what is not there yet; what a disk refuses is said as `ml.batch` says it."""
        try:
            with ReadingsTable(self._out, self._mark) as table:
                yield from self._rows(table)
        except OSError as error:
            raise StoreError(stopped(error)) from None

    def _rows(self, table: ReadingsTable) -> Iterator[Ack]:
        for number in itertools.count():
            file, read = f"{number}.png", named(f"{number}.png")
            digest = read.scan.content_hash
            if table.holds(file, digest):
                continue
            row = dict.fromkeys(COLUMNS, "") | {"file": file, "status": "ok"}
            row["mask_file"] = f"masks/{file}"
            write_atomically(self._out / row["mask_file"], mask_png(read.segmentation.mask))
            table.add(row, digest)
            yield ["row", file, digest]

    def problems(self, name: str, told: list[Ack]) -> Iterator[str]:  # noqa: ARG002
        """What is wrong with the table."""
        table = ReadingsTable(self._out, self._mark)
        if not all(table.holds(file, digest) for _, file, digest in told):
            yield "acknowledged and not there: row"
        with table, (self._out / "readings.csv").open(encoding="utf-8", newline="") as lines:
            if any(len(line) != len(COLUMNS) for line in csv.reader(lines)):
                yield "a row is not whole"
        for mask in (self._out / "masks").glob("*.png"):
            try:
                read_scan(mask.read_bytes())
            except SulcusError:
                yield "a mask is not whole"
        if len(list(self._out.rglob(".writing-*"))) > 1:
            yield "more is left half written than the next run replaces"


class Backup:
    """Backups of one store."""

    title: Final = "Backing up"

    def __init__(self, folder: Path) -> None:
        """Make the store."""
        self._home, self._to = folder / "home", folder / "backups"
        self._folder = folder
        self._told = filled(self._home)
        self._to.mkdir()

    def work(self, name: str) -> Iterator[Ack]:
        """Make one after the other."""
        for number in itertools.count():
            file = self._to / f"{name}-{number}.zip"
            back_up(at(self._home), file)
            yield ["backup", file.name]

    def problems(self, name: str, told: list[Ack]) -> Iterator[str]:
        """What is wrong with the files: each that is there is restored and looked at."""
        files = sorted(self._to.glob("*.zip"))
        if {ack[1] for ack in told if ack[1].startswith(f"{name}-")} - {one.name for one in files}:
            yield "acknowledged and not there: backup"
        for file in files:
            home = self._folder / "back"
            restore(at(home), file)
            yield from problems(at(home), self._told)
            shutil.rmtree(home)
            file.unlink()
        last = self._to / "next.zip"
        back_up(at(self._home), last)
        last.unlink()
        if list(self._to.glob(f"{PREFIX}*")):
            yield "something half written was left"


class Restore:
    """One backup restored to one place after the other."""

    title: Final = "Restoring a backup"

    def __init__(self, folder: Path) -> None:
        """Make the backup."""
        self._folder, self._file = folder, folder / "backup.zip"
        self._told = filled(folder / "home")
        back_up(at(folder / "home"), self._file)

    def work(self, name: str) -> Iterator[Ack]:
        """Restore it again and again."""
        for number in itertools.count():
            home = self._folder / f"{name}-{number}"
            restore(at(home), self._file)
            yield ["restored", home.name]

    def problems(self, name: str, told: list[Ack]) -> Iterator[str]:
        """What is wrong with the places: each holds all of it, or nothing and can be restored."""
        for home in sorted(self._folder.glob(f"{name}-*")):
            recover(at(home))
            if not (home / DATABASE).exists():
                if ["restored", home.name] in told:
                    yield "acknowledged and not there: restore"
                restore(at(home), self._file)
            yield from problems(at(home), self._told)
            shutil.rmtree(home)
