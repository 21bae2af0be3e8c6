"""The page on confidence, and what it changes on the reading."""

import json
from html import escape
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import services, state, texts
from app import trust_texts as words
from ml.labels import CLASSES, TITLES
from tests.app import fakes
from tests.app.conftest import LESION, Opened, expected, html, said


def page_of(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("views/trust.py")
    return app.run()


def test_without_figures_the_command_is_named(app: AppTest) -> None:
    at = page_of(app)
    assert not at.exception
    assert "make evaluate" in at.error[0].value
    assert not at.get("plotly_chart")


def test_damaged_figures_are_an_error_not_a_number(app: AppTest, fitted: dict[str, Any]) -> None:
    del fitted["test"]["coverage"]["0.90"]["overall"]
    services.TRUST_FILE.write_text(json.dumps(fitted))
    at = page_of(app)
    assert not at.exception
    assert "cannot be read" in at.error[0].value


def test_every_coverage_stands_with_its_interval(app: AppTest, fitted: dict[str, Any]) -> None:
    at = page_of(app)
    assert not at.exception
    page = html(at)
    for found in fitted["test"]["coverage"].values():
        for one in (found["overall"], *found["by_class"].values(), found["single"]):
            assert f"{one['value']:.3f} [{one['low']:.3f}–{one['high']:.3f}]" in page
    assert "432 patient groups" in said(at)
    assert "0.870 [0.850–0.890]" in said(at)


def test_calibration_follows_the_chosen_model(app: AppTest, fitted: dict[str, Any]) -> None:
    at = page_of(app)
    assert words.temperature(services.trust().calibration["mean"]) in said(at)
    assert "Temperature 3.50, which softens" in said(at)
    at.segmented_control(key=state.TRUST_MODEL).set_value("xception").run()
    assert "Left as they are" in said(at)
    at.segmented_control(key=state.TRUST_MODEL).set_value("mobilenet").run()
    assert "Temperature 0.50, which sharpens" in said(at)
    assert "0.100 [0.080–0.120]" in html(at)
    assert "0.020 [0.000–0.040]" in html(at)


def test_referring_more_says_what_is_left(app: AppTest, fitted: dict[str, Any]) -> None:
    at = page_of(app)
    assert "Nobody referred: the mean is right in 90.0 %" in said(at)
    at.select_slider(key=state.REFERRED).set_value(0.05).run()
    assert "With 5 % referred, the mean is right in 93.0 %" in said(at)
    (curve,) = [
        json.loads(chart.proto.spec)["data"][1]
        for chart in at.get("plotly_chart")
        if "Accuracy of the rest" in chart.proto.spec
    ]
    assert curve["x"] == [0.0, 0.05], "an undefined figure is not drawn"


def test_the_reading_shows_calibrated_probabilities_and_the_set(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, fitted: dict[str, Any]
) -> None:
    at = opened(("slice.png", LESION))
    read = expected(LESION)
    assert read.mean.calibrated is not None
    table = html(at)[html(at).index("sulcus-networks") :].split("</table>")[0]
    for reading in (*read.classifications, read.mean):
        for share in reading.shown:
            assert escape(texts.percent(float(share)), quote=False) in table
    assert read.prediction_set
    named = ", ".join(TITLES[label].lower() for label in read.prediction_set)
    assert f"Cannot be ruled out: {named}." in html(at)
    assert words.EACH_CALIBRATED in html(at)
    assert "On held-out patients such a set held the true class in 88.0 %" in html(at)


@pytest.mark.parametrize("least", [0.0, 1.0])
def test_a_set_of_several_or_none_is_indeterminate(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    fitted: dict[str, Any],
    least: float,
) -> None:
    fitted["sets"]["0.90"]["least"] = dict.fromkeys(CLASSES, least)
    services.TRUST_FILE.write_text(json.dumps(fitted))
    page = html(opened(("slice.png", LESION)))
    headline = page[page.index("headline") :].split("</div>")[0]
    assert "AI suggests" not in headline
    if least:
        assert "Indeterminate: no class fits well" in headline
    else:
        assert "Indeterminate: glioma or meningioma or" in headline


def test_without_a_fit_nothing_is_claimed(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    page = html(opened(("slice.png", LESION)))
    assert "Cannot be ruled out" not in page
    assert words.EACH_CALIBRATED not in page
    assert texts.suggestion(expected(LESION).mean) in page
