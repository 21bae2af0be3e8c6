"""Outlines drawn with the VGG Image Annotator (VIA), as Br35H ships them."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ml.errors import DatasetLayout
from ml.results import BoolArray

__all__ = ["Shape", "rasterise", "regions_by_file"]

Shape = Mapping[str, Any]
"""One `shape_attributes` record: polygon, polyline, ellipse, circle or rect."""


def regions_by_file(annotation: Path) -> dict[str, list[Shape]]:
    """Shapes of every picture named in a VIA JSON file (`regions` as list or as mapping).

    Raises:
        DatasetLayout: the file is missing or not VIA JSON.
    """
    try:
        return _parse(annotation, annotation.stat().st_mtime_ns)
    except OSError as error:
        raise DatasetLayout(f"{annotation.name} cannot be read.") from error


@lru_cache(maxsize=16)
def _parse(annotation: Path, _changed: int) -> dict[str, list[Shape]]:
    # Cached because a mask is asked for one picture at a time, hundreds to a file.
    try:
        content = json.loads(annotation.read_text(encoding="utf-8"))
        # A VIA *project* file keeps the same records one level down.
        records = content.get("_via_img_metadata", content)
        return {
            record["filename"]: [region["shape_attributes"] for region in _as_list(record)]
            for record in records.values()
        }
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DatasetLayout(f"{annotation.name} is not VGG Image Annotator JSON.") from error


def rasterise(shapes: list[Shape], size: tuple[int, int]) -> BoolArray:
    """Union of the shapes as a (H, W) bool mask; coordinates are the picture's own pixels.

    Raises:
        DatasetLayout: a shape of a kind that VIA does not write.
    """
    canvas = np.zeros(size, dtype=np.uint8)
    for shape in shapes:
        points = _outline(shape)
        cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], (1,))
    return canvas > 0


def _as_list(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    regions = record["regions"]
    return list(regions.values()) if isinstance(regions, dict) else list(regions)


def _outline(shape: Shape) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    kind = shape.get("name")
    if kind in {"polygon", "polyline"}:
        return np.stack([shape["all_points_x"], shape["all_points_y"]], axis=1).astype(np.float64)
    if kind == "rect":
        left, top = float(shape["x"]), float(shape["y"])
        right, bottom = left + float(shape["width"]), top + float(shape["height"])
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    if kind in {"ellipse", "circle"}:
        rx = float(shape["rx"] if kind == "ellipse" else shape["r"])
        ry = float(shape["ry"] if kind == "ellipse" else shape["r"])
        # VIA 2 draws with the canvas call rotate(theta): radians, clockwise on screen.
        theta = float(shape.get("theta", 0.0))
        turn = np.linspace(0.0, 2.0 * np.pi, 180, endpoint=False)
        x, y = rx * np.cos(turn), ry * np.sin(turn)
        return np.stack(
            [
                shape["cx"] + x * np.cos(theta) - y * np.sin(theta),
                shape["cy"] + x * np.sin(theta) + y * np.cos(theta),
            ],
            axis=1,
        )
    raise DatasetLayout(f"VIA shape {kind!r} is not an area outline that is read here.")
