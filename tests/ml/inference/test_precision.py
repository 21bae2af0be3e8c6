"""A reduced precision is refused unless a file says that it was measured with these networks."""

import json
from pathlib import Path
from typing import Any

import pytest

from ml.errors import EngineError
from ml.inference import chosen, precision
from ml.models import registry
from tests.ml.fakes import published


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is written down about these networks; `write` puts it into its file."""
    monkeypatch.setattr(registry, "published", published)
    monkeypatch.setattr(precision, "FILE", tmp_path / "precision.json")
    monkeypatch.setenv(chosen.PRECISION, "bf16")
    monkeypatch.setenv(chosen.ENGINE, "openvino")
    weights = {name: registry.spec(name).sha256 for name in registry.installed()}
    return {"precision": "bf16", "weights": weights, "passed": True}


def write(content: object) -> None:
    precision.FILE.write_text(json.dumps(content))


def test_float32_needs_no_file(measured: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    for said in ("", "f32"):
        monkeypatch.setenv(chosen.PRECISION, said)
        assert chosen.chosen_engine().precision == "f32"  # type: ignore[attr-defined]


def test_what_passed_is_taken(measured: dict[str, Any]) -> None:
    pytest.importorskip("openvino")
    write(measured)
    assert chosen.chosen_engine().precision == "bf16"  # type: ignore[attr-defined]


def test_what_was_not_measured_is_refused(measured: dict[str, Any]) -> None:
    with pytest.raises(EngineError, match=r"not measured yet.*python -m ml\.evaluation\.precision"):
        chosen.chosen_engine()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"passed": False}, "more than is allowed"),
        ({"weights": {"mobilenet": "of another training"}}, "not measured with these networks"),
        ({"precision": "int8"}, "not measured with these networks"),
        ({"passed": "yes"}, "damaged"),
    ],
)
def test_what_did_not_pass_is_refused(
    measured: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    write(measured | change)
    with pytest.raises(EngineError, match=words):
        chosen.chosen_engine()


def test_only_openvino_computes_in_it(
    measured: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(measured)
    monkeypatch.setenv(chosen.ENGINE, "tensorflow")
    with pytest.raises(EngineError, match="tensorflow does not compute in"):
        chosen.chosen_engine()
    monkeypatch.setenv(chosen.PRECISION, "int4")
    with pytest.raises(EngineError, match="'int4'; known are f32 and bf16"):
        chosen.chosen_engine()
