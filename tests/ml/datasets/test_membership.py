"""The index of training pictures: what goes into it, and that the committed one is current."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from ml.datasets.membership import build, main
from ml.datasets.readers import Picture, load_pixels, read_all
from ml.datasets.splits import FOLDER
from ml.datasets.tables import read_rows, split_id, write_csv
from ml.errors import DatasetError, MissingDataset
from ml.inference.membership import FIGURES_FILE, INDEX_FILE, load_index

COLUMNS = ("path", "source", "split")


@pytest.fixture
def split(sets: Path, tmp_path: Path) -> Path:
    """Every second picture of the drawn sets is in the training part."""
    file = tmp_path / "clean.csv"
    parts = ("train", "validation", "train", "test")
    write_csv(
        file,
        COLUMNS,
        (
            {"path": p.path, "source": p.source, "split": parts[i % 4]}
            for i, p in enumerate(read_all(sets))
        ),
    )
    return file


def test_training_pictures_and_no_others_are_in_the_index(sets: Path, split: Path) -> None:
    index = build(sets, split, cache=None)
    rows = read_rows(split)
    training = [row for row in rows if row["split"] == "train"]
    assert [index.names[i] for i in index.sources] == [row["source"] for row in training]
    assert index.split_id == split_id(split.read_bytes())
    for row in rows:
        pixels = load_pixels(Picture(row["path"], row["source"], ""), sets)
        found = index.nearest(pixels)
        assert (found.distance == 0) == (row["split"] == "train"), row["path"]
        if row["split"] == "train":
            assert found.source == row["source"]


def test_absent_pictures_and_an_empty_training_part_are_refused(sets: Path, split: Path) -> None:
    first = next(row for row in read_rows(split) if row["split"] == "train")
    (sets / first["path"]).unlink()
    with pytest.raises(MissingDataset, match="1 of "):
        build(sets, split, cache=None)
    write_csv(split, COLUMNS, [{"path": "a.jpg", "source": "sartaj", "split": "test"}])
    with pytest.raises(DatasetError, match="no training part"):
        build(sets, split, cache=None)


def test_the_command_writes_a_file_that_loads(
    sets: Path, split: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULCUS_DATA", str(sets))
    out = tmp_path / "out" / "index.safetensors"
    assert main(["--split", str(split), "--out", str(out), "--no-cache"]) == 0
    np.testing.assert_array_equal(load_index(out).words, build(sets, split, cache=None).words)


def test_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SULCUS_DATA", str(tmp_path))
    out = tmp_path / "index.safetensors"
    assert main(["--out", str(out)]) == 2
    assert "SULCUS_DATA" in capsys.readouterr().err
    assert not out.exists()


def test_the_committed_index_is_of_the_committed_split_and_of_the_committed_figures() -> None:
    index, split = load_index(), FOLDER / "clean.csv"
    made_from = split_id(split.read_bytes())
    assert index.split_id == made_from, "stale: run python -m ml.datasets.membership"
    training = [row["source"] for row in read_rows(split) if row["split"] == "train"]
    assert [index.names[i] for i in index.sources] == training
    figures = json.loads(FIGURES_FILE.read_text())
    assert figures["index"]["sha256"] == hashlib.sha256(INDEX_FILE.read_bytes()).hexdigest()
    assert figures["split_id"] == made_from


def test_the_committed_index_is_small_and_holds_hashes_only() -> None:
    index = load_index()
    count = len(index.sources)
    bits = (index.words.nbytes + index.sources.nbytes) * 8 / count
    assert bits == 2 * 256 + 8
    assert INDEX_FILE.stat().st_size < index.words.nbytes + index.sources.nbytes + 1000
