"""PNG, JPEG and TIFF → `Scan`.

Order of steps: header → size limits → kind of pixels → checksums (PNG) → decoding →
orientation tag → alpha → grey levels. Nothing is decoded before the first three have passed.
"""

import hashlib
import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from ml.errors import DamagedFile, UnsupportedPixels
from ml.io.codestream import check_scans
from ml.io.limits import ACCEPTED, MAX_LEVEL, check_size
from ml.io.window import percentile_window
from ml.results import DisplayWindow, FloatArray, Scan

PHANTOM_SOURCE: Final = "Sulcus phantom"
"""PNG "Software" text and DICOM ManufacturerModelName of pictures that `ml.phantom` drew."""

_OPENERS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    # The plugin classes, not Image.open: no other plugin can be reached by crafted bytes, and
    # the size is known before Pillow's own bomb check, whose message names no size.
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "TIFF": TiffImageFile,
}
_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
_EIGHT_BIT: Final = ("L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX")
_DEEP: Final = ("I;16", "I;16L", "I;16B", "I", "F")
_REFUSED_MODES: Final = {
    "1": "pure black and white (1 bit)",
    "CMYK": "in CMYK printing colours",
    "YCbCr": "in YCbCr colours",
    "LAB": "in CIELAB colours",
}
_ORIENTATION_TAG: Final = 0x0112  # Exif 2.32, 4.6.4.A, and TIFF 6.0 section 8: Orientation
_PHOTOMETRIC_TAG: Final = 262  # TIFF 6.0 section 8: PhotometricInterpretation, 0 = WhiteIsZero
_BITS_TAG: Final = 258  # TIFF 6.0 section 8: BitsPerSample
_STRIPS_TAG, _TILES_TAG = 273, 324  # TIFF 6.0 sections 8 and 15: StripOffsets, TileOffsets
_GREY_TOLERANCE: Final = 2  # levels between channels that JPEG rounding can put into a grey picture
_STRONG_COLOUR: Final = 40  # levels between channels that the eye cannot take for grey
_LUMINANCE: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # Rec. ITU-R BT.601-7, 2.5.1
_WITH_ALPHA: Final = ("LA", "La", "PA", "RGBA", "RGBa")
_BAND_PIXELS: Final = 1_000_000
_Channel = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
_FULL_8_BIT: Final = DisplayWindow(127.5, 255.0, "full range of an 8-bit picture")


def looks_like_raster(data: bytes) -> bool:
    """Whether the first bytes are those of a PNG, JPEG or TIFF."""
    return _format(data) is not None


def read_raster(data: bytes, content_hash: str = "") -> Scan:
    """Decode a PNG, JPEG or TIFF.

    Grey 8-bit and 16-bit (and finite 32-bit TIFF) pictures keep their levels. Colour becomes
    luminance, with a note unless the channels are equal. Transparency is laid over black. The
    Exif/TIFF orientation is applied.

    Args:
        data: the whole file, at most `ml.io.limits.MAX_BYTES`.
        content_hash: its SHA-256 where that is known already.

    Returns:
        A scan without spacing: a resolution in dots per inch is no distance in a patient.

    Raises:
        SizeOutOfBounds: see `ml.io.limits.check_size`.
        UnsupportedPixels: animated, several pages, 16-bit colour, CMYK, 1 bit, NaN.
        DamagedFile: truncated or corrupt.
    """
    kind = _format(data)
    if kind is None:
        raise DamagedFile(f"The file does not begin like a picture. {ACCEPTED}")
    opened = _open(data, kind)
    _refuse_pixels(data, kind, opened)
    _verify(data, kind)
    picture, notes = _load(opened, kind)
    simulated = opened.info.get("Software") == PHANTOM_SOURCE
    colour = 0.0
    if picture.mode in _DEEP:
        pixels, more, window = _deep(picture, kind, white_is_zero=_white_is_zero(opened))
    else:
        pixels, more, colour = _shallow(picture)
        window = _FULL_8_BIT
    return Scan(
        pixels=pixels,
        window=window,
        spacing_mm=None,
        format=kind,
        content_hash=content_hash or hashlib.sha256(data).hexdigest(),
        notes=(
            *notes,
            *more,
            f"A {kind} file states neither pixel spacing nor orientation: sizes are in pixels and "
            "no side is named.",
        ),
        simulated=simulated,
        colour=colour,
    )


def _format(data: bytes) -> str | None:
    return next((name for magic, name in _MAGIC if data.startswith(magic)), None)


def _damaged(kind: str) -> DamagedFile:
    return DamagedFile(
        f"The file begins as {kind} but is truncated or corrupt and cannot be decoded. "
        "Export or copy it again."
    )


def _open(data: bytes, kind: str) -> ImageFile.ImageFile:
    """Header only; then the size limits."""
    try:
        picture = _OPENERS[kind](io.BytesIO(data))
        columns, rows = picture.size
    except Exception as error:  # Pillow's parsers raise nearly anything on corrupt bytes
        if kind == "TIFF" and "unknown pixel mode" in str(error):
            raise UnsupportedPixels(
                "The TIFF has a pixel layout that is not read. Accepted are greyscale of 8, 16 or "
                "32 bits and 8-bit RGB: save it as one of these."
            ) from error
        raise _damaged(kind) from error
    check_size(rows, columns)
    if kind == "JPEG":
        check_scans(data, rows * columns)
    elif isinstance(picture, TiffImageFile) and "jpeg" in str(picture.info.get("compression")):
        parts = picture.tag_v2.get(_STRIPS_TAG) or picture.tag_v2.get(_TILES_TAG) or ()
        check_scans(data, rows * columns // max(1, len(parts)))  # a JPEG each
    return picture


def _refuse_pixels(data: bytes, kind: str, picture: ImageFile.ImageFile) -> None:
    if _several_frames(picture):
        raise UnsupportedPixels(
            f"The {kind} is animated or has several pages; one slice a file is read. "
            "Export the slice that you want read as a picture of its own."
        )
    if _is_deep_colour(data, kind, picture):
        raise UnsupportedPixels(
            f"The {kind} has 16 bits for each of several channels (colour or transparency). "
            "Accepted are greyscale of 8 or 16 bits and 8-bit RGB: save it as greyscale."
        )
    if picture.mode not in _EIGHT_BIT + _DEEP:
        found = _REFUSED_MODES.get(picture.mode, "in a colour space that is not read")
        raise UnsupportedPixels(
            f"The {kind} is {found}. Accepted are greyscale of 8 or 16 bits and 8-bit RGB: "
            "save it as greyscale."
        )


def _several_frames(picture: ImageFile.ImageFile) -> bool:
    # Not n_frames: for a TIFF that walks through every directory of a crafted file.
    if isinstance(picture, TiffImageFile):
        try:
            picture.seek(1)
        except EOFError:
            return False
        except Exception as error:  # a directory offset that points nowhere
            raise _damaged("TIFF") from error
        return True
    return bool(getattr(picture, "is_animated", False))


def _is_deep_colour(data: bytes, kind: str, picture: ImageFile.ImageFile) -> bool:
    """Pillow would silently cut these to 8 bits."""
    if kind == "PNG":
        depth, colour_type = data[24], data[25]  # PNG 3rd edition, 11.2.1 IHDR
        return depth == 16 and colour_type != 0
    if isinstance(picture, TiffImageFile):
        bits = picture.tag_v2.get(_BITS_TAG, (1,))
        return len(bits) > 1 and max(bits) > 8
    return False


def _verify(data: bytes, kind: str) -> None:
    """Chunk checksums of a PNG: decoding alone would show flipped bits as picture."""
    if kind != "PNG":
        return
    try:
        PngImageFile(io.BytesIO(data)).verify()
    except Exception as error:  # see _open
        raise _damaged(kind) from error


def _load(picture: ImageFile.ImageFile, kind: str) -> tuple[Image.Image, tuple[str, ...]]:
    """Decode and turn upright."""
    try:
        turned = picture.getexif().get(_ORIENTATION_TAG, 1) not in (0, 1)
        picture.load()
        upright: Image.Image = ImageOps.exif_transpose(picture)
    except Exception as error:  # see _open
        raise _damaged(kind) from error
    notes = ("Turned upright as the file's orientation tag asks.",) if turned else ()
    return upright, notes


def _white_is_zero(picture: ImageFile.ImageFile) -> bool:
    tags = picture.tag_v2 if isinstance(picture, TiffImageFile) else {}
    return tags.get(_PHOTOMETRIC_TAG) == 0


def _deep(
    picture: Image.Image, kind: str, *, white_is_zero: bool
) -> tuple[FloatArray, tuple[str, ...], DisplayWindow]:
    pixels = np.asarray(picture).astype(np.float32)
    if not np.isfinite(pixels).all() or np.abs(pixels).max() > MAX_LEVEL:
        raise UnsupportedPixels(
            f"The {kind} holds values that are not numbers (NaN, infinite) or are beyond "
            f"±{MAX_LEVEL:.0e}. Accepted are finite grey levels: save it as 16-bit greyscale."
        )
    depth = "16-bit" if picture.mode.startswith("I;16") else "32-bit"
    notes = [f"{depth} greyscale, read at full depth."]
    if white_is_zero:
        # Pillow inverts such pictures only up to 8 bits.
        pixels = pixels.max() + pixels.min() - pixels
        notes.append("Stored with white as zero: inverted.")
    return pixels, tuple(notes), percentile_window(pixels)


@dataclass(frozen=True)
class _Band:
    """Some rows of a picture of 8 bits.

    Attributes:
        grey: levels (h, W).
        coloured: pixels that are not grey.
        strong: pixels that are strongly coloured.
        transparent: there is anything to see through.
    """

    grey: FloatArray
    coloured: int
    strong: int
    transparent: bool


def _shallow(picture: Image.Image) -> tuple[FloatArray, tuple[str, ...], float]:
    """Grey levels, notes, and the share of strongly coloured pixels."""
    if picture.mode == "L" and "transparency" not in picture.info:
        return np.asarray(picture).astype(np.float32), (), 0.0
    # Band by band: as numbers the channels take ten times what the picture does.
    steps = range(0, picture.height, max(1, _BAND_PIXELS // picture.width))
    bands = [_band(picture, top, min(top + steps.step, picture.height)) for top in steps]
    notes = []
    if any(one.transparent for one in bands):
        notes.append("Transparent parts were laid over black.")
    size = picture.width * picture.height
    share = sum(one.coloured for one in bands) / size
    if share:
        percent = f"{share:.0%}" if share >= 0.01 else "under 1%"
        notes.append(
            f"A colour picture ({percent} of its pixels are not grey): read as luminance. MR "
            "slices are grey; colour may be an overlay, a colour map or a photograph."
        )
    strong = sum(one.strong for one in bands) / size
    return np.concatenate([one.grey for one in bands]), tuple(notes), strong


def _band(picture: Image.Image, top: int, bottom: int) -> _Band:
    rows = picture.crop((0, top, picture.width, bottom))
    if picture.mode not in _WITH_ALPHA and "transparency" not in picture.info:
        red, green, blue = (np.asarray(one) for one in rows.convert("RGB").split())
        return _grey(red, green, blue, transparent=False)
    *colours, alpha = (np.asarray(one) for one in rows.convert("RGBA").split())
    share = alpha.astype(np.float32) / np.float32(255)
    red, green, blue = (one * share for one in colours)
    return _grey(red, green, blue, transparent=bool((alpha < 255).any()))


def _grey(red: _Channel, green: _Channel, blue: _Channel, *, transparent: bool) -> _Band:
    """Three channels (h, W) as luminance; where they are equal, as they are."""
    highest = np.maximum(np.maximum(red, green), blue)
    spread = highest - np.minimum(np.minimum(red, green), blue)
    if not spread.any():
        return _Band(red.astype(np.float32), 0, 0, transparent)
    luminance = _LUMINANCE[0] * red + _LUMINANCE[1] * green + _LUMINANCE[2] * blue
    coloured, strong = ((spread > most).sum() for most in (_GREY_TOLERANCE, _STRONG_COLOUR))
    return _Band(luminance, int(coloured), int(strong), transparent)
