"""Input drift on the page *Monitoring*: what is compared, what is left out, and what it means."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import drift_texts as words
from app import held_out, recent_inputs, services
from app.archive import archive
from app.store.inputs import Input
from ml.evaluation.drift import LEAST_PATIENTS
from ml.evaluation.gate_rows import BRAIN, Tried, write_tried
from ml.inference.familiar import METHODS
from ml.inference.gate import UNFAMILIAR
from ml.inference.pixel_checks import PixelChecks
from tests.app import fakes
from tests.app.conftest import LESION, Opened
from tests.app.test_readers_word import said

ONE = Input("h", "p", 1.0, None, simulated=False, in_training_set=False, model_version="v")


def test_only_distances_of_the_networks_in_use_and_of_real_pictures_are_compared() -> None:
    found = recent_inputs.sorted_out(
        [
            replace(ONE, score=9.0, model_version="old"),
            ONE,
            replace(ONE, score=4.0, refusal=UNFAMILIAR, pseudonym="q"),
            replace(ONE, score=0.0, refusal="blank"),
            replace(ONE, score=None),
            replace(ONE, simulated=True),
            replace(ONE, in_training_set=True),
        ],
        "v",
    )
    assert found.distances.scores == (1.0, 4.0)
    assert found.distances.patients == ("p", "q")
    assert (found.simulated, found.copies, found.by_pixels, found.other_networks) == (1, 1, 2, 1)
    line = words.left_out(found)
    assert "1 drawn by this project; 1 copies of training pictures; 2 refused" in line
    assert words.left_out(recent_inputs.sorted_out([ONE], "v")) == ""


def test_only_the_last_scans_count() -> None:
    many = [replace(ONE, score=float(n)) for n in range(recent_inputs.MOST + 5)]
    scores = recent_inputs.sorted_out(many, "v").distances.scores
    assert (len(scores), scores[0]) == (recent_inputs.MOST, 5.0)


@pytest.fixture
def known(metrics: dict[str, Any]) -> None:
    """Held-out distances around 1."""
    rng = np.random.default_rng(1)
    rows = [
        Tried(
            id=f"{number}",
            kind=BRAIN,
            group=f"g{number}",
            part="validation",
            scores=dict.fromkeys(METHODS, float(rng.normal(1.0, 0.3))),
            looks=PixelChecks(0.5, 0.0, 99.0, 0.0),
        )
        for number in range(60)
    ]
    write_tried(held_out.PLACES.gate_rows, rows)


def monitoring(at: AppTest) -> AppTest:
    at.switch_page("views/monitoring.py").run()
    assert not at.exception
    return at


def stored(monkeypatch: pytest.MonkeyPatch, middle: float) -> None:
    """Scans of as many patients as are needed, as if they had been read."""
    version = archive().version_digest(services.model_version())
    scores = np.random.default_rng(2).normal(middle, 0.3, LEAST_PATIENTS)
    rows = tuple(
        replace(ONE, score=float(score), pseudonym=f"{number}", model_version=version)
        for number, score in enumerate(scores)
    )
    monkeypatch.setattr(archive().inputs, "all", lambda: rows)


def test_the_distance_of_every_reading_is_there_and_few_are_too_few(
    opened: Opened, engine: fakes.FakeEngine, known: None
) -> None:
    at = monitoring(opened(("one.png", LESION)))
    (row,) = archive().inputs.all()
    assert row.model_version == archive().version_digest(services.model_version())
    assert not row.simulated
    assert "Too few readings" in at.info[0].value
    assert f"from {LEAST_PATIENTS} patients on" in at.info[0].value
    assert not at.get("plotly_chart")


@pytest.mark.parametrize(
    ("middle", "meaning"), [(1.0, words.ALIKE), (2.0, words.FARTHER), (0.0, words.NEARER)]
)
def test_a_shift_is_drawn_and_explained(
    opened: Opened,
    engine: fakes.FakeEngine,
    known: None,
    monkeypatch: pytest.MonkeyPatch,
    middle: float,
    meaning: str,
) -> None:
    at = opened(("one.png", LESION))
    stored(monkeypatch, middle)
    at = monitoring(at)
    assert meaning in said(at)
    assert f"{LEAST_PATIENTS} scans of {LEAST_PATIENTS} patients against 60 scans" in said(at)
    (chart,) = at.get("plotly_chart")
    held, here = json.loads(chart.proto.spec)["data"]
    assert (held["name"], here["name"]) == (words.REFERENCE, words.RECENT)
    assert held["line"]["dash"] != here["line"]["dash"]
    assert len(here["x"]) == LEAST_PATIENTS


def test_without_the_rows_of_the_gate_the_page_says_so(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any]
) -> None:
    at = monitoring(opened(("one.png", LESION)))
    assert "gate_clean.csv has not been computed" in at.error[0].value
