"""Damaged files at many positions: a scan or a sentence, nothing else."""

import gzip
import io
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import nibabel
import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from ml.errors import ScanError, SetRefused
from ml.io import read_scan
from ml.io.series import find_series
from ml.results import Scan
from tests.ml.io.pictures import dicom, dicom_header, encode, grey, ramp
from tests.ml.io.series_files import as_lossless_jpeg, compressed, enhanced, one_slice, zipped


def jpeg2000() -> bytes:
    header = dicom_header(ramp().astype(np.uint8))
    header.PixelData = encapsulate([grey("JPEG2000", no_jp2=True)])
    header.file_meta.TransferSyntaxUID = JPEG2000Lossless
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def run_length() -> bytes:
    header = dicom_header(ramp().astype(np.uint16))
    header.compress(RLELossless)
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def lossless_jpeg() -> bytes:
    with TemporaryDirectory() as folder:
        return as_lossless_jpeg(one_slice(0), Path(folder))


def nifti() -> bytes:
    block = np.arange(40 * 36 * 3, dtype=np.int16).reshape(40, 36, 3)
    return bytes(nibabel.Nifti1Image(block, np.eye(4)).to_bytes())


VALID = {
    "png": grey(),
    "png16": encode(Image.fromarray(ramp(top=4000).astype(np.uint16)), "PNG"),
    "jpeg": grey("JPEG"),
    "tiff": grey("TIFF"),
    "tiff_lzw": grey("TIFF", compression="tiff_lzw"),
    "dicom": dicom(WindowCenter="600", WindowWidth="1200", RescaleSlope="2", RescaleIntercept="0"),
    "dicom_j2k": jpeg2000(),
    "dicom_rle": run_length(),
    "dicom_jpeg_ls": compressed(one_slice(0), JPEGLSLossless),
    "dicom_jpeg_lossless": lossless_jpeg(),
}
SERIES = {
    "enhanced": enhanced((1, 0)),
    "enhanced_jpeg_ls": compressed(enhanced((1, 0)), JPEGLSLossless),
    "nifti": nifti(),
    "nifti_gz": gzip.compress(nifti()),
    "zip": zipped([one_slice(0), one_slice(1)]),
}
"""Read as series: a `Volume` or a sentence."""


def outcome(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of corrupt Exif; that is no outcome
        try:
            scan = read_scan(data)
        except ScanError:
            return
    assert isinstance(scan, Scan)
    assert scan.pixels.dtype == np.float32
    assert scan.pixels.ndim == 2
    assert np.isfinite(scan.pixels).all()
    assert scan.window.width > 0
    assert scan.spacing_mm is None or min(scan.spacing_mm) > 0


def series_outcome(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            volumes = [one.read() for one in find_series([data]).series]
        except (ScanError, SetRefused):
            return
    for volume in volumes:
        assert all(np.isfinite(scan.pixels).all() for scan in volume.slices)
        assert len({scan.shape for scan in volume.slices}) == 1
        assert volume.slice_distance_mm is None or volume.slice_distance_mm > 0
        assert volume.spacing_mm is None or min(volume.spacing_mm) > 0
        assert volume.letters is None or all(vars(volume.letters).values())


@pytest.mark.parametrize("kind", SERIES)
def test_series_truncated_and_with_bytes_flipped(kind):
    data = SERIES[kind]
    assert find_series([data]).series
    rng = np.random.default_rng(14)
    for end in rng.integers(0, len(data), 20):
        series_outcome(data[:end])
    for trial in range(80):
        damaged = bytearray(data)
        reach = min(len(data), 1200) if trial % 3 else len(data)
        for at in rng.integers(0, reach, rng.integers(1, 5)):
            damaged[at] = rng.integers(0, 256)
        series_outcome(bytes(damaged))


@pytest.mark.parametrize("kind", VALID)
def test_the_undamaged_file_is_read(kind):
    assert isinstance(read_scan(VALID[kind]), Scan)


@pytest.mark.parametrize("kind", VALID)
def test_truncated_anywhere(kind):
    data = VALID[kind]
    rng = np.random.default_rng(11)
    for end in rng.integers(0, len(data), 150):
        outcome(data[:end])


@pytest.mark.parametrize("kind", VALID)
def test_bytes_flipped_anywhere(kind):
    data = VALID[kind]
    rng = np.random.default_rng(12)
    for trial in range(400):
        damaged = bytearray(data)
        # Headers hold the dangerous bytes: two trials in three stay in the first 600.
        reach = min(len(data), 600) if trial % 3 else len(data)
        for at in rng.integers(0, reach, rng.integers(1, 5)):
            damaged[at] = rng.integers(0, 256)
        outcome(bytes(damaged))


def test_random_bytes_behind_every_magic():
    rng = np.random.default_rng(13)
    starts = (
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"II*\0",
        b"MM\0*",
        bytes(128) + b"DICM",
        b"",
    )
    for start in starts:
        for _ in range(60):
            outcome(start + rng.bytes(int(rng.integers(1, 2000))))
