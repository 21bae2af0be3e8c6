"""A scan that the networks were trained on: the banner, and the figures behind it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import accuracy_texts as words
from app import services, texts
from ml import pipeline
from ml.inference.membership import COMMAND, Membership, load
from ml.io import read_scan
from tests.app import fakes
from tests.app.conftest import CLEAR, LESION, Opened, drawn, html
from tests.ml.fakes import index_of


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture with the lesion is a training picture."""
    known = Membership(index_of(read_scan(LESION).pixels), 4)
    monkeypatch.setattr(pipeline, "training_set", lambda: known)


def copies(at: AppTest) -> list[str]:
    """The banners over a copy of a training picture."""
    return [banner.value for banner in at.warning]


def test_a_copy_of_a_training_picture_is_said_beside_the_verdict(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], trained: None
) -> None:
    mirrored = fakes.png(np.ascontiguousarray(fakes.head()[:, ::-1]))
    at = opened(("slice.png", mirrored))
    assert not at.exception
    (banner,) = copies(at)
    assert "is in the training set (Sartaj)" in banner
    assert "proves nothing" in banner
    assert "97.0 % (95 % interval 95.0–99.0 %)" in banner
    assert "4.3 % (95 % interval 2.3–6.3 %)" in banner
    assert "sulcus-verdict" in html(at)
    assert any("copy found, 0 of 256 bits apart" in line.value for line in at.text)


def test_another_scan_has_no_banner(
    opened: Opened, engine: fakes.FakeEngine, metrics: dict[str, Any], trained: None
) -> None:
    at = opened(("slice.png", fakes.png(np.rot90(fakes.head(lesion=False))[20:-60].copy())))
    assert not at.exception
    assert not copies(at)
    assert any(texts.looked_up(None) == line.value for line in at.text)


def test_without_figures_the_banner_says_so(
    opened: Opened, engine: fakes.FakeEngine, no_metrics: None, trained: None
) -> None:
    (banner,) = copies(opened(("slice.png", LESION)))
    assert "proves nothing" in banner
    assert "has not been measured here" in banner
    assert " % " not in banner


def test_a_missing_index_is_an_error_with_its_command_and_no_reading(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "training_set", lambda: load(tmp_path / "none.safetensors"))
    at = opened(("slice.png", CLEAR))
    assert not at.exception
    assert COMMAND in at.error[0].value
    assert drawn(at)["id"] == read_scan(CLEAR).content_hash
    assert "sulcus-verdict" not in html(at)


def accuracy(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("views/accuracy.py")
    return app.run()


def test_the_accuracy_page_has_every_kind_of_copy(app: AppTest, metrics: dict[str, Any]) -> None:
    at = accuracy(app)
    assert not at.exception
    assert words.LOOK_UP_HEADING in [element.value for element in at.subheader]
    page = html(at)
    for title in (words.ALL_COPIES, *words.COPIES.values(), *words.FALSE_HITS.values()):
        assert title in page
    for shown in ("0.970 [0.950–0.990]", "0.041 [0.021–0.061]", "0.043 [0.023–0.063]"):
        assert shown in page
    said = " ".join(element.value for element in at.markdown)
    assert "4,321 training pictures" in said
    assert "28 of 256 bits" in said
    assert "TEST FIGURES of a look-up." in [element.value for element in at.caption]


def test_figures_that_were_not_measured_are_an_error(app: AppTest, metrics: dict[str, Any]) -> None:
    services.MEMBERSHIP_FILE.unlink()
    at = accuracy(app)
    assert not at.exception
    assert "--parts membership" in at.error[0].value
    assert words.LOOK_UP_HEADING not in [element.value for element in at.subheader]
    services.MEMBERSHIP_FILE.write_text(json.dumps({"hits": {}}))
    assert "damaged" in at.run().error[0].value
