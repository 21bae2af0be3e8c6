"""The command line's contract: columns, rows, masks, and what an interruption leaves."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from ml import batch
from ml.batch import main, run
from ml.io.files import find
from ml.labels import CLASSES
from ml.models import registry
from ml.pipeline import analyse
from ml.readings import ForeignTable
from tests.ml.fakes import FakeEngine, disc_picture, published, scan_of
from tests.ml.io.pictures import dicom

HEADER = (
    "file,status,reason,prediction,confidence,agreement,"
    "mobilenet_glioma,mobilenet_meningioma,mobilenet_no_tumor,mobilenet_pituitary,"
    "xception_glioma,xception_meningioma,xception_no_tumor,xception_pituitary,"
    "resnet50_glioma,resnet50_meningioma,resnet50_no_tumor,resnet50_pituitary,"
    "mean_glioma,mean_meningioma,mean_no_tumor,mean_pituitary,"
    "mask_file,area_px,area_mm2"
)
ROOT = Path(__file__).resolve().parents[2]


def write_picture(file: Path, size: int = 128, radius: float = 14.0) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    centre = (size * 0.45, size * 0.55)
    picture = disc_picture(size, centre=centre, radius=radius).astype(np.uint8)
    Image.fromarray(picture).save(file, format="PNG")
    return file


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


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "readings.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


class Counting(FakeEngine):
    """Stops after some forward passes of the segmenter, as Ctrl-C would."""

    def __init__(self, stop_after: int | None = None, version: str = "1") -> None:
        super().__init__(version=version)
        self.stop_after = stop_after

    @property
    def scans(self) -> int:
        return sum(count for name, count in self.calls if name == "unet")

    def segment(self, batch):
        if self.stop_after is not None and self.scans >= self.stop_after:
            raise KeyboardInterrupt
        return super().segment(batch)


def test_columns_are_the_contract(inbox: Path, tmp_path: Path):
    out = tmp_path / "out"
    assert main([str(inbox), "--out", str(out)], engine=FakeEngine()) == 0
    first = (out / "readings.csv").read_text(encoding="utf-8").splitlines()[0]
    assert first == HEADER


def test_one_row_a_file_sorted_and_as_given(inbox: Path, tmp_path: Path):
    summary = run([str(inbox)], tmp_path / "out", FakeEngine(), progress=False)
    names = ["a.png", "b.png", "deep/IM0001", "deep/er/a.png", "deep/z.PNG", "other/1.2.840.113"]
    assert [row["file"] for row in rows_of(tmp_path / "out")] == [
        str(inbox / name) for name in names
    ]
    assert (summary.read, summary.failed, summary.kept, summary.found) == (6, 0, 0, 6)


def test_a_row_says_what_the_analysis_says(tmp_path: Path):
    file = write_picture(tmp_path / "scan.png", 150)
    out = tmp_path / "out"
    run([str(file)], out, FakeEngine(), progress=False)
    (row,) = rows_of(out)
    expected = analyse(scan_of(np.asarray(Image.open(file), np.float32)), FakeEngine())
    assert (row["status"], row["reason"]) == ("ok", "")
    assert row["prediction"] == expected.mean.label
    assert float(row["confidence"]) == pytest.approx(expected.mean.confidence, abs=1e-6)
    assert row["agreement"] == str(expected.agreement)
    for reading in (*expected.classifications, expected.mean):
        found = [float(row[f"{reading.model}_{label}"]) for label in CLASSES]
        np.testing.assert_allclose(found, reading.probabilities, atol=2e-6)
    assert row["area_px"] == str(expected.segmentation.measurement.area_px)
    assert row["area_mm2"] == ""  # a PNG states no spacing
    assert row["mask_file"] == "masks/scan.png"
    mask = cv2.imread(str(out / row["mask_file"]), cv2.IMREAD_UNCHANGED)
    assert mask.dtype == np.uint8
    assert mask.shape == (150, 150)
    np.testing.assert_array_equal(mask, expected.segmentation.mask * np.uint8(255))
    assert mask.any()


def test_area_in_mm2_only_with_the_headers_spacing(tmp_path: Path):
    stored = disc_picture(128).astype(np.uint16) * 10
    (tmp_path / "with.dcm").write_bytes(dicom(stored, PixelSpacing=[0.5, 0.75]))
    (tmp_path / "without.dcm").write_bytes(dicom(stored, PixelSpacing=None))
    out = tmp_path / "out"
    run([str(tmp_path / "with.dcm"), str(tmp_path / "without.dcm")], out, FakeEngine())
    known, unknown = rows_of(out)
    assert int(known["area_px"]) == int(unknown["area_px"]) > 0
    assert float(known["area_mm2"]) == pytest.approx(int(known["area_px"]) * 0.375)
    assert unknown["area_mm2"] == ""


def test_same_stem_gets_a_mask_of_its_own(inbox: Path, tmp_path: Path):
    run([str(inbox)], tmp_path / "out", FakeEngine(), progress=False)
    masks = {
        Path(r["file"]).relative_to(inbox).as_posix(): r["mask_file"]
        for r in rows_of(tmp_path / "out")
    }
    assert masks["a.png"] == "masks/a.png"
    assert masks["deep/er/a.png"].startswith("masks/a-")
    assert len(set(masks.values())) == 6
    for name, mask in masks.items():
        picture = Image.open(inbox / name)
        assert Image.open(tmp_path / "out" / mask).size == picture.size
    run([str(inbox)], tmp_path / "again", FakeEngine(), progress=False)
    assert [r["mask_file"] for r in rows_of(tmp_path / "again")] == list(masks.values())


def test_a_bad_file_is_a_row_and_the_run_goes_on(inbox: Path, tmp_path: Path):
    (inbox / "empty.png").write_bytes(b"")
    (inbox / "cut.png").write_bytes((inbox / "b.png").read_bytes()[:60])
    (inbox / "text.png").write_text("hello,\nworld", encoding="utf-8")
    named = tmp_path / "named.txt"
    named.write_text("a named file is a row whatever it is", encoding="utf-8")
    missing = tmp_path / "missing.png"
    out = tmp_path / "out"
    assert main([str(inbox), str(named), str(missing), "--out", str(out)], engine=FakeEngine()) == 0
    rows = {Path(row["file"]).name: row for row in rows_of(out)}
    failed = {name for name, row in rows.items() if row["status"] == "failed"}
    assert failed == {"empty.png", "cut.png", "text.png", "named.txt", "missing.png"}
    assert len(rows_of(out)) == 11
    for name in failed:
        assert rows[name]["reason"]
        assert "\n" not in rows[name]["reason"]
        assert set(list(rows[name].values())[3:]) == {""}
    assert "No such file" in rows["missing.png"]["reason"]
    assert "PNG" in rows["text.png"]["reason"]  # says what is accepted
    assert not (out / "masks" / "empty.png").exists()


def test_too_large_a_file_is_refused_unread(tmp_path: Path):
    file = tmp_path / "huge.png"
    with file.open("wb") as handle:
        handle.truncate(2**31)  # sparse
    run([str(file)], tmp_path / "out", FakeEngine(), progress=False)
    (row,) = rows_of(tmp_path / "out")
    assert row["status"] == "failed"
    assert "2048 MB" in row["reason"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_hang_the_run(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    run([str(tmp_path / "pipe.png")], tmp_path / "out", FakeEngine(), progress=False)
    assert "no regular file" in rows_of(tmp_path / "out")[0]["reason"]


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
        "from ml import batch\n"
        "from ml.models import registry\n"
        "from tests.ml.fakes import FakeEngine, published\n"
        "registry.published = published\n"
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


def test_memory_stays_flat(inbox: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(batch, "GROUP_PIXELS", 2 * 110**2)
    engine = FakeEngine()
    run([str(inbox)], tmp_path / "out", engine, progress=False)
    sizes = [count for name, count in engine.calls if name == "unet"]
    assert sum(sizes) == 6
    assert max(sizes) <= 2
    assert len(rows_of(tmp_path / "out")) == 6


def test_help_explains_itself(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for word in ("readings.csv", "masks", "exit status", "failed", "--out", "not a medical device"):
        assert word in text


def test_a_bar_shows_progress_and_a_line_sums_up(inbox: Path, tmp_path: Path, capsys):
    assert main([str(inbox), "--out", str(tmp_path / "out")], engine=FakeEngine()) == 0
    shown = capsys.readouterr()
    assert "6/6" in shown.err
    assert "6 read, 0 failed" in shown.out
