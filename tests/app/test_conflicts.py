"""Banners over a reading that contradicts itself, and the table behind them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import conflict_texts as words
from app import held_out, services, texts
from ml import pipeline
from ml.evaluation.places import Places
from ml.inference.conflicts import (
    COMMAND,
    HEAT_ELSEWHERE,
    KINDS,
    MARK_WITHOUT_TUMOUR,
    NETWORKS_DISAGREE,
    TUMOUR_WITHOUT_OUTLINE,
)
from ml.labels import CLASSES, NO_TUMOR
from ml.results import Analysis, Classification
from tests.app import fakes
from tests.app.conftest import LESION, Opened, html
from tests.app.figures import contradicted


def sure(reading: Classification, label: str) -> Classification:
    """A network that gives one class nearly everything."""
    probabilities = np.full(len(CLASSES), 0.01, np.float32)
    probabilities[CLASSES.index(label)] = 0.97
    return replace(reading, probabilities=probabilities, calibrated=None)


def as_if(read: Analysis, kind: str) -> Analysis:
    """A reading bent so that it holds this conflict."""
    label = CLASSES[NO_TUMOR] if kind == MARK_WITHOUT_TUMOUR else "glioma"
    readings = [sure(one, label) for one in read.classifications]
    if kind == NETWORKS_DISAGREE:
        readings[0] = sure(readings[0], "pituitary")
    shown = read.segmentation
    if kind == TUMOUR_WITHOUT_OUTLINE:
        empty = replace(shown.measurement, area_px=0, diameter_ends=None)
        shown = replace(shown, mask=shown.mask & False, measurement=empty)
    mean = sure(read.mean, label)
    return replace(read, classifications=tuple(readings), mean=mean, segmentation=shown)


@pytest.fixture
def bent(monkeypatch: pytest.MonkeyPatch, measured_conflicts: Path) -> list[str]:
    """Readings are bent to the kind put in here."""
    wanted: list[str] = []
    figures = contradicted()
    real = pipeline.analyse

    def analyse(scan: object, engine: object) -> Analysis:
        figures["least_heat_ratio"] = 1e6 if wanted[0] == HEAT_ELSEWHERE else 0.0
        measured_conflicts.write_text(json.dumps(figures))
        return as_if(real(scan, engine), wanted[0])

    monkeypatch.setattr(pipeline, "analyse", analyse)
    return wanted


def lines(at: AppTest) -> list[tuple[str, str]]:
    """(line, what is inside it) of each conflict on screen."""
    found = [one for one in at.expander if one.label.startswith("Conflict: ")]
    return [(one.label, " ".join(text.value for text in one.markdown)) for one in found]


@pytest.mark.parametrize("kind", KINDS)
def test_each_conflict_has_a_line_with_what_it_meant_inside(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, bent: list[str], kind: str
) -> None:
    bent.append(kind)
    at = opened(("slice.png", LESION))
    assert not at.exception
    ((line, meaning),) = lines(at)
    number = KINDS.index(kind)
    assert line == f"Conflict: {words.lowered(words.TITLES[kind])}"
    right = 41 + 10 * number
    assert (
        f"In {20 + 2 * number} such held-out pictures ({10 + number} patient groups) the class was "
        f"right in {right} % (95 % interval {right - 12}–{right + 8} %)."
    ) in meaning
    assert ("Dice 0.50 [0.38–0.58]" in meaning) == (kind == HEAT_ELSEWHERE)
    assert words.NONE not in html(at)


def test_agreement_and_no_conflict_are_said_under_the_verdict(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, bent: list[str]
) -> None:
    bent.append("nothing")
    at = opened(("slice.png", LESION))
    page = html(at)
    assert lines(at) == []
    assert "What 3 of 3 networks for the class is worth: in 888 such held-out pictures" in page
    assert "right in 96 % (95 % interval 84–104 %)" in page
    assert "No conflict found. In 900 such held-out pictures" in page
    assert page.index("sulcus-verdict") < page.index("What 3 of 3")
    assert page.index(texts.MEASUREMENTS) < page.index("What 3 of 3"), "sizes come first"


def test_what_never_happened_is_worth_nothing_known() -> None:
    figures = held_out.conflict_figures()
    assert words.agreed(1, figures) == (
        "What 1 of 3 networks for the class is worth: none of 1,234 held-out pictures was like "
        "this, so what it means is not known."
    )
    assert "In 1 such held-out picture (0 patient groups)" in words.worth(
        figures.agreement[0], figures
    )


def test_without_figures_an_error_names_the_command_and_no_number(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, measured_conflicts: Path
) -> None:
    measured_conflicts.unlink()
    at = opened(("slice.png", LESION))
    assert not at.exception
    assert COMMAND in at.error[0].value
    assert lines(at) == []
    assert "held-out pictures" not in html(at)
    assert "sulcus-verdict" in html(at)


def confidence(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("views/trust.py")
    return app.run()


def test_the_confidence_page_has_the_table(app: AppTest, measured_conflicts: Path) -> None:
    at = confidence(app)
    assert not at.exception
    assert words.HEADING in [element.value for element in at.subheader]
    page = html(at)
    for title in (words.WHOLE, words.NONE, words.SOME, *words.TITLES.values()):
        assert title in page
    for shown in ("0.410 [0.290–0.490]", "0.970 [0.850–1.050]", "3 of 3 networks", "1,234"):
        assert shown in page
    said = " ".join(element.value for element in (*at.markdown, *at.caption))
    assert "less than 0.00 times the energy" in said
    assert "TEST FIGURES of conflicts." in said
    assert not at.warning
    measured_conflicts.write_text(json.dumps({**contradicted(), "same_networks": False}))
    assert at.run().warning[0].value == words.OTHER_NETWORKS
    measured_conflicts.write_text("{}")
    assert "damaged" in at.run().error[-1].value


def test_the_published_figures_are_on_the_page(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(services.ROOT)
    monkeypatch.setattr(held_out, "PLACES", places)
    page = html(confidence(app))
    raw = json.loads(places.conflicts.read_text(encoding="utf-8"))
    for kind in KINDS:
        one = raw["conflicts"][kind]["accuracy"]
        assert f"{one['value']:.3f} [{one['low']:.3f}–{one['high']:.3f}]" in page
