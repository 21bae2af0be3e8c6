"""Scans to read, and no weight files needed."""

import os
from pathlib import Path

import pytest

from ml.models import registry
from tests.ml.batch.inbox import write_picture
from tests.ml.fakes import published


@pytest.fixture(autouse=True)
def _no_weight_files(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "published", published)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Six scans in three folders, one of them without an extension, beside other files."""
    folder = tmp_path / "inbox"
    for index, name in enumerate(
        ["b.png", "a.png", "deep/er/a.png", "deep/IM0001", "deep/z.PNG", "other/1.2.840.113"]
    ):
        write_picture(folder / name, 96 + 8 * index)
    (folder / "notes.txt").write_text("not a scan", encoding="utf-8")
    write_picture(folder / ".hidden.png")
    write_picture(folder / ".cache" / "c.png")
    return folder


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Twelve scans, one broken file and a name that is no text."""
    folder = tmp_path / "many"
    for number in range(12):
        write_picture(folder / f"{number:02}.png", 96 + number)
    (folder / "broken.png").write_bytes(b"broken")
    write_picture(folder / os.fsdecode(b"latin\xe9.png"))
    return folder
