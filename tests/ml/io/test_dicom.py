import io
import zlib

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    RLELossless,
    SegmentationStorage,
)

from ml.errors import (
    DamagedFile,
    NoPixelData,
    ScanError,
    SizeOutOfBounds,
    UnsupportedPixels,
    UnsupportedTransferSyntax,
)
from ml.io import read_scan
from tests.ml.io.pictures import SECRET, dicom, dicom_header, grey, ramp

DEEP = ramp(top=4095).astype(np.uint16)


def saved(header, syntax, **options):
    header.file_meta.TransferSyntaxUID = syntax
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True, **options)
    return stream.getvalue()


def test_levels_spacing_and_hash_come_back():
    scan = read_scan(dicom())
    np.testing.assert_array_equal(scan.pixels, DEEP)
    assert scan.pixels.dtype == np.float32
    assert scan.spacing_mm == (0.5, 0.75)  # rows first
    assert scan.format == "DICOM"
    assert scan.window.source == "1–99 percentile"
    assert scan.notes == ()


def test_a_preamble_like_a_tiff_header_stays_dicom():
    data = dicom()
    scan = read_scan(b"II*\x00" + bytes(124) + data[128:])
    assert scan.format == "DICOM"
    np.testing.assert_array_equal(scan.pixels, DEEP)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_other_encodings(syntax):
    stored = DEEP.byteswap() if syntax == ExplicitVRBigEndian else DEEP
    header = dicom_header(DEEP, PixelData=stored.tobytes())
    header.set_original_encoding(
        syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian, "iso8859"
    )
    np.testing.assert_array_equal(read_scan(saved(header, syntax)).pixels, DEEP)


def test_deflated_is_read_and_a_deflated_bomb_is_not():
    data = saved(dicom_header(DEEP), DeflatedExplicitVRLittleEndian)
    np.testing.assert_array_equal(read_scan(data).pixels, DEEP)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    start = 144 + int.from_bytes(data[140:144], "little")
    bomb = data[:start] + packer.compress(bytes(60 * 2**20)) + packer.flush()
    with pytest.raises(SizeOutOfBounds, match="unpacks to more than 50 MB"):
        read_scan(bomb)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless])
def test_compressed_frames_are_decoded(syntax):
    kind = "JPEG" if syntax == JPEGBaseline8Bit else "JPEG2000"
    options = {"quality": 98} if kind == "JPEG" else {"no_jp2": True, "irreversible": False}
    header = dicom_header(ramp().astype(np.uint8))
    header.PixelData = encapsulate([grey(kind, **options)])
    scan = read_scan(saved(header, syntax))
    assert np.abs(scan.pixels - ramp()).max() <= (8 if kind == "JPEG" else 0)


def test_run_length_coding():
    header = dicom_header(DEEP)
    header.compress(RLELossless)
    np.testing.assert_array_equal(read_scan(saved(header, RLELossless)).pixels, DEEP)


@pytest.mark.parametrize("explicit", [True, False])
def test_without_preamble(explicit):
    """Old exports begin with the data set itself."""
    header = dicom_header(DEEP)
    stream = io.BytesIO()
    bare = Dataset()
    bare.update({e.tag: e for e in header})
    bare.save_as(stream, implicit_vr=not explicit, little_endian=True, enforce_file_format=False)
    assert stream.getvalue()[128:132] != b"DICM"
    np.testing.assert_array_equal(read_scan(stream.getvalue()).pixels, DEEP)


def test_signed_levels_and_rescale():
    stored = (DEEP.astype(np.int16) - 2000).astype(np.int16)
    scan = read_scan(dicom(stored, RescaleSlope="2.5", RescaleIntercept="-10"))
    np.testing.assert_allclose(scan.pixels, stored * 2.5 - 10, rtol=1e-6)


def test_modality_table():
    table = Dataset()
    table.LUTDescriptor = [256, 0, 16]
    table["LUTDescriptor"].VR = "US"
    table.ModalityLUTType = "US"
    table.LUTData = [v * 3 for v in range(256)]
    table["LUTData"].VR = "US"
    scan = read_scan(dicom(ramp().astype(np.uint8), ModalityLUTSequence=[table]))
    np.testing.assert_array_equal(scan.pixels, ramp() * 3)


def test_monochrome1_is_inverted_with_its_window():
    scan = read_scan(
        dicom(PhotometricInterpretation="MONOCHROME1", WindowCenter="1000", WindowWidth="400")
    )
    np.testing.assert_array_equal(scan.pixels, 4095 - DEEP.astype(np.float32))
    assert (scan.window.center, scan.window.width) == (3095, 400)
    assert any("MONOCHROME1" in n for n in scan.notes)


def test_window_of_the_header_is_the_first():
    scan = read_scan(dicom(WindowCenter=["600", "50"], WindowWidth=["1200", "80"]))
    assert (scan.window.center, scan.window.width) == (600, 1200)
    assert scan.window.source == "DICOM header (VOI LUT)"


def test_window_from_a_voi_table():
    table = Dataset()
    table.LUTDescriptor = [1000, 500, 16]
    table["LUTDescriptor"].VR = "US"
    table.LUTData = list(range(1000))
    table["LUTData"].VR = "US"
    scan = read_scan(dicom(VOILUTSequence=[table]))
    assert (scan.window.center, scan.window.width) == (1000, 1000)


@pytest.mark.parametrize("window", [("600", "0"), ("600", "-3"), ("90000", "10"), ("", "")])
def test_useless_window_gives_way_to_the_percentiles(window):
    scan = read_scan(dicom(WindowCenter=window[0], WindowWidth=window[1]))
    assert scan.window.source == "1–99 percentile"


def test_padding_becomes_the_darkest_level():
    stored = DEEP.astype(np.int16) + 5
    stored[:5] = -3000
    scan = read_scan(dicom(stored, PixelPaddingValue=-3000))
    assert scan.pixels.min() == stored[5:].min()
    assert any("Padding" in n for n in scan.notes)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"PixelSpacing": None}, "states no pixel spacing"),
        ({"PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.2]}, "at the detector only"),
        ({"PixelSpacing": [0, 0.5]}, "not two positive numbers"),
        ({"PixelSpacing": [-1, 0.5]}, "not two positive numbers"),
        ({"PixelSpacing": ["nan", "0.5"]}, "not two positive numbers"),
        ({"PixelSpacing": "0.5"}, "not two positive numbers"),
        ({"PixelSpacing": [900, 900]}, "not two positive numbers"),
        ({"Modality": "CR"}, "not certain to lie in the patient"),
    ],
)
def test_no_spacing_is_ever_made_up(changes, note):
    scan = read_scan(dicom(**changes))
    assert scan.spacing_mm is None
    assert any(note in n for n in scan.notes)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"Modality": "CT"}, "modality is not MR (CT)"),
        ({"Modality": SECRET}, "modality is not MR (none or another one)"),
        ({"BurnedInAnnotation": "YES"}, "text is burned into the picture"),
        ({"LossyImageCompression": "01"}, "compressed with loss"),
    ],
)
def test_notes(changes, note):
    assert any(note in n for n in read_scan(dicom(**changes)).notes)


def test_simulated_is_read_from_the_model_name():
    assert read_scan(dicom(ManufacturerModelName="Sulcus phantom")).simulated
    assert not read_scan(dicom(ManufacturerModelName="Other")).simulated


def huge_frame() -> bytes:
    """A header of 48 × 64 around a compressed frame of another size."""
    header = dicom_header(ramp().astype(np.uint8))
    from PIL import Image

    from tests.ml.io.pictures import encode

    header.PixelData = encapsulate([encode(Image.new("L", (3000, 3000)), "JPEG")])
    return saved(header, JPEGBaseline8Bit)


def run_length_bomb() -> bytes:
    header = dicom_header(DEEP)
    header.PixelData = encapsulate([bytes(100_000)])
    return saved(header, RLELossless)


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        (dicom(PixelData=None), NoPixelData, "(MR Image Storage) holds no pixel data"),
        (
            dicom(PixelData=None, SOPClassUID=EncapsulatedPDFStorage),
            NoPixelData,
            "(Encapsulated PDF Storage) holds no pixel data",
        ),
        (dicom()[:200], NoPixelData, "holds no pixel data, or was cut off before it"),
        (dicom(SOPClassUID=SegmentationStorage), UnsupportedPixels, "Segmentation Storage"),
        (dicom(SOPClassUID=EnhancedMRImageStorage), UnsupportedPixels, "Enhanced MR Image"),
        (dicom(NumberOfFrames=12), UnsupportedPixels, "holds 12 frames; single-frame"),
        (
            dicom(PhotometricInterpretation="RGB", SamplesPerPixel=3),
            UnsupportedPixels,
            "a colour picture (RGB). Accepted is MONOCHROME1 or MONOCHROME2",
        ),
        (
            dicom(PhotometricInterpretation="YBR_FULL_422", SamplesPerPixel=3),
            UnsupportedPixels,
            "a colour picture (YBR)",
        ),
        (dicom(PhotometricInterpretation="PALETTE COLOR"), UnsupportedPixels, "(PALETTE COLOR)"),
        (dicom(PhotometricInterpretation=SECRET), UnsupportedPixels, "that is not greyscale"),
        (dicom(BitsAllocated=12, BitsStored=12), UnsupportedPixels, "12 of 12 bits"),
        (dicom(HighBit=3), UnsupportedPixels, "laid out as 16 of 16 bits"),
        (dicom(RescaleSlope="0", RescaleIntercept="0"), UnsupportedPixels, "slope is 0"),
        (
            dicom(RescaleSlope="1e300", RescaleIntercept="0"),
            UnsupportedPixels,
            "grey levels are not finite",
        ),
        (dicom(Rows=0), DamagedFile, "states no rows or columns"),
        (dicom(Rows=60000, Columns=60000), SizeOutOfBounds, "60000 × 60000 pixels; at most 8192"),
        (dicom(Rows=16, Columns=192), SizeOutOfBounds, "192 × 16 pixels; each side must"),
        (dicom(Rows=32, Columns=200), SizeOutOfBounds, "one side may be at most 4 times"),
        (dicom()[:-700], DamagedFile, "its pixel data is truncated or corrupt"),
        (dicom(Rows=50), DamagedFile, "its pixel data is truncated or corrupt"),
        (
            dicom(transfer_syntax=HTJ2KLossless),
            UnsupportedTransferSyntax,
            "(Lossless Only), for which no decoder is installed. Read are: Implicit",
        ),
        (
            dicom(transfer_syntax=JPEGExtended12Bit),
            UnsupportedTransferSyntax,
            "JPEG Extended (Process 2 and 4), 12 bits",
        ),
        (
            dicom(transfer_syntax="1.2.826.0.1.3680043.8.498.77"),
            UnsupportedTransferSyntax,
            "one that is not in the standard",
        ),
        (dicom(transfer_syntax=JPEGBaseline8Bit), DamagedFile, "its pixel data is truncated"),
        (dicom(transfer_syntax=JPEGLosslessSV1), DamagedFile, "its pixel data is truncated"),
        (
            huge_frame(),
            DamagedFile,
            "frame is 3000 × 3000 pixels, but the DICOM header says 64 × 48",
        ),
        (run_length_bomb(), DamagedFile, "its run-length coded pixel data is truncated or corrupt"),
    ],
)
def test_refusals_say_what_was_found(data, error, sentence):
    with pytest.raises(error) as refusal:
        read_scan(data)
    assert type(refusal.value) is error
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert SECRET not in str(refusal.value)


def test_no_identity_survives(recwarn, caplog):
    scan = read_scan(dicom(PatientBirthDate="19700101", StudyDescription=SECRET))
    assert SECRET not in repr(scan)
    # A value that is invalid for its VR must not be quoted in a warning either.
    with pytest.raises(ScanError):
        read_scan(dicom(Rows=0, PatientName=SECRET).replace(b"MR\x08\x00", b"XX\x08\x00"))
    assert not any(SECRET in str(w.message) for w in recwarn)
    assert SECRET not in caplog.text
