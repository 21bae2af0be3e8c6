"""The published audit: derived from the committed rows, and read back with types."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from ml.datasets.audit_rows import AuditRow, csv_rows, read_audit_rows, report
from ml.datasets.tables import read_rows
from ml.errors import DatasetError, MetricsError
from ml.evaluation import published_audit

ROOT = Path(__file__).resolve().parents[3]
METRICS = ROOT / "assets" / "metrics"
AUDIT = METRICS / "audit.json"
ROWS = METRICS / "rows" / "audit.csv"


@pytest.fixture(scope="module")
def rows() -> list[AuditRow]:
    return read_audit_rows(ROWS)


def test_every_published_figure_follows_from_the_rows(rows: list[AuditRow]) -> None:
    assert json.loads(AUDIT.read_text()) == report(rows)


def test_the_rows_are_those_of_the_splits(rows: list[AuditRow]) -> None:
    """The same pictures in the same clusters and groups as the split that is trained on."""
    audited = {row.path: (f"c{row.cluster:05d}", f"g{row.group:05d}") for row in rows}
    split = read_rows(ROOT / "data" / "splits" / "clean.csv")
    assert audited == {row["path"]: (row["cluster"], row["group"]) for row in split}


def test_the_columns_about_training_follow_from_the_others(rows: list[AuditRow]) -> None:
    with ROWS.open(newline="", encoding="utf-8") as handle:
        committed = list(csv.DictReader(handle))
    assert committed == [{k: str(v) for k, v in row.items()} for row in csv_rows(rows)]
    leaky = Counter(row["source"] for row in committed if row["copy_in_train"] == "1")
    for name, found in published_audit.load(AUDIT).sets.items():
        if found.leak.copy is not None:
            assert leaky[name] / found.leak.test_pictures == pytest.approx(
                found.leak.copy, abs=1e-4
            )


def test_figures_come_back_as_written() -> None:
    raw = json.loads(AUDIT.read_text())
    figures = published_audit.load(AUDIT)
    assert figures.whole.counts.pictures == raw["all"]["pictures"]
    assert figures.sets["figshare"].leak.copy is None
    sartaj = raw["sources"]["sartaj"]
    assert (
        figures.sets["sartaj"].leak.exact_copy
        == (sartaj["test_against_train"]["share_with_exact_copy"])
    )
    assert figures.sets["sartaj"].conflicting_slices == sartaj["conflicting_clusters"]
    assert (
        figures.classes["br35h"]["tumor"].slices
        == (raw["class_by_source"]["br35h"]["tumor"]["clusters"])
    )
    assert (
        figures.copies_in["roboflow"]["figshare"]
        == (raw["pictures_with_copy_in"]["roboflow"]["figshare"])
    )


def test_missing_files_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match=r"python -m ml\.datasets\.audit"):
        published_audit.load(tmp_path / "audit.json")
    with pytest.raises(DatasetError, match=r"python -m ml\.datasets\.audit"):
        read_audit_rows(tmp_path / "audit.csv")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"all": 3}', '{"all": {"pictures": 1}}'])
def test_unusable_file_names_the_command(tmp_path: Path, content: str) -> None:
    file = tmp_path / "audit.json"
    file.write_text(content)
    with pytest.raises(MetricsError, match=r"python -m ml\.datasets\.audit"):
        published_audit.load(file)
