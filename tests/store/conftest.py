"""A store in a folder of the test's own, and a PostgreSQL server where one is installed."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from app.store.opening import open_store
from app.store.places import Places, places
from app.store.repository import Repository

PATIENCE_S = 60


@pytest.fixture
def found(tmp_path: Path) -> Places:
    return places({"SULCUS_HOME": str(tmp_path / "home")})


@pytest.fixture
def engine(found: Places) -> Iterator[Engine]:
    opened = open_store(found)
    yield opened
    opened.dispose()


@pytest.fixture
def repository(engine: Engine) -> Repository:
    return Repository(engine)


def _program(name: str) -> str | None:
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, homes)]))


def _account() -> str | None:
    """Whom the server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of a fresh PostgreSQL server that listens on a socket file only."""
    initdb, postgres = _program("initdb"), _program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("no PostgreSQL server: install Debian's package `postgresql`")
    user = _account()
    # not pytest's own folder: the server's account may not enter it; socket paths are short
    folder = Path(tempfile.mkdtemp(prefix="sulcus-pg-", dir="/tmp"))
    if user is not None:
        shutil.chown(folder, user)
    cluster = folder / "cluster"
    make = [initdb, "-D", str(cluster), "-U", "sulcus", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(make, user=user, cwd=folder, check=True, capture_output=True, timeout=PATIENCE_S)
    start = [postgres, "-D", str(cluster), "-k", str(folder), "-c", "listen_addresses="]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(start, user=user, cwd=folder, stdout=log, stderr=log)
    address = f"postgresql://sulcus@/postgres?host={folder}"
    try:
        _wait(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown: others' connections are cut
        process.wait(timeout=PATIENCE_S)
        shutil.rmtree(folder)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with engine.connect():
                engine.dispose()
                return
        except OperationalError:
            time.sleep(0.1)
    raise AssertionError("the PostgreSQL server did not start")


@pytest.fixture
def on_server(found: Places, server: str) -> Places:
    """A store in a schema-free, empty database of that server."""
    chosen = places({"SULCUS_HOME": str(found.home), "SULCUS_DATABASE_URL": server})
    engine = create_engine(chosen.url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return replace(chosen, home=found.home)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Places:
    """Places of a store in either database."""
    name = "found" if request.param == "sqlite" else "on_server"
    chosen: Places = request.getfixturevalue(name)
    return chosen
