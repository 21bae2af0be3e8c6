"""What an interruption, a kill or a changed input leaves, and how the run goes on."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from ml import batch
from ml.batch import main, run
from ml.io.files import find
from ml.readings import ForeignTable
from tests.ml.batch.inbox import HEADER, ROOT, Counting, rows_of, write_picture
from tests.ml.fakes import FakeEngine


def test_an_interrupted_run_goes_on_to_the_same_end(inbox: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(batch, "GROUP_SCANS", 1)
    whole, out = tmp_path / "whole", tmp_path / "out"
    run([str(inbox)], whole, FakeEngine(), progress=False)
    assert main([str(inbox), "--out", str(out)], engine=Counting(stop_after=2)) == 130
    assert len(rows_of(out)) == 2
    rest = Counting()
    summary = run([str(inbox)], out, rest, progress=False)
    assert rest.scans == 4
    assert (summary.read, summary.kept) == (4, 2)
    assert (out / "readings.csv").read_bytes() == (whole / "readings.csv").read_bytes()
    for mask in sorted((whole / "masks").iterdir()):
        assert (out / "masks" / mask.name).read_bytes() == mask.read_bytes()


@pytest.mark.parametrize("cut", [1, 7, 40, 200])
def test_a_half_written_last_line_is_made_again(inbox: Path, tmp_path: Path, cut: int):
    out = tmp_path / "out"
    run([str(inbox)], out, FakeEngine(), progress=False)
    complete = (out / "readings.csv").read_bytes()
    (out / "readings.csv").write_bytes(complete[:-cut])
    again = Counting()
    run([str(inbox)], out, again, progress=False)
    assert again.scans == 1 + (cut > len(complete.splitlines(keepends=True)[-1]))
    assert (out / "readings.csv").read_bytes() == complete


def test_even_the_header_may_be_half_written(inbox: Path, tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "readings.csv").write_text("file,stat", encoding="utf-8")
    run([str(inbox)], out, FakeEngine(), progress=False)
    assert (out / "readings.csv").read_text(encoding="utf-8").startswith(HEADER + "\n")
    assert len(rows_of(out)) == 6


def test_a_killed_process_leaves_whole_rows(inbox: Path, tmp_path: Path):
    out = tmp_path / "out"
    script = (
        "import sys, time\n"
        "from ml import batch, pipeline\n"
        "from ml.models import registry\n"
        "from tests.ml.fakes import OPEN_GATE, FakeEngine, published\n"
        "registry.published = published\n"
        "batch.shipped_gate = pipeline.shipped_gate = lambda: OPEN_GATE\n"
        "class Slow(FakeEngine):\n"
        "    def segment(self, batch):\n"
        "        time.sleep(0.3)\n"
        "        return super().segment(batch)\n"
        "batch.GROUP_SCANS = 1\n"
        f"sys.exit(batch.main([{str(inbox)!r}, '--out', {str(out)!r}], engine=Slow()))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.DEVNULL)
    table = out / "readings.csv"
    deadline = time.monotonic() + 60
    while not (table.exists() and table.read_bytes().count(b"\n") >= 3):
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    before = len(rows_of(out))
    assert 2 <= before < 6
    rest = Counting()
    run([str(inbox)], out, rest, progress=False)
    assert rest.scans == 6 - before
    assert sorted(row["file"] for row in rows_of(out)) == sorted(find([str(inbox)], out))


def test_unchanged_files_are_not_read_again(inbox: Path, tmp_path: Path):
    (inbox / "bad.png").write_bytes(b"bad")
    out = tmp_path / "out"
    run([str(inbox)], out, FakeEngine(), progress=False)
    before = (out / "readings.csv").read_bytes()
    again = Counting()
    summary = run([str(inbox)], out, again, progress=False)
    assert again.scans == 0
    assert (summary.read, summary.failed, summary.kept, summary.found) == (0, 0, 7, 7)
    assert (out / "readings.csv").read_bytes() == before


def test_changed_missing_and_stale_are_read_again(inbox: Path, tmp_path: Path):
    out = tmp_path / "out"
    run([str(inbox)], out, FakeEngine(), progress=False)
    before = {row["file"]: row for row in rows_of(out)}
    write_picture(inbox / "b.png", 128, radius=25)
    (out / "masks" / "a.png").unlink()
    again = Counting()
    run([str(inbox)], out, again, progress=False)
    after = {row["file"]: row for row in rows_of(out)}
    assert again.scans == 2
    assert len(rows_of(out)) == len(after) == 6
    assert {f for f in before if before[f] != after[f]} == {str(inbox / "b.png")}
    assert after[str(inbox / "b.png")]["mask_file"] == "masks/b.png"
    assert (out / "masks" / "a.png").is_file()

    other = Counting(version="2")  # other weights: no old row may stand beside the new ones
    run([str(inbox)], out, other, progress=False)
    assert other.scans == 6


def test_a_scan_that_turned_bad_loses_its_mask(inbox: Path, tmp_path: Path):
    out = tmp_path / "out"
    run([str(inbox)], out, FakeEngine(), progress=False)
    (inbox / "b.png").write_bytes(b"overwritten")
    run([str(inbox)], out, FakeEngine(), progress=False)
    row = {r["file"]: r for r in rows_of(out)}[str(inbox / "b.png")]
    assert (row["status"], row["mask_file"]) == ("failed", "")
    assert not (out / "masks" / "b.png").exists()


def test_later_files_do_not_take_a_mask_over(tmp_path: Path):
    late = write_picture(tmp_path / "late" / "x.png", 100)
    out = tmp_path / "out"
    run([str(late)], out, FakeEngine(), progress=False)
    early = write_picture(tmp_path / "early" / "x.png", 140)
    run([str(early), str(late)], out, FakeEngine(), progress=False)
    masks = {row["file"]: row["mask_file"] for row in rows_of(out)}
    assert masks[str(late)] == "masks/x.png"
    assert Image.open(out / masks[str(late)]).size == (100, 100)
    assert Image.open(out / masks[str(early)]).size == (140, 140)


def test_a_table_of_another_kind_is_left_alone(inbox: Path, tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "readings.csv").write_text("name,score\nx,1\n", encoding="utf-8")
    with pytest.raises(ForeignTable, match="empty folder"):
        run([str(inbox)], out, FakeEngine(), progress=False)
    assert (out / "readings.csv").read_text(encoding="utf-8") == "name,score\nx,1\n"
    assert main([str(inbox), "--out", str(out)], engine=FakeEngine()) == 2


def test_a_tampered_table_removes_nothing_else(inbox: Path, tmp_path: Path):
    out, precious = tmp_path / "out", tmp_path / "precious.png"
    precious.write_bytes(b"precious")
    run([str(inbox)], out, FakeEngine(), progress=False)
    table = out / "readings.csv"
    text = table.read_text(encoding="utf-8").replace("masks/b.png", "masks/../../precious.png")
    table.write_text(text, encoding="utf-8")
    write_picture(inbox / "b.png", 128, radius=25)
    run([str(inbox)], out, FakeEngine(), progress=False)
    assert precious.read_bytes() == b"precious"
