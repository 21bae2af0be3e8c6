"""Rows of readings that may contradict themselves, the choice of the ratio, and the figures."""

import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ml import pipeline
from ml.datasets.readers import data_root
from ml.errors import MetricsError, MissingDataset
from ml.evaluation import published_conflicts, report
from ml.evaluation.conflict_rows import (
    MOST_FLAGGED,
    RATIOS,
    ConflictRow,
    choose_least_heat_ratio,
    conflict_figures,
    read_conflict_rows,
    write_conflict_rows,
)
from ml.evaluation.conflicts import read_pictures
from ml.evaluation.pictures import Library, as_scan, held_out, read_split
from ml.evaluation.places import Places
from ml.evaluation.rows import read_classification, with_mean
from ml.evaluation.segmentation import dice
from ml.inference.conflicts import COMMAND, KINDS, Evidence, conflicts, evidence
from ml.inference.segment import OperatingPoint
from ml.labels import CLASSES
from ml.models import registry
from ml.pipeline import analyse
from tests.ml.evaluation.conftest import simulated_table
from tests.ml.fakes import FakeEngine, disc_picture, published

ROOT = Path(__file__).resolve().parents[3]
DRAWS = 40


def simulated() -> list[ConflictRow]:
    """Rows of the simulated table: some outlines missing, some heat elsewhere, all by lot."""
    table, rng = simulated_table(), np.random.default_rng(5)
    named = with_mean(table.logits)
    first = {name: [CLASSES[c] for c in logits.argmax(axis=1)] for name, logits in named.items()}
    sure = np.exp(named["mean"]).max(axis=1)
    rows = []
    for i, name in enumerate(table.where["id"]):
        label = table.where["label"][i]
        shown = 40 if label != "no_tumor" and rng.random() > 0.2 else 0
        far = 0.05 if i % 12 == 5 else 0.5
        found = Evidence(
            label=first["mean"][i],
            networks={model: labels[i] for model, labels in first.items() if model != "mean"},
            marked_px=shown or int(rng.random() < 0.5) * 9,
            outlined_px=shown,
            picture_px=400,
            inside={m: round(far * float(rng.random()), 6) for m in table.logits if shown},
        )
        overlap = math.nan if label == "no_tumor" else round(float(rng.random()), 6) * (shown > 0)
        where = {key: table.where[key][i] for key in ("source", "group", "split")}
        given = {"confidence": sure[i], "dice": overlap}
        rows.append(ConflictRow(name, **where, label=label, evidence=found, **given))
    return rows


def test_rows_come_back_as_written(tmp_path: Path) -> None:
    rows = simulated()
    write_conflict_rows(tmp_path / "rows.csv", rows)
    back = read_conflict_rows(tmp_path / "rows.csv")
    for row, other in zip(rows, back, strict=True):
        assert other.evidence == row.evidence
        assert replace(other, dice=0.0, confidence=0.0) == replace(row, dice=0.0, confidence=0.0)
        assert other.dice == pytest.approx(row.dice, nan_ok=True)
    (tmp_path / "rows.csv").write_text("id,source\na,b\n")
    with pytest.raises(MetricsError, match=COMMAND):
        read_conflict_rows(tmp_path / "rows.csv")


def test_the_ratio_is_the_largest_that_flags_few_enough_right_readings() -> None:
    rows = simulated()
    least = choose_least_heat_ratio(rows)
    right = [
        row.evidence.heat_ratio
        for row in rows
        if row.split == "validation" and row.right and row.evidence.heat_ratio is not None
    ]
    flagged = [np.mean([ratio < one for ratio in right]) for one in (least, least + RATIOS[1])]
    assert 0 < flagged[0] <= MOST_FLAGGED < flagged[1]
    # blind to the test part, and to what is read wrongly
    other = [
        replace(row, evidence=replace(row.evidence, inside={})) if row.split == "test" else row
        for row in rows
    ]
    assert choose_least_heat_ratio(other) == least
    assert choose_least_heat_ratio([row for row in rows if row.right]) == least
    assert choose_least_heat_ratio([replace(row, label="none") for row in rows]) == 0.0
    with pytest.raises(MetricsError, match="no validation"):
        choose_least_heat_ratio([row for row in rows if row.split == "test"])


def test_figures_are_those_of_the_test_rows() -> None:
    rows = simulated()
    figures = conflict_figures(rows, simulated_table(), draws=DRAWS)
    test = [row for row in rows if row.split == "test"]
    least = figures["least_heat_ratio"]
    found = {row.id: conflicts(row.evidence, least) for row in test}
    cases = {
        **{kind: [row for row in test if kind in found[row.id]] for kind in KINDS},
        **{str(k): [row for row in test if row.evidence.agreement == k] for k in range(4)},
        "all": test,
        "none": [row for row in test if not found[row.id]],
        "any": [row for row in test if found[row.id]],
    }
    published_ = {**figures["conflicts"], **figures["agreement"], **figures}
    assert [kind for kind in KINDS if not cases[kind]] == []
    for name, members in cases.items():
        one = published_[name]
        assert (one["n_pictures"], one["n_groups"]) == (
            len(members),
            len({row.group for row in members}),
        )
        assert one["share"].value == pytest.approx(len(members) / len(test))
        expected = np.mean([row.right for row in members]) if members else math.nan
        assert one["accuracy"].value == pytest.approx(expected, nan_ok=True)
        overlaps = [row.dice for row in members if not math.isnan(row.dice)]
        assert one["n_outlines"] == len(overlaps)
        if overlaps:
            assert one["dice"].value == pytest.approx(np.mean(overlaps))
    assert list(figures["agreement"]) == ["3", "2", "1", "0"]
    assert sum(one["n_pictures"] for one in figures["agreement"].values()) == len(test)


def test_other_networks_are_noticed() -> None:
    rows, table = simulated(), simulated_table()
    assert conflict_figures(rows, table, draws=DRAWS)["same_networks"]
    shifted = [replace(rows[0], confidence=rows[0].confidence - 0.1), *rows[1:]]
    for other in (rows[1:], shifted):
        assert not conflict_figures(other, table, draws=DRAWS)["same_networks"]


def test_the_report_writes_them_and_a_screen_reads_them(repository: Path) -> None:
    places = Places(repository)
    assert places.conflicts not in report.write(repository)
    with pytest.raises(MetricsError, match=COMMAND):
        published_conflicts.load(places.conflicts)
    write_conflict_rows(places.conflict_rows, simulated())
    assert report.write(repository) == [places.conflicts]
    raw = json.loads(places.conflicts.read_text())
    shown = published_conflicts.load(places.conflicts)
    assert shown.same_networks
    assert list(shown.agreement) == [3, 2, 1, 0]
    for kind in KINDS:
        one = raw["conflicts"][kind]
        assert shown.kinds[kind].accuracy.value == one["accuracy"]["value"]
        assert shown.kinds[kind].n_groups == one["n_groups"]
    del raw["conflicts"][KINDS[0]]["accuracy"]
    places.conflicts.write_text(json.dumps(raw))
    with pytest.raises(MetricsError, match="damaged"):
        published_conflicts.load(places.conflicts)


def test_pictures_are_read_through_the_one_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "published", published)
    monkeypatch.setattr(pipeline, "operating_point", lambda _: OperatingPoint())
    index, rows = ["id,label,patient_id"], []
    for folder in ("images", "masks"):
        (tmp_path / "figshare" / folder).mkdir(parents=True)
    for number in range(10):
        pixels = disc_picture(96, centre=(40.0, 40.0 + number), radius=9.0)
        cv2.imwrite(str(tmp_path / f"figshare/images/{number}.png"), pixels)
        cv2.imwrite(str(tmp_path / f"figshare/masks/{number}.png"), (pixels > 200) * np.uint8(255))
        index.append(f"{number},glioma,P{number}")
        path = f"figshare/images/{number}.png"
        where = {"source": "figshare", "group": f"P{number}", "split": "test", "label": "glioma"}
        rows.append({"path": path, **where})
    (tmp_path / "figshare" / "index.csv").write_text("\n".join(index) + "\n")
    library, engine = Library.at(tmp_path), FakeEngine()
    found = read_pictures(rows, library, engine)
    assert [call for call in engine.calls if call[0] == "unet"][-1] == ("unet", 2)
    assert [row.id for row in found] == [row["path"] for row in rows]
    alone = analyse(as_scan(library.pixels(rows[9]["path"])), FakeEngine())
    assert found[9].evidence.networks == evidence(alone).networks
    assert found[9].evidence.inside == pytest.approx(evidence(alone).inside, rel=1e-3)
    mask = library.mask(rows[9]["path"])
    assert mask is not None
    assert found[9].dice == pytest.approx(dice(alone.segmentation.mask, mask))
    assert found[9].confidence == pytest.approx(alone.mean.probabilities.max(), abs=1e-4)


def test_the_published_figures_are_those_of_the_committed_rows() -> None:
    places = Places(ROOT)
    rows, clean = read_conflict_rows(places.conflict_rows), read_classification(places.clean_rows)
    figures = json.loads(places.conflicts.read_text(encoding="utf-8"))
    again = report.render({"split_id": figures["split_id"], **conflict_figures(rows, clean)})
    assert again == places.conflicts.read_text(encoding="utf-8")
    assert figures["same_networks"], f"run `{COMMAND}`"
    summary = json.loads(places.summary.read_text(encoding="utf-8"))
    assert figures["split_id"] == summary["split_id"]
    assert figures["all"]["accuracy"] == summary["clean"]["models"]["mean"]["accuracy"]
    assert figures["all"]["dice"]["value"] == pytest.approx(
        summary["segmentation"]["unet"]["dice_mean"]["value"], abs=1e-5
    )


@pytest.mark.real_data
@pytest.mark.weights
@pytest.mark.slow
def test_a_committed_row_is_what_the_networks_say() -> None:
    try:
        library = Library.at(data_root())
    except MissingDataset as error:
        pytest.skip(str(error))
    split = held_out(read_split(Places(ROOT).split))
    committed = {row.id: row for row in read_conflict_rows(Places(ROOT).conflict_rows)}
    assert set(committed) == {row["path"] for row in split}
    some = [row for row in split if row["source"] == "figshare"][:2]
    for row in read_pictures(some, library, pipeline.default_engine()):
        known = committed[row.id]
        assert (known.label, known.group, known.split) == (row.label, row.group, row.split)
        assert known.evidence.label == row.evidence.label
        assert known.confidence == pytest.approx(row.confidence, abs=1e-3)
        assert known.evidence.inside == pytest.approx(row.evidence.inside, abs=5e-3)
