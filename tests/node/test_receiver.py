"""What the node takes, what it refuses, and what becomes of it on the worklist."""

import io
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    MRImageStorage,
    RLELossless,
)
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification

from app.archive import Archive
from app.node import incoming as bounds
from app.node.incoming import Incoming
from app.node.settings import FILES
from app.store.records import WAITING
from ml.errors import NodeError, StoreError
from ml.io import read_scan
from ml.io.dicom_pixels import readable_syntaxes
from ml.io.kept import unpack
from ml.io.kept_series import reopened
from ml.io.series import find_series
from tests.ml.io.pictures import SECRET, dicom
from tests.ml.io.series_files import UID as SERIES
from tests.ml.io.series_files import compressed, one_slice, series
from tests.node.conftest import CALLER, Running

Start = Callable[..., Running]


def associate(
    running: Running, kind: UID, syntax: UID, *, caller: str = CALLER, called: str = "SULCUS"
) -> Association:
    entity = AE(ae_title=caller)
    entity.add_requested_context(kind, syntax)
    return entity.associate("127.0.0.1", running.port, ae_title=called)


def sent(
    running: Running, files: Sequence[bytes], *, syntax: UID = ExplicitVRLittleEndian
) -> list[int]:
    """The statuses of the files, sent over one association."""
    association = associate(running, MRImageStorage, syntax)
    assert association.is_established
    datasets = [pydicom.dcmread(io.BytesIO(data)) for data in files]
    found = [int(association.send_c_store(dataset).Status) for dataset in datasets]
    association.release()
    return found


def test_echo_is_answered(start: Start) -> None:
    running = start()
    entity = AE(ae_title=CALLER)
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", running.port, ae_title="SULCUS")
    assert association.send_c_echo().Status == 0
    association.release()


def test_a_series_comes_onto_the_worklist_as_new_and_opens_from_there(start: Start) -> None:
    running, files = start(), series(5, StudyDate="20260131")
    assert sent(running, files) == [0] * 5
    assert running.lines() == [(5, WAITING)]
    (entry,) = running.archive.worklist()
    found = find_series(files).series[0]
    assert (str(entry.scan.study_date), entry.scan.modality) == ("2026-01-31", "MR")
    digest = entry.scan.content_hash
    kept = reopened(running.archive.pictures.data(digest), digest).read()
    for one, other in zip(kept.slices, found.read().slices, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_nothing_of_the_patient_is_left_where_pixels_are_kept(start: Start) -> None:
    running = start()
    sent(running, series(3))
    running.lines()
    stored = [file.read_bytes() for file in running.home.rglob("*") if file.is_file()]
    assert stored
    assert not any(SECRET.encode() in data for data in stored)
    assert list((running.home / "incoming").iterdir()) == []
    with sqlite3.connect(running.home / "sulcus.sqlite") as database:
        assert SECRET not in "\n".join(database.iterdump())


def test_files_are_kept_with_their_header_where_that_is_asked_for(start: Start) -> None:
    running, files = start(keep=FILES), series(3)
    sent(running, files)
    assert running.lines() == [(3, WAITING)]
    (entry,) = running.archive.worklist()
    digest = entry.scan.content_hash
    found = reopened(running.archive.pictures.data(digest), digest)
    headers = [pydicom.dcmread(io.BytesIO(data)) for data in found.files.values()]
    assert {str(one.PatientName) for one in headers} == {SECRET}
    assert {one.SOPInstanceUID for one in headers} == {
        pydicom.dcmread(io.BytesIO(data)).SOPInstanceUID for data in files
    }


@pytest.mark.parametrize("keep", ["pixels", "files"])
def test_a_slice_that_is_alone_is_a_picture_of_its_own(start: Start, keep: str) -> None:
    running = start(keep=keep)
    sent(running, [one_slice(0)])
    assert running.lines() == [(None, WAITING)]
    (entry,) = running.archive.worklist()
    digest = entry.scan.content_hash
    data = running.archive.pictures.data(digest)
    scan = read_scan(data) if keep == FILES else unpack(data, digest)
    assert scan.content_hash == digest
    np.testing.assert_array_equal(scan.pixels, read_scan(one_slice(0)).pixels)


def test_two_series_of_one_association_are_two_lines(start: Start) -> None:
    running = start()
    sent(running, [*series(2), *series(3, SeriesInstanceUID=f"{SERIES}.77")])
    assert sorted(running.lines(), key=str) == [(2, WAITING), (3, WAITING)]


def test_a_compressed_series_is_taken_as_it_is(start: Start) -> None:
    files = [compressed(data, RLELossless) for data in series(2)]
    running = start()
    assert sent(running, files, syntax=RLELossless) == [0, 0]
    assert running.lines() == [(2, WAITING)]


@pytest.mark.parametrize(("caller", "called"), [("STRANGER", "SULCUS"), (CALLER, "WRONG")])
def test_a_stranger_is_rejected(start: Start, caller: str, called: str) -> None:
    found = associate(start(), MRImageStorage, ExplicitVRLittleEndian, caller=caller, called=called)
    assert found.is_rejected
    assert not found.is_established


@pytest.mark.parametrize(
    ("kind", "syntax", "result"),
    [(MRImageStorage, HTJ2KLossless, 4), (CTImageStorage, ExplicitVRLittleEndian, 3)],
)
def test_what_is_not_read_is_not_agreed_on(
    start: Start, kind: UID, syntax: UID, result: int
) -> None:
    found = associate(start(), kind, syntax)
    assert not found.is_established
    assert [one.result for one in found.rejected_contexts] == [result]  # PS3.8 table 9-18


def test_the_syntaxes_are_those_that_are_read() -> None:
    assert {ExplicitVRLittleEndian, RLELossless, JPEG2000Lossless} <= set(readable_syntaxes())
    assert HTJ2KLossless not in readable_syntaxes()


def test_a_damaged_object_is_refused_and_the_others_stay(start: Start) -> None:
    broken = pydicom.dcmread(io.BytesIO(one_slice(1)))
    broken.PixelData = broken.PixelData[:-1000]
    stream = io.BytesIO()
    broken.save_as(stream)
    nameless = one_slice(2, SeriesInstanceUID=None)
    running = start()
    assert sent(running, [one_slice(0), stream.getvalue(), nameless]) == [0, 0xC000, 0xC000]
    assert running.lines() == [(None, WAITING)]


def test_too_much_is_refused(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_SERIES_FILES", 2)
    running, files = start(idle_s=60.0), series(3)
    assert sent(running, [*files, files[0]]) == [0, 0, 0xA700, 0]
    monkeypatch.setattr(bounds, "MAX_WAITING_BYTES", 1000)
    assert sent(running, [one_slice(0, SeriesInstanceUID=f"{SERIES}.5")]) == [0xA700]


def test_a_message_without_end_is_cut_off(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.node.receiver.MAX_ARCHIVE_BYTES", 100_000)
    running = start()
    association = associate(running, MRImageStorage, ExplicitVRLittleEndian)
    large = dicom(np.zeros((900, 900), np.uint16), SeriesInstanceUID=SERIES)
    found = association.send_c_store(pydicom.dcmread(io.BytesIO(large)))
    assert "Status" not in found, "the association was aborted"
    assert running.lines() == []


def test_a_series_that_cannot_be_written_waits(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise StoreError("The disk is full. Make room.")

    running = start()
    for data in series(2):
        running.incoming.add(data, sender=1)
    with monkeypatch.context() as broken:
        broken.setattr(Archive, "admit_series", full)
        assert running.node.finish() == 0
    assert "Make room" in caplog.text
    assert running.lines() == [(2, WAITING)]


def test_a_series_that_cannot_be_read_from_the_disk_waits(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    running = start()
    for data in series(2):
        running.incoming.add(data, sender=1)
    file = next((running.home / "incoming").rglob("*.dcm"))
    data = file.read_bytes()
    file.unlink()
    file.mkdir()
    assert running.node.finish() == 0
    assert "cannot be read" in caplog.text
    file.rmdir()
    file.write_bytes(data)
    assert running.lines() == [(2, WAITING)]


def test_the_node_removes_pictures_whose_days_are_over(start: Start) -> None:
    running = start()
    sent(running, [one_slice(0)])
    running.lines()
    (file,) = (running.home / "pictures").iterdir()
    os.utime(file, (0, 0))
    running.node.finish()
    assert not file.exists()


def test_a_port_that_is_taken_is_said(start: Start) -> None:
    first = start()
    with pytest.raises(NodeError, match="SULCUS_DICOM_PORT"):
        start(port=first.port)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_series_is_whole_when_nothing_more_comes(tmp_path: Path) -> None:
    clock = Clock()
    waiting = Incoming(tmp_path / "in", 10.0, clock=clock)
    waiting.add(one_slice(0), sender=1)
    clock.now += 60
    assert waiting.whole({1}) == (), "its sender is still there"
    waiting.add(one_slice(1), sender=2)
    clock.now += 9
    assert waiting.whole(()) == (), "more may come by another connection"
    clock.now += 1
    (key,) = waiting.whole({3})
    assert len(waiting.files(key)) == 2
    again = Incoming(tmp_path / "in", 10.0, clock=clock)
    assert again.whole(()) == (key,), "what was confirmed outlives a restart"
    waiting.put_off(key)
    assert waiting.whole(()) == ()
    waiting.remove(key)
    assert list((tmp_path / "in").iterdir()) == []
    assert oct((tmp_path / "in").stat().st_mode)[-3:] == "700"
