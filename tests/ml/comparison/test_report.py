"""The comparison's figures come from its rows, on the same pictures for every network."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from ml.comparison import report
from ml.comparison.__main__ import main
from ml.comparison.literature import REPORTED
from ml.comparison.measure import Places, joined
from ml.errors import MetricsError
from ml.evaluation import report as evaluation_report
from ml.evaluation.boxes import write_detection
from ml.evaluation.detection import DetectionRow
from ml.evaluation.places import Places as EvaluationPlaces
from ml.evaluation.rows import ClassificationTable, write_classification, write_segmentation
from ml.evaluation.tables import BEGIN, END, figure_cell
from ml.inference.detect import Detection, lowest_score
from ml.labels import CLASSES
from tests.ml.evaluation.conftest import (
    repository,
    simulated_outlines,
    simulated_repository,
    simulated_table,
)

__all__ = ["repository"]

FACTS = {
    "input_size": 64,
    "parameters": 1_500_000,
    "bytes": 3_000_000,
    "minutes": 7.0,
    "ms": 2.5,
}


def of_one(name, skill, *, source="figshare", **keywords):
    """Rows of one more network on the pictures of `simulated_table`."""
    table = simulated_table(**keywords)
    rng = np.random.default_rng(9)
    logits = (skill * np.eye(4)[table.labels] + rng.normal(size=(len(table), 4))).round(6)
    return replace(table, logits={name: logits})


def measured(repository):
    """A repository where an MLP and a small CNN were measured beside the app's networks."""
    found = Places(repository)
    for name, skill in (("mlp", 0.2), ("small_cnn", 1.0)):
        write_classification(found.rows("clean", "classes", name), of_one(name, skill))
        folds = of_one(name, skill, splits=("fold0", "fold1"))
        write_classification(found.rows("folds", "classes", name), folds)
    write_segmentation(found.rows("clean", "outlines", "resunet"), simulated_outlines(seed=4))
    box = (1.0, 2.0, 11.0, 12.0)
    rows = [
        DetectionRow(
            f"figshare/{i}.jpg",
            f"p{i // 2}",
            CLASSES[c],
            "test",
            np.array([box] if CLASSES[c] != "no_tumor" else [], np.float32).reshape(-1, 4),
            (Detection(CLASSES[c], 0.9, box),) if c != 2 and i % 3 else (),
        )
        for i in range(24)
        for c in [i % 4]
    ]
    write_detection(found.rows("clean", "boxes", "shown_boxes"), rows)
    fewer = [replace(row, found=row.found if i % 2 else ()) for i, row in enumerate(rows)]
    write_detection(found.rows("clean", "boxes", "detector"), fewer)
    found.facts.write_text(json.dumps({"mlp": {"clean": FACTS}, "small_cnn": {"folds": FACTS}}))
    return found


@pytest.fixture
def places(repository):
    return measured(repository)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The content of comparison.json from such a repository, for tests that only look at it."""
    return report.build(measured(simulated_repository(tmp_path_factory.mktemp("measured"))))


def test_every_figure_is_of_the_test_rows(built):
    clean = built["protocols"]["clean"]
    assert set(clean["models"]) == {
        *("mlp", "small_cnn", "mobilenet", "xception", "resnet50", "mean")
    }
    test = of_one("mlp", 0.2).part("test")
    called = test.logits["mlp"].argmax(axis=1)
    found = clean["models"]["mlp"]
    expected = metrics.balanced_accuracy_score(test.labels, called)
    assert found["balanced_accuracy"].value == pytest.approx(expected)
    assert found["macro_f1"].value == pytest.approx(
        metrics.f1_score(test.labels, called, average="macro")
    )
    assert clean["n_pictures"] == len(test)
    assert set(built["protocols"]) == {"clean", "folds", "official_sartaj"}
    assert built["protocols"]["official_sartaj"]["leaky_share"] == pytest.approx(1 / 3)
    assert set(built["outlines"]) == {"unet", "resunet"}
    shown, by_itself = built["boxes"]["shown_boxes"], built["boxes"]["detector"]
    assert 0 < by_itself["map50"].value < shown["map50"].value < 1
    assert "min_score" not in by_itself


def test_the_detectors_card_says_what_a_screen_with_its_boxes_shows(places, built):
    card = places.root / "assets" / "cards" / "detector.md"
    card.write_text(f"# Boxes\n{BEGIN}\n{END}\n")
    row = built["boxes"]["shown_boxes"]
    assert row["min_score"] == lowest_score(EvaluationPlaces(places.root).thresholds)
    assert row["found_share"].value == pytest.approx(12 / 18)
    assert row["false_share"].value == 0.0
    text = report.outputs(places.root)[card]
    assert figure_cell(row["found_share"]) in text
    assert evaluation_report.outputs(places.root).keys().isdisjoint({card})


def test_folds_are_read_whole_and_their_spread_is_shown(built):
    folds = built["protocols"]["folds"]
    table = of_one("small_cnn", 1.0, splits=("fold0", "fold1"))
    assert folds["n_pictures"] == len(table)
    each = folds["models"]["small_cnn"]["each_fold"]
    for fold, value in each.items():
        kept = np.array(table.where["split"]) == fold
        called = table.logits["small_cnn"][kept].argmax(axis=1)
        assert value == pytest.approx(metrics.balanced_accuracy_score(table.labels[kept], called))
    assert list(each) == ["fold0", "fold1"]


def test_only_differences_that_leave_out_zero_are_rankings(built):
    clean = built["protocols"]["clean"]
    pairs = {(one["a"], one["b"]): one for one in clean["paired"]}
    assert len(pairs) == 15
    assert pairs[("resnet50", "mlp")]["ranking"]
    for one in pairs.values():
        interval = one["difference"]
        assert one["ranking"] == (interval.low > 0 or interval.high < 0)


def test_the_question_of_the_published_work_is_asked_of_its_pictures(places):
    table = simulated_table()
    figshare = tuple("figshare" if i % 2 else "sartaj" for i in range(len(table)))
    table = ClassificationTable({**table.where, "source": figshare}, table.logits)
    weights = np.ones((1, len(table)))
    found = report.figshare_types(table.logits["mobilenet"], table, weights)
    kept = (np.arange(len(table)) % 2 == 1) & (table.labels != 2)
    logits = np.delete(table.logits["mobilenet"], 2, axis=1)[kept]
    called = np.array([0, 1, 3])[logits.argmax(axis=1)]
    assert found.value == pytest.approx((called == table.labels[kept]).mean())
    none = report.figshare_types(simulated_table().logits["mobilenet"], simulated_table(), weights)
    assert np.isnan(none.value)


def test_networks_that_read_other_pictures_are_not_compared(places):
    other = of_one("alexnet", 1.0, count=120)
    write_classification(places.rows("clean", "classes", "alexnet"), other)
    with pytest.raises(MetricsError, match="alexnet read other pictures"):
        report.build(places)


def test_writing_twice_changes_nothing_and_a_changed_figure_is_noticed(places, capsys):
    root = str(places.root)
    assert main(["--report-only", "--root", root]) == 0
    assert set(report.outputs(places.root)) == {places.table, places.document}
    assert report.write(places.root) == []
    assert main(["--check", "--root", root]) == 0
    places.document.write_text(places.document.read_text().replace("0.", "1."))
    assert main(["--check", "--root", root]) == 1
    assert "comparison.md" in capsys.readouterr().err


def test_the_document_shows_each_network_and_every_reported_protocol(places):
    report.write(places.root)
    text = places.document.read_text()
    for title in ("Multi-layer perceptron", "Small CNN", "Mean of three", "Res-U-Net"):
        assert f"| {title} |" in text
    assert "| 1.50 | 2.9 | 2.5 | 7 |" in text
    for one in REPORTED:
        assert one.protocol in text
    assert "**no**" in text
    assert "nan" not in text


def test_nothing_is_published_while_nothing_was_measured(repository):
    assert report.outputs(repository) == {}


def test_an_unknown_network_is_named(capsys):
    assert main(["lenet"]) == 2
    assert "unknown network 'lenet'" in capsys.readouterr().err


def test_tables_of_folds_are_joined_in_order():
    first, second = simulated_table(24), simulated_table(12, seed=3)
    both = joined([first, second])
    assert both.where["id"] == first.where["id"] + second.where["id"]
    np.testing.assert_array_equal(both.logits["xception"][24:], second.logits["xception"])


def test_committed_comparison_is_what_the_committed_rows_give():
    from ml.comparison.__main__ import REPOSITORY

    assert report.stale(REPOSITORY) == {}
