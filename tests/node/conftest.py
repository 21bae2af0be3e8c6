"""A node on a free port of this computer, and a peer that takes what it is sent."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pydicom
import pytest
from pynetdicom import AE, evt
from pynetdicom.events import Event

from app.archive import Archive
from app.node.incoming import Incoming
from app.node.receiver import Node
from app.node.settings import PIXELS, NodeSettings, Peer
from app.store.opening import open_store
from app.store.pictures import Pictures
from app.store.places import places, prepare, secret

CALLER = "SCANNER1"
SETTINGS = NodeSettings("SULCUS", "127.0.0.1", 0, (CALLER, "OTHER"), PIXELS, 0.0)


@dataclass
class Running:
    """A node that listens."""

    node: Node
    incoming: Incoming
    archive: Archive
    port: int
    home: Path

    def lines(self) -> list[tuple[int | None, str]]:
        """Slices and flag of each line of the worklist, after all that came is on it."""
        waiting, end = self.home / "incoming", time.monotonic() + 30
        while waiting.is_dir() and any(waiting.iterdir()) and time.monotonic() < end:
            self.node.finish()
            time.sleep(0.02)
        return [(entry.scan.slices, entry.flag) for entry in self.archive.worklist()]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a node with other settings than the usual ones."""
    running: list[Running] = []

    def begin(**changes: object) -> Running:
        settings = replace(SETTINGS, **changes)
        found = places({"SULCUS_HOME": str(tmp_path / "home")})
        prepare(found)
        archive = Archive(open_store(found), Pictures(found.pictures, 30), key=secret(found))
        incoming = Incoming(found.home / "incoming", settings.idle_s)
        node = Node(settings, incoming, archive)
        running.append(Running(node, incoming, archive, node.start(), found.home))
        return running[-1]

    yield begin
    for one in running:
        one.node.stop()


@dataclass
class Taker:
    """A peer: what it was given, by SOP Instance UID, and who called."""

    peer: Peer
    taken: dict[str, pydicom.Dataset]
    callers: list[str]


@pytest.fixture
def taking() -> Iterator[Callable[..., Taker]]:
    """Starts a peer that takes these kinds of object and answers with a status."""
    servers = []

    def begin(*kinds: str, status: int = 0, known: tuple[str, ...] = ()) -> Taker:
        taken: dict[str, pydicom.Dataset] = {}
        callers: list[str] = []

        def store(event: Event) -> int:
            dataset = event.dataset
            dataset.file_meta = event.file_meta
            taken[dataset.SOPInstanceUID] = dataset
            callers.append(event.assoc.requestor.ae_title)
            return status

        entity = AE(ae_title="PACS")
        entity.require_calling_aet = list(known)
        entity.require_called_aet = True
        for kind in kinds:
            entity.add_supported_context(kind)
        handlers = [(evt.EVT_C_STORE, store)]
        server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        servers.append(server)
        return Taker(Peer("PACS", "127.0.0.1", server.server_address[1]), taken, callers)

    yield begin
    for server in servers:
        server.shutdown()
