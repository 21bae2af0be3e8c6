"""What the viewer is sent: the same levels, true places and sides, masks where they lie."""

import gzip
from dataclasses import replace
from typing import Any

import nibabel
import numpy as np
import pytest

from ml import screen_volume
from ml.io.series import find_series
from ml.results import DisplayWindow, Scan
from ml.screen_volume import BORDER, HEADER_BYTES, INSIDE, mask_of, volume_of
from ml.volume import Letters, Volume
from tests.ml.io.series_files import CORONAL, SAGITTAL, series

OBLIQUE = (0.8, 0.6, 0.0, 0.0, 0.0, -1.0)


def stack(count: int = 5, **changes: Any) -> Volume:
    return find_series(series(count, **changes)).series[0].read()


def opened(data: bytes) -> nibabel.Nifti1Image:
    return nibabel.Nifti1Image.from_bytes(data)


def picture(pixels: np.ndarray) -> Scan:
    return Scan(pixels.astype(np.float32), DisplayWindow(5.0, 4.0, "test"), None, "PNG", "a")


def test_voxels_are_the_levels_of_the_slices_in_their_order() -> None:
    volume = stack()
    sent = volume_of(volume)
    image = opened(sent.nifti)
    assert image.get_data_dtype() == np.int16
    assert sent.shape == (5, *volume.slices[0].shape)
    pixels = np.stack([one.pixels for one in volume.slices])
    np.testing.assert_array_equal(np.asarray(image.dataobj), pixels.transpose(2, 1, 0))
    row, column = volume.spacing_mm or (0, 0)
    np.testing.assert_allclose(image.header.get_zooms(), [column, row, volume.slice_distance_mm])


def test_levels_that_are_no_whole_numbers_stay_as_they_are() -> None:
    pixels = np.linspace(0, 1, 12).reshape(3, 4)
    for levels in (pixels, pixels.round() * 1e6):
        scan = picture(levels)
        image = opened(volume_of(scan).nifti)
        assert image.get_data_dtype() == np.float32
        np.testing.assert_array_equal(np.asarray(image.dataobj)[..., 0].T, scan.pixels)


def test_the_window_of_the_slice_goes_along_and_its_pixels_are_not_touched() -> None:
    scan = picture(np.arange(12).reshape(3, 4))
    before = scan.pixels.tobytes()
    header = opened(volume_of(scan).nifti).header
    assert (header["cal_min"], header["cal_max"]) == (3.0, 7.0)
    assert scan.pixels.tobytes() == before


def test_in_the_frame_of_the_picture_columns_run_right_and_rows_down() -> None:
    affine = opened(volume_of(stack(orientation=SAGITTAL)).nifti).affine
    assert affine[0, 0] > 0 > affine[1, 1]
    assert affine[2, 2] > 0
    assert np.count_nonzero(affine[:3, :3]) == 3
    middle = (np.array(opened(volume_of(stack()).nifti).shape) - 1) / 2
    np.testing.assert_allclose(opened(volume_of(stack()).nifti).affine @ [*middle, 1], [0, 0, 0, 1])


@pytest.mark.parametrize(
    ("orientation", "axis", "forward"),
    [
        ((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 2, True),
        ((-1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 2, False),
        (CORONAL, 1, False),
        (SAGITTAL, 0, True),
        (OBLIQUE, 1, False),
    ],
)
def test_in_the_frame_of_the_patient_every_voxel_lies_where_it_is(
    orientation: tuple[float, ...], axis: int, forward: bool
) -> None:
    volume = stack(orientation=orientation)
    sent = volume_of(volume)
    assert sent.in_patient is not None
    assert (sent.in_patient.axis, sent.in_patient.forward) == (axis, forward)
    affine = opened(sent.in_patient.header + sent.nifti[HEADER_BYTES:]).affine
    assert volume.orientation is not None
    true = (volume.orientation.row, volume.orientation.column, volume.orientation.normal)
    for voxel, direction in enumerate(true):
        step = affine[:3, voxel] * (-1, -1, 1)  # back to DICOM's axes
        assert np.dot(step, direction) > 0.7 * np.linalg.norm(step)
    assert sent.nifti[HEADER_BYTES - 4 : HEADER_BYTES] == bytes(4)
    assert len(sent.in_patient.header) == HEADER_BYTES


def test_planes_hang_by_radiological_convention_whatever_the_slices() -> None:
    for orientation in ((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), CORONAL, SAGITTAL):
        known = volume_of(stack(orientation=orientation)).in_patient
        assert known is not None
        assert known.letters == {
            "axial": Letters("R", "L", "A", "P"),
            "coronal": Letters("R", "L", "H", "F"),
            "sagittal": Letters("A", "P", "H", "F"),
        }
    oblique = volume_of(stack(orientation=OBLIQUE)).in_patient
    assert oblique is not None
    assert oblique.letters["coronal"] == Letters("RA", "LP", "H", "F")


def test_no_planes_without_geometry() -> None:
    volume = stack()
    unknown = ({"orientation": None}, {"slice_distance_mm": None}, {"slices": volume.slices[:2]})
    for changes in unknown:
        assert volume_of(replace(volume, **changes)).in_patient is None
    assert volume_of(volume.slices[0]).in_patient is None


def test_a_mask_lies_on_the_same_voxels_with_its_border() -> None:
    volume = stack()
    mask = np.zeros(volume.slices[0].shape, bool)
    mask[10:15, 20:26] = True
    data = gzip.decompress(mask_of([None, mask, None, None, None], volume_of(volume)))
    found = np.asarray(opened(data).dataobj).transpose(2, 1, 0)
    np.testing.assert_array_equal(found[1] > 0, mask)
    assert not found[[0, 2, 3, 4]].any()
    assert np.count_nonzero(found == INSIDE) == 3 * 4
    assert np.count_nonzero(found == BORDER) == 5 * 6 - 3 * 4
    np.testing.assert_allclose(opened(data).affine, opened(volume_of(volume).nifti).affine)


def test_too_much_is_averaged_down_and_keeps_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = stack()
    rows, columns = volume.slices[0].shape
    monkeypatch.setattr(screen_volume, "MOST_VOXELS", 5 * rows * columns // 4)
    sent = volume_of(volume)
    assert sent.shape == (5, rows // 2, columns // 2)
    sizes = np.array(opened(sent.nifti).header.get_zooms()) * sent.shape[::-1]
    row, column = volume.spacing_mm or (0, 0)
    np.testing.assert_allclose(sizes[:2], [column * columns, row * rows], rtol=1e-5)
    mask = np.ones((rows, columns), bool)
    assert len(gzip.decompress(mask_of([mask] * 5, sent))) == HEADER_BYTES + np.prod(sent.shape)
