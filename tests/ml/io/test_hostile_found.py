"""What the campaigns of `app.robustness` found, each mended: small inputs that failed once."""

import io
import time
import zipfile

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless

from ml.errors import DamagedFile, ScanError, SizeOutOfBounds, TakesTooLong
from ml.io import decoding, dicom_pixels, read_scan
from ml.io.codestream import check_scans, coded_size
from ml.io.kept_series import reopened
from ml.io.series import find_series
from tests.ml.io.pictures import dicom, dicom_header, encode, ramp
from tests.ml.io.series_files import compressed, enhanced, one_slice, zipped


def test_an_entry_without_a_name_is_no_crash():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        nameless = zipfile.ZipInfo("x")
        nameless.filename = ""
        archive.writestr(nameless, one_slice(0))
        archive.writestr("b", one_slice(1))
    assert find_series([stream.getvalue()]).series[0].slices == 2


def test_a_kept_series_with_an_unknown_compression_is_damaged():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("facts.json", "{}")
    data = bytearray(stream.getvalue())
    for mark, at in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        data[data.index(mark) + at] = 99
    with pytest.raises(DamagedFile, match="kept picture"):
        reopened(bytes(data), "0" * 64)


def test_a_transfer_syntax_of_another_kind_is_a_sentence():
    data = dicom()
    at = data.index(b"\x02\x00\x10\x00UI")
    value = data[at + 8 : at + 8 + int.from_bytes(data[at + 6 : at + 8], "little")]
    nested = data[: at + 4] + b"SQ\0\0\0\0\0\0" + data[at + 8 + len(value) :]
    with pytest.raises(ScanError):
        read_scan(nested)


def test_a_transfer_syntax_of_several_values_is_a_sentence():
    data = dicom().replace(b"1.2.840.10008.1.2.1\0", b"1.2\\\xff\x01.10008.1.2.1\0", 1)
    with pytest.raises(ScanError):
        read_scan(data)


def test_frames_that_are_only_announced_are_counted_over_all_files():
    header = pydicom.dcmread(io.BytesIO(enhanced((1, 0))))
    header.NumberOfFrames = 1000
    files = []
    for number in range(5):
        header.InstanceNumber = number
        stream = io.BytesIO()
        header.save_as(stream, enforce_file_format=True)
        files.append(stream.getvalue())
    with pytest.raises(SizeOutOfBounds, match="slices together"):
        find_series(files)


def test_slices_of_very_many_series_are_refused(monkeypatch):
    monkeypatch.setattr("ml.io.dicom_stack.MAX_STACKS", 2)
    files = [one_slice(place, SeriesInstanceUID=f"1.2.{place}") for place in range(3)]
    with pytest.raises(SizeOutOfBounds, match="more than 2 series"):
        find_series(files)


def test_a_jpeg_of_thousands_of_scans_is_refused():
    data = encode(Image.fromarray(ramp().astype(np.uint8)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert read_scan(data).shape == ramp().shape
    with pytest.raises(DamagedFile, match="scans"):
        check_scans(data[:last] + data[last:-2] * 2000, 40_000_000)
    check_scans(data, 40_000_000)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P"])
def test_colour_is_read_in_bands_as_it_is_in_one(monkeypatch, mode):
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 255, (60, 40, 3), np.uint8))
    if mode == "RGBA":
        picture.putalpha(Image.fromarray(ramp(60, 40).astype(np.uint8)))
    data = encode(picture.convert(mode), "PNG")
    whole = read_scan(data)
    monkeypatch.setattr("ml.io.raster._BAND_PIXELS", 300)
    banded = read_scan(data)
    np.testing.assert_array_equal(whole.pixels, banded.pixels)
    assert (whole.notes, whole.colour) == (banded.notes, banded.colour)


def test_a_decoder_that_does_not_end_is_ended(monkeypatch):
    """A frame of JPEG-LS with one bit changed kept its decoder busy for minutes."""

    def never(*_):
        raise decoding.Gone

    monkeypatch.setattr(dicom_pixels, "decode", never)
    data = compressed(one_slice(0), JPEGLSLossless)
    with pytest.raises(TakesTooLong, match="too long to decode"):
        read_scan(data)
    (found,) = find_series([data, compressed(one_slice(1), JPEGLSLossless)]).series
    with pytest.raises(TakesTooLong):
        found.read()


def test_after_a_decoder_ended_the_next_frame_is_decoded_by_a_new_one():
    data = compressed(one_slice(0), JPEGLSLossless)
    first = read_scan(data)
    child = decoding._CHILD._process
    assert child is not None
    child.kill()
    child.wait()
    np.testing.assert_array_equal(read_scan(data).pixels, first.pixels)
    assert decoding._CHILD._process is not child


def test_a_warm_decoder_costs_less_than_twenty_milliseconds():
    header = dicom_header(np.tile(ramp(256, 256, 4000).astype(np.uint16), (2, 2)))
    header.compress(JPEGLSLossless)
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    data = stream.getvalue()
    read_scan(data)
    spent = []
    for _ in range(5):
        begun = time.thread_time()
        read_scan(data)
        spent.append(time.thread_time() - begun)
    assert min(spent) < 0.02


def test_what_no_decoder_reads_comes_back_as_a_sentence():
    header = dicom_header(ramp().astype(np.uint8))
    start = bytes.fromhex("ffd8fff7000b080030004001011100ffda0008010100000000")
    header.PixelData = encapsulate([start + b"\xff" * 20])
    header["PixelData"].VR = "OB"
    header.file_meta.TransferSyntaxUID = JPEGLSLossless
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    with pytest.raises(DamagedFile):
        read_scan(stream.getvalue())


def test_an_attribute_of_an_unknown_kind_is_left_out():
    """An empty attribute is converted where it is copied, and there is no kind ZZ."""
    data = one_slice(0, ManufacturerModelName="")
    place = data.index(bytes.fromhex("08009010") + b"LO") + 4
    (found,) = find_series([data[:place] + b"ZZ" + data[place + 2 :], one_slice(1)]).series
    assert len(found.read().slices) == 2


def test_a_kept_series_that_is_an_unsafe_zip_is_damaged():
    """The page that opens it knows errors of scans only."""
    with pytest.raises(DamagedFile, match="kept picture"):
        reopened(zipped([one_slice(0)], "../{}"), "0" * 64)


def test_the_size_of_a_jpeg_is_found_behind_fill_bytes_and_bare_markers() -> None:
    frame = bytes.fromhex("ffc0 0011 08 0203 0405 03") + bytes(9)
    assert coded_size(b"\xff\xd8\xff\xff\xff\x01" + frame) == (0x0405, 0x0203)
    with pytest.raises(ValueError, match="before the first scan"):
        coded_size(b"\xff\xd8\xff\xda" + frame)
