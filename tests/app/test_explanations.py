"""What the screens say of the heat maps: the section of the Accuracy page and the line in Read."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import explanation_texts as words
from app import services, state, texts
from ml.evaluation.explanation_rows import SLOW, STEPS
from ml.inference.explain import METHODS
from tests.app import fakes
from tests.app.conftest import LESION, Opened, drawn, html
from tests.app.test_accuracy import accuracy

NETWORKS = ("mobilenet", "xception", "resnet50")


def interval(value: float) -> dict[str, float]:
    return {"value": value, "low": round(value - 0.02, 4), "high": round(value + 0.02, 4)}


def pointing(energy: float) -> dict[str, Any]:
    return {"energy": interval(energy), "hit": interval(energy + 0.3), "empty": 0}


def figures() -> dict[str, Any]:
    """Invented figures in the agreed form."""
    return {
        "protocol": "TEST MAPS.",
        "n_pictures": 77,
        "n_groups": 33,
        "default": "contrast",
        "network": "xception",
        "gaussians": {
            "quarter": {"sigma": 0.25, **pointing(0.041)},
            "best": {"sigma": 0.05, **pointing(0.092)},
        },
        "networks": {
            name: {
                "methods": {m: pointing(0.1 + 0.05 * at + 0.01 * i) for i, m in enumerate(METHODS)},
                "untrained": pointing(0.023),
                "times": {
                    "quarter": interval(2.5),
                    "best": interval(1.5),
                    "untrained": interval(1.2 + at),
                },
            }
            for at, name in enumerate(NETWORKS)
        },
        "part": {
            "n_pictures": 40,
            "gaussians": {"quarter": pointing(0.042), "best": pointing(0.093)},
            "networks": {
                name: {m: pointing(0.31) for m in (*METHODS, *SLOW, "untrained")}
                for name in NETWORKS
            },
        },
        "sanity": {
            "networks": {name: {step: interval(0.456) for step in STEPS} for name in NETWORKS}
        },
    }


@pytest.fixture
def measured(metrics: dict[str, Any]) -> dict[str, Any]:
    content = figures()
    services.SUMMARY_FILE.with_name("explanations.json").write_text(json.dumps(content))
    return content


def test_every_method_stands_beside_the_baselines(app: AppTest, measured: dict[str, Any]) -> None:
    at = accuracy(app)
    assert not at.exception
    assert words.HEADING in [one.value for one in at.subheader]
    page = html(at)
    for method in (*METHODS, *SLOW):
        assert words.method(method, "contrast") in page
    assert "Contrast CAM (on screen)" in page
    line = page[page.index("σ 0.05 of the head, best on validation") :].split("</tr>")[0]
    assert line.count("0.092 [0.072–0.112]") == 3
    assert page.count("0.042 [0.022–0.062]") == 3
    line = page[page.index(">Untrained network<") :].split("</tr>")[0]
    assert line.count("0.023 [0.003–0.043]") == 3
    for title in words.SANITY_STEPS.values():
        assert title in page
    assert page.count("0.46 [0.44–0.48]") == len(STEPS) * len(NETWORKS)
    assert "TEST MAPS." in [one.value for one in at.caption]
    said = " ".join(one.value for one in at.markdown)
    assert "77 pictures of 33 patient groups" in said
    assert "40 pictures" in said


def test_what_does_not_reach_twice_a_baseline_is_said(
    app: AppTest, measured: dict[str, Any]
) -> None:
    said = " ".join(one.value for one in accuracy(app).markdown)
    assert "MobileNet: the wide Gaussian;" in said
    assert "Xception: the wide Gaussian, the untrained network;" in said


def test_maps_that_were_not_measured_are_said_and_a_damaged_file_is_an_error(
    app: AppTest, metrics: dict[str, Any]
) -> None:
    at = accuracy(app)
    assert not at.exception
    assert words.NOT_MEASURED in [one.value for one in at.info]
    services.SUMMARY_FILE.with_name("explanations.json").write_text('{"default": "contrast"}')
    at = at.run()
    assert not at.exception
    assert "heat maps are damaged" in at.error[0].value


def test_the_heat_map_names_its_method_and_what_it_is_worth(
    opened: Opened, engine: fakes.FakeEngine, measured: dict[str, Any]
) -> None:
    at = opened(("slice.png", LESION))
    assert not at.exception
    assert "Xception, contrast CAM" in drawn(at)["captions"]["heat"]  # the best on validation
    assert any("17.0 % of Xception's map" in one.value for one in at.caption)
    at.button_group(key=state.HEAT_MODEL).set_value("mobilenet").run()
    assert "MobileNet, contrast CAM" in drawn(at)["captions"]["heat"]
    (line,) = [one.value for one in at.caption if "held-out pictures" in one.value]
    assert "12.0 % of MobileNet's map lay inside the tumour" in line
    assert "a centred blob 4.1 % (at its best width 9.2 %)" in line
    assert "untrained network's map 2.3 %" in line
    at.toggle(key=state.HEAT).set_value(False).run()
    assert not any("held-out pictures" in one.value for one in at.caption)


def test_without_figures_the_map_is_grad_cam_and_nothing_is_claimed(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", LESION))
    assert "MobileNet, Grad-CAM" in drawn(at)["captions"]["heat"]
    assert not any("lay inside the tumour" in one.value for one in at.caption)


def test_every_method_and_step_has_its_words() -> None:
    assert set(texts.HEAT_METHODS) == {*METHODS, *SLOW}
    assert tuple(words.SANITY_STEPS) == STEPS
