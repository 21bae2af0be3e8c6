"""The worklist, and the way from it back to a picture."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import services, state, texts
from app import worklist_texts as words
from app.archive import archive
from app.store.lists import BY_DATE
from ml.inference import gate
from ml.io import read_scan
from ml.phantom.drawing import draw
from ml.phantom.files import to_dicom
from tests.app import fakes
from tests.app.conftest import CLEAR, LESION, MAIN, Opened, drawn, expected, html, restarted, said

HASH = read_scan(LESION).content_hash


def worklist(at: AppTest) -> AppTest:
    at.switch_page("views/worklist.py")
    at.run()
    assert not at.exception
    return at


def lines(at: AppTest) -> Any:
    return at.dataframe[0].value


def test_an_empty_worklist_says_what_to_do(app: AppTest, no_metrics: None) -> None:
    at = worklist(app.run())
    assert words.EMPTY in html(at)
    assert not at.dataframe


def test_what_was_opened_is_on_the_worklist(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = worklist(opened(("one.png", LESION), ("words.png", b"words"), ("two.png", CLEAR)))
    assert len(lines(at)) == 2, "a file that is no scan is not on it"
    assert list(lines(at)["Status"]) == ["new", "new"]
    unsure = sorted((1 - expected(data).mean.confidence for data in (LESION, CLEAR)), reverse=True)
    assert list(lines(at)["AI flag"]) == ["tumour suggested: glioma"] * 2
    assert list(lines(at)["Uncertainty"]) == [texts.percent(share) for share in unsure]
    assert words.progress(0, 2) in str(at.get("progress")[0].proto.text)


def test_no_name_and_no_identifier_is_stored(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, tmp_path: Path
) -> None:
    data = to_dicom(draw("glioma", seed=5, size=128))
    opened(("Doe_Jane.dcm", data))
    (entry,) = archive().worklist()
    assert entry.scan.modality == "MR"
    assert len(entry.scan.pseudonym) == 64
    with sqlite3.connect(tmp_path / "home" / "sulcus.sqlite") as database:
        stored = "\n".join(database.iterdump())
    assert entry.scan.content_hash in stored
    for name in ("Doe", "Jane", "SIMULATED", "PHANTOM"):
        assert name not in stored
    files = {file.name for file in (tmp_path / "home").rglob("*") if file.is_file()}
    assert files - {"sulcus.sqlite-wal", "sulcus.sqlite-shm"} == {"sulcus.sqlite", "secret"}


def test_reading_a_scan_again_adds_nothing(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION))
    at.run()
    archive()._noted.clear()  # as after a restart
    at.run()
    assert not at.exception
    assert [entry.status for entry in archive().worklist()] == ["new"]


def test_a_refused_scan_has_its_reason_and_no_class(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = fakes.png(fakes.head() * 0)
    answer = services.Refused(
        read_scan(refused), gate.Refusal("blank", 0.0, 0.1), weights={"mobilenet": "0" * 64}
    )
    monkeypatch.setattr(services, "analysis", lambda _: answer)
    at = worklist(opened(("blank.png", refused)))
    row = lines(at).iloc[0]
    assert (row["Status"], row["Uncertainty"]) == ("refused", texts.DASH)
    assert row["AI flag"].startswith(words.FLAGS["stopped"])
    blind = AppTest.from_file(MAIN, default_timeout=180).run()
    blind.session_state[state.BLIND] = True
    row = lines(worklist(blind)).iloc[0]
    assert (row["Status"], row["AI flag"]) == ("new", words.HIDDEN)
    blind.selectbox(key=state.WORKLIST_STATUS).set_value("refused").run()
    assert not blind.dataframe


def test_order_filter_and_the_steps_to_what_is_unread(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION), ("two.png", CLEAR))
    at.text_input(key=state.READER).set_value("A. Reader").run()
    at.button(key="say.agree").click().run()
    assert not at.exception
    worklist(at)
    assert words.progress(1, 2) in str(at.get("progress")[0].proto.text)
    at.segmented_control(key=state.WORKLIST_SORT).set_value(BY_DATE).run()
    at.selectbox(key=state.WORKLIST_STATUS).set_value("new").run()
    assert len(lines(at)) == 1
    at.selectbox(key=state.WORKLIST_STATUS).set_value("signed").run()
    assert at.info[0].value == words.NONE_FITS
    at.selectbox(key=state.WORKLIST_STATUS).set_value(None).run()
    at.selectbox(key=state.WORKLIST_SCAN).set_value(HASH).run()
    buttons = [at.button(key=f"worklist_{side}") for side in ("left", "right")]
    (step,) = (button for button in buttons if not button.disabled)
    step.click().run()
    assert at.selectbox(key=state.WORKLIST_SCAN).value == read_scan(CLEAR).content_hash
    at.button(key="worklist_open").click().run()
    assert not at.exception
    assert drawn(at)["id"] == read_scan(CLEAR).content_hash


def test_a_kept_picture_is_opened_again_after_a_restart(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION))
    at.button(key="keep_picture").click().run()
    assert "Picture kept until" in said(at)
    before = drawn(at)["raw"]
    again = worklist(restarted().run())
    assert not again.session_state[state.OPENED]
    again.button(key="worklist_open").click().run()
    assert not again.exception
    assert drawn(again)["id"] == HASH
    assert drawn(again)["raw"] == before
    assert len(archive().worklist()) == 1
    again.switch_page("views/read.py").run()
    again.button(key="remove_picture").click().run()
    assert archive().pictures.kept_until(HASH) is None


def test_a_picture_that_was_not_kept_is_asked_for(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION))
    at.button(key="close").click().run()
    worklist(at)
    assert at.button(key="worklist_open").disabled
    assert words.NOT_KEPT in said(at)


def test_a_store_that_cannot_be_opened_does_not_stop_the_reading(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SULCUS_HOME", str(tmp_path / "file" / "home"))
    at = opened(("one.png", LESION), ("two.png", CLEAR))
    assert not at.exception
    assert "SULCUS_HOME" in at.error[0].value
    assert len(at.error) == 1
    assert texts.suggestion(expected(LESION).mean) in html(at)
    worklist(at)
    assert "SULCUS_HOME" in at.error[0].value
