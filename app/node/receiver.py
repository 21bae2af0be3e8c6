"""The receiver: C-ECHO and C-STORE from named callers, nothing else.

Order of steps for an instance: the caller's AE title → kind of object and transfer syntax, as the
association agreed → bytes within bounds → header and pixels decoded → on the disk → confirmed.

Limits: nothing is encrypted, and an AE title is a name and no proof. Listen on this computer only,
or within a network that is trusted. No identifier and no name goes into a log.

Reference: DICOM PS3.4 Annex B (storage), table B.2-1 (statuses); PS3.7 9.1.1, 9.1.5.
"""

import logging
import threading
from typing import Final, cast

from pydicom import Dataset
from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)
from pynetdicom import AE, evt
from pynetdicom.events import Event, EventHandlerType
from pynetdicom.transport import ThreadedAssociationServer

from app.archive import Archive
from app.node.admission import admit
from app.node.incoming import Incoming
from app.node.settings import NodeSettings
from ml.errors import NodeError, ScanError, SizeOutOfBounds, StoreError
from ml.io.dicom_pixels import readable_syntaxes
from ml.io.limits import MAX_ARCHIVE_BYTES

__all__ = ["ACCEPTED", "Node"]

ACCEPTED: Final = (MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage)
"""Kinds of object that are taken."""
_VERIFICATION: Final = UID("1.2.840.10008.1.1")  # C-ECHO, PS3.4 A.4
_MOST_ASSOCIATIONS: Final = 4
_SILENCE_S: Final = 30
"""After this a silent association is cut."""
_DONE: Final = 0x0000
_NO_ROOM: Final = 0xA700
_NOT_UNDERSTOOD: Final = 0xC000
_LOG: Final = logging.getLogger(__name__)


class Node:
    """The receiver with what is on its way in.

    Args:
        settings: how it runs.
        incoming: where instances wait.
        archive: worklist and kept pictures.
    """

    def __init__(self, settings: NodeSettings, incoming: Incoming, archive: Archive) -> None:
        self._settings = settings
        self._incoming = incoming
        self._archive = archive
        self._bytes: dict[int, int] = {}
        self._server: ThreadedAssociationServer | None = None

    def start(self) -> int:
        """Begin to listen.

        Returns:
            The port.

        Raises:
            NodeError: the address cannot be used.
        """
        found = self._settings
        for name in ("pynetdicom", "pydicom"):  # their messages may quote what a peer sent
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        entity = AE(ae_title=found.ae_title)
        entity.require_calling_aet = list(found.callers)
        entity.require_called_aet = True
        entity.maximum_associations = _MOST_ASSOCIATIONS
        entity.network_timeout = _SILENCE_S
        entity.add_supported_context(_VERIFICATION)
        for kind in ACCEPTED:
            entity.add_supported_context(kind, list(readable_syntaxes()))
        handlers: list[EventHandlerType] = [
            (evt.EVT_C_ECHO, lambda _: _DONE),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_DATA_RECV, self._count),
            (evt.EVT_CONN_CLOSE, self._closed),
        ]
        try:
            started = entity.start_server(
                (found.host, found.port), block=False, evt_handlers=handlers
            )
        except OSError as error:
            raise NodeError(
                f"The DICOM node cannot listen there ({error.strerror}). Name a free port in "
                "SULCUS_DICOM_PORT and an address of this computer in SULCUS_DICOM_HOST."
            ) from None
        self._server = cast("ThreadedAssociationServer", started)  # None only where it blocks
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Cut every association and stop listening; what was confirmed waits on the disk."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    def finish(self) -> int:
        """Put every series that is whole on the worklist; remove pictures whose days are over.

        Returns:
            How many lines were added or joined.
        """
        open_now = () if self._server is None else self._server.active_associations
        self._archive.pictures.remove_old()
        lines = 0
        for key in self._incoming.whole({id(one) for one in open_now}):
            try:
                slices = admit(self._archive, self._incoming.files(key), self._settings.keep)
            except ScanError as error:
                _LOG.warning("A received series is let go of. %s", error)
            except StoreError as error:
                _LOG.warning("A received series waits. %s", error)
                self._incoming.put_off(key)
                continue
            else:
                lines += len(slices)
                for count in slices:
                    _LOG.info("On the worklist: %d slices.", count)
            self._incoming.remove(key)
        return lines

    def _store(self, event: Event) -> Dataset:
        """Confirm an instance once it is on the disk, or say why it is not taken."""
        self._bytes[id(event.assoc)] = 0
        try:
            self._incoming.add(event.encoded_dataset(), id(event.assoc))
        except SizeOutOfBounds as error:
            return _status(_NO_ROOM, error)
        except ScanError as error:
            return _status(_NOT_UNDERSTOOD, error)
        except StoreError as error:
            _LOG.warning("%s", error)
            return _status(_NO_ROOM, error)
        return _status(_DONE)

    def _count(self, event: Event) -> None:
        """Cut an association whose message has more bytes than are read at all."""
        key = id(event.assoc)
        before = self._bytes.get(key, 0)
        self._bytes[key] = before + len(event.data)
        if before <= MAX_ARCHIVE_BYTES < self._bytes[key]:  # once
            # not in this thread, which has to carry the abort out
            threading.Thread(target=event.assoc.abort, daemon=True).start()

    def _closed(self, event: Event) -> None:
        self._bytes.pop(id(event.assoc), None)


def _status(code: int, error: Exception | None = None) -> Dataset:
    """A response with the first words of why (PS3.7 C.1.4, VR LO: 64 characters)."""
    found = Dataset()
    found.Status = code
    if error is not None:
        found.ErrorComment = str(error).split(".")[0].replace("\\", "/")[:64]
    return found
