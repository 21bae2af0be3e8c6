"""The bill of materials: valid, whole, the same every time, and who asked for what."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import attribution, lock_files, sbom
from app.attribution import ROOT
from ml.models.registry import installed, spec

APP = "pkg:pypi/streamlit@"


@pytest.fixture(scope="module")
def written() -> str:
    return sbom.document()


@pytest.fixture(scope="module")
def parts(written: str) -> dict[str, Any]:
    """[reference] → component."""
    return {one["bom-ref"]: one for one in json.loads(written)["components"]}


def one(parts: dict[str, Any], start: str) -> Any:
    (found,) = (part for reference, part in parts.items() if reference.startswith(start))
    return found


def of_each_shape(written: str) -> str:
    """The same with one component of each shape, whose validation takes a tenth of the time."""
    found = json.loads(written)
    shapes = {}
    for part in found["components"]:
        (licence,) = part.get("licenses", [{}])
        stated = (*licence, *licence.get("license", ()))
        purl = part.get("purl", "").partition("/")[0]
        shapes[part["type"], part.get("scope"), purl, "group" in part, stated] = part
    kept = {part["bom-ref"] for part in shapes.values()}
    return json.dumps(
        {
            **found,
            "components": list(shapes.values()),
            "dependencies": [one for one in found["dependencies"] if one["ref"] in kept],
        }
    )


def test_it_is_valid_cyclonedx_or_is_not_written(
    written: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sbom, "FILE", tmp_path / "sbom.json")
    some = of_each_shape(written)
    assert len(json.loads(some)["components"]) > 8
    monkeypatch.setattr(sbom, "document", lambda: some.replace('"required"', '"wanted"'))
    assert sbom.main() == 1
    assert not sbom.FILE.exists()
    monkeypatch.setattr(sbom, "document", lambda: some)
    assert sbom.main() == 0
    assert sbom.FILE.read_text(encoding="utf-8") == some


def test_another_process_writes_the_same_bytes(written: str) -> None:
    code = "import sys; from app import sbom; sys.stdout.write(sbom.document())"
    again = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONUTF8": "1", "TZ": "Asia/Tokyo"},
        capture_output=True,
        check=True,
        timeout=300,
    )
    assert again.stdout.decode() == written
    assert "timestamp" not in written
    assert str(ROOT) not in written


def test_everything_that_is_pinned_or_credited_is_in_it(parts: dict[str, Any]) -> None:
    pinned = [*lock_files.pins(ROOT / "requirements.lock")]
    pinned += lock_files.pins(ROOT / "requirements-app.lock")
    assert len(pinned) > 100
    for pin in pinned:
        part = parts[f"pkg:pypi/{pin.name}@{pin.version}"]
        (files,) = part["externalReferences"]
        assert {each["content"] for each in files["hashes"]} == set(pin.sha256)
        assert part["licenses"]
    kept = {(part["name"], part.get("version", "")) for part in parts.values()}
    named = {(each.name.rpartition("/")[2], each.version) for each in attribution.listed()}
    assert named <= kept


def test_what_is_shipped_is_told_from_what_is_not(parts: dict[str, Any]) -> None:
    assert one(parts, APP)["scope"] == "required"
    assert one(parts, "pkg:npm/%40niivue/niivue@")["scope"] == "required"
    for start in ("pkg:pypi/tensorflow@", "pkg:pypi/pytest@", "pkg:npm/esbuild@"):
        assert one(parts, start)["scope"] == "excluded"


@pytest.mark.weights
def test_every_weight_file_is_in_it_by_its_registered_digest(parts: dict[str, Any]) -> None:
    for name in installed():
        part = parts[f"assets/weights/{name}.safetensors"]
        assert part["hashes"] == [{"alg": "SHA-256", "content": spec(name).sha256}]
        assert part["version"]
    models = [part for part in parts.values() if part["type"] == "machine-learning-model"]
    assert len(models) == len(installed()) + 2


def test_a_package_leads_back_to_who_asked_for_it(written: str) -> None:
    listed = json.loads(written)["dependencies"]
    asks = {each["ref"]: each.get("dependsOn", []) for each in listed}
    assert {each["ref"] for each in listed} >= {each for some in asks.values() for each in some}
    (app,) = (each for each in asks["Sulcus"] if each.startswith(APP))
    assert any(each.startswith("pkg:pypi/altair@") for each in asks[app])
    reached, waiting = set(), ["Sulcus"]
    while waiting:
        reference = waiting.pop()
        if reference not in reached:
            reached.add(reference)
            waiting += asks[reference]
    assert reached == set(asks), "nothing is there that nobody asked for"
