"""What the viewer tells of a reader's drawing, damaged: a new start, strokes, one to keep."""

import atexit
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final
from unittest.mock import patch

from streamlit.proto.BidiComponent_pb2 import BidiComponent

from app import drawing_session, state, viewer_session
from app.archive import archive
from app.components import own_layer
from app.drawing_session import FROM_KEPT, STROKES, Canvas
from app.loss.work import READER, answered, named
from app.store.drawings import FROM_AI, FROM_NOTHING
from ml.hostile import seeds
from ml.hostile.entries import Entry
from ml.hostile.jsons import changed
from ml.io.series import find_series
from ml.volume import Volume

__all__ = ["DRAWN"]

_SLICE, _SERIES = "drawn slice", "drawn series"
_RUNS: Final = [650, 20, 44, 20]
_PLACES: Final = ("SULCUS_DATABASE_URL", "SULCUS_SECRET", "SULCUS_KEEP_DAYS")


def _messages() -> tuple[bytes, ...]:
    """What the viewer tells of a slice and of a series, and what tells the strokes."""
    told: list[dict[str, Any]] = []
    for name in (_SLICE, _SERIES):
        scan = named(name).scan.content_hash
        said = [scan, "me:1", FROM_NOTHING, {"1": _RUNS}]
        told += [{"viewer": {"start": [scan, begun]}} for begun in (FROM_AI, FROM_KEPT)]
        told += [{"viewer": {"keep": said}}, {"strokes": {"drawn": said}}]
        told += [{"viewer": {"start": [scan, FROM_NOTHING], "keep": said}, "strokes": {}}]
    return tuple(json.dumps(one).encode() for one in told)


def _speckled() -> bytes:
    """Every other pixel of a slice: as many runs as there can be."""
    scan = named(_SLICE).scan
    runs = [1] * (scan.shape[0] * scan.shape[1])
    said = [scan.content_hash, "me:1", FROM_AI, {"1": runs}]
    return json.dumps({"viewer": {"keep": said}, "strokes": {"drawn": said}}).encode()


@cache
def _volume() -> Volume:
    (series,) = find_series(list(seeds.series_zip())).series
    return series.read()


@cache
def _home() -> Path:
    """A data folder of this process."""
    folder = mkdtemp(prefix="sulcus-drawn-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@contextmanager
def _store() -> Iterator[None]:
    """The archive is that of this process, whatever the environment says."""
    with patch.dict(os.environ, SULCUS_HOME=str(_home())):
        for name in _PLACES:
            os.environ.pop(name, None)
        yield


@cache
def _canvases() -> tuple[Canvas, ...]:
    """A slice and a series that were read and noted."""
    read, on_slice = answered(archive(), _SLICE)
    other, on_series = answered(archive(), _SERIES)
    scan, series = read.scan.content_hash, other.scan.content_hash
    mask = read.segmentation.mask
    return (
        Canvas(scan, scan, read.scan, 1, {1: mask}, on_slice),
        Canvas(series, series, _volume(), 2, {2: mask[:64, :64]}, on_series),
    )


def _take(data: bytes) -> None:
    """As the callbacks do, and the page after them; what is no JSON never gets to them."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return
    parts = told if isinstance(told, dict) else {"viewer": told, "strokes": told}
    with _store():
        for canvas in _canvases():
            _on(canvas, parts)


def _on(canvas: Canvas, told: dict[str, Any]) -> None:
    """What comes of it on one canvas, and what the browser is sent then."""
    state.close_all()
    state.keep(state.READER, READER)
    state.keep(viewer_session.KEY, told.get("viewer"))
    state.keep(STROKES, told.get("strokes"))
    drawing_session.take_start(canvas)
    drawing_session.take_drawn(canvas)
    drawing_session.take_keep(canvas)
    BidiComponent(json=json.dumps(own_layer.drawing(canvas), allow_nan=False)).SerializeToString()
    own = drawing_session.of(canvas)
    if own is not None and own.drawing.slices:
        drawing_session.sizes(own.drawing, canvas.decoded)
    refused = drawing_session.refusal(canvas)
    if refused is not None:
        raise refused


DRAWN: Final = Entry("Messages of a drawing", _messages, changed, _take, (_speckled,))
"""The most that a browser tells at once."""
