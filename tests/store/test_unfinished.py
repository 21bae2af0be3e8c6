"""Files are there whole and on the disk, or not at all."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from app.store import unfinished
from app.store.pictures import Pictures
from app.store.places import places, secret
from app.store.unfinished import PREFIX, folder_in, sweep, write_whole
from ml.errors import StoreError


def test_a_file_is_flushed_before_it_gets_its_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    flush, rename = os.fsync, Path.replace

    def flushed(handle: int) -> None:
        steps.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        flush(handle)

    def replaced(file: Path, to: Path) -> Path:
        steps.append("named")
        return rename(file, to)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", replaced)
    write_whole(tmp_path / "file", b"new")
    assert steps == ["file", "named", tmp_path.name]
    assert oct((tmp_path / "file").stat().st_mode)[-3:] == "600"
    steps.clear()
    prepared = places({"SULCUS_HOME": str(tmp_path / "home")})
    prepared.home.mkdir()
    secret(prepared)
    assert steps == ["secret", "home"]


def test_what_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"old")

    def refuse(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "file", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"
    with pytest.raises(StoreError, match=r"No space.*has room"):
        Pictures(tmp_path / "pictures", 30).keep_bytes("a" * 64, b"new")
    assert list((tmp_path / "pictures").iterdir()) == []


def test_only_what_nobody_writes_any_more_is_swept(tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}killed"
    left.mkdir()
    (left / "part").write_bytes(b"half")
    with folder_in(tmp_path) as mine:
        assert sweep(tmp_path) == 1
        assert list(tmp_path.iterdir()) == [mine]
    assert sweep(tmp_path) == 0
    assert sweep(tmp_path / "absent") == 0


def test_a_folder_that_is_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = unfinished.tempfile.mkdtemp, []

    def swept(**options: Any) -> str:
        made.append(make(**options))
        if len(made) == 1:
            sweep(tmp_path)
        return made[-1]

    monkeypatch.setattr(unfinished.tempfile, "mkdtemp", swept)
    write_whole(tmp_path / "file", b"whole")
    assert len(made) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
