"""The published figures, read back."""

import json
from pathlib import Path
from typing import Any

import pytest

from ml.errors import MetricsError
from ml.evaluation import published


def written(folder: Path, content: object) -> Path:
    file = folder / "summary.json"
    file.write_text(json.dumps(content))
    return file


def figure(value: float | None) -> dict[str, Any]:
    return {"value": value, "low": value and value - 0.1, "high": value and value + 0.1}


CLEAN = {
    "n_pictures": 10,
    "n_groups": 4,
    "models": {
        "mean": {
            "accuracy": figure(0.8),
            "nll": figure(None),
            "tumour_sensitivity": figure(0.75),
            "sensitivity": {"glioma": figure(0.7)},
            "confusion": [[1, 2, 3, 4]] * 4,
            "roc": {"glioma": {"fpr": [0, 0.5, 1], "tpr": [0, 0.9, 1]}},
        }
    },
}


def test_missing_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match="make evaluate"):
        published.load(tmp_path / "summary.json")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"clean": 3}'])
def test_unusable_file_names_the_command(tmp_path: Path, content: str) -> None:
    file = tmp_path / "summary.json"
    file.write_text(content)
    with pytest.raises(MetricsError, match="make evaluate"):
        published.load(file)


def test_figures_come_back_as_written(tmp_path: Path) -> None:
    summary = published.load(written(tmp_path, {"clean": CLEAN, "protocol": "by group"}))
    assert summary.protocol == "by group"
    assert (summary.clean.n_pictures, summary.clean.n_groups) == (10, 4)
    mean = summary.clean.models["mean"]
    assert mean.get("accuracy").value == 0.8
    assert mean.sensitivity["glioma"].value == 0.7
    assert mean.confusion == ((1, 2, 3, 4),) * 4
    assert mean.roc["glioma"].tpr == (0.0, 0.9, 1.0)


def test_what_the_file_lacks_is_none(tmp_path: Path) -> None:
    summary = published.load(written(tmp_path, {"clean": CLEAN}))
    mean = summary.clean.models["mean"]
    assert mean.get("nll").value is None
    assert mean.get("never computed") == published.Interval()
    assert summary.official_sartaj is None
    assert summary.segmentation == {}


def test_miss_rate_turns_the_interval_around(tmp_path: Path) -> None:
    mean = published.load(written(tmp_path, {"clean": CLEAN})).clean.models["mean"]
    assert mean.miss_rate.value == pytest.approx(0.25)
    assert mean.miss_rate.low == pytest.approx(0.15)
    assert mean.miss_rate.high == pytest.approx(0.35)


def test_segmentation_figures(tmp_path: Path) -> None:
    unet = {
        "threshold": 0.4,
        "n_pictures": 9,
        "n_groups": 3,
        "dice_mean": figure(0.8),
        "by_class": {"glioma": {"n_pictures": 5, "n_groups": 2, "dice_mean": figure(0.6)}},
        "tumour_free": {"n_pictures": 4, "n_groups": 4, "marked_share": figure(0.2)},
        "dice_values": {"glioma": [0.1, 0.9]},
    }
    summary = published.load(written(tmp_path, {"clean": CLEAN, "segmentation": {"unet": unet}}))
    found = summary.segmentation["unet"]
    assert found.threshold == 0.4
    assert found.figures["dice_mean"].value == 0.8
    assert found.by_class["glioma"]["dice_mean"].value == 0.6
    assert found.counts == {"all": (9, 3), "glioma": (5, 2), "tumour_free": (4, 4)}
    assert found.tumour_free["marked_share"].value == 0.2
    assert found.dice_values == {"glioma": (0.1, 0.9)}


@pytest.mark.parametrize("confusion", [None, [], [[1, 2]], [[1] * 4] * 3])
def test_matrix_of_the_wrong_shape_is_left_out(tmp_path: Path, confusion: object) -> None:
    content = {"clean": {"models": {"mean": {"confusion": confusion}}}}
    summary = published.load(written(tmp_path, content))
    assert summary.clean.models["mean"].confusion is None
