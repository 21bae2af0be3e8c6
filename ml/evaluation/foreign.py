"""Pictures that are no brain MRI, for the gate: what installed packages hold, and what code draws.

Everything comes out of packages in requirements.txt (scikit-learn, pydicom, nibabel) without a
download, or is drawn (`ml.evaluation.foreign_drawings`). Crops, flips and windows of one picture
share a group, and so do all drawings of a kind. Validation and test share no picture; more than
half of the test's kinds are its own. Every picture takes the way of an upload: the bytes of a PNG
file, then `ml.io.read_scan`.

Not used: scikit-image and matplotlib are not among the requirements; the pictures of
`scipy.datasets` have to be downloaded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.counterfactual.seeds import seeded
from ml.errors import MetricsError
from ml.evaluation.foreign_drawings import BOTH, TEST, VALIDATION, Draw
from ml.io import read_scan
from ml.preprocess import normalise
from ml.results import Scan

__all__ = ["Foreign", "dicom_pixels", "foreign_pictures", "nibabel_volume", "scan_of"]

Drawn = npt.NDArray[np.uint8]
DRAWN_EACH: Final[int] = 12
"""Drawings of each kind in a part."""
VARIANTS: Final[int] = 6
"""Crops and flips of each view of a packaged picture."""
CT_WINDOWS: Final[tuple[tuple[float, float], ...]] = ((40, 80), (40, 400), (500, 2000))
"""(centre, width) in Hounsfield units: brain, soft tissue, bone."""


@dataclass(frozen=True)
class Foreign:
    """One picture that is tried on the gate.

    Attributes:
        id: name of the picture, its source first.
        kind: what it shows, in words.
        group: pictures of one source, and drawings of one kind, share it.
        part: "validation" or "test".
        scan: what the decoder makes of it.
    """

    id: str
    kind: str
    group: str
    part: str
    scan: Scan


@dataclass(frozen=True)
class _Source:
    """A packaged picture: where it is used, and its views (uint8, grey or colour)."""

    name: str
    kind: str
    part: str
    views: Callable[[], Sequence[Drawn]]


def foreign_pictures() -> Iterator[Foreign]:
    """All of them, always the same, packaged ones first.

    Raises:
        MetricsError: a package does not hold a picture that it ships.
    """
    for source in SOURCES:
        for number, view in enumerate(source.views()):
            rng = seeded(source.name, str(number))
            for variant in range(VARIANTS):
                name = f"{source.name}#{number}.{variant}"
                scan = scan_of(view if variant == 0 else _variant(view, rng))
                yield Foreign(name, source.kind, source.name, source.part, scan)
    yield from _digits()
    for part, kinds in (("validation", VALIDATION), ("test", TEST)):
        yield from _drawings(part, {**kinds, **BOTH})


def scan_of(picture: npt.NDArray[Any]) -> Scan:
    """A picture, (H, W) uint8 or uint16 or (H, W, 3) uint8 RGB, as an upload of it is read.

    Raises:
        MetricsError: it cannot be encoded.
    """
    written, data = cv2.imencode(".png", picture[..., ::-1] if picture.ndim == 3 else picture)
    if not written:
        raise MetricsError("OpenCV could not encode a picture as PNG")
    return read_scan(data.tobytes())


def dicom_pixels(name: str) -> npt.NDArray[Any]:
    """Stored values of one of pydicom's test files, rescaled as its header says.

    Raises:
        MetricsError: the installed pydicom does not hold it.
    """
    import pydicom
    from pydicom.data import get_testdata_file

    file = get_testdata_file(name, download=False)
    if file is None:
        raise MetricsError(f"pydicom does not hold {name}; install the version in requirements.txt")
    found = pydicom.dcmread(str(file), force=True)
    slope, intercept = found.get("RescaleSlope", 1), found.get("RescaleIntercept", 0)
    pixels: npt.NDArray[Any] = found.pixel_array
    return pixels if pixels.ndim == 3 else pixels.astype(np.float32) * slope + intercept


def nibabel_volume(name: str) -> npt.NDArray[Any]:
    """Values of one of nibabel's test volumes (columns, rows, slices, …).

    Raises:
        MetricsError: the installed nibabel does not hold it.
    """
    import nibabel

    file = Path(nibabel.__file__).parent / "tests" / "data" / name
    if not file.is_file():
        raise MetricsError(f"nibabel does not hold {name}; install the version in requirements.txt")
    stored: Any = nibabel.load(file)
    values = np.asarray(stored.dataobj).copy()
    opened = stored.dataobj.file_like
    if hasattr(opened, "close"):  # a PAR/REC volume keeps its file open
        opened.close()
    return values


def _photograph(name: str) -> list[Drawn]:
    from sklearn.datasets import load_sample_image

    picture = np.asarray(load_sample_image(name), np.uint8)
    return [picture, np.asarray(picture @ np.array([0.299, 0.587, 0.114]), np.uint8)]


def _ct(name: str) -> list[Drawn]:
    """A CT slice through each of `CT_WINDOWS`, and in its whole range."""
    units = dicom_pixels(name)
    views = [
        np.asarray(np.clip((units - centre) / width + 0.5, 0, 1) * 255, np.uint8)
        for centre, width in CT_WINDOWS
    ]
    return [*views, _eight_bit(units)]


def _plain(name: str) -> list[Drawn]:
    """A grey DICOM picture in its whole range, or a colour one in colour and in grey."""
    pixels = dicom_pixels(name)
    if pixels.ndim == 2:
        return [_eight_bit(pixels)]
    colour = np.asarray(pixels, np.uint8)
    return [colour, np.asarray(colour.mean(axis=-1), np.uint8)]


def _phantom() -> list[Drawn]:
    """Slices of an oil phantom in an MR scanner: MRI, but of no brain."""
    volume = nibabel_volume("phantom_EPI_asc_CLEAR_2_1.PAR")
    slices = [_eight_bit(np.rot90(volume[:, :, z, 0])) for z in range(0, volume.shape[2], 4)]
    return [one for one in slices if one.any()]


def _eight_bit(values: npt.NDArray[Any]) -> Drawn:
    return np.asarray(normalise(values) * 255.0, np.uint8)


SOURCES: Final[tuple[_Source, ...]] = (
    _Source("china.jpg", "photograph", "validation", lambda: _photograph("china.jpg")),
    _Source("flower.jpg", "photograph", "test", lambda: _photograph("flower.jpg")),
    _Source("CT_small.dcm", "CT of a trunk", "validation", lambda: _ct("CT_small.dcm")),
    _Source("693_J2KI.dcm", "CT of a head", "validation", lambda: _ct("693_J2KI.dcm")),
    _Source(
        "J2K_pixelrep_mismatch.dcm",
        "CT of a head",
        "test",
        lambda: _ct("J2K_pixelrep_mismatch.dcm"),
    ),
    _Source(
        "examples_rgb_color.dcm",
        "ultrasound",
        "validation",
        lambda: _plain("examples_rgb_color.dcm"),
    ),
    _Source("examples_palette.dcm", "ultrasound", "test", lambda: _plain("examples_palette.dcm")),
    _Source("ExplVR_BigEnd.dcm", "ultrasound", "test", lambda: _plain("ExplVR_BigEnd.dcm")),
    _Source(
        "MR_small.dcm", "MRI of another body part", "validation", lambda: _plain("MR_small.dcm")
    ),
    _Source(
        "examples_overlay.dcm",
        "MRI of another body part",
        "test",
        lambda: _plain("examples_overlay.dcm"),
    ),
    _Source("JPEG2000.dcm", "bone scan", "test", lambda: _plain("JPEG2000.dcm")),
    _Source(
        "SC_rgb_dcmtk_+eb+cr.dcm",
        "test pattern",
        "validation",
        lambda: _plain("SC_rgb_dcmtk_+eb+cr.dcm"),
    ),
    _Source("image_dfl.dcm", "test pattern", "test", lambda: _plain("image_dfl.dcm")),
    _Source("phantom_EPI.PAR", "MRI of an oil phantom", "test", _phantom),
)


def _variant(view: Drawn, rng: np.random.Generator) -> Drawn:
    """A flip or quarter turn of a part of a picture, 55 to 100 % of its sides."""
    rows, columns = view.shape[:2]
    share = rng.uniform(0.55, 1.0)
    high, wide = max(32, round(share * rows)), max(32, round(share * columns))
    high, wide = min(high, 3 * wide), min(wide, 3 * high)  # a strip would not be read at all
    top, left = int(rng.integers(0, rows - high + 1)), int(rng.integers(0, columns - wide + 1))
    part = view[top : top + high, left : left + wide]
    part = part[:, ::-1] if rng.random() < 0.5 else part
    return np.ascontiguousarray(np.rot90(part, int(rng.integers(0, 4))))


def _digits() -> Iterator[Foreign]:
    """Handwritten digits of scikit-learn, enlarged: 0 to 4 for validation, the others for test."""
    from sklearn.datasets import load_digits

    found = load_digits()
    for digit in range(10):
        part = "validation" if digit < 5 else "test"
        for number in np.flatnonzero(found.target == digit)[:4].tolist():
            small = np.asarray(found.images[number] * 15.9, np.uint8)
            picture = cv2.resize(small, (192, 192), interpolation=cv2.INTER_CUBIC)
            name = f"digits/{number}"
            yield Foreign(name, "handwritten digit", "digits", part, scan_of(np.asarray(picture)))


def _drawings(part: str, kinds: Mapping[str, Draw]) -> Iterator[Foreign]:
    for kind, draw in kinds.items():
        for number in range(DRAWN_EACH):
            name = f"drawn/{kind}/{part}/{number}"
            yield Foreign(name, kind, f"drawn/{kind}", part, scan_of(draw(seeded(name))))
