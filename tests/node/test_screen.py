"""A received series opened from the worklist, and its signed report sent to a peer."""

from collections.abc import Callable
from typing import Any

import pytest
from pydicom.uid import ComprehensiveSRStorage, SegmentationStorage
from streamlit.testing.v1 import AppTest

from app import node_texts, report_texts, state, study_texts
from app import worklist_texts as words
from app.archive import archive
from app.node.admission import admit
from app.node.settings import FILES, PIXELS
from app.store.records import TUMOUR, WAITING
from tests.app import conftest as screens
from tests.app import fakes
from tests.app.series_readings import STUDY, complete_series
from tests.node.conftest import Taker

_own_store, _nothing_fitted = screens._own_store, screens._nothing_fitted
_fresh_caches, engine, metrics = screens._fresh_caches, screens.engine, screens.metrics
measured_conflicts, open_gate, app = (
    screens.measured_conflicts,
    screens.open_gate,
    screens.app,
)


def from_worklist(app: AppTest, keep: str) -> AppTest:
    """The app after a received series was opened from its line."""
    admit(archive(), complete_series(), keep)
    at = app.run()
    at.switch_page("views/worklist.py").run()
    assert not at.exception
    row = at.dataframe[0].value.iloc[0]
    assert (row["AI flag"], row["Status"], row["Slices"]) == (words.FLAGS[WAITING], "new", "6")
    at.button(key="worklist_open").click().run()
    assert not at.exception
    return at


def test_a_received_series_is_read_when_it_is_opened(
    app: AppTest, engine: fakes.FakeEngine, metrics: dict[str, Any]
) -> None:
    at = from_worklist(app, PIXELS)
    assert study_texts.HEADING in screens.html(at)
    (entry,) = archive().worklist()
    assert (entry.flag, entry.label) == (TUMOUR, "glioma")
    at.switch_page("views/read.py").run()
    at.toggle(key=state.REPORT_OPEN).set_value(True).run()
    off = [one.label for one in at.button if one.disabled]
    assert {report_texts.FORMS["sr"], report_texts.FORMS["seg"]} <= set(off)
    assert "send" not in [one.key for one in at.button]


def test_a_signed_report_is_sent_and_a_draft_is_not(
    app: AppTest,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    taking: Callable[..., Taker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taker = taking(ComprehensiveSRStorage, SegmentationStorage)
    address = f"PACS@127.0.0.1:{taker.peer.port}"
    monkeypatch.setenv("SULCUS_DICOM_PEER", address)
    at = from_worklist(app, FILES)
    at.switch_page("views/read.py").run()
    at.toggle(key=state.REPORT_OPEN).set_value(True).run()
    assert not at.exception
    assert at.button(key="send").disabled
    assert node_texts.SIGN_FIRST in [one.value for one in at.caption]
    at.text_input(key=state.READER).input("A. Reader").run()
    at.button(key="sign").click().run()
    at.button(key="send").click().run()
    assert not at.exception
    assert at.success[0].value == node_texts.sent("SR and SEG", "PACS")
    assert {one.Modality for one in taker.taken.values()} == {"SR", "SEG"}
    assert {one.StudyInstanceUID for one in taker.taken.values()} == {STUDY}
    monkeypatch.setenv("SULCUS_DICOM_PEER", "nonsense")
    at.run()
    assert "SULCUS_DICOM_PEER" in at.error[0].value
