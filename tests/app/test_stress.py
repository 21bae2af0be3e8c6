"""Stress of a scan: nothing runs before it is asked, and the reading above stays."""

import numpy as np

from app import services, state, texts
from app import stress_texts as words
from ml import pipeline
from ml.corruptions import CORRUPTIONS, corrupted
from ml.io import read_scan
from ml.labels import TITLES
from tests.app import fakes
from tests.app.conftest import CLEAR, LESION, Opened, drawn, expected, html, picture

SCAN = read_scan(LESION)
KIND = state.stress_key(SCAN.content_hash, "kind")
STRENGTH = state.stress_key(SCAN.content_hash, "strength")


def test_nothing_is_computed_before_it_is_asked(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    assert not at.exception
    assert words.STRESS in [one.label for one in at.expander]
    assert engine.calls["mobilenet"] == 1
    at.selectbox(key=KIND).set_value("blur").run()
    at.slider(key=STRENGTH).set_value(0).run()
    assert engine.calls["mobilenet"] == 1
    assert "Strength 0" not in html(at)
    assert words.STRESS_HINT in [one.value for one in at.caption]


def test_the_mean_is_shown_at_every_strength_by_the_one_door(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    at.selectbox(key=KIND).set_value("contrast")
    at.slider(key=STRENGTH).set_value(3).run()
    assert not at.exception
    assert engine.calls["mobilenet"] == 4  # the untouched one is not read again
    page = html(at)
    found = page[page.index("Strength 0") :].split("</table>")[0]
    readings = [
        pipeline.analyse(corrupted(SCAN, "contrast", strength=n), fakes.FakeEngine()).mean
        for n in range(4)
    ]
    for index, title in enumerate(TITLES.values()):
        row = found[found.index(f">{title}<") :].split("</tr>")[0]
        cells = [texts.percent(float(one.probabilities[index])) for one in readings]
        assert [c.split("</td>")[0] for c in row.split("<td>")[1:]] == [
            c.replace("<", "&lt;").replace(">", "&gt;") for c in cells
        ]
    assert words.stress_steps([one.label for one in readings]) in [m.value for m in at.markdown]


def test_a_stronger_step_reads_only_what_is_new(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    at.selectbox(key=KIND).set_value("noise")
    at.slider(key=STRENGTH).set_value(2).run()
    assert engine.calls["mobilenet"] == 3
    at.slider(key=STRENGTH).set_value(3).run()
    assert engine.calls["mobilenet"] == 4
    at.slider(key=STRENGTH).set_value(1).run()
    assert engine.calls["mobilenet"] == 4


def test_viewer_and_verdict_stay_those_of_the_untouched_scan(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    before = drawn(at)
    at.selectbox(key=KIND).set_value("jpeg")
    at.slider(key=STRENGTH).set_value(5).run()
    assert drawn(at) == before
    page = html(at)
    assert texts.suggestion(expected(LESION).mean) in page
    alt = words.stress_picture("jpeg", 5)
    assert f'alt="{alt}"' in page
    source = page.split('<img src="')[1].split('"')[0]
    worse = picture(source)
    assert worse.shape == fakes.head().shape
    assert np.abs(worse.astype(int) - picture(before["raw"]).astype(int)).max() > 5


def test_another_scan_starts_untouched(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("one.png", LESION), ("two.png", CLEAR))
    at.selectbox(key=KIND).set_value("noise")
    at.slider(key=STRENGTH).set_value(1).run()
    calls = engine.calls["mobilenet"]
    at.button(key="next").click().run()
    assert engine.calls["mobilenet"] == calls
    assert "Corrupted copy" not in html(at)
    at.button(key="previous").click().run()
    assert "Corrupted copy" in html(at)
    assert engine.calls["mobilenet"] == calls


def test_every_corruption_has_a_name_on_screen() -> None:
    assert list(words.CORRUPTIONS) == list(CORRUPTIONS)
    assert services.STRESS_SIDE < services.MAX_SIDE


def test_words_say_where_the_class_changes() -> None:
    same = words.stress_steps(["glioma"] * 3)
    assert "same class first at every strength shown: glioma" in same
    other = words.stress_steps(["glioma", "meningioma", "glioma", "no_tumor"])
    assert "glioma first; another class at strength 1 (meningioma), 3 (no tumour)" in other


def test_words_say_where_a_copy_is_refused() -> None:
    said = words.stress_steps(["glioma", None, "meningioma", None])
    assert "glioma first; another class at strength 2 (meningioma)" in said
    assert said.endswith("Refused at strength 1, 3.")
    assert words.stress_steps([None, None]) == "Refused at strength 0, 1."
