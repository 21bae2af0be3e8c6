"""What the probe may see, what its figures say, and that the test part teaches it nothing."""

import json
import math

import cv2
import numpy as np
import pytest

from ml.errors import MetricsError
from ml.evaluation import background, report
from ml.evaluation.background import VIEWS, features_of, hide_brain, hide_head, predict_background
from ml.evaluation.background_rows import (
    BackgroundRow,
    ViewFinding,
    background_figures,
    read_background_rows,
    write_background_rows,
)
from ml.evaluation.pictures import Library
from ml.evaluation.places import Places
from ml.labels import CLASSES
from tests.ml.counterfactual.simulated import head

FOLDERS = dict(zip(CLASSES, ("glioma", "meningioma", "notumor", "pituitary"), strict=True))


def line(path, label, split):
    keys = ("path", "label", "source", "cluster", "group", "split")
    return dict(zip(keys, (path, label, "roboflow", path, path, split), strict=True))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """One head for all pictures; only the level of the air tells the class."""
    root, rows = tmp_path_factory.mktemp("probe") / "data", []
    image, _ = head("no_tumor", 2)
    air = 1.0 - (cv2.GaussianBlur(image, (0, 0), 2) > 0.03)
    rng = np.random.default_rng(0)
    for split, folder, count in (("train", "train", 8), ("test", "test", 4)):
        for index, label in enumerate(CLASSES):
            (root / "roboflow" / folder / FOLDERS[label]).mkdir(parents=True)
            for number in range(count):
                noisy = image + air * (0.01 * index + 0.002 * rng.random(image.shape))
                path = f"roboflow/{folder}/{FOLDERS[label]}/{number}.png"
                grey = np.round(np.clip(noisy, 0, 1) * 255).astype(np.uint8)
                cv2.imwrite(str(root / path), grey)
                rows.append(line(path, label, split))
    return Library.at(root), rows


def test_the_tumour_is_hidden_from_every_view():
    for case in (("glioma", 1, "axial"), ("meningioma", 1, "axial"), ("pituitary", 2, "sagittal")):
        image, mask = head(*case)
        assert mask[~hide_head(image)].sum() == 0
        assert mask[~hide_brain(image)].sum() < 0.05 * mask.sum()
        assert not hide_brain(image).all()


def test_less_is_seen_outside_the_head_than_outside_the_brain():
    image, _ = head("glioma", 1)
    assert (~hide_head(image)).sum() < (~hide_brain(image)).sum()
    assert image[~hide_head(image)].mean() < 0.05


def test_what_is_hidden_changes_no_feature():
    image, _ = head("glioma", 1)
    for hide in VIEWS.values():
        hidden = hide(image)
        other = np.where(hidden, 1.0 - image, image).astype(np.float32)
        np.testing.assert_array_equal(features_of(image, hidden), features_of(other, hidden))
    nothing = features_of(image, np.ones(image.shape, np.bool_))
    assert (nothing == 0).all()


def test_features_are_means_of_cells_and_a_histogram_of_shares():
    image = np.zeros((112, 112), np.float32)
    image[:8, :8] = 0.2
    found = features_of(image, np.zeros(image.shape, np.bool_))
    assert found[0] == pytest.approx(0.2)
    assert found[1 : background.CELLS**2].sum() == 0
    histogram = found[background.CELLS**2 :]
    assert histogram.sum() == pytest.approx(1.0)
    assert histogram[0] == pytest.approx(1 - 64 / 112**2)


def test_a_probe_of_the_air_tells_the_classes_and_only_test_pictures_are_in_the_rows(data):
    library, rows = data
    found = predict_background(rows, library)
    assert {row.id for row in found} == {row["path"] for row in rows if row["split"] == "test"}
    figures = background_figures(found, draws=50)["views"]["outside_head"]
    assert figures["balanced_accuracy"].value > 0.8
    assert figures["tumour_auroc"].value > 0.9
    assert math.isnan(figures["tumour_seen"].value)  # no outline is known here


def test_the_test_part_teaches_nothing(data):
    library, rows = data
    before = predict_background(rows, library)
    turned = dict(zip(CLASSES, CLASSES[::-1], strict=True))
    swapped = [r if r["split"] == "train" else {**r, "label": turned[r["label"]]} for r in rows]
    after = {row.id: row.views for row in predict_background(swapped, library)}
    for row in before:
        for view, finding in row.views.items():
            assert after[row.id][view].classes == finding.classes
            assert after[row.id][view].tumour == finding.tumour


def test_a_training_part_without_a_class_is_refused(data):
    library, rows = data
    with pytest.raises(MetricsError, match="all four classes"):
        predict_background([row for row in rows if row["label"] != "glioma"], library)


def table(sure=0.9, count=80):
    """Groups of two; the probe is right for even groups."""
    rows = []
    for number in range(count):
        label = number // 2 % 4
        right = number // 2 % 8 < 4
        said = label if right else (label + 1) % 4
        classes = tuple(sure if c == said else round((1 - sure) / 3, 6) for c in range(4))
        tumour = 0.8 if (label != 2) == right else 0.2
        finding = ViewFinding(classes, tumour, math.nan if label == 2 else 0.25)
        name = f"figshare/{number:03}.jpg"
        view = {"outside_head": finding}
        rows.append(BackgroundRow(name, "figshare", f"g{number // 2}", CLASSES[label], view))
    return rows


def test_figures_are_what_the_rows_say():
    found = background_figures(table(), draws=100)
    assert (found["n_pictures"], found["n_groups"]) == (80, 40)
    view = found["views"]["outside_head"]
    assert view["balanced_accuracy"].value == pytest.approx(0.5)
    assert view["tumour_balanced_accuracy"].value == pytest.approx(0.5)
    assert view["tumour_auroc"].value == pytest.approx(0.5)
    assert view["tumour_seen"].value == pytest.approx(0.25)
    assert view["balanced_accuracy"].low < 0.5 < view["balanced_accuracy"].high


def test_rows_survive_the_file_and_unusable_ones_are_refused(tmp_path):
    path = tmp_path / "rows" / "background.csv"
    write_background_rows(path, table())
    back = read_background_rows(path)
    assert background_figures(back, draws=20) == background_figures(table(), draws=20)
    assert back[0] == table()[0]
    with pytest.raises(MetricsError, match="no picture"):
        write_background_rows(path, [])
    path.write_text("id,source\n1,a\n")
    with pytest.raises(MetricsError, match="cannot be used"):
        read_background_rows(path)
    with pytest.raises(MetricsError, match="has not been computed"):
        read_background_rows(tmp_path / "other.csv")


def test_the_report_writes_them_only_where_there_are_rows(repository):
    places = Places(repository)
    assert places.background not in report.outputs(repository)
    write_background_rows(places.background_rows, table())
    report.write(repository)
    found = json.loads(places.background.read_text())
    assert found["views"]["outside_head"]["balanced_accuracy"]["value"] == 0.5
    assert report.stale(repository) == {}
    places.background.write_text(places.background.read_text().replace("0.5", "0.6", 1))
    assert list(report.stale(repository)) == [places.background]
