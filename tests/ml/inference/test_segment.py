"""Probability map → outline on the scan's pixels, at the threshold the evaluation chose."""

import json
from pathlib import Path

import numpy as np
import pytest

from ml.errors import MetricsError
from ml.inference.segment import (
    DEFAULT_THRESHOLD,
    OperatingPoint,
    operating_point,
    outlined_at,
    segment,
)
from ml.preprocess import Crop
from tests.ml.fakes import scan_of

CROP = Crop(top=4, left=-6, side=80)
SCAN = scan_of(np.zeros((90, 70)), (0.5, 0.5))


def test_default_until_the_evaluation_has_written_one(tmp_path: Path):
    assert operating_point("unet", tmp_path / "thresholds.json") == OperatingPoint(0.5, 0.0)
    file = tmp_path / "thresholds.json"
    file.write_text("{}", encoding="utf-8")
    assert operating_point("unet", file).threshold == DEFAULT_THRESHOLD


def test_written_values_are_used(tmp_path: Path):
    file = tmp_path / "thresholds.json"
    entry = {"threshold": 0.37, "min_area_share": 0.001, "least_tumour": 0.4, "split": "any"}
    file.write_text(json.dumps({"unet": entry}), encoding="utf-8")
    assert operating_point("unet", file) == OperatingPoint(0.37, 0.001, 0.4)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"unet": 0.5}',
        '{"unet": {"threshold": 0}}',
        '{"unet": {"threshold": "high"}}',
        '{"unet": {"threshold": 1.5}}',
        '{"unet": {"threshold": NaN}}',
        '{"unet": {"threshold": 0.5, "min_area_share": -1}}',
        '{"unet": {"threshold": 0.5, "least_tumour": 2}}',
    ],
)
def test_a_damaged_file_is_no_reason_to_guess(tmp_path: Path, content: str):
    file = tmp_path / "thresholds.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(MetricsError, match="make evaluate"):
        operating_point("unet", file)


def test_mask_lies_on_the_scan_and_is_measured_there():
    probability = np.zeros((40, 40), np.float32)  # one cell = 2 × 2 scan pixels
    probability[10:20, 15:30] = 0.9
    found = segment(probability, SCAN, crop=CROP, model="unet", point=OperatingPoint())
    assert found.probability.shape == found.mask.shape == SCAN.shape
    assert found.probability.dtype == np.float32
    assert found.mask.dtype == np.bool_
    assert found.threshold == 0.5
    np.testing.assert_array_equal(found.mask, found.probability >= 0.5)
    rows, columns = np.nonzero(found.mask)
    assert (rows.min(), rows.max() + 1) == (24, 44)  # 4 + 2 × 10 … 4 + 2 × 20
    assert (columns.min(), columns.max() + 1) == (24, 54)  # -6 + 2 × 15 … -6 + 2 × 30
    assert found.measurement.area_px == found.mask.sum() == pytest.approx(600, abs=4)
    assert found.measurement.area_mm2 == pytest.approx(found.measurement.area_px / 4)


def test_a_lower_threshold_outlines_more():
    ramp = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (40, 1))
    areas = [
        segment(ramp, SCAN, crop=CROP, model="unet", point=OperatingPoint(t)).mask.sum()
        for t in (0.3, 0.5, 0.7, 1.0)
    ]
    assert areas == sorted(areas, reverse=True)
    assert areas[0] > areas[2]


def test_specks_go_only_when_the_operating_point_says_so():
    probability = np.zeros((80, 80), np.float32)
    probability[20:40, 20:40] = 1.0
    probability[60, 60] = 1.0
    kept = segment(probability, SCAN, crop=CROP, model="unet", point=OperatingPoint())
    assert kept.measurement.components == 2
    share = 4 / 80**2
    clean = segment(probability, SCAN, crop=CROP, model="unet", point=OperatingPoint(0.5, share))
    assert clean.measurement.components == 1
    assert kept.mask.sum() - clean.mask.sum() == 1
    none = segment(probability, SCAN, crop=CROP, model="unet", point=OperatingPoint(0.5, 0.2))
    assert not none.mask.any()
    assert none.measurement.diameter_px is None


def test_an_outline_is_withheld_where_the_classifiers_read_no_tumour():
    probability = np.zeros((80, 80), np.float32)
    probability[20:40, 20:40] = 1.0
    point = OperatingPoint(0.5, 0.0, 0.4)
    kept = segment(probability, SCAN, crop=CROP, model="unet", point=point, tumour=0.4)
    assert kept.mask.any()
    assert not kept.withheld
    gone = segment(probability, SCAN, crop=CROP, model="unet", point=point, tumour=0.39)
    assert gone.withheld
    assert not gone.mask.any()
    assert gone.measurement.area_px == 0
    np.testing.assert_array_equal(gone.probability, kept.probability)
    blank = np.zeros((80, 80), np.float32)
    none = segment(blank, SCAN, crop=CROP, model="unet", point=point, tumour=0.1)
    assert not none.withheld, "there was nothing to withhold"


def test_another_threshold_is_outlined_as_if_it_had_been_chosen_at_first():
    ramp = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (40, 1))
    share = 4 / CROP.side**2
    found = segment(ramp, SCAN, crop=CROP, model="unet", point=OperatingPoint(0.5, share))
    for threshold in (0.3, 0.5, 0.7):
        again = outlined_at(found, threshold, SCAN.spacing_mm)
        point = OperatingPoint(threshold, share)
        np.testing.assert_array_equal(
            again.mask, segment(ramp, SCAN, crop=CROP, model="unet", point=point).mask
        )
        assert again.threshold == threshold
        assert again.measurement.area_px == again.mask.sum() == again.marked_px
        assert again.measurement.area_mm2 == pytest.approx(again.measurement.area_px / 4)
    assert found.threshold == 0.5, "the first outline stays"
    point = OperatingPoint(0.5, 0.0, 0.4)
    withheld = segment(ramp, SCAN, crop=CROP, model="unet", point=point, tumour=0.1)
    assert outlined_at(withheld, 0.5, None).mask.any()
    with pytest.raises(ValueError, match="threshold"):
        outlined_at(found, 0.0, None)
