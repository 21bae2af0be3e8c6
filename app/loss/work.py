"""What a reader's program does all day, in a loop that says after each step what was acknowledged.

A step calls what the screens and commands call. What it yields is an acknowledgement: a kind and
values, by which `app.loss.whole` finds again what must be there from then on. Between two of them
there is at most one transaction.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from app.archive import Archive, open_archive
from app.drawing_session import sizes
from app.reports import addendum, as_json, dicom_seg, dicom_sr, pdf
from app.reports.compose import Measured, compose
from app.reports.draft import sign
from app.store.drawings import FROM_AI, NewDrawing
from app.store.outlines import NewOutline
from app.store.places import Places
from app.store.records import AGREE, DISAGREE, Word
from app.store.signed import NewReport
from app.trail import EXPORTED, KEPT
from ml.drawing import of_masks, packed
from ml.hostile.reading import reading, source
from ml.labels import CLASSES
from ml.results import Analysis

__all__ = [
    "FAILED",
    "LOOPS",
    "READER",
    "VERSION",
    "Ack",
    "Loop",
    "answered",
    "forms",
    "named",
    "new_report",
    "run",
]

READER: Final = "A. Reader"
VERSION: Final = "networks of the campaign"
Ack = list[Any]
"""A kind, then values that JSON holds."""
Step = Callable[[Archive, str], Iterator[Ack]]
"""(store, a name that was not used before) → what was acknowledged, one at a time."""
FAILED: Final = "failed"
"""Kind of what a process says that a fault of the program has ended."""


@dataclass(frozen=True)
class Loop:
    """One kind of work.

    Attributes:
        title: for the document.
        step: done again and again in a store that is opened once.
    """

    title: str
    step: Step


def named(name: str) -> Analysis:
    """The invented reading, of a scan of another name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return replace(reading(), scan=replace(reading().scan, content_hash=digest))


def answered(store: Archive, name: str) -> tuple[Analysis, int]:
    """A scan that was read and noted: the reading, and the number of its answer."""
    read = named(name)
    return read, store.note(source(), read, VERSION)


def new_report(read: Analysis) -> NewReport:
    """A report as it is signed."""
    draft = sign(compose(read, Measured(), None), READER, datetime.now(UTC))
    text = as_json.render(draft, read).decode()
    return NewReport(READER, as_json.VERSION, dict(read.weights), text)


def forms(read: Analysis) -> Mapping[str, bytes]:
    """Every file of a report."""
    draft = compose(read, Measured(), None)
    return {
        "pdf": pdf.render(draft, read),
        "json": as_json.render(draft, read),
        "sr": dicom_sr.render(draft, read, source()),
        "seg": dicom_seg.render(read, source()),
    }


def run(loop: Loop, found: Places, start: str) -> Iterator[Ack]:
    """Do it without an end.

    Args:
        loop: what to do.
        found: where the store is, or is made.
        start: what every name begins with.
    """
    store = open_archive(found)
    for number in itertools.count():
        yield from loop.step(store, f"{start}/{number}")


def _upload(store: Archive, name: str) -> Iterator[Ack]:
    read, _ = answered(store, name)
    digest = read.scan.content_hash
    yield ["answer", digest]
    store.pictures.keep(read.scan)
    yield ["picture", digest]
    store.trail.note(KEPT, READER, digest)
    yield ["line", digest, KEPT]


def _read(store: Archive, name: str) -> Iterator[Ack]:
    yield ["answer", answered(store, name)[0].scan.content_hash]


def _say(store: Archive, name: str) -> Iterator[Ack]:
    read, number = answered(store, name)
    yield ["answer", read.scan.content_hash]
    yield ["word", store.say(number, Word(READER, AGREE))]
    other = Word(READER, DISAGREE, "too small", CLASSES[1], seconds=12.5)
    yield ["word", store.say(number, other)]
    last = store.readings(read.scan.content_hash)[-1]
    yield ["word", store.take_back(last)]


def _draw(store: Archive, name: str) -> Iterator[Ack]:
    read, number = answered(store, name)
    digest, found = read.scan.content_hash, read.segmentation
    yield ["answer", digest]
    drawn = of_masks({1: found.mask}, read.scan)
    drawing = NewDrawing(READER, FROM_AI, packed(drawn), 1, **sizes(drawn, read.scan))
    kept = store.drawings.keep(number, drawing)
    yield ["drawing", digest, kept]
    size = found.measurement
    outline = NewOutline(
        *(READER, 0.3, found.threshold, size.area_px, size.area_mm2),
        *(size.diameter_px, size.diameter_mm, size.perpendicular_px, size.perpendicular_mm),
    )
    yield ["outline", digest, store.outlines.keep(number, outline)]
    yield ["drawing", digest, store.drawings.take_back(kept, READER)]


def _sign(store: Archive, name: str) -> Iterator[Ack]:
    read, number = answered(store, name)
    digest = read.scan.content_hash
    yield ["answer", digest]
    signed = store.reports.sign(number, new_report(read))
    yield ["signed", digest, signed]
    first = next(row for row in store.reports.of_scan(digest) if row.id == signed)
    said = addendum.addition("Seen again.", READER, time=datetime.now(UTC), amends=first)
    yield ["signed", digest, store.reports.amend(signed, said)]
    second = store.reports.sign(number, new_report(read))
    yield ["signed", digest, second]
    store.reports.take_back(second, READER)
    yield ["withdrawn", digest, second]


def _export(store: Archive, name: str) -> Iterator[Ack]:
    read, _ = answered(store, name)
    for form in forms(read):
        what = f"{EXPORTED}{form}"
        store.trail.note(what, READER, read.scan.content_hash)
        yield ["line", read.scan.content_hash, what]


LOOPS: Final[Mapping[str, Loop]] = {
    "upload": Loop("Uploading and keeping a picture", _upload),
    "read": Loop("Recording a reading", _read),
    "word": Loop("A reader's word, and taking it back", _say),
    "draw": Loop("A drawing and an outline, and taking one back", _draw),
    "sign": Loop("Signing a report, an addendum, taking a signature back", _sign),
    "export": Loop("Saving a report as PDF, JSON, SR and SEG", _export),
}
"""Work in one store."""
