"""What the store or a network refuses is said on the page that asked, and the page goes on."""

from typing import NoReturn

import pytest
from streamlit.testing.v1 import AppTest

from app import report_texts, services, state, study_services, writing, writing_texts
from app.archive import Archive
from app.store.inputs import Inputs
from app.store.repository import Repository
from app.store.signed import Reports
from app.store.trail import Trail
from ml.errors import StoreError, WeightsError, WritingError
from ml.io import read_scan
from tests.app import fakes
from tests.app.conftest import LESION, Opened, html
from tests.app.test_followup import EARLY, LATE, compared

FULL = "The disk is full. Make room."


def full(*_: object) -> NoReturn:
    raise StoreError(FULL)


def times_said(at: AppTest, sentence: str = FULL) -> int:
    assert not at.exception
    return sum(sentence in one.value for one in at.error)


@pytest.mark.parametrize("page", ["worklist", "followup", "monitoring"])
def test_a_worklist_that_cannot_be_read_is_said(
    app: AppTest, no_metrics: None, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    at = app.run()
    monkeypatch.setattr(Archive, "worklist", full)
    assert times_said(at.switch_page(f"views/{page}.py").run()) == 1


def test_each_part_of_the_monitoring_stands_alone(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(("a.png", LESION))
    monkeypatch.setattr(Inputs, "all", full)
    monkeypatch.setattr(Trail, "last", full)
    assert times_said(at.switch_page("views/monitoring.py").run()) == 2


def test_what_is_not_kept_is_said_beside_the_button(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(("a.png", LESION))
    at.text_input(key=state.READER).set_value("A. Reader").run()
    at.toggle(key=state.REPORT_OPEN).set_value(True).run()
    monkeypatch.setattr(Repository, "add_word", full)
    monkeypatch.setattr(Reports, "sign", full)
    assert times_said(at.button(key="say.agree").click().run()) == 1
    assert times_said(at.button(key="sign").click().run()) == 1
    assert report_texts.NOT_SIGNED in html(at)


def test_a_network_that_cannot_run_is_said_in_the_follow_up(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def altered(_: object) -> NoReturn:
        raise WeightsError("The weights were altered. Restore them.")

    at = opened(("late.dcm", LATE), ("early.dcm", EARLY))
    monkeypatch.setattr(services, "analysis", altered)
    assert times_said(compared(at), "The weights were altered.") == 2


def test_a_report_says_that_writing_was_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> NoReturn:
        raise WritingError("The small network is missing. Restore it.")

    monkeypatch.setattr(study_services, "writing", missing)
    assert writing.note(read_scan(LESION)) == writing_texts.NOT_LOOKED
