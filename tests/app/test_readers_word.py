"""The reader's word on a reading, blind-first reading, and what the words add up to."""

import pytest
from streamlit.testing.v1 import AppTest

from app import monitoring_texts, reader_session, state
from app import worklist_texts as words
from app.archive import Archive, archive
from app.store.figures import Agreement, Part
from app.store.records import DISAGREE, Reading
from ml.errors import StoreError
from ml.io import read_scan
from ml.labels import CLASSES
from tests.app import fakes
from tests.app.conftest import CLEAR, LESION, MAIN, Opened, drawn, expected, html, said

HASH = read_scan(LESION).content_hash
READER = "A. Reader"


def named(at: AppTest, reader: str = READER) -> AppTest:
    return at.text_input(key=state.READER).set_value(reader).run()


def stored() -> tuple[Reading, ...]:
    return archive().readings()


def test_a_word_needs_a_reader(opened: Opened, engine: fakes.FakeEngine, no_metrics: None) -> None:
    at = opened(("one.png", LESION))
    assert at.button(key="say.agree").disabled
    assert words.WHO_FIRST in said(at)
    assert not named(at).button(key="say.agree").disabled


def test_agreeing_takes_one_click_and_is_stored_with_what_was_on_screen(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = named(opened(("one.png", LESION)))
    at.button(key="say.agree").click().run()
    assert not at.exception
    (row,) = stored()
    read = expected(LESION)
    assert (row.content_hash, row.word.reader, row.word.verdict) == (HASH, READER, "agree")
    assert row.ai_label == read.mean.label
    assert row.word.seconds is not None
    assert row.changed_by_ai is None, "it was not read blind"
    assert f"{READER} agrees" in said(at)
    assert "say.agree" not in [button.key for button in at.button]
    assert engine.calls["mobilenet"] == 1


def test_disagreeing_names_another_class_and_a_reason(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = named(opened(("one.png", LESION)))
    offered = {button.key for button in at.button if button.key and "say." in button.key}
    assert expected(LESION).mean.label == "glioma"
    assert "say.glioma" not in offered
    assert {f"say.{label}" for label in CLASSES if label != "glioma"} <= offered
    at.text_input(key=reader_session.reason_key(HASH)).set_value("outside the brain").run()
    at.button(key="say.meningioma").click().run()
    (row,) = stored()
    assert (row.word.verdict, row.word.corrected_label) == (DISAGREE, "meningioma")
    assert row.word.reason == "outside the brain"
    assert "disagrees: meningioma (outside the brain)" in said(at)
    assert archive().worklist()[0].label == "glioma", "the AI's answer stays what it was"


def test_undo_is_a_new_row_and_asks_again(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = named(opened(("one.png", LESION)))
    at.button(key="say.unsure").click().run()
    at.button(key="say.undo").click().run()
    assert not at.exception
    before, after = stored()
    assert (before.standing, after.takes_back) == (False, before.id)
    at.button(key="say.no_class").click().run()
    assert [row.word.verdict for row in stored() if row.standing] == [DISAGREE]


def test_readers_stand_beside_each_other(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = named(opened(("one.png", LESION)))
    at.button(key="say.agree").click().run()
    named(at, "B. Reader")
    assert f"{READER} agrees" in said(at)
    assert "say.undo" not in [button.key for button in at.button]
    at.button(key="say.unsure").click().run()
    assert [row.word.reader for row in stored()] == [READER, "B. Reader"]


def test_after_a_word_the_next_unread_scan_is_one_click_away(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = named(opened(("one.png", LESION), ("two.png", CLEAR)))
    assert "next_unread" not in [button.key for button in at.button]
    at.button(key="say.agree").click().run()
    assert words.progress(1, 2) in said(at)
    at.button(key="next_unread").click().run()
    assert not at.exception
    assert drawn(at)["id"] == read_scan(CLEAR).content_hash
    at.button(key="say.unsure").click().run()
    assert words.progress(2, 2) in said(at)
    assert "next_unread" not in [button.key for button in at.button]


def test_a_word_that_is_not_written_is_said(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> int:
        raise StoreError("The disk is full. Make room.")

    at = named(opened(("one.png", LESION)))
    monkeypatch.setattr(Archive, "say", full)
    at.button(key="say.agree").click().run()
    assert not at.exception
    assert "Make room" in at.error[0].value
    assert stored() == ()


def test_blind_first_hides_all_that_the_ai_says_until_a_class_is_named(
    app: AppTest, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = app.run()
    at.session_state[state.BLIND] = True
    at.session_state[state.READER] = READER
    files = [("one.png", LESION, "image/png"), ("two.png", CLEAR, "image/png")]
    at.file_uploader[0].set_value(files)
    at.run()
    assert not at.exception
    assert not engine.calls, "no network was asked yet"
    assert "sulcus-networks" not in html(at)
    assert drawn(at)["heat"] is None
    assert not drawn(at)["lines"]
    assert words.BLIND_TABLE in said(at)
    assert not at.dataframe
    at.button(key="blind.meningioma").click().run()
    assert "sulcus-networks" in html(at)
    at.button(key="say.agree").click().run()
    (row,) = stored()
    assert (row.word.blind_label, row.ai_label, row.changed_by_ai) == ("meningioma", "glioma", True)
    assert "meningioma before the AI was seen" in said(at)
    at.switch_page("views/worklist.py").run()
    assert list(at.dataframe[0].value["AI flag"]) == ["tumour suggested: glioma"]
    at.switch_page("views/monitoring.py").run()
    assert monitoring_texts.changed(Part(1, 1), 0) in said(at)


def test_what_was_seen_is_not_read_blind(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = named(opened(("one.png", LESION)))
    at.toggle(key=state.BLIND).set_value(True).run()
    assert words.BLIND_TOO_LATE in said(at)
    assert "sulcus-networks" in html(at)
    at.button(key="say.agree").click().run()
    assert stored()[0].word.blind_label is None


def test_the_worklist_gives_nothing_away_to_a_blind_reader(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    opened(("one.png", LESION))
    again = AppTest.from_file(MAIN, default_timeout=180).run()
    again.session_state[state.BLIND] = True
    again.switch_page("views/worklist.py").run()
    row = again.dataframe[0].value.iloc[0]
    assert (row["AI flag"], row["Uncertainty"]) == (words.HIDDEN, words.HIDDEN)
    assert words.ORDERS["flag"] not in again.segmented_control(key=state.WORKLIST_SORT).options
    again.toggle(key=state.BLIND).set_value(False).run()
    assert again.dataframe[0].value["AI flag"][0] == "tumour suggested: glioma"
    again.toggle(key=state.BLIND).set_value(True).run()
    assert again.dataframe[0].value["AI flag"][0] == "tumour suggested: glioma", "it was seen"


def test_monitoring_says_when_nothing_was_read(app: AppTest, no_metrics: None) -> None:
    at = app.run()
    at.switch_page("views/monitoring.py").run()
    assert not at.exception
    assert monitoring_texts.EMPTY in html(at)


def test_monitoring_adds_up_the_words(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = named(opened(("one.png", LESION), ("two.png", CLEAR)))
    at.button(key="say.agree").click().run()
    at.button(key="next").click().run()
    at.button(key="say.no_class").click().run()
    at.switch_page("views/monitoring.py").run()
    assert not at.exception
    page = html(at)
    for title in ("Glioma", monitoring_texts.ALL):
        row = monitoring_texts.row(title, Agreement(agree=1, disagree=1, unsure=0))
        assert row[-1] == "1 of 2 (50 %)"
        cells = "".join(f"<td>{cell}</td>" for cell in row[1:])
        assert f'<th scope="row">{title}</th>{cells}' in page
    assert monitoring_texts.size(2, 2, 1) in said(at)
    assert monitoring_texts.NO_BLIND in said(at)
    assert monitoring_texts.refused(Part(0, 2)) in said(at)
