"""What networks there are, and whether the committed list is true."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from ml.errors import MissingWeights
from ml.models import registry
from ml.models.classifiers import BACKBONES
from ml.models.registry import CLASSIFIERS, MEND, SEGMENTER, WEIGHTS, installed, spec, title

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = (*CLASSIFIERS, SEGMENTER)
MAX_BYTES = 120 * 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty weights folder that is looked at anew."""
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path)
    registry.published.cache_clear()
    yield tmp_path
    registry.published.cache_clear()


def entry(name: str) -> dict[str, object]:
    return {"file": f"{name}.st", "sha256": "ab" * 32, "input_size": 96, "parameters": 7}


def test_a_record_joins_code_and_list(folder: Path) -> None:
    content = {name: entry(name) for name in NETWORKS}
    (folder / "registry.json").write_text(json.dumps(content))
    for name in NETWORKS:
        found = spec(name)
        assert (found.name, found.sha256, found.input_size) == (name, "ab" * 32, 96)
        assert found.path == folder / f"{name}.st"
        assert found.kind == ("segmenter" if name == SEGMENTER else "classifier")
        assert found.encoder in BACKBONES
        if name in CLASSIFIERS:
            assert found.feature_layer == BACKBONES[found.encoder].feature_layer
        else:
            assert found.feature_layer is None


@pytest.mark.parametrize("content", [None, "", "{", "\udcff"])
def test_without_a_list_the_command_is_named(folder: Path, content: str | None) -> None:
    if content is not None:
        (folder / "registry.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(MissingWeights) as refusal:
        spec("xception")
    assert MEND in str(refusal.value)


def test_a_network_that_is_not_in_the_list_is_missing(folder: Path) -> None:
    (folder / "registry.json").write_text(json.dumps({"mobilenet": entry("mobilenet")}))
    assert spec("mobilenet").title == "MobileNet"
    with pytest.raises(MissingWeights, match=r"ResNet50 are not installed.*make train"):
        spec("resnet50")


def test_a_list_that_was_mended_is_read(folder: Path) -> None:
    with pytest.raises(MissingWeights):
        spec("unet")
    (folder / "registry.json").write_text(json.dumps({"unet": entry("unet")}))
    assert spec("unet").file == "unet.st"


def test_an_unknown_network_is_a_key_error(folder: Path) -> None:
    with pytest.raises(KeyError):
        spec("vgg")


def test_titles() -> None:
    assert [title(name) for name in NETWORKS] == ["MobileNet", "Xception", "ResNet50", "U-Net"]
    assert title("mean") == "Mean of three"


@pytest.mark.weights
@pytest.mark.parametrize("name", NETWORKS)
def test_the_committed_file_is_the_registered_one(name: str) -> None:
    facts = registry.published()[name]
    content = spec(name).path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == facts["sha256"]
    assert len(content) == facts["bytes"]
    stored = load_file(spec(name).path)
    assert sum(array.size for array in stored.values()) == facts["parameters"]
    assert facts["kind"] == spec(name).kind
    assert facts["run"]["config"]["network"] == name


@pytest.mark.weights
@pytest.mark.parametrize("name", NETWORKS)
def test_the_committed_run_was_on_the_committed_split(name: str) -> None:
    run = registry.published()[name]["run"]
    split = (ROOT / "data" / "splits" / "clean.csv").read_bytes()
    assert run["config"]["split"] == "clean"
    assert run["split_id"] == hashlib.sha256(split).hexdigest()[:16]
    assert {"keras", "tensorflow", "numpy"} <= set(run["libraries"])
    assert isinstance(run["config"]["seed"], int)


@pytest.mark.weights
def test_all_weights_together_stay_small_and_none_is_left_over() -> None:
    files = {spec(name).path for name in installed()}
    assert sum(file.stat().st_size for file in files) <= MAX_BYTES
    assert set(WEIGHTS.glob("*.safetensors")) == files
    assert set(registry.published()) == set(installed())
