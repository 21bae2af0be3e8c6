"""Everything that was read wrongly, from the rows."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ml.errors import MetricsError
from ml.evaluation.calibration import softmax
from ml.evaluation.mistakes import (
    DICE_ZERO,
    KINDS,
    MARKED,
    WRONG_CLASS,
    Mistakes,
    as_csv,
    find_mistakes,
    matching,
)
from ml.evaluation.places import Places
from ml.evaluation.rows import (
    read_classification,
    read_segmentation,
    with_mean,
    write_segmentation,
)
from ml.labels import CLASSES
from tests.ml.evaluation.conftest import simulated_table

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def places(repository: Path) -> Places:
    """Simulated rows whose outlines are of the pictures whose class was read."""
    found = Places(repository)
    where = simulated_table().where
    named = {label: [] for label in CLASSES}
    for name, label, split in zip(where["id"], where["label"], where["split"], strict=True):
        if split == "test":
            named[label].append(name)
    outlines = []
    for number, row in enumerate(read_segmentation(found.outline_rows)):
        if row.split != "test":
            continue
        overlap = 0.0 if row.label != "no_tumor" and number % 5 == 1 else row.score.dice
        score = replace(row.score, dice=overlap, reference_px=row.score.reference_px and number + 1)
        outlines.append(replace(row, id=named[row.label].pop(), score=score))
    write_segmentation(found.outline_rows, outlines)
    return found


@pytest.fixture
def found(places: Places) -> Mistakes:
    return find_mistakes(places)


def test_every_wrong_class_of_the_test_part_is_a_row_the_surest_first(
    places: Places, found: Mistakes
) -> None:
    table = read_classification(places.clean_rows).part("test")
    for model, logits in with_mean(table.logits).items():
        wrong = logits.argmax(axis=1) != table.labels
        rows = matching(found.rows[WRONG_CLASS], model=model)
        assert {one.id for one in rows} == {
            name for name, one in zip(table.where["id"], wrong, strict=True) if one
        }
        assert len(rows) == wrong.sum()
        assert all(one.read != one.label and one.outlined is None for one in rows)
        assert all(one.confidence > one.given for one in rows)
    assert len({one.model for one in found.rows[WRONG_CLASS]}) > 1
    sure = [one.confidence for one in found.rows[WRONG_CLASS]]
    assert sure == sorted(sure, reverse=True)
    assert found.models == ("mobilenet", "xception", "resnet50", "mean")
    assert found.tested[WRONG_CLASS].n_pictures == len(table)
    assert found.tested[WRONG_CLASS].n_groups == len(set(table.where["group"]))


def test_outlines_are_judged_as_shown_and_the_largest_come_first(
    places: Places, found: Mistakes
) -> None:
    rows = read_segmentation(places.outline_rows)
    shown = [row.withheld_below(0.4) for row in rows]
    missed = {row.id for row in shown if row.score.dice == 0.0}
    marked = {row.id for row in shown if row.label == "no_tumor" and row.score.predicted_px}
    assert {one.id for one in found.rows[DICE_ZERO]} == missed
    assert {one.id for one in found.rows[MARKED]} == marked
    withheld = [one for one in found.rows[DICE_ZERO] if not one.outlined.shown_px]
    assert withheld
    assert all(one.outlined.marked_px > 0 for one in withheld)
    sizes = [one.outlined.share for one in found.rows[DICE_ZERO]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 1


def test_a_withheld_mark_on_a_tumour_free_picture_is_no_mistake(places: Places) -> None:
    rows = read_segmentation(places.outline_rows)
    sure = [replace(row, tumour=0.9) if row.label == "no_tumor" else row for row in rows]
    assert not find_mistakes(places).rows[MARKED]
    write_segmentation(places.outline_rows, sure)
    marked = find_mistakes(places).rows[MARKED]
    assert {one.id for one in marked} == {
        row.id for row in sure if row.label == "no_tumor" and row.score.predicted_px
    }
    assert all(one.outlined.share == one.outlined.shown_px / 400 for one in marked)


def test_probabilities_are_those_of_the_screen(places: Places) -> None:
    before = find_mistakes(places)
    assert not before.calibrated
    models = ("mobilenet", "xception", "resnet50", "mean")
    content = {"calibration": {name: {"temperature": 2.0} for name in models}, "sets": {}}
    places.trust.write_text(json.dumps(content))
    after = find_mistakes(places)
    assert after.calibrated
    assert {(one.id, one.model) for one in after.rows[WRONG_CLASS]} == {
        (one.id, one.model) for one in before.rows[WRONG_CLASS]
    }
    table = read_classification(places.clean_rows).part("test")
    where = {name: place for place, name in enumerate(table.where["id"])}
    for one in after.rows[WRONG_CLASS]:
        expected = softmax(with_mean(table.logits)[one.model] / 2.0)[where[one.id]]
        assert one.confidence == pytest.approx(expected.max(), abs=1e-5)
        assert one.given == pytest.approx(expected[CLASSES.index(one.label)], abs=1e-5)


def test_filters_and_the_csv(found: Mistakes) -> None:
    rows = found.rows[WRONG_CLASS]
    one = rows[0]
    chosen = matching(rows, model=one.model, label=one.label, read=one.read, least=0.5)
    assert chosen[0] == one
    for other in chosen:
        assert (other.model, other.label, other.read) == (one.model, one.label, one.read)
        assert other.confidence >= 0.5
    assert len(matching(rows, least=0.5)) < len(rows) == len(matching(rows))
    lines = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert [line["id"] for line in lines] == [row.id for row in rows]
    assert float(lines[0]["confidence"]) == pytest.approx(one.confidence, abs=1e-6)
    assert lines[0]["reference_px"] == ""
    missed = list(csv.DictReader(io.StringIO(as_csv(found.rows[DICE_ZERO]))))
    assert int(missed[0]["reference_px"]) == found.rows[DICE_ZERO][0].outlined.reference_px


def test_rows_that_do_not_belong_together_are_refused(places: Places) -> None:
    rows = read_segmentation(places.outline_rows)
    strange = [replace(row, id="figshare/else.jpg") if row.score.dice == 0 else row for row in rows]
    write_segmentation(places.outline_rows, strange)
    with pytest.raises(MetricsError, match="make evaluate"):
        find_mistakes(places)
    places.split.unlink()
    with pytest.raises(MetricsError, match=r"clean\.csv is missing"):
        find_mistakes(places)


def test_the_committed_rows_give_the_counts_of_the_published_figures() -> None:
    places = Places(ROOT)
    found = find_mistakes(places)
    summary = json.loads(places.summary.read_text(encoding="utf-8"))
    clean, unet = summary["clean"], summary["segmentation"]["unet"]
    assert found.split_id == summary["split_id"]
    assert set(found.models) == set(clean["models"])
    for model, figures in clean["models"].items():
        wrong = len(matching(found.rows[WRONG_CLASS], model=model))
        assert 1 - wrong / clean["n_pictures"] == pytest.approx(
            figures["accuracy"]["value"], abs=1e-6
        )
    free = unet["tumour_free"]
    for kind, part, figure in (
        (DICE_ZERO, unet, "dice_zero_share"),
        (MARKED, free, "marked_share"),
    ):
        assert len(found.rows[kind]) / part["n_pictures"] == pytest.approx(
            part[figure]["value"], abs=1e-6
        )
    for kind, part in zip(KINDS, (clean, unet, free), strict=True):
        tested = found.tested[kind]
        assert (tested.n_pictures, tested.n_groups) == (part["n_pictures"], part["n_groups"])
