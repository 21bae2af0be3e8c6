"""The command line's contract: columns, rows and masks."""

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from ml import batch, pipeline
from ml.batch import main, run
from ml.errors import MetricsError
from ml.inference import conflicts as contradictions
from ml.inference.conflicts import conflicts, evidence, least_heat_ratio
from ml.inference.membership import Membership
from ml.labels import CLASSES
from ml.pipeline import analyse
from tests.ml.batch.inbox import HEADER, rows_of, write_picture
from tests.ml.fakes import OPEN_GATE, FakeEngine, disc_picture, index_of, scan_of
from tests.ml.io.pictures import dicom


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
        np.testing.assert_allclose(found, reading.shown, atol=2e-6)
    assert row["area_px"] == str(expected.segmentation.measurement.area_px)
    assert row["area_mm2"] == ""  # a PNG states no spacing
    assert row["in_training_set"] == "no"
    assert row["conflicts"] == ";".join(conflicts(evidence(expected), least_heat_ratio()))
    assert row["mask_file"] == "masks/scan.png"
    mask = cv2.imread(str(out / row["mask_file"]), cv2.IMREAD_UNCHANGED)
    assert mask.dtype == np.uint8
    assert mask.shape == (150, 150)
    np.testing.assert_array_equal(mask, expected.segmentation.mask * np.uint8(255))
    assert mask.any()


def test_a_copy_of_a_training_picture_is_marked_in_its_row(tmp_path: Path, monkeypatch):
    known = write_picture(tmp_path / "known.png", 150)
    other = write_picture(tmp_path / "other.png", 150, radius=40.0)
    pixels = np.asarray(Image.open(known), np.float32)
    trained = Membership(index_of(pixels), 4)
    for place in (pipeline, batch):
        monkeypatch.setattr(place, "training_set", lambda: trained)
    run([str(known), str(other)], tmp_path / "out", FakeEngine(), progress=False)
    assert [row["in_training_set"] for row in rows_of(tmp_path / "out")] == ["yes", "no"]


def test_a_refused_picture_is_a_row_with_its_reason_and_nothing_else(tmp_path: Path, monkeypatch):
    read = write_picture(tmp_path / "a" / "scan.png", 150)
    page, out = tmp_path / "a" / "page.png", tmp_path / "out"
    Image.fromarray(np.zeros((90, 90), np.uint8)).save(page)
    run([str(tmp_path / "a")], out, FakeEngine(), progress=False)
    assert len(list((out / "masks").iterdir())) == 2
    gate = replace(OPEN_GATE, pixels=replace(OPEN_GATE.pixels, bright=0.05), digest="other")
    for place in (pipeline, batch):
        monkeypatch.setattr(place, "shipped_gate", lambda: gate)
    done = run([str(tmp_path / "a")], out, FakeEngine(), progress=False)
    assert (done.read, done.refused, done.failed, done.kept) == (1, 1, 0, 0)
    refused, kept = rows_of(out)
    assert (refused["file"], kept["file"]) == (str(page), str(read))
    assert refused["status"] == "refused"
    assert refused["reason"] == "blank: 0.000 (limit 0.050)"
    assert not any(v for name, v in refused.items() if name not in ("file", "status", "reason"))
    assert [mask.name for mask in (out / "masks").iterdir()] == ["scan.png"]
    assert run([str(tmp_path / "a")], out, FakeEngine(), progress=False).kept == 2


def test_another_index_makes_the_rows_anew(tmp_path: Path, monkeypatch):
    file, out = write_picture(tmp_path / "scan.png", 150), tmp_path / "out"
    run([str(file)], out, FakeEngine(), progress=False)
    assert run([str(file)], out, FakeEngine(), progress=False).kept == 1
    trained = Membership(index_of(np.asarray(Image.open(file), np.float32)), 4, "another")
    for place in (pipeline, batch):
        monkeypatch.setattr(place, "training_set", lambda: trained)
    assert run([str(file)], out, FakeEngine(), progress=False).read == 1
    assert rows_of(out)[0]["in_training_set"] == "yes"


def test_conflicts_follow_the_published_ratio_and_need_it(tmp_path: Path, monkeypatch):
    file, out = write_picture(tmp_path / "scan.png", 150), tmp_path / "out"
    limit = tmp_path / "conflicts.json"
    monkeypatch.setattr(contradictions, "CONFLICTS_FILE", limit)
    with pytest.raises(MetricsError, match=contradictions.COMMAND):
        run([str(file)], out, FakeEngine(), progress=False)
    assert not (out / "readings.csv").exists()
    expected = evidence(analyse(scan_of(np.asarray(Image.open(file), np.float32)), FakeEngine()))
    for least in (0.0, 1e6):
        limit.write_text(f'{{"least_heat_ratio": {least}}}')
        assert run([str(file)], out, FakeEngine(), progress=False).read == 1
        assert rows_of(out)[0]["conflicts"] == ";".join(conflicts(expected, least))


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
    assert "6 read, 0 refused, 0 failed" in shown.out
