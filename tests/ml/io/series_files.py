"""Series built in code: slices whose levels tell where they lie."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import gdcm
import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import EnhancedMRImageStorage, JPEGBaseline8Bit

from tests.ml.io.pictures import dicom, dicom_header, grey, ramp

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
ORIGIN = (-20.0, -30.0, 40.0)
SHAPE = (48, 64)
UID = "1.2.826.0.1.3680043.8.498.1"


def levels(place: int) -> npt.NDArray[np.uint16]:
    """The slice at a place, from 0: brighter by 200 than the one before."""
    return (ramp(*SHAPE, top=2000) + 200 * place).astype(np.uint16)


def normal_of(orientation: Sequence[float]) -> npt.NDArray[np.float64]:
    return np.cross(orientation[:3], orientation[3:])


def position(place: float, orientation: Sequence[float] = AXIAL, distance: float = 5.0) -> Any:
    return [float(v) for v in np.asarray(ORIGIN) + place * distance * normal_of(orientation)]


def one_slice(place: int, *, at: float | None = None, **changes: Any) -> bytes:
    """The slice at a place; `at` moves it without another picture."""
    orientation = changes.pop("orientation", AXIAL)
    distance = changes.pop("distance", 5.0)
    stored = changes.pop("stored", levels(place))
    known: dict[str, Any] = {
        "SeriesInstanceUID": UID,
        "SOPInstanceUID": f"{UID}.{place + 1}",
        # Backwards and with gaps: an order by it would be wrong.
        "InstanceNumber": 500 - 7 * place,
        "ImageOrientationPatient": list(orientation),
        "ImagePositionPatient": position(place if at is None else at, orientation, distance),
        "SliceThickness": 99.0,
        **changes,
    }
    return dicom(stored, **known)


def series(count: int = 6, **changes: Any) -> list[bytes]:
    """Slices in an order that is none."""
    order = np.random.default_rng(4).permutation(count)
    return [one_slice(int(place), **changes) for place in order]


def zipped(files: Iterable[bytes], name: str = "series/{}") -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(files):
            archive.writestr(name.format(number), data)
    return memory.getvalue()


def enhanced(order: Sequence[int], *, per_frame: bool = True, **changes: Any) -> bytes:
    """An enhanced MR object: frames in any order, geometry and levels in functional groups.

    Rescale slopes differ from frame to frame; after it a frame has the levels of its slice.
    """
    slopes = {place: 0.5 if place % 2 else 0.25 for place in order}
    stack = np.stack([(levels(p) / slopes[p]).astype(np.uint16) for p in order])
    shared = _item(
        PlaneOrientationSequence=_item(ImageOrientationPatient=list(AXIAL)),
        PixelMeasuresSequence=_item(PixelSpacing=[0.5, 0.75], SliceThickness=99.0),
    )
    groups = [
        _item(
            PlanePositionSequence=_item(ImagePositionPatient=position(p)),
            PixelValueTransformationSequence=_item(RescaleSlope=slopes[p], RescaleIntercept=0),
            FrameVOILUTSequence=_item(WindowCenter=1000 + p, WindowWidth=700),
        )
        for p in order
    ]
    header = dicom_header(stack[0])
    attributes: dict[str, Any] = {
        "SOPClassUID": EnhancedMRImageStorage,
        "SeriesInstanceUID": UID,
        "NumberOfFrames": len(order),
        "PixelData": stack.tobytes(),
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": groups if per_frame else None,
        **changes,
    }
    del header.PixelSpacing  # an enhanced object has it in its groups only
    for keyword, value in attributes.items():
        if value is not None:
            setattr(header, keyword, value)
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _item(**values: Any) -> Dataset:
    """A data set; a data set in it becomes a sequence of one."""
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, [value] if isinstance(value, Dataset) else value)
    return made


def compressed(data: bytes, syntax: str) -> bytes:
    """The same file under a transfer syntax that pydicom can write."""
    header = pydicom.dcmread(io.BytesIO(data))
    header.compress(syntax, generate_instance_uid=False)
    return _saved(header)


def as_jpeg(data: bytes) -> bytes:
    """A file of 8 bits with a JPEG frame inside: `ramp()`, whatever its pixels were."""
    header = pydicom.dcmread(io.BytesIO(data))
    header.PixelData = encapsulate([grey("JPEG", quality=98)])
    header["PixelData"].VR = "OB"
    header.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return _saved(header)


def as_lossless_jpeg(data: bytes, folder: Path, *, first_order: bool = True) -> bytes:
    """The same file as JPEG Lossless, by GDCM: pydicom has no encoder for it."""
    before, after = folder / "before.dcm", folder / "after.dcm"
    before.write_bytes(data)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(before))
    assert reader.Read()
    kind = gdcm.TransferSyntax.JPEGLosslessProcess14_1
    if not first_order:
        kind = gdcm.TransferSyntax.JPEGLosslessProcess14
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(kind))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(after))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return after.read_bytes()


def _saved(header: Dataset) -> bytes:
    stream = io.BytesIO()
    header.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
