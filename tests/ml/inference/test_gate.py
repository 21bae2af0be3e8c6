"""What passes the gate, what does not, and what a bad file of it says."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml import pipeline
from ml.errors import GateError, WeightsError
from ml.inference.familiar import FeatureSpace, scores, seen
from ml.inference.gate import (
    COMMAND,
    FIGURES_FILE,
    REASONS,
    SPACE_FILE,
    UNFAMILIAR,
    Fitted,
    Gate,
    load,
    load_fitted,
    save_fitted,
)
from ml.inference.pixel_checks import PixelLimits, checks_of, limits_of
from ml.io import read_scan
from ml.labels import CLASSES
from ml.models import registry
from ml.phantom import draw, to_dicom, to_png
from ml.pipeline import analyse, analyse_many
from ml.preprocess import framed, prepare
from ml.results import Admission, Analysis, Refusal, Refused, Scan
from tests.ml.fakes import OPEN_GATE, FakeEngine, disc_picture, published, scan_of
from tests.ml.inference.drawn_features import around, outputs, space_of

LIMITS = PixelLimits(bright=0.05, levels=20.0, corners=0.4)
NETWORKS = ("a" * 8, "b" * 8)


@pytest.fixture(scope="module")
def space() -> FeatureSpace:
    return space_of(60)


@pytest.fixture(scope="module")
def head() -> Scan:
    return scan_of(draw("glioma", seed=1, size=160).pixels)


PICTURES = {
    "blank": np.full((90, 70), 7.0),
    "levels": np.kron(np.eye(8), np.ones((20, 20))) * 255.0,
    "corners": 1000.0 - draw("glioma", seed=1, size=160).pixels.astype(float),
}


@pytest.mark.parametrize("reason", PICTURES)
def test_each_look_at_the_pixels_has_its_picture(reason: str) -> None:
    (answer,) = Gate(LIMITS).answer([scan_of(PICTURES[reason])], [])
    assert isinstance(answer, Refusal)
    assert answer.reason == reason


def test_colour_is_refused_and_a_coloured_label_is_not(head: Scan) -> None:
    answers = Gate(LIMITS).answer([replace(head, colour=share) for share in (0.5, 0.05)], [])
    assert answers[0] == Refusal("colour", 0.5, 0.10)
    assert isinstance(answers[1], Admission)


@pytest.mark.parametrize("scale", [1.0, 16.0, 200.0, 0.001])
def test_range_and_depth_do_not_matter(head: Scan, scale: float) -> None:
    other = replace(head, pixels=head.pixels * np.float32(scale) - np.float32(37.0))
    assert checks_of(other).levels == pytest.approx(checks_of(head).levels, rel=0.02)
    assert isinstance(Gate(LIMITS).answer([other], [])[0], Admission)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (33, 32)])
@pytest.mark.parametrize("level", [1.0, np.nan])
def test_tiny_pictures_do_not_crash(shape: tuple[int, int], level: float) -> None:
    pixels = np.linspace(0, level, shape[0] * shape[1]).reshape(shape)
    (answer,) = Gate(LIMITS).answer([scan_of(pixels)], [])
    assert isinstance(answer, Refusal | Admission)


def test_limits_lie_just_outside_the_training_pictures(head: Scan) -> None:
    looks = [checks_of(replace(head, pixels=head.pixels**power)) for power in (0.8, 1.0, 1.5)]
    limits = limits_of(looks)
    assert all(limits.broken(one) is None for one in looks)
    least = min(looks, key=lambda one: one.levels)
    assert limits.broken(replace(least, levels=0.89 * least.levels)) is not None
    with pytest.raises(ValueError, match="no training picture"):
        limits_of([])


def test_the_distance_decides_whatever_a_file_says_of_itself(
    space: FeatureSpace, head: Scan
) -> None:
    given = outputs(np.concatenate([around(1), np.eye(12, dtype=np.float32)[[9, 9]]]))
    scans = [head, head, replace(head, simulated=True)]
    found = scores(space, seen(given, [framed(head.pixels)] * 3))["neighbours"]
    gate = Gate(LIMITS, space, "neighbours", limit=float(found[0]) + 1e-9)
    near, far, drawn = gate.answer(scans, given)
    assert near == Admission(float(found[0]), gate.limit)
    assert far == Refusal(UNFAMILIAR, float(found[1]), gate.limit)
    assert drawn == far
    assert isinstance(replace(gate, limit=float("nan")).answer(scans, given)[0], Refusal)


@pytest.fixture
def files(tmp_path: Path, space: FeatureSpace) -> tuple[Path, Path]:
    file, figures = tmp_path / "deep" / "space.safetensors", tmp_path / "gate.json"
    fitted = Fitted(space, LIMITS, dict(zip(("mobilenet", "xception"), NETWORKS, strict=True)))
    save_fitted(fitted, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    chosen = {"method": "neighbours", "limit": 0.5}
    figures.write_text(json.dumps({"chosen": chosen, "space": {"sha256": digest}}))
    return file, figures


def test_a_space_comes_back_as_written(files: tuple[Path, Path], space: FeatureSpace) -> None:
    gate = load(*files)
    assert (gate.method, gate.limit, gate.pixels) == ("neighbours", 0.5, LIMITS)
    for name in ("places", "labels", "weights"):
        np.testing.assert_array_equal(getattr(gate.space, name), getattr(space, name))
    for name, block in space.blocks.items():
        for part in ("mean", "axes", "spread", "usual"):
            np.testing.assert_array_equal(
                getattr(gate.space.blocks[name], part), getattr(block, part)
            )
    assert gate.digest in gate.mark
    before = files[0].read_bytes()
    save_fitted(load_fitted(files[0]), files[0])
    assert files[0].read_bytes() == before


def test_other_weights_are_not_judged(files: tuple[Path, Path]) -> None:
    gate = load(*files)
    gate.check(dict(zip(("mobilenet", "xception"), NETWORKS, strict=True)))
    with pytest.raises(GateError, match="other weights of xception") as raised:
        gate.check({"mobilenet": NETWORKS[0], "xception": "c"})
    assert COMMAND in str(raised.value)


@pytest.mark.parametrize("damage", ["missing", "cut", "text", "empty"])
def test_a_missing_or_damaged_space_names_the_command(
    files: tuple[Path, Path], damage: str
) -> None:
    file, figures = files
    content = {"cut": file.read_bytes()[:-9], "text": b"no space at all", "empty": b""}
    file.unlink()
    if damage != "missing":
        file.write_bytes(content[damage])
    with pytest.raises(GateError, match="missing" if damage == "missing" else "damaged") as raised:
        load(file, figures)
    assert COMMAND in str(raised.value)


@pytest.mark.parametrize(
    "content", [None, "", "[]", '{"chosen": {"method": "luck", "limit": 1}}', '{"chosen": 1}']
)
def test_without_a_chosen_limit_nothing_is_told(
    files: tuple[Path, Path], content: str | None
) -> None:
    files[1].unlink()
    if content is not None:
        files[1].write_text(content)
    with pytest.raises(GateError, match="How the gate decides"):
        load(*files)


def test_a_limit_chosen_for_another_space_is_refused(files: tuple[Path, Path]) -> None:
    figures = json.loads(files[1].read_text()) | {"space": {"sha256": "0" * 64}}
    files[1].write_text(json.dumps(figures))
    with pytest.raises(GateError, match="not what was measured"):
        load(*files)


def test_the_pipeline_gives_a_refused_scan_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "published", published)
    monkeypatch.setattr(pipeline, "shipped_gate", lambda: replace(OPEN_GATE, pixels=LIMITS))
    engine = FakeEngine()
    scans = [scan_of(np.zeros((80, 80))), scan_of(draw("glioma", seed=1, size=160).pixels)]
    refused, read = analyse_many(scans, engine)
    assert isinstance(refused, Refused)
    assert refused.refusal.reason == "blank"
    assert not {"mean", "classifications", "heatmaps", "segmentation"} & set(vars(refused))
    assert isinstance(read, Analysis)
    assert read.scan is scans[1]
    assert read.admission == Admission(None, float("inf"))
    alone = analyse(scans[1], FakeEngine())
    np.testing.assert_allclose(read.mean.probabilities, alone.mean.probabilities, atol=1e-6)
    assert ("unet", 1) in engine.calls, "the outline network sees what passed only"
    engine.calls.clear()
    assert isinstance(analyse(scan_of(disc_picture()), engine), Refused)
    assert "unet" not in dict(engine.calls)


def test_the_shipped_gate_belongs_to_the_shipped_networks() -> None:
    gate = load(SPACE_FILE, FIGURES_FILE)
    assert SPACE_FILE.stat().st_size < 2_000_000
    assert {name: registry.spec(name).sha256 for name in registry.CLASSIFIERS} == gate.networks
    assert REASONS[-1] == UNFAMILIAR


@pytest.mark.weights
def test_the_shipped_gate_lets_simulated_scans_pass_and_no_chart() -> None:
    gate, networks = load(SPACE_FILE, FIGURES_FILE), pipeline.default_engine()
    files = [(to_png, to_dicom)[n % 2](draw(CLASSES[n % 4], seed=40 + n)) for n in range(8)]
    scans = [*map(read_scan, files), scan_of(disc_picture()), scan_of(PICTURES["levels"])]
    try:
        given = [
            networks.classify(name, np.concatenate([prepare(s.pixels, size).image for s in scans]))
            for name, size in ((n, registry.spec(n).input_size) for n in registry.CLASSIFIERS)
        ]
    except WeightsError as error:
        pytest.skip(str(error))
    answers = gate.answer(scans, given)
    assert [isinstance(one, Admission) for one in answers] == [True] * 8 + [False] * 2
