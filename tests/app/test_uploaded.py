"""What was uploaded and read does not stay in the server until the session is over."""

from types import SimpleNamespace

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from app import uploaded


def test_only_what_was_taken_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MemoryUploadedFileManager("/upload")
    records = [UploadedFileRec(f"{n}", f"{n}.png", "image/png", bytes([n])) for n in range(3)]
    for record in records:
        manager.add_file("session", record)
    context = SimpleNamespace(session_id="session", uploaded_file_mgr=manager)
    monkeypatch.setattr(uploaded, "get_script_run_ctx", lambda: context)
    files = [UploadedFile(record, FileURLs()) for record in records]
    assert uploaded.taken(files[:2]) == [("0.png", b"\x00"), ("1.png", b"\x01")]
    assert manager.get_files("session", ["0", "1", "2"]) == [records[2]]


def test_without_a_session_nothing_is_to_be_let_go() -> None:
    assert uploaded.taken([UploadedFile(UploadedFileRec("1", "a", "", b"x"), FileURLs())])
