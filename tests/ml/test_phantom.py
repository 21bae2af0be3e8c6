import io
import json
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from ml.io import read_scan
from ml.labels import CLASSES
from ml.phantom import PLANES, Phantom, draw, stack, to_dicom, to_png
from ml.phantom.samples import SAMPLES, record, render, write_samples

SAMPLES_FOLDER = Path(__file__).parents[2] / "assets" / "samples"
SIZE = 128
TUMOURS = [(label, plane) for label in CLASSES if label != "no_tumor" for plane in PLANES[label]]

drawn = cache(draw)


def longest_diameter(mask: np.ndarray) -> float:
    points = np.argwhere(mask)
    return max(float(np.hypot(*(points - p).T).max()) for p in points)


@pytest.mark.parametrize(("label", "plane"), TUMOURS)
def test_mask_has_the_place_and_diameter_asked_for(label, plane):
    phantom = draw(label, seed=4, size=SIZE, plane=plane, center_px=(50.25, 71.5), diameter_px=26.0)
    assert phantom.mask.shape == phantom.pixels.shape == (SIZE, SIZE)
    np.testing.assert_allclose(np.argwhere(phantom.mask).mean(axis=0), (50.25, 71.5), atol=0.35)
    assert longest_diameter(phantom.mask) == pytest.approx(26.0, abs=1.2)
    assert phantom.center_px == pytest.approx((50.25, 71.5), abs=1e-6)
    assert phantom.diameter_px == pytest.approx(26.0, abs=1e-6)


@pytest.mark.parametrize(("label", "plane"), TUMOURS)
def test_mask_has_the_area_of_the_outline(label, plane):
    phantom = drawn(label, seed=2, size=SIZE, plane=plane)
    r, c = phantom.outline_px.T
    enclosed = abs(np.dot(r, np.roll(c, -1)) - np.dot(c, np.roll(r, -1))) / 2
    assert phantom.area_px == pytest.approx(enclosed, rel=0.04)
    assert phantom.area_px == phantom.mask.sum() > 60


def test_size_in_mm_does_not_depend_on_the_grid():
    small, large = (drawn("pituitary", seed=1, size=s) for s in (96, 192))
    assert small.area_px * small.spacing_mm[0] ** 2 == pytest.approx(
        large.area_px * large.spacing_mm[0] ** 2, rel=0.06
    )
    assert small.spacing_mm == (2.5, 2.5)


def test_no_tumor_has_an_empty_mask():
    phantom = drawn("no_tumor", seed=1, size=SIZE)
    assert not phantom.mask.any()
    assert phantom.center_px is None
    assert phantom.diameter_px is None
    assert phantom.outline_px.shape == (0, 2)


def test_same_seed_same_picture_other_seed_other_picture():
    first = draw("glioma", seed=7, size=SIZE)
    again = draw("glioma", seed=7, size=SIZE)
    other = draw("glioma", seed=8, size=SIZE)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.mask, again.mask)
    assert (first.pixels != other.pixels).mean() > 0.3


@pytest.mark.parametrize(("label", "plane"), TUMOURS)
def test_tumour_stands_out_as_its_class_does(label, plane):
    phantom = drawn(label, seed=2, size=SIZE, plane=plane)
    levels = phantom.signal[phantom.mask]
    brain = np.median(phantom.signal[phantom.signal > 0.2])
    bright = (levels > 1.25 * brain).mean()
    dark = (levels < 0.8 * brain).mean()
    if label == "glioma":  # an enhancing rim about a dark core
        assert bright > 0.25
        assert dark > 0.08
    else:
        assert bright > 0.75
        assert dark < 0.08


def gap_to_bone_mm(phantom: Phantom) -> float:
    """Least distance of the outline from bone or air, the darkest things in the picture."""
    dark = np.argwhere((phantom.signal < 0.08) & ~phantom.mask)
    nearest = [np.hypot(*(dark - p).T).min() for p in phantom.outline_px[::6]]
    return min(nearest) * phantom.spacing_mm[0]


@pytest.mark.parametrize("plane", PLANES["meningioma"])
def test_meningioma_lies_on_the_dura(plane):
    assert gap_to_bone_mm(drawn("meningioma", seed=2, size=SIZE, plane=plane)) < 10


@pytest.mark.parametrize("plane", PLANES["glioma"])
def test_glioma_lies_within_the_brain(plane):
    assert gap_to_bone_mm(drawn("glioma", seed=2, size=SIZE, plane=plane)) > 10


def test_pituitary_tumour_lies_in_the_midline_at_the_base():
    phantom = drawn("pituitary", seed=2, size=SIZE, plane="coronal")
    row, column = phantom.center_px
    assert abs(column - SIZE / 2) * phantom.spacing_mm[1] < 10
    assert 0 < (row - SIZE / 2) * phantom.spacing_mm[0] < 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label": "stroke"}, "unknown class 'stroke'; the classes are glioma"),
        ({"label": "pituitary", "plane": "axial"}, "drawn in the planes coronal, sagittal"),
        ({"label": "glioma", "size": 16}, "size is 16; 64 to 1024"),
        ({"label": "no_tumor", "diameter_px": 9.0}, "neither centre nor diameter"),
    ],
)
def test_impossible_requests_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw(seed=0, **arguments)


def test_png_reads_back_without_spacing_and_marked_simulated():
    phantom = drawn("meningioma", seed=2, size=SIZE)
    data = to_png(phantom)
    scan = read_scan(data)
    np.testing.assert_array_equal(scan.pixels, phantom.pixels)
    assert scan.spacing_mm is None
    assert scan.simulated
    text = Image.open(io.BytesIO(data)).info
    assert text["Description"].startswith("SIMULATED, not a patient: axial head slice, meningioma")
    assert "dpi" not in text


def test_dicom_reads_back_with_spacing_window_and_depth():
    phantom = drawn("pituitary", seed=2, size=SIZE)
    scan = read_scan(to_dicom(phantom))
    assert scan.spacing_mm == phantom.spacing_mm == (1.875, 1.875)
    assert scan.simulated
    assert scan.notes == ()
    assert scan.window.source == "DICOM header (VOI LUT)"
    # 12 stored bits, slope 0.5
    np.testing.assert_allclose(scan.pixels, phantom.signal * 4095 / 2, atol=0.2501)


def test_dicom_is_a_synthetic_mr_image():
    phantom = drawn("pituitary", seed=2, size=SIZE)
    header = pydicom.dcmread(io.BytesIO(to_dicom(phantom)))
    assert header.SOPClassUID.name == "MR Image Storage"
    assert str(header.PatientName) == "SIMULATED^PHANTOM"
    assert "SIMULATED, not a patient" in header.ImageComments
    assert header.SOPInstanceUID == header.file_meta.MediaStorageSOPInstanceUID
    assert len({header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID}) == 3
    assert header.ImageOrientationPatient == [1, 0, 0, 0, 0, -1]
    assert to_dicom(phantom) == to_dicom(phantom)


def test_samples_cover_every_class_in_both_formats():
    assert {(s.label, s.name[-4:]) for s in SAMPLES} == {
        (label, kind) for label in CLASSES for kind in (".png", ".dcm")
    }


def test_committed_samples_are_what_the_generator_draws():
    index = json.loads((SAMPLES_FOLDER / "index.json").read_text(encoding="utf-8"))
    committed = {entry["file"]: entry for entry in index["samples"]}
    assert set(committed) == {s.name for s in SAMPLES}
    for sample in SAMPLES:
        phantom, data = render(sample)
        assert committed[sample.name] == record(sample, phantom)
        kept = read_scan((SAMPLES_FOLDER / sample.name).read_bytes())
        fresh = read_scan(data)
        # Another processor may round a level the other way; never more than that.
        step = 1.0 if fresh.format == "PNG" else 8.0
        assert np.abs(kept.pixels - fresh.pixels).max() <= step
        assert (kept.pixels != fresh.pixels).mean() < 0.02
        assert kept.simulated
        assert kept.spacing_mm == fresh.spacing_mm
        assert (kept.spacing_mm is None) == (fresh.format == "PNG")


def test_samples_folder_holds_nothing_else_and_stays_small():
    files = [p for p in SAMPLES_FOLDER.iterdir() if p.is_file()]
    assert {p.name for p in files} == {s.name for s in SAMPLES} | {"index.json", stack.FILE}
    assert sum(p.stat().st_size for p in files) < 3 * 2**20


def test_writing_samples_names_every_file(tmp_path, monkeypatch):
    monkeypatch.setattr("ml.phantom.samples.SAMPLES", SAMPLES[:1])
    monkeypatch.setattr("ml.phantom.stack.slices", lambda: [b"a slice"])
    assert list(write_samples(tmp_path)) == [SAMPLES[0].name, stack.FILE, "index.json"]
    assert read_scan((tmp_path / SAMPLES[0].name).read_bytes()).simulated
