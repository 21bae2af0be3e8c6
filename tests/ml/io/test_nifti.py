"""NIfTI volumes: hung as a radiologist does, measured only where the header says in what."""

import gzip
from typing import Any

import nibabel
import numpy as np
import pytest

from ml.errors import DamagedFile, SizeOutOfBounds, UnsupportedPixels
from ml.io.nifti import looks_like_nifti, read_nifti
from ml.io.series import find_series
from ml.volume import Letters

SIDES = (40, 50, 36)
"""Voxels towards the patient's right, front and head in the canonical block."""


def canonical() -> np.ndarray:
    """A block (right, front, head) in which every voxel tells its place."""
    right, front, head = np.indices(SIDES)
    return (right + 100 * front + 10_000 * head).astype(np.int32)


def saved(
    block: np.ndarray, affine: Any, *, code: int = 1, unit: str = "mm", two: bool = False
) -> bytes:
    kind = nibabel.Nifti2Image if two else nibabel.Nifti1Image
    image = kind(block, affine)
    image.header.set_xyzt_units(xyz=unit)
    image.set_sform(affine, code=code)
    image.set_qform(affine if code else None, code=0)
    return bytes(image.to_bytes())


def scaled(*sizes: float) -> np.ndarray:
    return np.diag([*sizes, 1.0])


def test_axial_slices_are_hung_with_the_right_on_the_left_and_the_front_up() -> None:
    volume = read_nifti(saved(canonical(), scaled(0.9, 1.1, 3.0)))
    block = canonical()
    assert len(volume.slices) == 36
    for place in (0, 20, 35):  # feet first
        expected = block[::-1, ::-1, place].T
        np.testing.assert_array_equal(volume.slices[place].pixels, expected)
    assert volume.letters == Letters("R", "L", "A", "P")
    assert volume.spacing_mm == pytest.approx((1.1, 0.9))
    assert volume.slice_distance_mm == pytest.approx(3.0)
    assert volume.positions_mm is not None
    assert volume.positions_mm[2] == pytest.approx((-39 * 0.9, -49 * 1.1, 6.0))  # in DICOM's axes
    assert (volume.format, volume.modality) == ("NIfTI", "")


@pytest.mark.parametrize(
    ("sizes", "letters", "planes"),
    [
        ((1.0, 1.0, 1.2), ("R", "L", "A", "P"), 36),  # no axis stands out: axial
        ((1.0, 4.0, 1.0), ("R", "L", "H", "F"), 50),
        ((5.0, 1.0, 1.0), ("A", "P", "H", "F"), 40),
    ],
)
def test_slices_are_cut_across_the_acquired_axis(sizes, letters, planes) -> None:
    volume = read_nifti(saved(canonical(), scaled(*sizes)))
    assert volume.letters == Letters(*letters)
    assert len(volume.slices) == planes
    assert volume.slice_distance_mm == pytest.approx(max(sizes))


def test_the_slice_axis_that_the_header_names_comes_first() -> None:
    image = nibabel.Nifti1Image(canonical(), np.eye(4))
    image.header.set_dim_info(slice=0)
    image.header.set_xyzt_units("mm")
    volume = read_nifti(image.to_bytes())
    assert len(volume.slices) == 40
    assert volume.letters == Letters("A", "P", "H", "F")


@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, -1)])
@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2, 0), (2, 1, 0)])
def test_however_it_is_stored_it_looks_the_same(axes, flips) -> None:
    """Axes swapped and turned round, the affine with them: the same patient, the same slices."""
    sizes = np.array([0.9, 1.1, 3.0])
    block = canonical().transpose(axes)[tuple(slice(None, None, f) for f in flips)]
    affine = np.zeros((4, 4))
    affine[3, 3] = 1.0
    for stored, (axis, flip) in enumerate(zip(axes, flips, strict=True)):
        affine[axis, stored] = flip * sizes[axis]
        affine[axis, 3] = 0.0 if flip > 0 else (SIDES[axis] - 1) * sizes[axis]
    found = read_nifti(saved(np.ascontiguousarray(block), affine))
    wanted = read_nifti(saved(canonical(), scaled(*sizes)))
    assert (found.letters, found.spacing_mm) == (wanted.letters, wanted.spacing_mm)
    np.testing.assert_allclose(found.positions_mm, wanted.positions_mm, atol=1e-4)
    for one, other in zip(found.slices, wanted.slices, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_a_tilted_volume_has_two_letters() -> None:
    angle = np.deg2rad(20)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    volume = read_nifti(saved(canonical(), turn @ scaled(1.0, 1.0, 4.0)))
    assert volume.letters == Letters("R", "L", "AH", "PF")
    assert volume.slice_distance_mm == pytest.approx(4.0, abs=1e-4)


def test_unknown_orientation_names_no_side_but_keeps_stated_millimetres() -> None:
    volume = read_nifti(saved(canonical(), scaled(0.9, 1.1, 3.0), code=0))
    assert (volume.letters, volume.positions_mm) == (None, None)
    assert volume.spacing_mm == pytest.approx((1.1, 0.9))
    assert volume.slice_distance_mm == pytest.approx(3.0)
    np.testing.assert_array_equal(volume.slices[4].pixels, canonical()[:, :, 4].T)
    assert any("no side is named" in note for note in volume.notes)


@pytest.mark.parametrize("code", [0, 1])
def test_without_a_unit_there_are_no_millimetres(code: int) -> None:
    volume = read_nifti(saved(canonical(), np.eye(4), code=code, unit="unknown"))
    assert (volume.spacing_mm, volume.slice_distance_mm, volume.positions_mm) == (None, None, None)
    assert any("unit" in note for note in volume.notes)


def test_other_units_are_turned_into_millimetres() -> None:
    volume = read_nifti(saved(canonical(), scaled(900.0, 1100.0, 3000.0), unit="micron"))
    assert volume.spacing_mm == pytest.approx((1.1, 0.9))
    assert volume.positions_mm is not None
    assert volume.positions_mm[2] == pytest.approx((-35.1, -53.9, 6.0))


def test_sizes_that_contradict_each_other_are_not_used() -> None:
    image = nibabel.Nifti1Image(canonical(), np.eye(4))
    image.header.set_xyzt_units("mm")
    image.header["pixdim"][1:4] = 2.0
    image.header.set_sform(np.eye(4), code=1)
    data = nibabel.Nifti1Image(canonical(), None, image.header).to_bytes()
    volume = read_nifti(data)
    assert volume.spacing_mm is None
    assert any("contradict" in note for note in volume.notes)


def test_sheared_axes_are_not_measured() -> None:
    affine = np.eye(4)
    affine[0, 1] = 0.2
    volume = read_nifti(saved(canonical(), affine))
    assert volume.spacing_mm is None
    assert volume.letters is not None


def test_scale_and_values_that_are_no_numbers() -> None:
    stored = canonical() % 1000
    data = bytearray(saved(stored, np.eye(4)))
    data[112:120] = np.array([2.0, -10.0], "<f4").tobytes()  # scl_slope, scl_inter
    found = read_nifti(bytes(data)).slices[3].pixels
    np.testing.assert_array_equal(found, stored[::-1, ::-1, 3].T * 2.0 - 10.0)
    real = canonical().astype(np.float32)
    real[0, 0, 0], real[5, 5, 5] = np.nan, np.inf
    volume = read_nifti(saved(real, np.eye(4)))
    assert all(np.isfinite(scan.pixels).all() for scan in volume.slices)
    assert volume.slices[0].pixels[-1, -1] == 1.0  # the lowest number left
    assert any("NaN" in note for note in volume.notes)


@pytest.mark.parametrize("two", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_both_versions_byte_orders_and_gzip_are_one(two: bool, order: str) -> None:
    block = canonical().astype(f"{order}i4")
    kind = nibabel.Nifti2Header if two else nibabel.Nifti1Header
    image = (nibabel.Nifti2Image if two else nibabel.Nifti1Image)(
        block, np.eye(4), kind(endianness=order)
    )
    data = image.to_bytes()
    for one in (data, gzip.compress(data)):
        assert looks_like_nifti(one)
        volume = find_series([one]).series[0].read()
        np.testing.assert_array_equal(volume.slices[7].pixels, canonical()[::-1, ::-1, 7].T)


def plain(block: np.ndarray) -> bytes:
    return bytes(nibabel.Nifti1Image(block, np.eye(4)).to_bytes())


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        (plain(np.zeros((40, 40, 5, 3), np.int16)), UnsupportedPixels, "4 dimensions.*fslsplit"),
        (plain(np.zeros((40, 40), np.int16)), UnsupportedPixels, "Accepted are three"),
        (plain(np.zeros((40, 40, 5), np.complex64)), UnsupportedPixels, "complex numbers"),
        (
            plain(np.zeros((40, 40, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")])),
            UnsupportedPixels,
            "colour",
        ),
        (plain(np.full((40, 40, 5), np.nan, np.float32)), UnsupportedPixels, "no numbers"),
        (plain(np.zeros((20, 40, 40), np.int16)), SizeOutOfBounds, "each side must have"),
        (plain(np.ones((40, 40, 5), np.int16))[:-99], DamagedFile, "voxel data is truncated"),
        (gzip.compress(plain(canonical()))[:-999], DamagedFile, "gzip stream is truncated"),
    ],
)
def test_refusals_say_what_was_found(data, error, sentence) -> None:
    with pytest.raises(error, match=sentence) as refusal:
        read_nifti(data)
    assert str(refusal.value).endswith(".")


def test_a_drawn_volume_says_that_it_is_simulated() -> None:
    image = nibabel.Nifti1Image(np.ones((40, 40, 5), np.int16), np.eye(4))
    image.header["descrip"] = b"Sulcus phantom"
    assert all(scan.simulated for scan in read_nifti(image.to_bytes()).slices)
    assert not any(scan.simulated for scan in read_nifti(saved(canonical(), np.eye(4))).slices)


def test_a_volume_of_one_time_point_is_read() -> None:
    assert len(read_nifti(plain(np.ones((40, 40, 5, 1), np.int16))).slices) == 5


def test_a_gzip_bomb_gives_only_what_its_header_announces() -> None:
    """Behind a small volume 30 MB of zeros: they are never unpacked."""
    data = gzip.compress(plain(np.ones((40, 40, 5), np.int16)) + bytes(30 * 2**20), 1)
    assert len(read_nifti(data).slices) == 5
    header = bytearray(plain(np.ones((40, 40, 5), np.int16)))
    header[40:56] = np.array([3, 2000, 2000, 2000, 1, 1, 1, 1], "<i2").tobytes()
    with pytest.raises(SizeOutOfBounds, match="2,000 slices"):
        read_nifti(gzip.compress(bytes(header)))
