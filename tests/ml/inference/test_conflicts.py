"""Contradictions within a reading: class, outline, heat maps, networks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml import pipeline
from ml.errors import MetricsError
from ml.inference import explain
from ml.inference.conflicts import (
    COMMAND,
    HEAT_ELSEWHERE,
    KINDS,
    MARK_WITHOUT_TUMOUR,
    NETWORKS_DISAGREE,
    TUMOUR_WITHOUT_OUTLINE,
    Evidence,
    conflicts,
    deciding,
    evidence,
    gather,
    least_heat_ratio,
)
from ml.inference.segment import OperatingPoint, segment
from ml.labels import CLASSES, class_index
from ml.models import registry
from ml.models.registry import CLASSIFIERS
from ml.pipeline import analyse, analyse_many
from ml.preprocess import Crop
from ml.results import Analysis
from tests.ml.fakes import FakeEngine, disc_picture, published, scan_of

CALM = Evidence(
    label="glioma",
    networks={"mobilenet": "glioma", "xception": "glioma", "resnet50": "glioma"},
    marked_px=40,
    outlined_px=40,
    picture_px=400,
    inside={"mobilenet": 0.5, "xception": 0.3, "resnet50": 0.1},
)


def seen(**changes: object) -> tuple[str, ...]:
    return conflicts(replace(CALM, **changes), 2.0)


def read_with(point: OperatingPoint, monkeypatch: pytest.MonkeyPatch) -> Analysis:
    """The tests' disc as read at an operating point of the segmenter."""
    monkeypatch.setattr(registry, "published", published)
    monkeypatch.setattr(pipeline, "operating_point", lambda _: point)
    return analyse(scan_of(disc_picture()), FakeEngine())


def test_a_reading_of_one_mind_has_no_conflict() -> None:
    assert seen() == ()


@pytest.mark.parametrize("marked", [0, 40])
def test_a_tumour_without_an_outline_marked_or_withheld(marked: int) -> None:
    assert seen(marked_px=marked, outlined_px=0, inside={}) == (TUMOUR_WITHOUT_OUTLINE,)


@pytest.mark.parametrize(("outlined", "marked"), [(0, 40), (40, 40)])
def test_a_mark_without_a_tumour_shown_or_withheld(outlined: int, marked: int) -> None:
    calm = dict.fromkeys(CALM.networks, "no_tumor")
    healthy = {"label": "no_tumor", "networks": calm}
    assert seen(**healthy, marked_px=marked, outlined_px=outlined) == (MARK_WITHOUT_TUMOUR,)
    assert seen(**healthy, marked_px=0, outlined_px=0, inside={}) == ()


def test_heat_counts_only_of_networks_that_agree_with_a_tumour() -> None:
    assert CALM.heat_ratio == pytest.approx(0.3 / 0.1)
    low = {"mobilenet": 0.1, "xception": 0.1, "resnet50": 0.9}
    assert seen(inside=low) == ()
    other = {**CALM.networks, "resnet50": "pituitary"}
    assert seen(inside=low, networks=other) == (HEAT_ELSEWHERE, NETWORKS_DISAGREE)
    assert seen(inside={}) == ()
    healthy = dict.fromkeys(CALM.networks, "no_tumor")
    found = replace(CALM, label="no_tumor", networks=healthy, inside=low)
    assert found.heat_ratio is None


def test_networks_that_disagree_and_kinds_in_their_order() -> None:
    one = {**CALM.networks, "xception": "no_tumor"}
    assert seen(networks=one) == (NETWORKS_DISAGREE,)
    every = dict.fromkeys(CALM.networks, "pituitary")
    found = seen(networks=every, outlined_px=0, inside={})
    assert found == (TUMOUR_WITHOUT_OUTLINE, NETWORKS_DISAGREE)
    assert [kind for kind in KINDS if kind in found] == list(found)
    assert replace(CALM, networks=every).agreement == 0


def test_marked_pixels_are_counted_before_they_are_withheld() -> None:
    scan, crop = scan_of(disc_picture(64)), Crop(0, 0, 64)
    probability = np.zeros((64, 64), np.float32)
    probability[10:20, 10:20] = 1.0
    probability[40, 40] = 1.0
    given = {"crop": crop, "model": "unet"}
    point = OperatingPoint(0.5, min_area_share=0.01, least_tumour=0.7)
    hidden = segment(probability, scan, **given, point=point, tumour=0.6)
    shown = segment(probability, scan, **given, point=point, tumour=0.7)
    assert (hidden.withheld, hidden.measurement.area_px, hidden.marked_px) == (True, 0, 100)
    assert (shown.withheld, shown.measurement.area_px, shown.marked_px) == (False, 100, 100)


def test_evidence_is_what_the_reading_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_with(OperatingPoint(), monkeypatch)
    found = evidence(read)
    assert (found.label, found.agreement) == (read.mean.label, read.agreement)
    assert tuple(found.networks) == CLASSIFIERS
    assert found.marked_px == found.outlined_px == int(read.segmentation.mask.sum()) > 0
    assert found.picture_px == read.scan.pixels.size
    assert found.inside
    for name, share in found.inside.items():
        values = read.heatmaps[name][read.mean.label].values.astype(float)
        outside = values[~read.segmentation.mask].sum()
        assert share == pytest.approx(1 - outside / values.sum())


def test_maps_that_can_make_no_conflict_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_with(OperatingPoint(), monkeypatch)
    wrong, *right = CLASSIFIERS
    for label in CLASSES:
        other = next(one for one in CLASSES if one != label)
        sure = np.eye(4, dtype=np.float32)
        calls = [
            replace(one, probabilities=sure[class_index(other if one.model == wrong else label)])
            for one in read.classifications
        ]
        mean = replace(read.mean, probabilities=sure[class_index(label)])
        whole = replace(read, classifications=tuple(calls), mean=mean)
        few = deciding(whole)
        assert list(few.heatmaps) == ([] if label == "no_tumor" else right)
        for least in (0.0, 1.0, 1e6):
            assert conflicts(evidence(few), least) == conflicts(evidence(whole), least)


def test_what_several_readings_need_is_drawn_in_one_pass_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "explanations.json").write_text('{"default": "hires_cam"}')
    monkeypatch.setattr(explain, "FIGURES_FILE", tmp_path / "explanations.json")
    monkeypatch.setattr(registry, "published", published)
    monkeypatch.setattr(pipeline, "operating_point", lambda _: OperatingPoint())
    engine = FakeEngine()
    scans = [scan_of(disc_picture(radius=radius)) for radius in (10.0, 14.0, 20.0)]
    reads = analyse_many(scans, engine)
    gather(reads)
    taken = [name for name, _ in engine.calls if name.endswith("backward")]
    assert 0 < len(taken) == len(set(taken))
    for read in reads:
        assert isinstance(read, Analysis)
        evidence(deciding(read))
    assert [name for name, _ in engine.calls if name.endswith("backward")] == taken


def test_a_withheld_outline_has_no_heat_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_with(OperatingPoint(least_tumour=1.0), monkeypatch)
    assert read.segmentation.withheld
    found = evidence(read)
    assert (found.outlined_px, found.inside) == (0, {})
    assert found.marked_px > 0


def test_an_empty_heat_map_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_with(OperatingPoint(), monkeypatch)
    label = read.mean.label
    blank = replace(read.heatmaps["xception"][label], empty=True)
    maps = {**read.heatmaps, "xception": {label: blank}}
    assert "xception" in evidence(read).inside
    assert set(evidence(replace(read, heatmaps=maps)).inside) == set(evidence(read).inside) - {
        "xception"
    }


def test_the_limit_is_the_published_one_or_an_error(tmp_path: Path) -> None:
    file = tmp_path / "conflicts.json"
    with pytest.raises(MetricsError, match=COMMAND):
        least_heat_ratio(file)
    file.write_text(json.dumps({"least_heat_ratio": 1.25}))
    assert least_heat_ratio(file) == 1.25
    for content in ("{", "[]", "{}", '{"least_heat_ratio": "x"}', '{"least_heat_ratio": -1}'):
        file.write_text(content)
        with pytest.raises(MetricsError, match="cannot be used"):
            least_heat_ratio(file)
