"""What the screens note in the audit trail, and what the page Monitoring says of it."""

from typing import Any

import pytest
from sqlalchemy import create_engine, text
from streamlit.testing.v1 import AppTest

from app import reader_session, state, trail, trail_texts
from app.archive import archive
from app.store.places import places
from app.store.tables import TrailRow
from ml.errors import StoreError
from tests.app import fakes
from tests.app.conftest import LESION, MAIN, Opened, html

APP = MAIN.parent
KINDS = {name: word for name, word in vars(trail).items() if name[0] != "_" and name.isupper()}


def noted() -> list[str]:
    return [line.what for line in archive().trail.last(99)][::-1]


def test_who_saw_what_is_noted_once_a_session(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any]
) -> None:
    at = opened(("a.png", LESION))
    at.run()
    assert not at.exception
    assert noted() == ["seen", "scans", "ai_results"]
    at.text_input(key=state.READER).set_value("A. Reader").run()
    at.button(key="say.agree").click().run()
    at.button(key="keep_picture").click().run()
    at.button(key="remove_picture").click().run()
    assert noted()[3:] == ["seen", "readings", "picture kept", "picture removed"]
    lines = archive().trail.last(99)
    assert {line.scan for line in lines} == {state.opened_hash(LESION)}
    assert lines[0].who == archive().trail.mark("A. Reader")
    at.switch_page("views/worklist.py").run()
    at.switch_page("views/monitoring.py").run()
    assert not at.exception
    assert noted()[7:] == ["worklist seen"]
    whole = trail_texts.verified(archive().trail.verify())
    assert whole in [one.value for one in at.markdown]
    assert "A. Reader" in html(at)


def test_every_kind_of_line_is_a_word_of_its_own_that_something_notes() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in APP.rglob("*.py"))
    assert len(set(KINDS.values())) == len(KINDS)
    for name, word in KINDS.items():
        assert len(word) <= TrailRow.what.type.length
        assert f"trail.{name}" in sources or f"{{{name}}}" in sources, name


def test_a_lost_secret_is_said_on_the_worklist_and_noted(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any]
) -> None:
    at = opened(("a.png", LESION)).switch_page("views/worklist.py").run()
    assert not at.warning
    begun_with = places().secret_file.read_bytes()
    places().secret_file.unlink()
    for _ in range(2):
        at.run()
        assert [one.value for one in at.warning] == [trail_texts.OTHER_SECRET]
    assert noted().count(trail.OTHER_SECRET) == 1
    at.switch_page("views/monitoring.py").run()
    assert trail_texts.OTHER_SECRET in at.error[-1].value
    places().secret_file.write_bytes(begun_with)
    at.switch_page("views/worklist.py").run()
    assert not at.exception
    assert not at.warning


def test_a_file_is_made_only_with_its_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader_session, "reader", lambda: "A. Reader")
    assert trail.exporting("pdf", "a" * 64, lambda: b"report")() == b"report"
    (line,) = archive().trail.last(9)
    assert (line.what, line.scan) == ("exported pdf", "a" * 64)
    assert line.who == archive().trail.mark("A. Reader")
    places().secret_file.write_text("nothing")
    with pytest.raises(StoreError, match="secret"):
        trail.exporting("pdf", "a" * 64, lambda: b"report")()


def test_a_trail_that_does_not_hold_is_said(
    app: AppTest, opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any]
) -> None:
    opened(("a.png", LESION))
    with create_engine(places().url).begin() as connection:
        connection.execute(text("DROP TRIGGER audit_trail_no_DELETE"))
        connection.execute(text("DELETE FROM audit_trail WHERE id = 1"))
    at = app.switch_page("views/monitoring.py").run()
    assert not at.exception
    said = " ".join(one.value for one in at.error)
    assert "line 2 does not follow the line before it" in said
