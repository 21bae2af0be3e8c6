"""Series of single-frame files: order, geometry and letters come back as they were written."""

import numpy as np
import pytest

from ml.errors import (
    DamagedFile,
    EmptyFile,
    NoPixelData,
    SetRefused,
    SizeOutOfBounds,
    UnknownFormat,
)
from ml.io import read_scan
from ml.io.series import find_series, may_hold_series
from ml.volume import Letters, Volume
from tests.ml.io.pictures import SECRET, dicom, grey
from tests.ml.io.series_files import (
    AXIAL,
    CORONAL,
    SAGITTAL,
    enhanced,
    levels,
    one_slice,
    position,
    series,
    zipped,
)


def read(files: list[bytes]) -> Volume:
    (found,) = find_series(files).series
    volume = found.read()
    assert (found.slices, found.shape) == (len(volume.slices), volume.slices[0].shape)
    assert found.content_hash == volume.content_hash
    return volume


def places(volume: Volume) -> list[int]:
    """Which slice each one is, by its levels."""
    return [round(float(scan.pixels.min()) / 200) for scan in volume.slices]


def test_shuffled_slices_come_in_the_order_of_their_positions() -> None:
    volume = read(series(7))
    assert places(volume) == list(range(7))
    for place, scan in enumerate(volume.slices):
        np.testing.assert_array_equal(scan.pixels, levels(place))
    assert volume.positions_mm == tuple(tuple(position(place)) for place in range(7))
    assert volume.slice_distance_mm == pytest.approx(5.0)  # not the thickness of 99 mm
    assert volume.spacing_mm == (0.5, 0.75)
    assert (volume.modality, volume.format) == ("MR", "DICOM")


def test_a_slice_is_the_scan_that_it_is_alone() -> None:
    files = series(3)
    for scan, (digest, frame) in zip(read(files).slices, read(files).sources, strict=True):
        (data,) = [one for one in files if read_scan(one).content_hash == digest]
        alone = read_scan(data)
        assert (scan.content_hash, frame) == (alone.content_hash, 0)
        np.testing.assert_array_equal(scan.pixels, alone.pixels)
        assert scan.spacing_mm == alone.spacing_mm


@pytest.mark.parametrize(
    ("orientation", "plane", "letters"),
    [
        (AXIAL, "axial", Letters("R", "L", "A", "P")),
        (CORONAL, "coronal", Letters("R", "L", "H", "F")),
        (SAGITTAL, "sagittal", Letters("A", "P", "H", "F")),
        # mirrored: the rows run to the patient's right, and so do the letters
        ((-1.0, 0.0, 0.0, 0.0, 1.0, 0.0), "axial", Letters("L", "R", "A", "P")),
        # upside down
        ((1.0, 0.0, 0.0, 0.0, -1.0, 0.0), "axial", Letters("R", "L", "P", "A")),
        # tilted by 20° about the patient's left-right axis, as along the skull base
        (
            (1.0, 0.0, 0.0, 0.0, np.cos(np.pi / 9), -np.sin(np.pi / 9)),
            "axial",
            Letters("R", "L", "AH", "PF"),
        ),
        # half way between axial and coronal
        (
            (1.0, 0.0, 0.0, 0.0, np.sqrt(0.5), -np.sqrt(0.5)),
            "oblique",
            Letters("R", "L", "AH", "PF"),
        ),
    ],
)
def test_letters_follow_the_orientation(orientation, plane, letters) -> None:
    (found,) = find_series(series(5, orientation=orientation, distance=4.0)).series
    assert found.plane == plane
    volume = found.read()
    assert volume.letters == letters
    assert places(volume) == list(range(5))
    assert volume.slice_distance_mm == pytest.approx(4.0)


@pytest.mark.parametrize(
    "orientation",
    [None, [1, 0, 0], [1, 0, 0, 1, 0, 0], [2, 0, 0, 0, 1, 0], ["nan", 0, 0, 0, 1, 0]],
)
def test_an_orientation_that_is_none_names_no_side(orientation) -> None:
    volume = read(series(4, ImageOrientationPatient=orientation))
    assert volume.letters is None
    assert volume.slice_distance_mm is None
    assert any("no side is named" in note for note in volume.notes)


def test_without_positions_the_order_is_that_of_the_numbers_and_nothing_is_measured() -> None:
    volume = read(series(5, ImagePositionPatient=None))
    assert places(volume) == [4, 3, 2, 1, 0]  # the builder numbers backwards
    assert (volume.positions_mm, volume.slice_distance_mm) == (None, None)
    assert volume.letters == Letters("R", "L", "A", "P")
    assert any("Instance Number" in note for note in volume.notes)


def test_uneven_slices_have_no_distance_and_the_gap_is_named() -> None:
    volume = read([one_slice(place) for place in (5, 0, 1, 2, 4)])
    assert places(volume) == [0, 1, 2, 4, 5]
    assert volume.slice_distance_mm is None
    (note,) = [note for note in volume.notes if "not evenly apart" in note]
    assert "usually 5.0 mm, but not between 3 and 4 (10.0 mm)" in note


def test_rounded_positions_are_even() -> None:
    files = [one_slice(place, at=place + 0.001 * (place % 2)) for place in range(5)]
    assert read(files).slice_distance_mm == pytest.approx(5.0, abs=0.01)


def test_several_series_orientations_and_sizes_are_kept_apart() -> None:
    small = levels(0)[:40, :40].copy()
    files = [
        *series(3),
        *series(2, orientation=CORONAL),
        *series(4, SeriesInstanceUID="1.2.3.4"),
        one_slice(0, stored=small),
        *series(2, PixelSpacing=[0.9, 0.9]),
    ]
    order = np.random.default_rng(5).permutation(len(files))
    found = find_series([files[i] for i in order]).series
    assert sorted((one.slices, one.plane, one.shape) for one in found) == [
        (1, "axial", (40, 40)),
        (2, "axial", (48, 64)),
        (2, "coronal", (48, 64)),
        (3, "axial", (48, 64)),
        (4, "axial", (48, 64)),
    ]
    assert len({one.content_hash for one in found}) == 5
    assert len({one.read().series_key for one in found}) == 2


def test_two_echoes_at_each_place_are_two_stacks() -> None:
    second = [
        one_slice(place, InstanceNumber=900 - place, RescaleIntercept="3000", RescaleSlope="1")
        for place in range(4)
    ]
    found = find_series([*series(4), *second]).series
    assert [one.slices for one in found] == [4, 4]
    first, other = (one.read() for one in found)
    assert places(first) == [0, 1, 2, 3]
    assert places(other) == [15, 16, 17, 18]
    assert first.slice_distance_mm == other.slice_distance_mm == pytest.approx(5.0)


def test_white_as_zero_is_inverted_alike_in_every_slice() -> None:
    volume = read(series(4, PhotometricInterpretation="MONOCHROME1"))
    total = volume.slices[0].pixels + levels(0)
    assert np.ptp(total) == 0
    for place, scan in enumerate(volume.slices):
        np.testing.assert_array_equal(scan.pixels + levels(place), total)
    assert any("MONOCHROME1" in note for note in volume.notes)


def test_one_window_for_all_slices() -> None:
    window = read(series(5)).slices[0].window
    assert window.source == "1–99 percentile"
    everything = np.concatenate([levels(place).ravel() for place in range(5)])
    low, high = np.percentile(everything[everything > 0], (1, 99))
    assert (window.center, window.width) == pytest.approx(((low + high) / 2, high - low))
    assert all(scan.window == window for scan in read(series(5)).slices)
    headed = read(series(5, WindowCenter="600", WindowWidth="1200")).slices
    assert {(s.window.center, s.window.width) for s in headed} == {(600, 1200)}


def test_unequal_spacing_keeps_its_order_and_is_said() -> None:
    volume = read(series(3, PixelSpacing=[1.5, 0.5]))
    assert volume.spacing_mm == (1.5, 0.5)
    assert any("not square (1.5 × 0.5 mm)" in note for note in volume.notes)
    assert not any("not square" in note for note in read(series(3, PixelSpacing=[1, 1])).notes)


def test_a_zip_gives_what_its_files_give() -> None:
    files = series(4)
    inside = zipped([*files, b"just a note"])
    found = find_series([inside])
    assert found.series[0].content_hash == find_series(files).series[0].content_hash
    assert places(found.series[0].read()) == [0, 1, 2, 3]
    assert [reason for reason in found.left_out if "neither DICOM nor NIfTI" in reason]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("../{}", "leads out of its folder"), ("a{}.zip", "archive within it")],
)
def test_unsafe_archives_are_refused(name: str, sentence: str) -> None:
    with pytest.raises(SetRefused, match=sentence):
        find_series([zipped(series(2), name)])


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch) -> None:
    with pytest.raises(SetRefused, match="times the size of the archive"):
        find_series([zipped([bytes(10**6)])])
    monkeypatch.setattr("ml.io.series.MAX_VOLUME_BYTES", 20_000)
    with pytest.raises(SetRefused, match="unpacks to more than"):
        find_series([zipped(series(5))])
    with pytest.raises(SizeOutOfBounds, match="more than"):
        find_series(series(5))


def test_too_many_files_and_slices_are_refused(monkeypatch) -> None:
    monkeypatch.setattr("ml.io.limits.MAX_SLICES", 4)
    with pytest.raises(SizeOutOfBounds, match="5 slices of 64 × 48 pixels; at most 4"):
        find_series(series(5)).series[0].read()
    monkeypatch.setattr("ml.io.series.MAX_SERIES_FILES", 4)
    with pytest.raises(SizeOutOfBounds, match="more than 4"):
        find_series(series(5))


def test_a_damaged_slice_is_left_out_and_leaves_a_gap() -> None:
    files = [one_slice(place) for place in range(6)]
    files[2] = files[2][:-900]
    volume = read_partly(files)
    assert places(volume) == [0, 1, 3, 4, 5]
    assert any("1 of 6 slices cannot be decoded" in note for note in volume.notes)
    assert volume.slice_distance_mm is None


def read_partly(files: list[bytes]) -> Volume:
    (found,) = find_series(files).series
    return found.read()


def test_a_series_without_one_good_slice_says_why() -> None:
    with pytest.raises(DamagedFile, match="pixel data"):
        read_partly([data[:-900] for data in series(3)])


def test_objects_without_a_picture_are_left_out_with_the_reason() -> None:
    found = find_series([*series(3), dicom(PixelData=None), grey()])
    assert [one.slices for one in found.series] == [3]
    assert len(found.left_out) == 2
    assert any("holds no pixel data" in reason for reason in found.left_out)
    with pytest.raises(NoPixelData):
        find_series([dicom(PixelData=None)])
    with pytest.raises(UnknownFormat, match="neither DICOM nor NIfTI"):
        find_series([grey()])
    with pytest.raises(EmptyFile):
        find_series([])


def test_a_lone_slice_is_plain_and_an_enhanced_one_is_not() -> None:
    (alone,) = find_series([one_slice(0)]).series
    assert alone.plain
    assert alone.files == {read_scan(one_slice(0)).content_hash: one_slice(0)}
    assert not find_series([enhanced((0,))]).series[0].plain
    assert not find_series(series(2)).series[0].plain
    assert may_hold_series(one_slice(0))
    assert may_hold_series(zipped(series(2)))
    assert not may_hold_series(grey())


def test_the_same_file_twice_counts_once() -> None:
    files = series(3)
    assert [one.slices for one in find_series([*files, *files]).series] == [3]


def test_no_identity_survives() -> None:
    (found,) = find_series(series(2, SeriesDescription=SECRET, StudyDescription=SECRET)).series
    volume = found.read()
    for text in (repr(volume), repr(found)):
        assert SECRET not in text
        assert "1.2.826.0.1" not in text  # nor a UID
