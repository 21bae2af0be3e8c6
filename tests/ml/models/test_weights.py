"""Weight files: what is stored, and that a missing or altered one is never used."""

import hashlib
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ml.errors import AlteredWeights, MissingWeights
from ml.models import registry, weights
from ml.models.registry import MEND, ModelSpec
from tests.ml.networks import calibrate, pictures

pytestmark = pytest.mark.usefixtures("narrow")


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """A record whose file is not there yet."""
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path)
    return ModelSpec(
        name="mobilenet",
        title="MobileNet",
        kind="classifier",
        encoder="mobilenet",
        feature_layer="conv_pw_13_relu",
        reference="",
        input_size=64,
        parameters=1,
        file="mobilenet.safetensors",
        sha256="0" * 64,
    )


def stored(record: ModelSpec) -> tuple[ModelSpec, keras.Model]:
    """The record with its file written, and the model that was written."""
    model = weights.build(record)
    calibrate(model, 64)
    digest = weights.save(model.get_weights(), record.path)
    return replace(record, sha256=digest), model


def refused(record: ModelSpec, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as refusal:
        weights.load_model(record)
    assert words in str(refusal.value)
    assert MEND in str(refusal.value)
    assert str(record.path.parent) not in str(refusal.value)


@pytest.mark.parametrize("name", ["mobilenet", "unet"])
def test_a_network_comes_back_within_float16(record: ModelSpec, name: str) -> None:
    found, model = stored(replace(record, name=name))
    again = weights.load_model(found)
    batch = pictures(4, 64, seed=9)
    before, after = (np.asarray(m(batch, training=False)) for m in (model, again))
    assert np.ptp(before) > 0.01
    np.testing.assert_allclose(after, before, atol=0.02 * np.ptp(before))
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        if one.ndim > 1:
            np.testing.assert_array_equal(other, one.astype(np.float16).astype(np.float32))
        else:
            np.testing.assert_array_equal(other, one)


def test_kernels_are_halved_and_vectors_are_not(record: ModelSpec) -> None:
    found, _ = stored(record)
    kinds = {(array.ndim > 1, array.dtype.name) for array in load_file(found.path).values()}
    assert kinds == {(True, "float16"), (False, "float32")}
    content = found.path.read_bytes()
    assert weights.sha256_of(found.path) == hashlib.sha256(content).hexdigest() == found.sha256


def test_a_variance_beyond_float16_survives(record: ModelSpec) -> None:
    model = weights.build(record)
    values = model.get_weights()
    vectors = [i for i, array in enumerate(values) if array.ndim == 1]
    values[vectors[-1]][:] = 3e5
    digest = weights.save(values, record.path)
    again = weights.load_model(replace(record, sha256=digest)).get_weights()
    np.testing.assert_array_equal(again[vectors[-1]], values[vectors[-1]])


def test_a_missing_file_names_the_command(record: ModelSpec) -> None:
    refused(record, MissingWeights, "The weight file of MobileNet is missing")


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_changed_bit_is_noticed(record: ModelSpec, place: int) -> None:
    found, _ = stored(record)
    content = bytearray(found.path.read_bytes())
    content[place] ^= 1
    found.path.write_bytes(content)
    refused(found, AlteredWeights, "is not the published one (its SHA-256 differs)")


def test_a_truncated_file_is_noticed(record: ModelSpec) -> None:
    found, _ = stored(record)
    found.path.write_bytes(found.path.read_bytes()[:-1000])
    refused(found, AlteredWeights, "SHA-256 differs")


def test_a_registered_file_of_another_format_is_refused(record: ModelSpec) -> None:
    record.path.write_bytes(b"not a weight file")
    wrong = replace(record, sha256=weights.sha256_of(record.path))
    refused(wrong, AlteredWeights, "unreadable")


def test_a_registered_file_of_another_network_is_refused(record: ModelSpec) -> None:
    save_file({"0000": np.zeros((3, 3), np.float16)}, record.path)
    wrong = replace(record, sha256=weights.sha256_of(record.path))
    refused(wrong, AlteredWeights, "does not fit")


def test_load_goes_by_the_registry(record: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    found, model = stored(record)
    listed = {"file": found.file, "sha256": found.sha256, "input_size": 64, "parameters": 1}
    monkeypatch.setattr(registry, "published", lambda: {"mobilenet": listed})
    again = weights.load("mobilenet")
    assert again.count_params() == model.count_params()
    monkeypatch.setattr(
        registry, "published", lambda: {"mobilenet": {**listed, "sha256": "f" * 64}}
    )
    with pytest.raises(AlteredWeights):
        weights.load("mobilenet")
