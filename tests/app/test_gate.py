"""A refused scan: no class on any screen, the reason and the measured rates instead."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import gate_texts as words
from app import services, state, texts
from ml import pipeline
from ml.inference.gate import COMMAND, REASONS, load
from ml.inference.pixel_checks import PixelLimits, checks_of
from ml.io import read_scan
from ml.labels import TITLES
from ml.results import Refusal
from tests.app import fakes
from tests.app.conftest import CLEAR, LESION, Opened, drawn, html
from tests.ml.fakes import OPEN_GATE

PAGE = fakes.png(np.kron(np.eye(8), np.full((30, 30), 255.0)).astype(np.uint8))
"""A pattern of black and white."""


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that stops what has too few shades."""
    gate = replace(OPEN_GATE, pixels=PixelLimits(bright=0.01, levels=5.0, corners=2.0))
    monkeypatch.setattr(pipeline, "shipped_gate", lambda: gate)


def said(at: AppTest) -> str:
    """All words on the page, however they are drawn."""
    kinds = (at.markdown, at.caption, at.text, at.warning, at.error, at.subheader)
    frames = [str(one.value.to_dict()) for one in at.dataframe]
    return " ".join([html(at), *(str(e.value) for kind in kinds for e in kind), *frames])


def test_a_refused_scan_shows_no_class_anywhere(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], strict: None
) -> None:
    at = opened(("page.png", PAGE))
    assert not at.exception
    page = said(at)
    assert words.REFUSED in page
    assert words.REASONS["levels"] in page
    assert "2.5 % (95 % interval 0.5–4.5 %) is refused by mistake" in page
    assert "96.5 %" in page
    for title in TITLES.values():
        assert title.lower() not in page.lower()
    for mark in ("sulcus-networks", texts.WITHHELD, texts.NO_OUTLINE, "Mean of the networks"):
        assert mark not in page
    view = drawn(at)
    assert (view["heat"], view["fill"], view["lines"], view["tags"]) == (None, None, [], [])
    assert view["raw"].startswith("data:image/png")
    assert texts.NO_READING in view["captions"]["ai"]
    assert state.HEAT not in [one.key for one in at.toggle]
    assert engine.calls["unet"] == 0


def test_the_table_of_scans_says_refused_with_the_reason(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, strict: None
) -> None:
    at = opened(("head.png", LESION), ("page.png", PAGE))
    assert not at.exception
    table = at.dataframe[-1].value.set_index("Scan")
    assert list(table["Status"]) == ["read", words.STATUS]
    refused = table.loc["page.png"]
    assert refused["Reason"] == words.REASONS["levels"]
    assert not any(refused[name] for name in ("AI suggests", "Mean of all", "Agreement"))
    at.button(key="next").click().run()
    assert words.REFUSED in html(at)
    assert words.NOT_MEASURED in html(at)
    assert "sulcus-networks" not in html(at)


def test_a_worse_copy_that_is_refused_says_so(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scan = read_scan(LESION)
    limit = checks_of(scan).levels - 0.5
    gate = replace(OPEN_GATE, pixels=PixelLimits(bright=-1.0, levels=limit, corners=2.0))
    monkeypatch.setattr(pipeline, "shipped_gate", lambda: gate)
    at = opened(("slice.png", LESION))
    assert "sulcus-networks" in html(at)
    at.selectbox(key=state.stress_key(scan.content_hash, "kind")).set_value("contrast")
    at.slider(key=state.stress_key(scan.content_hash, "strength")).set_value(5).run()
    assert not at.exception
    assert "Refused at strength" in said(at)
    assert f"<td>{words.STATUS}</td>" in html(at)


def test_a_read_scan_says_what_the_gate_said(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None
) -> None:
    at = opened(("slice.png", CLEAR))
    assert words.REFUSED not in html(at)
    assert words.admitted(None) in [line.value for line in at.text]


def test_a_missing_gate_is_an_error_with_its_command_and_no_reading(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "shipped_gate", lambda: load(tmp_path / "none.safetensors"))
    at = opened(("slice.png", CLEAR))
    assert not at.exception
    assert COMMAND in at.error[0].value
    assert "sulcus-networks" not in html(at)


def test_every_reason_has_its_words() -> None:
    assert set(words.REASONS) == set(words.MEASURES) == set(REASONS)
    for reason in REASONS:
        found = Refusal(reason, 1.234, 2.0)
        assert "1.23" in words.measured(found)
        assert words.sentence(found)
    assert "at least 2.00" in words.measured(Refusal("levels", 1.0, 2.0))


def confidence(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("views/trust.py")
    return app.run()


def test_the_confidence_page_has_the_rates(app: AppTest, metrics: dict[str, Any]) -> None:
    at = confidence(app)
    assert not at.exception
    assert words.HEADING in [element.value for element in at.subheader]
    page = said(at)
    for shown in ("0.025 [0.005–0.045]", "0.965 [0.945–0.985]", "0.945 [0.925–0.965]"):
        assert shown in page
    for shown in ("0.955 [0.935–0.975]", "0.935 [0.915–0.955]", "0.975 [0.955–0.995]"):
        assert shown in page
    assert "Bone scan" in page
    assert "0.9876" in page
    assert "987 training pictures" in page
    assert "TEST FIGURES of a gate." in page


def test_figures_that_were_not_measured_are_an_error(app: AppTest, metrics: dict[str, Any]) -> None:
    services.GATE_FILE.unlink()
    assert "--parts gate" in confidence(app).error[-1].value
    services.GATE_FILE.write_text(json.dumps({"test": {}}))
    assert "damaged" in app.run().error[-1].value
