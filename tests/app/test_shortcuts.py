"""The shortcut and robustness parts of the Accuracy page, with and without their files."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import accuracy_texts as words
from app import services, state
from app.stress_texts import CORRUPTIONS as CORRUPTION_NAMES
from ml.corruptions import CORRUPTIONS, STRENGTHS
from tests.app.conftest import html
from tests.app.test_accuracy import accuracy, charts

Write = Callable[[str, dict[str, Any]], None]


@pytest.fixture
def write(metrics: dict[str, Any]) -> Write:
    """Puts a file of invented figures beside the summary."""

    def put(name: str, content: dict[str, Any]) -> None:
        services.SUMMARY_FILE.with_name(name).write_text(json.dumps(content))

    return put


def interval(value: float, spread: float = 0.02) -> dict[str, float]:
    return {"value": value, "low": round(value - spread, 4), "high": round(value + spread, 4)}


def probe() -> dict[str, Any]:
    figures = {name: interval(0.61 + i / 50) for i, name in enumerate(words.BACKGROUND_COLUMNS)}
    views = dict.fromkeys(words.VIEWS, figures)
    return {"protocol": "TEST PROBE.", "n_pictures": 77, "n_groups": 33, "views": views}


def curves(*, same: bool = True) -> dict[str, Any]:
    models = ("mobilenet", "xception", "resnet50", "mean")
    found = {
        name: {
            "values": list(STRENGTHS[name]),
            "models": {
                model: {
                    str(n): {
                        "balanced_accuracy": interval(round(0.9 - 0.1 * n, 4)),
                        "change": interval(-0.1 * n, 0.05 if n > 1 else 0.2),
                    }
                    for n in range(1, 6)
                }
                for model in models
            },
        }
        for name in CORRUPTIONS
    }
    found["jpeg"]["models"]["mean"]["5"]["balanced_accuracy"] = interval(0.1234)
    untouched = dict.fromkeys(models, interval(0.9))
    head = {"protocol": "TEST CURVES.", "n_pictures": 77, "n_groups": 33, "same_networks": same}
    return {**head, "untouched": untouched, "corruptions": found}


def test_what_was_not_measured_is_said(app: AppTest, metrics: dict[str, Any]) -> None:
    at = accuracy(app)
    assert not at.exception
    assert [one.value for one in at.info].count(words.NOT_MEASURED) == 2
    headings = [one.value for one in at.subheader]
    assert words.BACKGROUND_HEADING in headings
    assert words.ROBUSTNESS_HEADING in headings
    assert words.ROBUSTNESS_CHART not in charts(at)


def test_the_probe_stands_beside_guessing(app: AppTest, write: Write) -> None:
    write("background.json", probe())
    at = accuracy(app)
    assert not at.exception
    page = html(at)
    for title in (*words.VIEWS.values(), *words.BACKGROUND_COLUMNS.values()):
        assert title in page
    assert "0.610 [0.590–0.630]" in page
    guess = page[page.index(">Guessing<") :].split("</tr>")[0]
    assert guess.count("<td>0.500</td>") == 3
    assert guess.count("<td>0.250</td>") == 1
    said = " ".join(one.value for one in at.markdown)
    assert "77 pictures of 33 patient groups" in said
    assert "TEST PROBE." in [one.value for one in at.caption]


def test_curves_are_of_the_chosen_corruption_with_intervals_and_words(
    app: AppTest, write: Write
) -> None:
    write("robustness.json", curves())
    at = accuracy(app)
    assert not at.exception
    lines = charts(at)[words.ROBUSTNESS_CHART]
    assert [line["name"] for line in lines] == ["MobileNet", "Xception", "ResNet50", "Mean"]
    assert list(lines[-1]["y"]) == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    assert len({line["line"]["dash"] for line in lines}) == 4
    said = " ".join(one.value for one in at.markdown)
    assert "Noise, mean of the networks: 0.900 [0.880–0.920] untouched, 0.400" in said
    assert "beyond chance at strength 2, 3, 4, 5" in said
    assert "0.800 [0.780–0.820]" in html(at)
    at.button_group(key=state.CORRUPTION).set_value("jpeg").run()
    assert charts(at)[words.ROBUSTNESS_CHART][-1]["y"][-1] == 0.1234
    assert words.VALUES["jpeg"] in html(at)
    assert not at.warning


def test_curves_of_other_weights_are_called_so(app: AppTest, write: Write) -> None:
    write("robustness.json", curves(same=False))
    assert words.OTHER_NETWORKS in [one.value for one in accuracy(app).warning]


@pytest.mark.parametrize("name", ["background.json", "robustness.json"])
def test_a_damaged_file_is_an_error_not_a_number(app: AppTest, write: Write, name: str) -> None:
    services.SUMMARY_FILE.with_name(name).write_text('{"views": ')
    at = accuracy(app)
    assert not at.exception
    assert "make evaluate" in at.error[0].value
    assert words.BACKGROUND_HEADING not in [one.value for one in at.subheader]


def test_every_corruption_has_its_unit() -> None:
    assert list(words.VALUES) == list(CORRUPTIONS) == list(CORRUPTION_NAMES)
