"""Uploaded sets: what is unpacked, what is refused, and that nothing stays behind."""

import io
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from ml.datasets import archive
from ml.datasets.archive import unpacked_files, unpacked_zip
from ml.errors import SetRefused
from ml.io.limits import MAX_RATIO
from tests.ml.datasets.drawing import head


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the set is unpacked; every test must leave it empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def picture(seed: int = 0, side: int = 48) -> bytes:
    done, data = cv2.imencode(".png", head(seed, side))
    assert done
    return data.tobytes()


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], deflate: bool = True) -> bytes:
    memory = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(memory, "w", how) as file:
        for name, data in members:
            file.writestr(name, data)
    return memory.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(SetRefused) as caught, unpacked_zip(data):
        pass
    return str(caught.value)


def bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes whose header states side × side pixels."""
    header = struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_pictures_alone_are_unpacked_and_taken_away_again() -> None:
    data = zipped(
        ("set/train/glioma/a.png", picture()),
        ("set/train/notes.txt", b"not for us"),
        ("set/.hidden/b.png", picture(1)),
        ("__MACOSX/set/train/glioma/._a.png", picture(2)),
    )
    with unpacked_zip(data) as found:
        inside = [p.relative_to(found.folder).as_posix() for p in found.folder.rglob("*.*")]
        assert inside == ["set/train/glioma/a.png"]
        assert (found.folder / inside[0]).read_bytes() == picture()
        assert (found.pictures, found.left_out) == (1, ())
    assert not found.folder.exists()


def test_it_is_taken_away_when_the_work_fails() -> None:
    with pytest.raises(RuntimeError), unpacked_zip(zipped(("a/b.png", picture()))):
        raise RuntimeError


def test_backslashes_of_old_windows_archives_are_folders() -> None:
    with unpacked_zip(zipped(("train\\glioma\\a.png", picture()))) as found:
        assert (found.folder / "train" / "glioma" / "a.png").is_file()


@pytest.mark.parametrize(
    "name",
    [
        "../a.png",
        "glioma/../../a.png",
        "glioma\\..\\..\\a.png",
        "/etc/a.png",
        "\\\\host\\share\\a.png",
        "C:\\a.png",
        "c:a.png",
        "glioma/a\n.png",
        "../notes.txt",
    ],
)
def test_names_that_lead_out_are_refused(name: str, tmp_path: Path) -> None:
    message = refused(zipped(("glioma/fine.png", picture()), (name, picture())))
    assert "leads out of its folder" in message
    assert "a.png" not in message
    with pytest.raises(SetRefused), unpacked_files([(name, picture())]):
        pass
    assert not (tmp_path / "a.png").exists()


def test_a_name_cut_by_a_nul_is_refused() -> None:
    data = zipped(("glioma/a.png#.txt", picture()))
    assert "control characters" in refused(data.replace(b"a.png#.txt", b"a.png\0.txt"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(kind: int) -> None:
    link = zipfile.ZipInfo("glioma/link.png")
    link.create_system = 3
    link.external_attr = (kind | 0o777) << 16
    assert "link or a device" in refused(zipped(("glioma/a.png", picture()), (link, b"/etc")))


@pytest.mark.parametrize("name", ["inner.zip", "glioma/more.tar.gz", "x.RAR"])
def test_archives_within_are_refused(name: str) -> None:
    assert "archive within" in refused(zipped(("glioma/a.png", picture()), (name, b"PK")))


def test_an_archive_that_is_called_a_picture_is_left_out() -> None:
    data = zipped(("glioma/a.png", picture()), ("glioma/b.png", zipped(("c.png", picture()))))
    with unpacked_zip(data) as found:
        assert found.left_out == ("glioma/b.png",)
        assert not (found.folder / "glioma" / "b.png").exists()


def test_too_many_entries_are_refused_before_they_are_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = zipped(*((f"{number}.txt", b"") for number in range(4)))
    monkeypatch.setattr("ml.io.archive.MAX_MEMBERS", 3)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert "4 files and folders; at most 3" in refused(many)


def test_too_many_pictures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_SET_PICTURES", 1)
    members = [(f"glioma/{n}.png", picture(n)) for n in range(2)]
    assert "2 pictures; at most 1" in refused(zipped(*members))
    with pytest.raises(SetRefused, match="2 pictures"), unpacked_files(members):
        pass


def test_too_large_an_archive_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 100)
    assert "at most" in refused(zipped(("glioma/a.png", picture())))


def test_too_much_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_SET_BYTES", len(picture()))
    members = [("glioma/a.png", picture()), ("glioma/b.png", picture())]
    assert "MB unpacked" in refused(zipped(*members))
    with pytest.raises(SetRefused, match="MB unpacked"), unpacked_files(members):
        pass


def test_a_bomb_is_refused_by_its_ratio() -> None:
    data = zipped(("glioma/a.bmp", bytes(10**6)))
    assert len(data) * MAX_RATIO < 10**6
    assert "times the size of the archive" in refused(data)


def test_an_entry_gives_no_more_than_it_states() -> None:
    """A million bytes that state a hundred: neither the memory nor the disk sees the rest."""
    data = zipped(("glioma/a.bmp", np.random.default_rng(0).bytes(10**6)))
    lying = data.replace(struct.pack("<I", 10**6), struct.pack("<I", 100))
    assert lying != data
    assert "damaged" in refused(lying)


def test_a_picture_of_too_many_pixels_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Path] = []
    monkeypatch.setattr(archive, "decode_gray", decoded.append)
    with unpacked_zip(zipped(("glioma/big.png", bomb(20_000)), ("glioma/a.png", picture()))) as it:
        assert it.left_out == ("glioma/big.png",)
    assert [path.name for path in decoded] == ["a.png"]


def test_too_many_pixels_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_SET_PIXELS", 48 * 48)
    data = zipped(("glioma/a.png", picture()), ("glioma/b.png", picture(1)))
    assert "million pixels" in refused(data)


def test_a_damaged_picture_is_left_out_and_named() -> None:
    members = [("glioma/a.png", picture()), ("glioma/b.png", bomb(64)), ("glioma/c.jpg", b"")]
    with unpacked_files(members) as found:
        assert found.pictures + len(found.left_out) == 3
        assert "glioma/c.jpg" in found.left_out


def test_the_same_name_twice_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped(("glioma/a.png", picture()), ("glioma/a.png", picture(1)))
    assert "name comes twice" in refused(data)


def test_passwords_and_odd_compressions_are_refused() -> None:
    data = bytearray(zipped(("glioma/a.png", picture())))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    assert "password" in refused(bytes(data))
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("glioma/a.png", picture())
    assert "compression" in refused(memory.getvalue())


@pytest.mark.parametrize("data", [b"", b"PK", b"\x89PNG" + bytes(100)])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    assert "no zip archive" in refused(data)


def test_a_damaged_archive_is_refused() -> None:
    whole = zipped(("glioma/a.png", picture(side=160)))
    assert "no zip archive" in refused(whole[:-40])
    broken = bytearray(whole)
    broken[200] ^= 0xFF
    assert "damaged" in refused(bytes(broken))


def test_without_a_picture_it_is_refused() -> None:
    assert "holds no picture" in refused(zipped(("notes.txt", b"none"), ("glioma/", b"")))
    with pytest.raises(SetRefused, match="holds no picture"), unpacked_files([]):
        pass
