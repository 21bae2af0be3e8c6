"""Which pictures are boxed, that boxes land on them, and that rows come back from their file."""

from pathlib import Path

import numpy as np
import pytest

from ml.datasets.boxes import boxes_of
from ml.datasets.picture import TUMOR, Picture
from ml.datasets.readers import data_root, load_mask, load_pixels, read_all
from ml.errors import MetricsError, MissingDataset
from ml.evaluation.boxes import (
    alone,
    boxed_pictures,
    predict_boxes,
    read_detection,
    write_detection,
)
from ml.evaluation.detection import DetectionRow
from ml.evaluation.pictures import Library
from ml.inference.detect import Detection, box_iou, detections
from ml.labels import CLASSES
from ml.preprocess import prepare, prepare_mask


def line(path, label, source, cluster, split="test"):
    return {
        **{"path": path, "label": label, "source": source, "cluster": cluster},
        **{"group": f"g-{cluster}", "split": split, "representative": "0"},
    }


ROWS = [
    line("f1", "glioma", "figshare", "a"),
    line("f2", "glioma", "figshare", "a"),
    line("s1", "glioma", "sartaj", "a"),
    line("b1", TUMOR, "br35h", "a"),
    line("b2", TUMOR, "br35h", "b", "validation"),
    line("b3", TUMOR, "br35h", "b", "validation"),
    line("n1", "no_tumor", "br35h", "c"),
    line("t1", "glioma", "figshare", "d", "train"),
]
MASKED = {"f1", "f2", "b1", "b2", "b3", "t1"}


class DrawnLibrary(Library):
    """A head with a bright tumour in rows 40..60 and columns 50..80."""

    def pixels(self, path):
        image = np.zeros((120, 140), np.float32)
        image[10:110, 20:120] = 100.0
        if path != "n1":
            image[40:60, 50:80] = 250.0
        return image

    def mask(self, path):
        mask = self.pixels(path) == 250.0
        return mask if path in MASKED else None


@pytest.fixture
def library():
    pictures = {
        r["path"]: Picture(r["path"], r["source"], r["label"], mask=r["path"] in MASKED or None)
        for r in ROWS
    }
    return DrawnLibrary(Path(), pictures)


def test_outlined_and_tumour_free_pictures_one_a_cluster(library):
    assert [row["path"] for row in boxed_pictures(ROWS, library)] == ["f1", "b2", "n1"]


def bright_box(batch):
    """A detector that boxes the brightest region of every picture and calls it a glioma."""
    boxes = np.zeros((len(batch), 1, 4), np.float32)
    logits = np.zeros((len(batch), 1, len(CLASSES)), np.float32)
    for i, image in enumerate(batch[..., 0]):
        where = np.argwhere(image > 0.8)
        boxes[i, 0] = [*(where.min(axis=0) / 64), *((where.max(axis=0) + 1) / 64)]
        logits[i, 0, 0] = 4.0
    return {"boxes": boxes, "roi_logits": logits}


def test_boxes_land_on_the_scan(library):
    rows = predict_boxes(ROWS, library, alone(bright_box, 64))
    assert [(row.id, row.label, row.split) for row in rows] == [
        ("b2", TUMOR, "validation"),
        ("f1", "glioma", "test"),
        ("n1", "no_tumor", "test"),
    ]
    tumour, free = rows[1], rows[2]
    assert tumour.reference.tolist() == [[40, 50, 60, 80]]
    assert tumour.found[0].label == "glioma"
    np.testing.assert_allclose(tumour.found[0].box_px, (40, 50, 60, 80), atol=2.0)
    assert len(free.reference) == 0


def test_a_missing_outline_is_refused(library):
    library.mask = lambda _path: None
    with pytest.raises(MetricsError, match="the mask of f1 is missing"):
        predict_boxes(ROWS, library, alone(bright_box, 64))


def test_rows_come_back_from_their_file(library, tmp_path):
    path = tmp_path / "metrics" / "detection_clean.csv"
    two = Detection("pituitary", 0.1234567, (1.0, 2.004, 30.5, 40.25))
    rows = [
        DetectionRow(
            "x, y.jpg",
            "g",
            "glioma",
            "test",
            np.float32([[1, 2, 3, 4.5], [5, 6, 7, 8]]),
            (two, two),
        ),
        DetectionRow("z.jpg", "h", "no_tumor", "test", np.zeros((0, 4), np.float32), ()),
    ]
    write_detection(path, rows)
    again = read_detection(path)
    assert [row.id for row in again] == ["x, y.jpg", "z.jpg"]
    np.testing.assert_array_equal(again[0].reference, rows[0].reference)
    assert again[0].found[0] == Detection("pituitary", 0.123457, (1.0, 2.0, 30.5, 40.25))
    assert again[1].reference.shape == (0, 4)
    write_detection(tmp_path / "again.csv", again)
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()


def test_a_file_that_is_absent_or_damaged_is_named(tmp_path):
    path = tmp_path / "detection_clean.csv"
    with pytest.raises(MetricsError, match="has not been computed"):
        read_detection(path)
    path.write_text("id,group,label,split,reference,found\na,g,glioma,test,1 2 x 4,\n")
    with pytest.raises(MetricsError, match="cannot be used"):
        read_detection(path)


@pytest.mark.real_data
def test_boxes_of_real_outlines_survive_the_way_to_the_network_and_back():
    """The bar's overlap of 0.5 is not lost to preparing: boxes read at 160 px fit the scan's."""
    try:
        root = data_root()
    except MissingDataset:
        pytest.skip("the public data sets are not on this machine")
    drawn = [p for p in read_all(root) if p.mask is not None][::90]
    assert len(drawn) > 20
    for picture in drawn:
        mask = load_mask(picture, root)
        crop = prepare(load_pixels(picture, root), 160).crop
        seen = boxes_of(prepare_mask(mask, crop, 160) > 0.5) / np.float32(160)
        logits = np.tile(np.float32([9, 0, 0, 0]), (len(seen), 1))
        found = detections(seen, logits, crop=crop, shape=mask.shape)
        overlap = box_iou(boxes_of(mask), np.float32([one.box_px for one in found]))
        assert overlap.max(axis=1).min() > 0.85, picture.path
