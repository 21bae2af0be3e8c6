"""Valid files of every kind, drawn by `ml.phantom`, for `ml.hostile` to damage.

Every DICOM file carries `MARK` as the patient's name and number: it may be in no sentence.
"""

import gzip
import io
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import gdcm
import nibabel
import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    EnhancedMRImageStorage,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from ml.phantom import draw, to_dicom

__all__ = [
    "MARK",
    "compressed",
    "dicom",
    "enhanced",
    "frames",
    "jpegs",
    "nifti",
    "nifti_gz",
    "pngs",
    "saved",
    "series_zip",
    "set_zip",
    "tiffs",
    "unzipped",
    "zipped",
]

MARK: Final = "IDENTIFYING"
_SIDE: Final = 64


@cache
def _picture(seed: int = 0) -> npt.NDArray[np.uint8]:
    """A drawn slice, (64, 64) uint8."""
    return draw("glioma", seed=seed, size=_SIDE, plane="axial").pixels


def _encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def _kinds() -> tuple[Image.Image, ...]:
    """The slice as grey of 8 and 16 bits, colour, with transparency, with a palette."""
    grey = Image.fromarray(_picture())
    deep = Image.fromarray(_picture().astype(np.uint16) * 257)
    return grey, deep, grey.convert("RGB"), grey.convert("RGBA"), grey.convert("P")


@cache
def pngs() -> tuple[bytes, ...]:
    """PNG of every kind of pixel."""
    return tuple(_encoded(one, "PNG") for one in _kinds())


@cache
def jpegs() -> tuple[bytes, ...]:
    """JPEG: grey and colour, sequential and progressive, with Exif."""
    grey, colour = Image.fromarray(_picture()), _kinds()[2]
    turned = Image.Exif()
    turned[0x0112] = 6
    return (
        _encoded(grey, "JPEG"),
        _encoded(colour, "JPEG", progressive=True),
        _encoded(colour, "JPEG", exif=turned, restart_marker_blocks=2),
    )


@cache
def tiffs() -> tuple[bytes, ...]:
    """TIFF of every kind of pixel and the usual compressions."""
    kinds = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
    plain = [_encoded(one, "TIFF") for one in _kinds()]
    colour = _kinds()[2]
    return (*plain, *(_encoded(colour, "TIFF", compression=kind) for kind in kinds))


@cache
def dicom(number: int = 0) -> bytes:
    """A single-frame slice of a series."""
    header = _header(number)
    return saved(header)


def _header(number: int = 0) -> Dataset:
    """The header and pixels of a slice, with everything that a series needs."""
    header = pydicom.dcmread(
        io.BytesIO(to_dicom(draw("glioma", seed=0, size=_SIDE, plane="axial")))
    )
    header.PatientName = header.PatientID = header.InstitutionName = MARK
    header.ImagePositionPatient = [*header.ImagePositionPatient[:2], 5.0 * number]
    header.InstanceNumber = number + 1
    header.WindowCenter, header.WindowWidth = [600, 500], [1200, 900]
    return header


def saved(header: Dataset) -> bytes:
    """A data set as a part 10 file."""
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


@cache
def compressed() -> tuple[bytes, ...]:
    """The slice in every compression that is read."""
    found = []
    for syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        header = _header()
        header.compress(syntax, generate_instance_uid=False)
        found.append(saved(header))
    return (*found, _baseline(), _lossless())


def _baseline() -> bytes:
    header = _header()
    header.BitsAllocated = header.BitsStored = 8
    header.HighBit = 7
    header.PixelData = encapsulate([jpegs()[0]])
    header["PixelData"].VR = "OB"
    header.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return saved(header)


def _lossless() -> bytes:
    """The slice as JPEG Lossless, its frame by GDCM: pydicom has no encoder for it."""
    kind = gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1)
    with TemporaryDirectory() as place:
        file = str(Path(place) / "slice.dcm")
        Path(file).write_bytes(dicom())
        reader, change = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax()
        reader.SetFileName(file)
        reader.Read()
        change.SetTransferSyntax(kind)
        change.SetInput(reader.GetImage())
        change.Change()
        coded = change.GetOutput().GetDataElement().GetSequenceOfFragments().GetFragment(0)
        frame = coded.GetByteValue().GetBuffer().encode("utf-8", "surrogateescape")
    header = _header()
    header.PixelData = encapsulate([frame])
    header["PixelData"].VR = "OB"
    header.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    return saved(header)


def _item(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


@cache
def enhanced(count: int = 3) -> bytes:
    """A multi-frame object with its geometry in nested sequences."""
    header = _header()
    header.SOPClassUID = EnhancedMRImageStorage
    header.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    header.NumberOfFrames = count
    header.SharedFunctionalGroupsSequence = [
        _item(
            PlaneOrientationSequence=[
                _item(ImageOrientationPatient=header.ImageOrientationPatient)
            ],
            PixelMeasuresSequence=[_item(PixelSpacing=header.PixelSpacing)],
        )
    ]
    header.PerFrameFunctionalGroupsSequence = [
        _item(
            PlanePositionSequence=[_item(ImagePositionPatient=[0.0, 0.0, 4.0 * place])],
            PixelValueTransformationSequence=[_item(RescaleSlope=1, RescaleIntercept=place)],
            FrameVOILUTSequence=[_item(WindowCenter=900, WindowWidth=700)],
        )
        for place in range(count)
    ]
    header.PixelData = header.PixelData * count
    return saved(header)


@cache
def frames() -> tuple[bytes, ...]:
    """Multi-frame objects, plain and compressed."""
    header = pydicom.dcmread(io.BytesIO(enhanced()))
    header.compress(JPEGLSLossless, generate_instance_uid=False)
    return enhanced(), saved(header)


@cache
def nifti() -> tuple[bytes, ...]:
    """Volumes of whole and of real numbers."""
    block = np.stack([_picture(seed) for seed in (0, 1, 2)], axis=-1)
    kinds = (np.uint8, np.int16, np.float32)
    image: Any = nibabel.Nifti1Image  # nibabel states no types
    return tuple(
        bytes(image(block.astype(kind), np.diag([-1.0, -1.0, 5.0, 1.0])).to_bytes())
        for kind in kinds
    )


@cache
def nifti_gz() -> tuple[bytes, ...]:
    """The same as gzip."""
    return tuple(gzip.compress(one, 1) for one in nifti())


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip of (name → content)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return stream.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """The members of a zip that is whole."""
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        return {name: held.read(name) for name in held.namelist()}


@cache
def series_zip() -> tuple[bytes, ...]:
    """A zip of a series."""
    return (zipped({f"{MARK}/{number}.dcm": dicom(number) for number in range(3)}),)


@cache
def set_zip() -> tuple[bytes, ...]:
    """A zip of pictures in class folders."""
    sides = {f"Training/glioma/{n}.png": one for n, one in enumerate(pngs()[:3])}
    return (
        zipped(
            sides | {"Testing/notumor/a.jpg": jpegs()[0], "Testing/pituitary/b.tif": tiffs()[0]}
        ),
    )
