"""A report as JSON, in the form that `report.schema.json` beside this file publishes.

Nothing in it identifies a patient but what a reader wrote; the scan is named by the SHA-256 of
its file.
"""

import json
from dataclasses import asdict
from typing import Any, Final

from app.reports import own_drawing, own_outline, series_json
from app.reports.draft import Draft, Section
from app.reports.result import result
from app.reports.series_result import Reported, SeriesResult, named
from ml.results import Scan

__all__ = ["VERSION", "document", "render"]

VERSION: Final = "1.3"
"""Of the form; a field or a kind of result may be added under the same first number, none is
renamed or removed. 1.1 added series, orientation and the reader's outline, 1.2 the
reader's drawing, 1.3 its sizes slice by slice beside the AI's diameters. The schemas of earlier
forms stay published in `earlier`."""


def document(draft: Draft, answer: Reported) -> dict[str, Any]:
    """Everything that a report says, as plain values.

    Raises:
        ValueError: the report is of another scan.
    """
    draft.check_of(named(answer))
    signature = draft.signature
    footer = draft.footer
    return {
        "form": "sulcus-report",
        "version": VERSION,
        "status": draft.status,
        "signature": None
        if signature is None
        else {"name": signature.name, "time": signature.time.isoformat()},
        "scan": series_json.scan(answer)
        if isinstance(answer, SeriesResult)
        else _scan(answer.scan),
        "sections": [_section(one) for one in draft.sections],
        "result": series_json.result(answer)
        if isinstance(answer, SeriesResult)
        else result(answer, draft.conflicts),
        "reader_outline": None
        if isinstance(answer, SeriesResult)
        else own_outline.facts(draft, answer),
        "reader_drawing": own_drawing.facts(draft, answer),
        "made_by": {"software": footer.software, "weights_sha256": dict(footer.weights)},
        "thresholds": footer.thresholds,
        "notice": footer.notice,
        "held_out": {"figure": footer.held_out, "protocol": footer.protocol},
    }


def render(draft: Draft, answer: Reported) -> bytes:
    """The JSON as UTF-8."""
    text = json.dumps(document(draft, answer), ensure_ascii=False, indent=2, allow_nan=False)
    return f"{text}\n".encode()


def _scan(scan: Scan) -> dict[str, Any]:
    rows, columns = scan.shape
    return {
        "sha256": scan.content_hash,
        "format": scan.format,
        "rows": rows,
        "columns": columns,
        "spacing_mm": None if scan.spacing_mm is None else list(scan.spacing_mm),
        "orientation": None if scan.letters is None else asdict(scan.letters),
        "simulated": scan.simulated,
        "series": None,
    }


def _section(one: Section) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "pieces": [{"source": piece.source, "text": piece.text} for piece in one.pieces],
        "left_out": list(one.left_out),
    }
