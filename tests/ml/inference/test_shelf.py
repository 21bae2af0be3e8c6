"""Compiled networks come back from their files, and only from whole files of the same network."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("openvino")

import openvino as ov  # after the check that it can be

from ml.errors import AlteredWeights
from ml.inference import openvino_engine
from ml.inference.openvino_engine import OpenVinoEngine
from tests.ml.inference.test_openvino_engine import noise, published

__all__ = ["published"]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sides of the networks that were built of their layers."""
    found: list[int] = []
    emit = openvino_engine.emit
    monkeypatch.setattr(
        openvino_engine, "emit", lambda *given: found.append(given[2]) or emit(*given)
    )
    return found


def logits(folder: Path, batch: np.ndarray) -> np.ndarray:
    return OpenVinoEngine(threads=1, folder=folder).classify("mobilenet", batch).logits


def test_a_second_start_compiles_nothing(published: Path, tmp_path: Path, built: list[int]) -> None:
    folder, batch = tmp_path / "deep" / "shelf", noise(3)
    first = logits(folder, batch)
    assert built == [64]
    (file,) = folder.iterdir()
    if sys.platform != "win32":
        assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    again = OpenVinoEngine(threads=1, folder=folder)
    for size in (1, 3, 2, 1):  # pages are given back after each size that is new
        found = again.classify("mobilenet", batch[:size]).logits
        np.testing.assert_array_equal(found, logits(folder, batch[:size]))
    np.testing.assert_array_equal(again.classify("mobilenet", batch).logits, first)
    plain = OpenVinoEngine(threads=1).classify("mobilenet", batch).logits
    np.testing.assert_allclose(first, plain, atol=1e-6)
    assert built == [64, 64], "only the engine without a folder built it again"


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "open", "of another runtime"])
def test_a_damaged_file_is_written_anew(
    published: Path, tmp_path: Path, built: list[int], harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, batch = tmp_path / "shelf", noise(1)
    expected = logits(folder, batch)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    if harm == "of another runtime":
        core = ov.Core

        class Strange(core):
            refusals = 1

            def import_model(self, *given: object) -> object:
                if Strange.refusals:
                    Strange.refusals -= 1
                    raise RuntimeError("made by another version")
                return super().import_model(*given)

        monkeypatch.setattr(ov, "Core", Strange)
    elif harm == "open":
        file.chmod(0o622)  # others may write to it
    else:
        middle = len(whole) // 2
        changed = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        file.write_bytes({"cut": whole[:-7], "changed": changed, "empty": b""}[harm])
    np.testing.assert_array_equal(logits(folder, batch), expected)
    assert built == [64, 64]
    np.testing.assert_array_equal(logits(folder, batch), expected)
    assert built == [64, 64], "and it was written whole"


def test_other_weights_are_another_network(
    published: Path, tmp_path: Path, built: list[int]
) -> None:
    folder, batch = tmp_path / "shelf", noise(1)
    logits(folder, batch)
    (old,) = folder.iterdir()
    layers = published / "mobilenet.layers.json"
    layers.write_text(layers.read_text() + "\n")
    logits(folder, batch)
    (new,) = folder.iterdir()
    assert new.name != old.name
    weights = published / "small.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(AlteredWeights, match="SHA-256 differs"):
        logits(folder, batch)


def test_a_folder_that_cannot_be_written_keeps_nothing(
    published: Path, tmp_path: Path, built: list[int]
) -> None:
    (tmp_path / "file").write_text("in the way")
    batch = noise(1)
    plain = OpenVinoEngine(threads=1).classify("mobilenet", batch).logits
    np.testing.assert_allclose(logits(tmp_path / "file" / "shelf", batch), plain, atol=1e-6)
    assert built == [64, 64]
