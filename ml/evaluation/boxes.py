"""Run the detector over the held-out pictures; one row a picture in `detection_clean.csv`.

Columns: id, group, label, split, reference, found. A box is "top left bottom right" in pixel
edges of the scan, a finding "label score top left bottom right"; several are joined by ";". Every
figure of `ml.evaluation.detection` is derived from the file, so that it can be recomputed.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from ml.datasets.boxes import boxes_of
from ml.datasets.picture import TUMOR
from ml.errors import MetricsError
from ml.evaluation.detection import DetectionRow
from ml.evaluation.pictures import Library, Row, as_scan, held_out, one_a_cluster
from ml.evaluation.table_files import unusable, write_lines
from ml.inference.detect import Detection, detections
from ml.inference.engine import Engine
from ml.labels import CLASSES, NO_TUMOR
from ml.pipeline import every_box
from ml.preprocess import prepare
from ml.results import FloatArray

BATCH: Final[int] = 16
COLUMNS: Final[tuple[str, ...]] = ("id", "group", "label", "split", "reference", "found")

Detect = Callable[[FloatArray], Mapping[str, FloatArray]]
"""Batch (N, S, S, 1) → the detector's outputs by name; "boxes" and "roi_logits" are read."""
Find = Callable[[Sequence[FloatArray]], Sequence[tuple[Detection, ...]]]
"""N pictures (H, W), each of its own size → what is found on each, in its own pixels."""


def boxed_pictures(rows: Sequence[Row], library: Library) -> list[Row]:
    """Held-out figshare and Br35H slices with an outline and tumour-free pictures, one a cluster.

    A cluster with a figshare slice is that slice: its type is known.
    """
    held = [row for row in rows if row["split"] in ("validation", "test")]
    drawn = [row for row in held if library.picture(row["path"]).mask is not None]
    typed = one_a_cluster(row for row in drawn if row["source"] == "figshare")
    seen = {row["cluster"] for row in typed}
    unknown = [row for row in drawn if row["label"] == TUMOR and row["cluster"] not in seen]
    free = [row for row in held_out(rows) if row["label"] == CLASSES[NO_TUMOR]]
    return typed + one_a_cluster(unknown) + free


def alone(detect: Detect, size: int) -> Find:
    """A detector by itself: one view, nothing beside it.

    Args:
        detect: runs it.
        size: side of its input, pixels.
    """

    def find(pictures: Sequence[FloatArray]) -> list[tuple[Detection, ...]]:
        ready = [prepare(pixels, size) for pixels in pictures]
        output = detect(np.concatenate([one.image for one in ready]))
        return [
            detections(boxes, logits, crop=one.crop, shape=pixels.shape)
            for boxes, logits, one, pixels in zip(
                output["boxes"], output["roi_logits"], ready, pictures, strict=True
            )
        ]

    return find


def as_shown(engine: Engine) -> Find:
    """What a screen draws from: the shipped detector, its mirror image and the outline."""
    return lambda pictures: every_box([as_scan(pixels) for pixels in pictures], engine)


def predict_boxes(rows: Sequence[Row], library: Library, find: Find) -> list[DetectionRow]:
    """What is found on every held-out picture, by path.

    Args:
        rows: rows of data/splits/clean.csv.
        library: where the pictures are.
        find: `alone` or `as_shown`.

    Raises:
        MetricsError: a picture or its outline is not there.
    """
    wanted = boxed_pictures(rows, library)
    done = []
    with tqdm(total=len(wanted), desc="boxes", unit="picture") as bar:
        for start in range(0, len(wanted), BATCH):
            part = wanted[start : start + BATCH]
            pictures = [library.pixels(row["path"]) for row in part]
            for row, pixels, found in zip(part, pictures, find(pictures), strict=True):
                done.append(_row(row, _reference(row, pixels.shape, library), found))
            bar.update(len(part))
    return sorted(done, key=lambda row: row.id)


def _row(row: Row, reference: FloatArray, found: tuple[Detection, ...]) -> DetectionRow:
    return DetectionRow(row["path"], row["group"], row["label"], row["split"], reference, found)


def _reference(row: Row, shape: tuple[int, ...], library: Library) -> FloatArray:
    if row["label"] == CLASSES[NO_TUMOR]:
        return np.zeros((0, 4), np.float32)
    mask = library.mask(row["path"])
    if mask is None or mask.shape != shape:
        raise MetricsError(f"the mask of {row['path']} is missing or not as large as its picture")
    return boxes_of(mask)


def write_detection(path: Path, rows: Sequence[DetectionRow]) -> None:
    """Write one line a picture; scores with six digits, edges with two."""
    body = []
    for row in rows:
        reference = ";".join(_edges(box.tolist()) for box in row.reference)
        found = ";".join(f"{d.label} {d.score:.6f} {_edges(d.box_px)}" for d in row.found)
        body.append((row.id, row.group, row.label, row.split, reference, found))
    write_lines(path, COLUMNS, body)


def read_detection(path: Path) -> list[DetectionRow]:
    """Read the lines back.

    Raises:
        MetricsError: the file is absent or not as `write_detection` wrote it.
    """
    if not path.is_file():
        raise MetricsError(f"{path.name} has not been computed; run `make evaluate`")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [_parsed(row) for row in csv.DictReader(file)]
    except (KeyError, ValueError) as error:
        raise unusable(path, error) from error


def _edges(box: Sequence[float]) -> str:
    return " ".join(f"{edge:.2f}" for edge in box)


def _parsed(row: Mapping[str, str]) -> DetectionRow:
    reference = [[float(edge) for edge in box.split()] for box in _parts(row["reference"])]
    found = []
    for text in _parts(row["found"]):
        label, score, *edges = text.split()
        top, left, bottom, right = map(float, edges)
        found.append(Detection(label, float(score), (top, left, bottom, right)))
    return _row(
        {**row, "path": row["id"]}, np.array(reference, np.float32).reshape(-1, 4), (*found,)
    )


def _parts(cell: str) -> list[str]:
    return cell.split(";") if cell else []
