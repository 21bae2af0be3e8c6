"""What is written is what is read, with the columns other programs may rely on."""

import csv
import dataclasses
import math

import numpy as np
import pytest

from ml.errors import MetricsError
from ml.evaluation.calibration import softmax
from ml.evaluation.rows import (
    read_classification,
    read_segmentation,
    with_mean,
    write_classification,
    write_segmentation,
)
from tests.ml.evaluation.conftest import simulated_outlines, simulated_table


def test_a_classification_table_survives_the_file(tmp_path):
    table = simulated_table(24, leaky=True)
    write_classification(tmp_path / "rows.csv", table)
    again = read_classification(tmp_path / "rows.csv")
    assert again.where == table.where
    assert again.leaky == table.leaky
    assert list(again.logits) == list(table.logits)
    for name, values in table.logits.items():
        assert (again.logits[name] == values).all()


def test_the_file_has_logits_and_probabilities_of_every_network_and_the_mean(tmp_path):
    table = simulated_table(8)
    write_classification(tmp_path / "rows.csv", table)
    with (tmp_path / "rows.csv").open() as file:
        row = next(csv.DictReader(file))
    assert list(row)[:7] == [
        *("id", "source", "group", "cluster", "split", "label"),
        "mobilenet_logit_glioma",
    ]
    assert "leaky" not in row
    classes = ("glioma", "meningioma", "no_tumor", "pituitary")
    networks = [[float(row[f"{n}_{c}"]) for c in classes] for n in table.logits]
    assert networks[0] == pytest.approx(softmax(table.logits["mobilenet"])[0], abs=1e-6)
    mean = [float(row[f"mean_{c}"]) for c in classes]
    assert mean == pytest.approx(np.mean(networks, axis=0), abs=2e-6)


def test_the_mean_is_of_probabilities_even_when_one_is_zero():
    logits = {"a": np.array([[2000.0, 0, 0, 0]]), "b": np.array([[0.0, 2000.0, 0, 0]])}
    assert softmax(with_mean(logits)["mean"])[0] == pytest.approx([0.5, 0.5, 0, 0])


def test_parts_keep_rows_together():
    table = simulated_table(48, leaky=True)
    part = table.part("test")
    kept = [i for i, split in enumerate(table.where["split"]) if split == "test"]
    assert 0 < len(part) < len(table)
    assert part.where["id"] == tuple(table.where["id"][i] for i in kept)
    assert (part.logits["xception"] == table.logits["xception"][kept]).all()
    assert part.leaky == tuple(table.leaky[i] for i in kept)


def test_outline_rows_survive_the_file_and_missing_figures_stay_missing(tmp_path):
    rows = simulated_outlines(12)
    write_segmentation(tmp_path / "rows.csv", rows)
    again = read_segmentation(tmp_path / "rows.csv")
    assert [r.id for r in again] == [r.id for r in rows]
    assert dataclasses.astuple(again[0].score) == pytest.approx(
        dataclasses.astuple(rows[0].score), abs=1e-6
    )
    free = next(row for row in again if row.label == "no_tumor")
    assert math.isnan(free.score.dice)
    assert free.score.predicted_px == 1
    assert free.area_share == 1 / 400


def test_an_absent_file_names_the_command(tmp_path):
    with pytest.raises(MetricsError, match=r"rows\.csv has not been computed; run `make evaluate`"):
        read_classification(tmp_path / "rows.csv")


@pytest.mark.parametrize("reader", [read_classification, read_segmentation])
@pytest.mark.parametrize("content", ["id,label\n", "id,label\n1,glioma\n"])
def test_an_unusable_file_is_refused(tmp_path, reader, content):
    (tmp_path / "rows.csv").write_text(content)
    with pytest.raises(MetricsError, match="cannot be used"):
        reader(tmp_path / "rows.csv")
