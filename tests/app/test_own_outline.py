"""The reader's own outline: sizes follow the slider without a network, and what is kept of it."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from app import outline_texts as words
from app import own_outline, report_texts, state, theme
from app.archive import archive
from app.store.outlines import KeptOutline
from ml.inference.segment import outlined_at
from ml.io import read_scan
from tests.app import fakes
from tests.app.conftest import LESION, MAIN, Opened, drawn, expected, html, picture
from tests.app.test_readers_word import named, said
from tests.app.test_report import Files, document, files, with_report

__all__ = ["files"]

HASH = read_scan(LESION).content_hash
SLIDER = own_outline.key(HASH)


def rows() -> tuple[KeptOutline, ...]:
    return archive().outlines.of_scan(HASH)


def moved(at: AppTest, threshold: float) -> AppTest:
    at.slider(key=SLIDER).set_value(threshold).run()
    assert not at.exception
    return at


def test_sizes_follow_the_slider_and_no_network_runs_again(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION))
    read = expected(LESION)
    assert at.slider(key=SLIDER).value == read.segmentation.threshold
    ai = drawn(at)["lines"]
    calls = dict(engine.calls)
    for threshold in (0.2, 0.8):
        own = outlined_at(read.segmentation, threshold, None)
        assert own.measurement.area_px != read.segmentation.measurement.area_px
        page = html(moved(at, threshold))
        for row in words.rows(read.segmentation.measurement, own.measurement):
            assert all(cell in page for cell in row)
        assert words.on_screen(read.segmentation, own) in said(at)
        (line,) = (one for one in drawn(at)["lines"] if one["mark"] == "threshold")
        assert {**line, "path": "", "mark": ""} == {
            **drawn(at)["own"]["line"],
            "mark": "",
        }, "in the look of what the reader draws"
        assert (line["colour"], line["dash"]) != (ai[0]["colour"], ai[0]["dash"])
        at.button_group(key=state.MASK_STYLE).set_value("fill").run()
        (colour,) = {tuple(pixel) for pixel in picture(drawn(at)["fill"])[own.mask][:, :3].tolist()}
        assert colour == theme.OWN_RGB
        at.button_group(key=state.MASK_STYLE).set_value("outline").run()
    assert dict(engine.calls) == calls
    assert drawn(moved(at, read.segmentation.threshold))["lines"] == ai


def test_an_outline_is_kept_and_taken_back_and_the_answer_of_the_ai_stays(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = moved(opened(("one.png", LESION)), 0.2)
    assert at.button(key="outline.keep").disabled
    named(at).button(key="outline.keep").click().run()
    assert not at.exception
    read = expected(LESION)
    (row,) = rows()
    own = outlined_at(read.segmentation, 0.2, None)
    assert (row.outline.reader, row.outline.threshold) == ("A. Reader", 0.2)
    assert row.outline.ai_threshold == read.segmentation.threshold
    assert row.outline.area_px == own.measurement.area_px
    assert words.kept(row, current=True) in said(at)
    assert archive().readings() == ()
    at.switch_page("views/worklist.py").run()
    assert words.kept(row, current=True) in said(at)
    at.switch_page("views/read.py").run()
    at.button(key="outline.undo").click().run()
    assert [(one.standing, one.takes_back) for one in rows()] == [(False, None), (False, row.id)]
    assert words.kept(row, current=True) not in said(at)


def test_blind_first_the_worklist_tells_no_outline(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    named(opened(("one.png", LESION))).button(key="outline.keep").click().run()
    blind = AppTest.from_file(MAIN, default_timeout=180).run()
    blind.session_state[state.BLIND] = True
    blind.switch_page("views/worklist.py").run()
    assert words.ALL_KEPT not in said(blind)


def test_nothing_above_the_threshold_cannot_be_kept(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "segment", lambda batch: batch[..., 0] * 0.0 + 0.5)
    at = moved(named(opened(("one.png", LESION))), 0.9)
    assert at.button(key="outline.keep").disabled
    assert words.NOTHING in said(at)


def test_the_report_uses_a_kept_outline_as_the_readers(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, files: Files
) -> None:
    at = moved(named(with_report(opened(("one.png", LESION)))), 0.2)
    assert document(files)["reader_outline"] is None
    at.button(key="outline.keep").click().run()
    assert not at.exception
    (row,) = rows()
    read = expected(LESION)
    own = outlined_at(read.segmentation, 0.2, None).measurement
    found = document(files)
    pieces = {piece["text"]: piece["source"] for piece in found["sections"][3]["pieces"]}
    assert pieces[words.in_report(row, own)] == "reader"
    assert pieces[report_texts.sizes(read.segmentation.measurement)] == "ai"
    assert found["reader_outline"]["area_px"] == own.area_px
    assert found["result"]["outline"]["area_px"] == read.segmentation.measurement.area_px
    assert words.will_be_added(words.kept(row, current=True)) in said(at)
    named(at, "B. Reader")
    assert document(files)["reader_outline"] is None


def test_an_outline_on_another_map_is_not_in_the_report(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = named(opened(("one.png", LESION)))
    at.button(key="outline.keep").click().run()
    (row,) = rows()
    monkeypatch.setattr(archive().outlines, "of_scan", lambda _: (replace(row, model_version="0"),))
    at.run()
    assert words.kept(row, current=True) not in said(at)
    at.switch_page("views/worklist.py").run()
    assert words.OTHER_VERSION in said(at)
