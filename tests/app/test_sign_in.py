"""The screens behind the gate: nothing before sign-in, the login's name after it, an end to it."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import access_session, access_texts, report_texts, state
from app.access.ended import Ended
from app.archive import archive
from app.components import gate
from app.store.records import AGREE
from tests.access.test_access import AUTH, CLAIMS
from tests.app import fakes
from tests.app.conftest import CLEAR, LESION, Opened

SECRETS = {"auth": AUTH, "access": {"role_claim": "groups", "readers": ["radiology"]}}


@pytest.fixture(autouse=True)
def _no_other_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "ENDED", Ended())
    monkeypatch.setattr(access_session, "PACE", type(access_session.PACE)())


def signed_in(app: AppTest, **changes: Any) -> AppTest:
    app.secrets = SECRETS
    app.user = {**CLAIMS, "is_logged_in": True, "iat": time.time(), **changes}
    return app


def test_before_sign_in_there_is_a_button_and_nothing_else(
    app: AppTest, engine: fakes.FakeEngine, metrics: dict[str, Any]
) -> None:
    app.secrets, app.user = SECRETS, {"is_logged_in": False}
    at = app.run()
    assert not at.exception
    assert [one.label for one in at.button] == [access_texts.SIGN_IN]
    assert at.title[0].value == access_texts.SIGN_IN_TITLE
    assert not at.file_uploader


def test_the_name_of_a_word_and_a_signature_is_that_of_the_login(
    app: AppTest, opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any]
) -> None:
    signed_in(app)
    at = opened(("a.png", LESION))
    assert not at.exception
    assert state.READER not in [one.key for one in at.text_input]
    at.session_state[state.READER] = "Somebody Else"
    at.button(key="say.agree").click().run()
    (reading,) = archive().readings()
    assert reading.word.verdict == AGREE
    assert reading.word.reader.startswith("Jane Roe (")
    at.toggle(key=state.REPORT_OPEN).set_value(True).run()
    assert report_texts.sign_as(reading.word.reader) in [one.label for one in at.button]


def test_a_session_that_was_left_alone_is_closed(
    app: AppTest,
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signed_in(app)
    at = opened(("a.png", LESION))
    with monkeypatch.context() as later:
        later.setattr(access_session, "idle_for", lambda: 31 * 60.0)
        at.run()
    assert at.warning[0].value == access_texts.OVER
    assert state.OPENED not in at.session_state
    assert at.run().warning[0].value == access_texts.OVER, "only a new sign-in goes on"
    signed_in(app, iat=time.time() + 1)
    assert not at.run().warning
    assert at.file_uploader


def test_a_sign_in_of_yesterday_is_over(app: AppTest, engine: fakes.FakeEngine) -> None:
    at = signed_in(app, iat=datetime(2026, 1, 1, tzinfo=UTC).timestamp()).run()
    assert at.warning[0].value == access_texts.OVER


def test_another_person_in_the_same_window_finds_nothing_of_the_one_before(
    app: AppTest, opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any]
) -> None:
    signed_in(app)
    at = opened(("a.png", LESION))
    assert at.session_state[state.OPENED]
    signed_in(app, sub="another", name="John Doe", iat=time.time() + 1)
    at.run()
    assert not at.exception
    assert not at.session_state[state.OPENED]
    assert "John Doe" in " ".join(one.value for one in at.text)


def test_signing_out_closes_what_was_open(
    app: AppTest, opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any]
) -> None:
    signed_in(app)
    at = opened(("a.png", LESION))
    at.button(key="access.out").click().run()
    assert not at.exception
    assert state.OPENED not in at.session_state
    assert at.run().title[0].value == access_texts.SIGN_IN_TITLE


def test_too_many_readings_in_an_hour_are_refused_in_a_sentence(
    opened: Opened,
    engine: fakes.FakeEngine,
    metrics: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SULCUS_READINGS_PER_HOUR", "1")
    at = opened(("a.png", LESION))
    assert not at.error
    at = opened(("b.png", CLEAR))
    assert "read for you within the last hour: 1." in at.error[0].value
