"""Stages of a run are compared on pairs of validation pictures."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ml.comparison import pairs as module
from ml.comparison.pairs import lines, main, rows_of
from ml.errors import MetricsError
from ml.evaluation.counterfactual import Version
from ml.training.checkpoint import save_arrays
from ml.training.recipes import RECIPES


class Brightness:
    """Stands for a network: a bright picture is a tumour."""

    weights = ()

    def predict_on_batch(self, batch: np.ndarray) -> np.ndarray:
        level = batch.mean(axis=(1, 2, 3))
        return np.stack([20 * level, 0 * level, 10 - 20 * level, 0 * level], axis=1)


def version(number: int, *, tumour: bool, level: float, kind: str) -> Version:
    image = np.full((64, 64), level, np.float32)
    label = "glioma" if tumour else "no_tumor"
    return Version(
        f"figshare/{number}#{kind}{tumour}", f"figshare/{number}", kind, label, ("g",), image
    )


def both(number: int, high: float, low: float) -> list[Version]:
    return [
        version(number, tumour=True, level=high, kind="original"),
        version(number, tumour=False, level=low, kind="counterfactual"),
    ]


def test_every_version_is_read_at_the_networks_size() -> None:
    pairs = [one for i in range(20) for one in both(i, 0.9, 0.1)]
    found = rows_of("mobilenet", Brightness(), 32, pairs)
    assert [row.id for row in found] == [one.id for one in pairs]
    assert all((row.tumour["mobilenet"] > 0.5) == (row.label == "glioma") for row in found)
    assert {row.source for row in found} == {"figshare"}


def test_a_line_a_stage_with_what_validation_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = RECIPES["mobilenet"]
    (tmp_path / "run.json").write_text(json.dumps({"config": recipe.as_dict()}))
    with pytest.raises(MetricsError, match="no stage"):
        lines("mobilenet", tmp_path)
    (stage,) = recipe.stages
    save_arrays(tmp_path / stage.name / "best.npz", [], epoch=1, score=1.0, nll=0.25)
    pairs = [one for i in range(6) for one in both(i, 0.9, 0.1)]
    monkeypatch.setattr(module, "versions", lambda *_, **__: pairs)
    monkeypatch.setattr(module, "read_split", lambda _: [])
    monkeypatch.setattr(module, "data_root", lambda: tmp_path)
    monkeypatch.setattr(module, "Library", SimpleNamespace(at=lambda _: None))
    monkeypatch.setattr("ml.training.publish.classifier_part", lambda _, arrays: arrays)
    monkeypatch.setattr("ml.training.checkpoint.assign", lambda *_, **__: None)
    monkeypatch.setattr("ml.models.classifiers.build_classifier", lambda _: Brightness())
    (line,) = lines("mobilenet", tmp_path)
    assert line.startswith(f"pretrain ({stage.phases[0].size} px, epoch 1)  nll 0.250")
    assert "pairs 1.000" in line
    assert "painted_out 1.000" in line


def test_a_missing_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mobilenet", "--runs", str(tmp_path)]) == 1
    assert "there is no run in mobilenet/" in capsys.readouterr().err
