"""The reader's own outline: the threshold chosen in this session, and what is kept of it."""

import math
from dataclasses import replace

from app import reader_session, services, state
from app.archive import archive
from app.store.outlines import HIGHEST, LOWEST, KeptOutline, NewOutline
from ml.inference.segment import outlined_at
from ml.results import Analysis


def key(content_hash: str) -> str:
    """Widget key of the threshold of one scan."""
    return f"{state.WORD}threshold.{content_hash}"


def start(read: Analysis) -> None:
    """Set the AI's threshold where none was chosen yet; call before the slider is drawn."""
    state.keep(key(read.scan.content_hash), chosen(read))


def chosen(read: Analysis) -> float:
    """The threshold that the slider of a scan stands at."""
    published = min(max(read.segmentation.threshold, LOWEST), HIGHEST)
    return state.recall(key(read.scan.content_hash), published)


def adjusted(read: Analysis) -> Analysis:
    """The reading with the outline at the reader's threshold; itself where that was not moved."""
    found, threshold = read.segmentation, chosen(read)
    if math.isclose(threshold, found.threshold):
        return read
    own = outlined_at(found, threshold, read.scan.spacing_mm)
    return replace(read, segmentation=own)


def keep(answer_id: int, read: Analysis, own: Analysis) -> None:
    """Store the outline on screen as this reader's.

    Raises:
        StoreError: it is not complete or cannot be written.
    """
    sizes = own.segmentation.measurement
    archive().outlines.keep(
        answer_id,
        NewOutline(
            reader=reader_session.reader(),
            threshold=own.segmentation.threshold,
            ai_threshold=read.segmentation.threshold,
            area_px=sizes.area_px,
            area_mm2=sizes.area_mm2,
            diameter_px=sizes.diameter_px,
            diameter_mm=sizes.diameter_mm,
            perpendicular_px=sizes.perpendicular_px,
            perpendicular_mm=sizes.perpendicular_mm,
        ),
    )


def current(row: KeptOutline) -> bool:
    """Whether an outline was drawn on the map of the networks in use."""
    return row.model_version == archive().version_digest(services.model_version())


def mine(content_hash: str) -> KeptOutline | None:
    """The last standing outline of this reader on the map of the networks in use, or None.

    Raises:
        StoreError: they cannot be read.
    """
    reader = reader_session.reader()
    standing = archive().outlines.standing(content_hash)
    rows = [row for row in standing if row.outline.reader == reader and current(row)]
    return rows[-1] if rows else None
