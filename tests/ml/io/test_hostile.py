"""Damaged files at many positions: a scan or a sentence, nothing else."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, RLELossless

from ml.errors import ScanError
from ml.io import read_scan
from ml.results import Scan
from tests.ml.io.pictures import dicom, dicom_header, encode, grey, ramp


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


VALID = {
    "png": grey(),
    "png16": encode(Image.fromarray(ramp(top=4000).astype(np.uint16)), "PNG"),
    "jpeg": grey("JPEG"),
    "tiff": grey("TIFF"),
    "tiff_lzw": grey("TIFF", compression="tiff_lzw"),
    "dicom": dicom(WindowCenter="600", WindowWidth="1200", RescaleSlope="2", RescaleIntercept="0"),
    "dicom_j2k": jpeg2000(),
    "dicom_rle": run_length(),
}


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
