"""The audit finds planted copies, leaks and contradictions, and nothing else."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ml.datasets import audit as module
from ml.datasets.audit import audit, main, read_folders, report, table
from ml.datasets.audit_rows import read_audit_rows
from ml.errors import DatasetLayout, MissingDataset
from tests.ml.datasets.drawing import head, reencoded, write_jpeg


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A set with one exact and one mirrored copy across the split, and one contradiction."""
    folder = tmp_path / "planted"
    for number in range(4):
        write_jpeg(folder / "train" / "glioma" / f"{number}.jpg", head(number))
    test = folder / "test"
    test_glioma = test / "glioma"
    test_glioma.mkdir(parents=True)
    shutil.copy(folder / "train" / "glioma" / "0.jpg", test_glioma / "exact.jpg")
    write_jpeg(test_glioma / "mirrored.jpg", reencoded(np.fliplr(head(1)).copy(), 60))
    write_jpeg(test_glioma / "new.jpg", head(50))
    write_jpeg(test / "meningioma" / "contradiction.jpg", reencoded(head(2), 50))
    return folder


def test_planted_copies_leaks_and_contradictions_are_counted(planted: Path) -> None:
    figures = report(audit(*read_folders([planted]), cache=None))["sources"]["planted"]
    assert figures["pictures"] == 8
    assert figures["exact_copies"] == 1
    assert figures["near_copies"] == 3
    assert figures["clusters"] == figures["groups"] == 5
    assert (figures["conflicting_clusters"], figures["pictures_in_conflicting_clusters"]) == (1, 2)
    assert figures["test_against_train"] == {
        "test_pictures": 4,
        "train_pictures": 4,
        "share_with_exact_copy": 0.25,
        "share_with_copy": 0.75,
        "share_with_groupmate": 0.75,
    }


def test_copies_between_sets_and_classes_by_set(planted: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_jpeg(other / "glioma" / "again.jpg", reencoded(np.rot90(head(3)).copy(), 80))
    write_jpeg(other / "Astrocytoma" / "1.jpg", head(70))
    figures = report(audit(*read_folders([planted, other]), cache=None))
    assert figures["pictures_with_copy_in"] == {"other": {"planted": 1}, "planted": {"other": 1}}
    assert figures["class_by_source"]["other"] == {
        "Astrocytoma": {"pictures": 1, "clusters": 1, "groups": 1},
        "glioma": {"pictures": 1, "clusters": 1, "groups": 1},
    }
    text = table(figures)
    assert "planted / meningioma" in text
    assert "75.0%" in text


def test_patients_of_figshare_make_group_mates(sets: Path) -> None:
    rows = audit(*read_folders([sets / "figshare"]), cache=None)
    assert rows[0].group == rows[1].group != rows[2].group


def test_all_four_layouts_are_recognised(sets: Path) -> None:
    names = ("sartaj", "figshare", "roboflow", "br35h")
    pictures, root = read_folders([sets / name for name in names])
    assert {p.source for p in pictures} == set(names)
    assert root == sets.resolve()


def test_command_prints_and_writes(
    planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main([str(planted), "--out", str(out), "--no-cache"]) == 0
    assert "group-mate" in capsys.readouterr().out
    figures = json.loads((out / "audit.json").read_text())
    assert figures["all"]["pictures"] == 8
    with (out / "audit.csv").open() as handle:
        rows = {row["path"]: row for row in csv.DictReader(handle)}
    exact = rows["planted/test/glioma/exact.jpg"]
    assert (exact["exact_copy_in_train"], exact["copy_in_train"]) == ("1", "1")
    mirrored = rows["planted/test/glioma/mirrored.jpg"]
    assert (mirrored["exact_copy_in_train"], mirrored["copy_in_train"]) == ("0", "1")
    assert rows["planted/test/glioma/new.jpg"]["groupmate_in_train"] == "0"
    assert rows["planted/train/glioma/2.jpg"]["label_conflict"] == "1"


def test_without_a_folder_the_sets_in_use_are_audited(
    sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULCUS_DATA", str(sets))
    monkeypatch.setattr(module, "_METRICS", tmp_path / "metrics")
    assert main(["--no-cache"]) == 0
    figures = json.loads((tmp_path / "metrics" / "audit.json").read_text())
    assert list(figures["sources"]) == ["br35h", "figshare", "roboflow", "sartaj"]
    assert report(read_audit_rows(tmp_path / "metrics" / "rows" / "audit.csv")) == figures


@pytest.mark.real_data
def test_committed_rows_are_those_of_the_files(real_root: Path) -> None:
    """Every fiftieth picture: the others take longer and show nothing else."""
    rows = read_audit_rows(module._METRICS / "rows" / "audit.csv")[::50]
    files = {row.md5: real_root / row.path for row in rows}
    if not all(file.is_file() for file in files.values()):
        pytest.skip("the data sets here are other versions than the committed lists name")
    for md5, file in files.items():
        assert hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() == md5


def test_folders_that_hold_nothing_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(MissingDataset, match="Not a folder"):
        read_folders([tmp_path / "absent"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetLayout, match="No picture found"):
        read_folders([tmp_path / "empty"])
    assert main([str(tmp_path / "empty"), "--out", str(tmp_path / "out")]) == 2
    assert "No picture found" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
