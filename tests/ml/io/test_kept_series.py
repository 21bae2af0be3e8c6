"""A series that a reader keeps comes back as it was, and holds no header."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from ml.errors import DamagedFile
from ml.io.kept_series import pack_series, reopened
from ml.io.series import find_series
from tests.ml.io.pictures import SECRET
from tests.ml.io.series_files import UID, enhanced, series, zipped


def test_a_kept_series_comes_back_as_it_was() -> None:
    files = series(4)
    found = find_series(files).series[0]
    volume = found.read()
    kept = reopened(pack_series(volume), found.content_hash)
    assert (kept.content_hash, kept.slices, kept.shape) == (found.content_hash, 4, found.shape)
    assert (kept.plane, kept.modality, kept.format) == ("axial", "MR", "DICOM")
    assert not kept.files, "its header is gone"
    back = kept.read()
    for one, other in zip(back.slices, volume.slices, strict=True):
        assert one.pixels.dtype == np.float32
        np.testing.assert_array_equal(one.pixels, other.pixels)
        assert replace(one, pixels=other.pixels) == other
    assert replace(back, slices=volume.slices, series_key=volume.series_key) == volume


def test_levels_that_are_no_whole_numbers_come_back_too() -> None:
    found = find_series([enhanced((2, 0, 1), RescaleSlope=None)]).series[0]
    volume = found.read()
    halves = [replace(one, pixels=one.pixels + np.float32(0.3)) for one in volume.slices]
    volume = replace(volume, slices=tuple(halves))
    back = reopened(pack_series(volume), found.content_hash).read()
    for one, other in zip(back.slices, volume.slices, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_nothing_of_the_header_is_written() -> None:
    files = series(2)
    assert all(SECRET.encode() in data for data in files)
    with zipfile.ZipFile(io.BytesIO(pack_series(find_series(files).series[0].read()))) as archive:
        said = b"".join(archive.read(name) for name in archive.namelist())
    assert SECRET.encode() not in said
    assert UID.encode() not in said


def test_files_as_they_came_are_a_kept_series_too() -> None:
    found = find_series(series(3)).series[0]
    again = reopened(zipped(found.files.values()), found.content_hash)
    assert again.content_hash == found.content_hash
    assert set(again.files) == set(found.files)


@pytest.mark.parametrize("part", [slice(0, 400), slice(40, None), slice(0, 0)])
def test_what_is_not_whole_is_refused(part: slice) -> None:
    data = pack_series(find_series(series(2)).series[0].read())
    with pytest.raises(DamagedFile, match="kept"):
        reopened(data[part], "0" * 64)


def test_a_slice_that_is_missing_or_of_another_size_is_refused() -> None:
    found = find_series(series(3)).series[0]
    with zipfile.ZipFile(io.BytesIO(pack_series(found.read()))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    memory = io.BytesIO()
    np.save(memory, np.zeros((9, 9), np.float32))
    for broken in (None, memory.getvalue(), b"\x93NUMPY"):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, content in members.items():
                said = broken if name == "0001.npy" else content
                if said is not None:
                    archive.writestr(name, said)
        with pytest.raises(DamagedFile, match="kept"):
            reopened(stream.getvalue(), found.content_hash).read()


def test_another_series_than_the_one_asked_for_is_not_opened() -> None:
    with pytest.raises(DamagedFile, match="kept"):
        reopened(zipped(series(2)), "0" * 64)
