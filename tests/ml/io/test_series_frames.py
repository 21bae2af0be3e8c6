"""Files with several frames, and compressed ones."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import (
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from ml.errors import (
    DamagedFile,
    SizeOutOfBounds,
    UnsupportedPixels,
    UnsupportedTransferSyntax,
)
from ml.io import read_scan
from ml.io.series import find_series
from ml.volume import Letters
from tests.ml.io.pictures import dicom, ramp
from tests.ml.io.series_files import (
    as_jpeg,
    as_lossless_jpeg,
    compressed,
    enhanced,
    levels,
    one_slice,
    series,
)

ORDER = (3, 0, 4, 1, 2)


def test_enhanced_frames_take_geometry_and_levels_from_their_groups() -> None:
    data = enhanced(ORDER)
    (found,) = find_series([data]).series
    assert (found.slices, found.plane, found.modality) == (5, "axial", "MR")
    volume = found.read()
    for place, scan in enumerate(volume.slices):
        np.testing.assert_allclose(scan.pixels, levels(place), atol=0.5)
    assert volume.slice_distance_mm == pytest.approx(5.0)
    assert volume.spacing_mm == (0.5, 0.75)
    assert volume.letters == Letters("R", "L", "A", "P")
    assert (volume.slices[0].window.center, volume.slices[0].window.width) == (1002, 700)
    assert [frame for _, frame in volume.sources] == [ORDER.index(place) for place in range(5)]
    assert len({digest for digest, _ in volume.sources}) == 1
    assert len({scan.content_hash for scan in volume.slices}) == 5


def test_frames_without_groups_are_read_in_their_order_and_not_measured() -> None:
    data = enhanced(ORDER, per_frame=False, SharedFunctionalGroupsSequence=None)
    volume = find_series([data]).series[0].read()
    assert len(volume.slices) == 5
    assert (volume.slice_distance_mm, volume.letters, volume.spacing_mm) == (None, None, None)
    first = levels(ORDER[0]) / 0.5  # not rescaled: the slope stood in the groups
    np.testing.assert_array_equal(volume.slices[0].pixels, first)


def test_plain_multi_frame_objects_are_read() -> None:
    stack = np.stack([levels(place) for place in range(3)])
    data = dicom(
        levels(0),
        SOPClassUID=SecondaryCaptureImageStorage,
        NumberOfFrames=3,
        PixelData=stack.tobytes(),
    )
    volume = find_series([data]).series[0].read()
    np.testing.assert_array_equal([scan.pixels for scan in volume.slices], stack)


def test_a_damaged_frame_is_left_out() -> None:
    data = compressed(enhanced((0, 1, 2, 3)), JPEGLSLossless)
    parts = data.split(b"\xff\xd8\xff\xf7")
    assert len(parts) == 5  # each frame begins so: start of image, start of frame
    broken = b"\xff\xd8\xff\xf7".join(parts[:3]) + bytes(4) + parts[3]
    volume = find_series([broken + b"\xff\xd8\xff\xf7" + parts[4]]).series[0].read()
    assert [frame for _, frame in volume.sources] == [0, 1, 3]
    assert any("1 of 4 slices cannot be decoded" in note for note in volume.notes)
    assert volume.slice_distance_mm is None


def test_a_file_that_was_cut_off_is_refused() -> None:
    with pytest.raises(DamagedFile, match="pixel data is truncated"):
        find_series([enhanced((0, 1, 2, 3))[:-900]]).series[0].read()


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"NumberOfFrames": 2000}, SizeOutOfBounds, "2,000 frames; at most"),
        ({"SOPClassUID": SegmentationStorage}, UnsupportedPixels, "Segmentation Storage"),
        ({"PhotometricInterpretation": "RGB"}, UnsupportedPixels, "a colour picture"),
    ],
)
def test_refusals(changes, error, sentence) -> None:
    with pytest.raises(error, match=sentence):
        find_series([enhanced(ORDER, **changes)])


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_lossless_compressions_come_back_exactly(syntax: str) -> None:
    files = [compressed(data, syntax) for data in series(3)]
    volume = find_series(files).series[0].read()
    for place, scan in enumerate(volume.slices):
        np.testing.assert_array_equal(scan.pixels, levels(place))
    np.testing.assert_array_equal(read_scan(compressed(one_slice(1), syntax)).pixels, levels(1))


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_compressed_frames_of_one_file(syntax: str) -> None:
    volume = find_series([compressed(enhanced(ORDER), syntax)]).series[0].read()
    for place, scan in enumerate(volume.slices):
        np.testing.assert_allclose(scan.pixels, levels(place), atol=0.5)


@pytest.mark.parametrize("first_order", [True, False])
def test_lossless_jpeg_comes_back_exactly(tmp_path: Path, first_order: bool) -> None:
    data = as_lossless_jpeg(one_slice(2), tmp_path, first_order=first_order)
    np.testing.assert_array_equal(read_scan(data).pixels, levels(2))


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_signed_levels_survive_compression(syntax: str) -> None:
    stored = (levels(0).astype(np.int32) - 1500).astype(np.int16)
    data = compressed(one_slice(0, stored=stored), syntax)
    np.testing.assert_array_equal(read_scan(data).pixels, stored)


def test_jpeg_baseline_is_near() -> None:
    data = as_jpeg(one_slice(0, stored=ramp().astype(np.uint8)))
    scan = find_series([data]).series[0].read().slices[0]
    assert np.abs(scan.pixels - ramp()).max() <= 8


def test_a_frame_of_another_size_than_announced_is_not_decoded(tmp_path: Path) -> None:
    tall = as_lossless_jpeg(one_slice(0), tmp_path).replace(
        (48).to_bytes(2, "big") + (64).to_bytes(2, "big"),
        (4800).to_bytes(2, "big") + (6400).to_bytes(2, "big"),
    )
    with pytest.raises(DamagedFile, match="frame is 6400 × 4800 pixels"):
        read_scan(tall)
    wide = compressed(one_slice(0), JPEGLSLossless).replace(
        (48).to_bytes(2, "big") + (64).to_bytes(2, "big"),
        (4800).to_bytes(2, "big") + (6400).to_bytes(2, "big"),
    )
    with pytest.raises(DamagedFile, match="frame is 6400 × 4800 pixels"):
        read_scan(wide)


def test_a_syntax_that_is_not_in_the_list_is_refused_even_with_a_decoder() -> None:
    with pytest.raises(UnsupportedTransferSyntax, match="High-Throughput JPEG 2000"):
        read_scan(dicom(transfer_syntax=HTJ2KLossless))
