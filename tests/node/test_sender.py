"""Reports sent to a peer: stored with equal UIDs, or why not."""

import io
import socket
from collections.abc import Callable
from typing import NoReturn, cast

import pydicom
import pytest
from pydicom.uid import ComprehensiveSRStorage, CTImageStorage, SegmentationStorage
from pynetdicom.association import Association

from app.node import sender
from app.node.sender import send
from app.node.settings import Peer
from app.reports import dicom_seg, dicom_sr
from ml.errors import NodeError
from tests.app.readings import drafted, reading, source
from tests.node.conftest import Taker

Taking = Callable[..., Taker]


@pytest.fixture(scope="module")
def objects() -> dict[str, bytes]:
    read = reading()
    return {
        "SR": dicom_sr.render(drafted(read), read, source()),
        "SEG": dicom_seg.render(read, source()),
    }


def test_both_objects_arrive_in_the_study_of_their_source(
    taking: Taking, objects: dict[str, bytes]
) -> None:
    peer = taking(ComprehensiveSRStorage, SegmentationStorage, known=("SULCUS",))
    send(objects, peer.peer, "SULCUS")
    original = pydicom.dcmread(io.BytesIO(source()))
    made = [pydicom.dcmread(io.BytesIO(data)) for data in objects.values()]
    assert set(peer.taken) == {one.SOPInstanceUID for one in made}
    for one in peer.taken.values():
        assert one.StudyInstanceUID == original.StudyInstanceUID
        assert one.PatientID == original.PatientID
    (seg,) = [one for one in peer.taken.values() if one.Modality == "SEG"]
    assert seg.PixelData == made[1].PixelData
    assert set(peer.callers) == {"SULCUS"}


def test_a_peer_that_does_not_know_us_is_said(taking: Taking, objects: dict[str, bytes]) -> None:
    peer = taking(ComprehensiveSRStorage, SegmentationStorage, known=("SOMEBODY",))
    with pytest.raises(NodeError, match="know this program as SULCUS"):
        send(objects, peer.peer, "SULCUS")
    assert not peer.taken


def test_a_kind_that_is_not_taken_is_named(taking: Taking, objects: dict[str, bytes]) -> None:
    peer = taking(ComprehensiveSRStorage)
    with pytest.raises(NodeError, match="does not take SEG"):
        send(objects, peer.peer, "SULCUS")
    assert [one.Modality for one in peer.taken.values()] == ["SR"]
    with pytest.raises(NodeError, match="neither DICOM SR nor SEG"):
        send(objects, taking(CTImageStorage).peer, "SULCUS")


def test_a_status_that_is_no_success_is_said(taking: Taking, objects: dict[str, bytes]) -> None:
    full = taking(ComprehensiveSRStorage, SegmentationStorage, status=0xA700)
    with pytest.raises(NodeError, match="did not store SR: status A700"):
        send(objects, full.peer, "SULCUS")
    remark = taking(ComprehensiveSRStorage, SegmentationStorage, status=0xB000)
    send(objects, remark.peer, "SULCUS")
    assert len(remark.taken) == 2


def test_a_peer_that_does_not_confirm_is_said() -> None:
    class Gone:
        def send_c_store(self, _: object) -> NoReturn:
            raise RuntimeError("the association was cut")

    peer = Peer("PACS", "127.0.0.1", 104)
    with pytest.raises(NodeError, match=r"did not confirm SR.*look there"):
        sender._store(cast("Association", Gone()), pydicom.Dataset(), name="SR", peer=peer)


def test_nobody_at_the_address_is_said(objects: dict[str, bytes]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NodeError, match="does not answer"):
        send(objects, Peer("PACS", "127.0.0.1", port), "SULCUS")
