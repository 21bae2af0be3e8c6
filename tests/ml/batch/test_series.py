"""Whole series from the command line: a line a series, a line a slice, and how a run goes on."""

import csv
from pathlib import Path

import numpy as np
import pytest

from ml.batch import main, run
from ml.batch_series import run_series
from ml.io.series import find_series
from ml.readings import COLUMNS
from ml.series_readings import COLUMNS as SERIES_COLUMNS
from ml.series_readings import series_row
from ml.study import read_study
from tests.ml.batch.inbox import Counting, rows_of, write_picture
from tests.ml.fakes import FakeEngine
from tests.ml.io.series_files import series, zipped

COUNT = 4
OTHER = {"SeriesInstanceUID": "9.8", "distance": 2.5}


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder with a series and a picture, and a zip with two series."""
    folder = tmp_path / "inbox" / "case"
    folder.mkdir(parents=True)
    for number, data in enumerate(series(COUNT)):
        (folder / f"IM{number}").write_bytes(data)
    write_picture(folder / "page.png")
    both = [*series(COUNT, SeriesInstanceUID="9.7"), *series(COUNT, **OTHER)]
    (tmp_path / "inbox" / "two.zip").write_bytes(zipped(both))
    return tmp_path / "inbox"


def lines(out: Path) -> list[dict[str, str]]:
    with (out / "series.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def contents(out: Path) -> dict[str, bytes]:
    names = (out / "readings.csv", out / "series.csv", *(out / "masks").iterdir())
    return {file.name: file.read_bytes() for file in names}


def test_a_series_is_one_line_and_one_a_slice(inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = run_series([str(inbox)], out, FakeEngine(), progress=False)
    assert (summary.read, summary.failed, summary.kept) == (3, 0, 0)
    found, slices = lines(out), rows_of(out)
    assert list(found[0]) == list(SERIES_COLUMNS)
    assert list(slices[0]) == list(COLUMNS)
    digest = find_series(series(COUNT)).series[0].content_hash
    assert found[0]["file"] == f"{inbox}/case#{digest[:12]}"
    assert [one["file"].rpartition("#")[0] for one in found[1:]] == [f"{inbox}/two.zip"] * 2
    named = [f"{one['file']}/{number:04d}" for one in found for number in range(1, COUNT + 1)]
    assert [row["file"] for row in slices] == named
    assert all((out / row["mask_file"]).is_file() for row in slices if row["status"] == "ok")
    volume = find_series(series(COUNT)).series[0].read()
    read = read_study(volume, FakeEngine())
    assert found[0] == series_row(found[0]["file"], read)
    assert float(found[0]["volume_ml"] or "nan") == pytest.approx(
        np.nan if read.size.volume_ml is None else read.size.volume_ml, abs=1e-3, nan_ok=True
    )
    for row, one in zip(slices[:COUNT], read.slices, strict=True):
        assert one.probabilities is not None
        shares = [float(row[name]) for name in COLUMNS if name.startswith("mean_")]
        np.testing.assert_allclose(shares, one.probabilities, atol=1e-5)
        assert int(row["area_px"]) == one.area_px


def test_what_is_unchanged_is_kept_and_what_changed_is_read_again(
    inbox: Path, tmp_path: Path
) -> None:
    out, again = tmp_path / "out", Counting()
    run_series([str(inbox)], out, FakeEngine(), progress=False)
    before = contents(out)
    assert run_series([str(inbox)], out, again, progress=False).kept == 3
    assert (again.scans, contents(out)) == (0, before)
    (inbox / "case" / "IM0").unlink()
    summary = run_series([str(inbox)], out, again, progress=False)
    assert (summary.read, summary.kept, again.scans) == (1, 2, COUNT - 1)
    (of_case,) = (one for one in lines(out) if "case#" in one["file"])
    assert of_case["slices"] == str(COUNT - 1)
    assert len(rows_of(out)) == 3 * COUNT - 1, "rows of the former series are gone"


def test_a_row_or_a_mask_that_is_gone_makes_its_series_anew(inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_series([str(inbox)], out, FakeEngine(), progress=False)
    before = contents(out)
    table = out / "readings.csv"
    table.write_bytes(b"".join(table.read_bytes().splitlines(keepends=True)[:-1]))
    again = Counting()
    assert run_series([str(inbox)], out, again, progress=False).kept == 2
    assert (again.scans, contents(out).keys()) == (COUNT, before.keys())
    next((out / "masks").iterdir()).unlink()
    assert run_series([str(inbox)], out, again, progress=False).kept == 2
    assert again.scans == 2 * COUNT


def test_an_interrupted_run_goes_on_to_the_same_end(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.study._BATCH_SLICES", 1)
    whole, out = tmp_path / "whole", tmp_path / "out"
    run_series([str(inbox)], whole, FakeEngine(), progress=False)
    command = ["--series", str(inbox), "--out", str(out)]
    assert main(command, engine=Counting(stop_after=COUNT + 2)) == 130
    assert (len(lines(out)), len(rows_of(out))) == (1, COUNT + 2)
    rest = Counting()
    assert main(command, engine=rest) == 0
    assert rest.scans == 2 * COUNT, "the series that was cut off is read again as a whole"
    assert contents(out) == contents(whole)


def test_what_holds_no_series_is_a_line_with_the_reason(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "words.zip").write_bytes(b"no archive")
    (folder / "IM1").write_bytes(b"no picture")
    for kept in (0, 2):
        summary = run_series([str(folder)], out, FakeEngine(), progress=False)
        assert (summary.failed, summary.kept) == (2 - kept, kept)
    assert {row["status"] for row in lines(out)} == {"failed"}
    assert all(row["reason"] for row in lines(out))
    (folder / "words.zip").write_bytes(zipped(series(COUNT)))
    assert run_series([str(folder)], out, FakeEngine(), progress=False).read == 1
    assert sorted(row["status"] for row in lines(out)) == ["failed", "ok"]
    missing = tmp_path / "absent" / "x.dcm"
    assert main(["--series", str(missing), "--out", str(tmp_path / "o")], engine=Counting()) == 1


def test_files_beside_a_series_are_named_as_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, data in enumerate([*series(COUNT), b"no picture"]):
        (folder / f"IM{number}").write_bytes(data)
    run_series([str(folder)], tmp_path / "out", FakeEngine(), progress=False)
    (row,) = lines(tmp_path / "out")
    assert row["status"] == "ok"
    assert row["reason"].startswith("Left out: ")


def test_slices_and_series_share_a_folder(inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_series([str(inbox)], out, FakeEngine(), progress=False)
    run([str(inbox / "case" / "page.png")], out, FakeEngine(), progress=False)
    assert len(rows_of(out)) == 3 * COUNT + 1
    assert run_series([str(inbox)], out, Counting(), progress=False).kept == 3
