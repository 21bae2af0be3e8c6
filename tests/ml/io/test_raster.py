import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from ml.errors import DamagedFile, EmptyFile, SizeOutOfBounds, UnknownFormat, UnsupportedPixels
from ml.io import read_scan
from tests.ml.io.pictures import encode, grey, ramp


def png_chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def png_header(columns: int, rows: int, depth: int = 8, colour: int = 0) -> bytes:
    ihdr = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", ihdr)


def bare_png(columns: int, rows: int, depth: int, colour: int, row_bytes: int) -> bytes:
    body = zlib.compress((b"\0" + b"\x80" * row_bytes) * rows)
    return (
        png_header(columns, rows, depth, colour)
        + png_chunk(b"IDAT", body)
        + png_chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_comes_back_exactly(kind):
    data = grey(kind)
    scan = read_scan(data)
    np.testing.assert_array_equal(scan.pixels, ramp())
    assert scan.pixels.dtype == np.float32
    assert scan.format == kind
    assert scan.content_hash == hashlib.sha256(data).hexdigest()
    assert (scan.window.center, scan.window.width) == (127.5, 255.0)
    assert scan.spacing_mm is None
    assert not scan.simulated


def test_jpeg_comes_back_within_its_loss():
    scan = read_scan(grey("JPEG", quality=95))
    assert scan.format == "JPEG"
    assert np.abs(scan.pixels - ramp()).max() < 8


def test_resolution_in_dpi_is_no_spacing():
    scan = read_scan(grey(dpi=(300, 300)))
    assert scan.spacing_mm is None
    assert "neither pixel spacing nor orientation" in scan.notes[-1]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_equal_channels_are_grey_without_a_note_about_colour(kind):
    picture = Image.fromarray(ramp().astype(np.uint8)).convert("RGB")
    scan = read_scan(encode(picture, kind))
    np.testing.assert_array_equal(scan.pixels, ramp())
    assert not any("colour" in n for n in scan.notes)


def test_colour_becomes_luminance_with_a_note():
    rgb = np.zeros((40, 40, 3), np.uint8)
    rgb[:, :20] = (255, 0, 0)
    scan = read_scan(encode(Image.fromarray(rgb), "PNG"))
    assert scan.pixels[0, 0] == pytest.approx(0.299 * 255, abs=1e-3)
    assert scan.pixels[0, 39] == 0
    assert any("50% of its pixels are not grey" in n for n in scan.notes)
    assert scan.colour == 0.5
    faint = np.full((40, 40, 3), (100, 110, 120), np.uint8)
    assert read_scan(encode(Image.fromarray(faint), "PNG")).colour == 0.0


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_parts_lie_over_black(mode):
    picture = Image.fromarray(np.full((40, 40), 200, np.uint8)).convert(mode)
    alpha = np.full((40, 40), 255, np.uint8)
    alpha[:, :20] = 0
    picture.putalpha(Image.fromarray(alpha))
    scan = read_scan(encode(picture, "PNG"))
    assert scan.pixels[0, 0] == 0
    assert scan.pixels[0, 39] == 200
    assert "Transparent parts were laid over black." in scan.notes


def test_opaque_alpha_is_not_worth_a_note():
    scan = read_scan(encode(Image.fromarray(ramp().astype(np.uint8)).convert("RGBA"), "PNG"))
    np.testing.assert_array_equal(scan.pixels, ramp())
    assert not any("Transparent" in n for n in scan.notes)


def test_palette_is_looked_up():
    picture = Image.fromarray((ramp() // 128).astype(np.uint8), mode=None)
    indexed = Image.new("P", picture.size)
    indexed.putdata(list(picture.tobytes()))
    indexed.putpalette([10, 10, 10, 90, 90, 90] + [0] * 762)
    scan = read_scan(encode(indexed, "PNG"))
    np.testing.assert_array_equal(scan.pixels, np.where(ramp() // 128 == 0, 10, 90))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_orientation_tag_is_applied(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # the stored picture must be turned 90° clockwise
    options = {"quality": 98} if kind == "JPEG" else {}
    scan = read_scan(grey(kind, exif=exif.tobytes() if kind != "TIFF" else exif, **options))
    assert scan.shape == (64, 48)
    assert np.abs(scan.pixels - np.rot90(ramp(), -1)).max() < 8
    assert any("upright" in n for n in scan.notes)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_depth(kind):
    deep = ramp(top=4095).astype(np.uint16)
    scan = read_scan(encode(Image.fromarray(deep), kind))
    np.testing.assert_array_equal(scan.pixels, deep)
    assert "16-bit greyscale, read at full depth." in scan.notes
    assert scan.window.source == "1–99 percentile"
    assert 0 < scan.window.center < 4095


def test_white_is_zero_is_inverted():
    deep = ramp(top=4095).astype(np.uint16)
    scan = read_scan(encode(Image.fromarray(deep), "TIFF", tiffinfo={262: 0}))
    np.testing.assert_array_equal(scan.pixels, 4095 - deep.astype(np.float32))
    assert any("inverted" in n for n in scan.notes)


def test_finite_float_tiff_is_read():
    values = ramp().astype(np.float32) / 7
    scan = read_scan(encode(Image.fromarray(values), "TIFF"))
    np.testing.assert_array_equal(scan.pixels, values)


def test_blank_picture_has_a_usable_window():
    scan = read_scan(encode(Image.fromarray(np.full((40, 40), 7, np.uint16)), "PNG"))
    assert scan.window.width > 0


def test_own_phantom_is_marked_simulated():
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Sulcus phantom")
    assert read_scan(grey(pnginfo=info)).simulated


def animated(kind: str) -> bytes:
    first, second = Image.fromarray(ramp().astype(np.uint8)), Image.new("L", (64, 48), 9)
    return encode(first, kind, save_all=True, append_images=[second])


def deep_colour_tiff() -> bytes:
    """16-bit RGB, uncompressed, which Pillow cannot write."""
    rows = columns = 40
    entries = [
        (256, 3, 1, columns),
        (257, 3, 1, rows),
        (258, 3, 3, 8 + 2 + 9 * 12 + 4),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 200),
        (277, 3, 1, 3),
        (278, 3, 1, rows),
        (279, 4, 1, rows * columns * 6),
    ]
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    body = b"".join(struct.pack("<HHII", *e) for e in entries) + b"\0" * 4
    return (head + body + struct.pack("<3H", 16, 16, 16)).ljust(200, b"\0") + bytes(
        rows * columns * 6
    )


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        (b"", EmptyFile, "The file is empty (0 bytes). Accepted are PNG, JPEG, TIFF"),
        (b"not a scan\n" * 9, UnknownFormat, "The file is text, not a picture."),
        (bytes(range(200)), UnknownFormat, "of a format that is not known here"),
        (b"%PDF-1.7 " + bytes(200), UnknownFormat, "a PDF document"),
        (b"\x1f\x8b\x08" + bytes(200), UnknownFormat, "perhaps a NIfTI volume"),
        (bytes(344) + b"n+1\0" + bytes(99), UnknownFormat, "a NIfTI volume"),
        (animated("GIF"), UnknownFormat, "a GIF picture"),
        (grey("BMP"), UnknownFormat, "a BMP picture"),
        (grey("WEBP"), UnknownFormat, "a WebP picture"),
        (animated("PNG"), UnsupportedPixels, "The PNG is animated or has several pages"),
        (animated("TIFF"), UnsupportedPixels, "The TIFF is animated or has several pages"),
        (bare_png(40, 40, 16, 2, 240), UnsupportedPixels, "16 bits for each of several channels"),
        (bare_png(40, 40, 16, 4, 160), UnsupportedPixels, "16 bits for each of several channels"),
        (deep_colour_tiff(), UnsupportedPixels, "16 bits for each of several channels"),
        (bare_png(40, 40, 1, 0, 5), UnsupportedPixels, "pure black and white (1 bit)"),
        (
            encode(Image.new("CMYK", (40, 40)), "JPEG"),
            UnsupportedPixels,
            "The JPEG is in CMYK printing colours. Accepted are greyscale",
        ),
        (
            encode(Image.fromarray(np.full((40, 40), np.nan, np.float32)), "TIFF"),
            UnsupportedPixels,
            "values that are not numbers",
        ),
        (bare_png(1, 1, 8, 0, 1), SizeOutOfBounds, "The picture is 1 × 1 pixels; each side must"),
        (bare_png(20000, 20000, 8, 0, 4), SizeOutOfBounds, "20000 × 20000 pixels; at most 8192"),
        (bare_png(8000, 8000, 8, 0, 4), SizeOutOfBounds, "40 million"),
        (bare_png(400, 40, 8, 0, 400), SizeOutOfBounds, "400 × 40 pixels; one side may be"),
        (
            b"\x89PNG\r\n\x1a\n" + bytes(51 * 2**20),
            SizeOutOfBounds,
            "The file has 51 MB; at most 50",
        ),
        (grey()[:-40], DamagedFile, "begins as PNG but is truncated or corrupt"),
        (grey()[:10], DamagedFile, "begins as PNG but is truncated or corrupt"),
        (grey("JPEG")[:-300], DamagedFile, "begins as JPEG but is truncated or corrupt"),
        (grey("TIFF")[:-600], DamagedFile, "begins as TIFF but is truncated or corrupt"),
        (b"\x89PNG\r\n\x1a\nhello" * 9, DamagedFile, "begins as PNG but is truncated or corrupt"),
    ],
)
def test_refusals_say_what_was_found(data, error, sentence):
    with pytest.raises(error) as refusal:
        read_scan(data)
    assert type(refusal.value) is error
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_a_flipped_bit_in_the_pixels_of_a_png_is_noticed():
    data = bytearray(grey())
    data[data.index(b"IDAT") + 30] ^= 1
    with pytest.raises(DamagedFile, match="truncated or corrupt"):
        read_scan(bytes(data))


def test_refusing_twenty_thousand_squared_decodes_nothing(monkeypatch):
    """The size is refused from the header: no decoder is ever called."""

    def fail(self):
        raise AssertionError("decoded before the size was checked")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", fail)
    data = bare_png(20000, 20000, 8, 0, 4)
    with pytest.raises(SizeOutOfBounds):
        read_scan(data)


def test_the_name_of_the_format_is_not_asked():
    """A JPEG is a JPEG whatever it was called: read_scan is given bytes only."""
    assert read_scan(io.BytesIO(grey("JPEG")).getvalue()).format == "JPEG"
