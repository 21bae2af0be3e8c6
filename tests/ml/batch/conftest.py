"""Scans to read, and no weight files needed."""

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
