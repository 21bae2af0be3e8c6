"""Nothing to read, loops, odd names, folders that cannot be listed."""

import os
from pathlib import Path

import pytest

from ml.batch import main, run
from ml.io.files import find
from tests.ml.batch.inbox import Counting, rows_of, write_picture
from tests.ml.fakes import FakeEngine


def test_no_file_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    assert main([str(tmp_path / "empty"), "--out", str(out)], engine=FakeEngine()) == 1
    assert "No file found" in capsys.readouterr().err
    assert not out.exists()
    assert main([str(tmp_path / "typo"), "--out", str(out)], engine=FakeEngine()) == 1
    assert [row["status"] for row in rows_of(out)] == ["failed"]


def test_missing_weights_stop_the_run_before_it_writes(
    inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    assert main([str(inbox), "--out", str(out)], engine=FakeEngine(missing=True)) == 2
    assert "make train" in capsys.readouterr().err
    assert not out.exists()


def test_an_output_folder_that_cannot_be_made(inbox: Path, tmp_path: Path):
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    assert main([str(inbox), "--out", str(tmp_path / "out")], engine=FakeEngine()) == 2


def test_output_inside_the_input_is_not_read(inbox: Path):
    out = inbox / "result"
    run([str(inbox)], out, FakeEngine(), progress=False)
    run([str(inbox)], out, FakeEngine(), progress=False)
    assert len(rows_of(out)) == 6


def test_a_file_named_twice_is_read_once(inbox: Path, tmp_path: Path):
    paths = [str(inbox / "b.png"), str(inbox), str(inbox / "deep"), str(inbox / "." / "b.png")]
    assert len(list(find(paths, tmp_path / "out"))) == 6
    assert next(find(paths, tmp_path / "out")) == str(inbox / "b.png")


def test_relative_paths_stay_as_given(inbox: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(inbox.parent)
    assert next(find(["./inbox/"], tmp_path / "out")) == "./inbox/a.png"
    assert next(find(["inbox"], tmp_path / "out")) == os.path.join("inbox", "a.png")  # noqa: PTH118


def test_a_loop_of_links_ends(inbox: Path, tmp_path: Path):
    (inbox / "deep" / "loop").symlink_to(inbox, target_is_directory=True)
    assert len(list(find([str(inbox)], tmp_path / "out"))) == 6


def test_a_folder_that_cannot_be_listed_is_a_row(inbox: Path, tmp_path: Path, monkeypatch):
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    run([str(inbox)], tmp_path / "out", FakeEngine(), progress=False)
    rows = {row["file"]: row for row in rows_of(tmp_path / "out")}
    assert rows[str(inbox / "deep")]["status"] == "failed"
    assert len(rows) == 4


def test_strange_names_stay_one_valid_line_each(tmp_path: Path):
    folder = tmp_path / "in"
    names = [
        "comma, quote \" and 'tick'.png",
        "ünïcødé 脑.png",
        "line\nend\r.png",
        "x" * 240 + ".png",
    ]
    for name in names:
        write_picture(folder / name)
    try:
        write_picture(folder / os.fsdecode(b"latin\xe9.png"))
        names.append("latin")
    except OSError:
        pass  # a file system that takes valid text only
    out = tmp_path / "out"
    run([str(folder)], out, FakeEngine(), progress=False)
    assert len((out / "readings.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(names)
    rows = rows_of(out)
    assert {row["status"] for row in rows} == {"ok"}
    assert all((out / row["mask_file"]).is_file() for row in rows)
    assert str(folder / names[0]) in {row["file"] for row in rows}
    assert str(folder / names[1]) in {row["file"] for row in rows}
    again = Counting()
    run([str(folder)], out, again, progress=False)
    assert again.scans == 0
