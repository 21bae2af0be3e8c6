"""Sending finished objects to a peer by C-STORE.

Reference: DICOM PS3.4 Annex B (storage), PS3.7 9.1.1 (C-STORE).
"""

import io
from collections.abc import Mapping
from typing import Final

import pydicom
from pynetdicom import AE
from pynetdicom.association import Association

from app.node.settings import Peer
from ml.errors import NodeError

__all__ = ["send"]

_PATIENCE_S: Final = 15
_WARNINGS: Final = range(0xB000, 0xC000)  # stored, with a remark (PS3.4 table B.2-1)


def send(objects: Mapping[str, bytes], peer: Peer, own_title: str) -> None:
    """Store objects at a peer, all over one association.

    Args:
        objects: [what it is, for a message] → part 10 file.
        peer: where to.
        own_title: AE title of this program.

    Raises:
        NodeError: the peer does not answer, does not know this program or does not take an object;
            those before it in `objects` are stored.
    """
    entity = AE(ae_title=own_title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _PATIENCE_S
    entity.connection_timeout = _PATIENCE_S
    datasets = {name: pydicom.dcmread(io.BytesIO(data)) for name, data in objects.items()}
    for one in datasets.values():
        entity.add_requested_context(one.SOPClassUID, one.file_meta.TransferSyntaxUID)
    association = entity.associate(peer.host, peer.port, ae_title=peer.ae_title)
    if not association.is_established:
        raise NodeError(_why(association, peer, own_title))
    try:
        for name, one in datasets.items():
            _store(association, one, name=name, peer=peer)
    finally:
        association.release()


def _why(association: Association, peer: Peer, own_title: str) -> str:
    """Why there is no association."""
    if association.is_rejected:
        return (
            f"{peer.ae_title} refuses to talk. Let it know this program as {own_title}, and see "
            "that its own AE title in SULCUS_DICOM_PEER is right. Nothing was sent."
        )
    if association.is_aborted and not association.rejected_contexts:
        return (
            f"{peer.ae_title} does not answer at the address in SULCUS_DICOM_PEER. See that it "
            "runs there and that the port is right. Nothing was sent."
        )
    return (
        f"{peer.ae_title} takes neither DICOM SR nor SEG. Allow these kinds there, or save the "
        "files and import them. Nothing was sent."
    )


def _store(association: Association, one: pydicom.Dataset, *, name: str, peer: Peer) -> None:
    try:
        code = association.send_c_store(one).get("Status")
    except ValueError:  # the peer did not accept this kind of object
        raise NodeError(
            f"{peer.ae_title} does not take {name}: it does not know this kind of object. Allow it "
            "there, or save the file and import it."
        ) from None
    except RuntimeError:
        code = None
    if code is None:
        raise NodeError(
            f"{peer.ae_title} did not confirm {name}. It may be stored or not: look there, then "
            "send it again."
        )
    if code != 0 and code not in _WARNINGS:
        raise NodeError(
            f"{peer.ae_title} did not store {name}: status {code:04X} (hexadecimal). Its own log "
            "says why."
        )
