"""The text of a signed report or of an addendum, looked at before anything is made of it.

Its digest says that it is what was signed, not that it is a report: a database that was restored
from elsewhere, or written by a later version, can hold any text.
"""

import json
from datetime import datetime
from typing import Any

from app.report_texts import SECTIONS, SOURCES
from ml.errors import StoreError

__all__ = ["addendum_in", "report_in"]


def report_in(document: str) -> dict[str, Any]:
    """What a signed report says; of every form that this program has written.

    Raises:
        StoreError: the text is no such report.
    """
    found = _parsed(document)
    match found:
        case {
            "scan": {"sha256": str()},
            "signature": dict(by),
            "sections": list(sections),
            "result": dict(result),
            "made_by": {"software": str(), "weights_sha256": dict(weights)},
            "notice": str(),
            "thresholds": str(),
            "held_out": {"figure": str(), "protocol": str()},
        } if (
            _is_signature(by)
            and all(map(_is_section, sections))
            and (result.get("conflicts") is None or _are_texts(result["conflicts"]))
            and _are_texts(list(weights.values()))
        ):
            return found
    raise _refusal()


def addendum_in(document: str) -> dict[str, Any]:
    """What an addendum says.

    Raises:
        StoreError: the text is no addendum.
    """
    found = _parsed(document)
    match found:
        case {"signature": dict(by), "lines": list(lines)} if _is_signature(by) and _are_texts(
            lines
        ):
            return found
    raise _refusal()


def _parsed(document: str) -> dict[str, Any]:
    """The JSON object of a text, which can be written and sent again.

    Raises:
        StoreError: it is none.
    """
    try:
        found = json.loads(document)
        # NaN, and halves of letters outside the basic plane, are in no report
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise _refusal() from None
    if not isinstance(found, dict):
        raise _refusal()
    return found


def _refusal() -> StoreError:
    return StoreError(
        "The stored text is not a report or an addendum in a form that this program knows. It is "
        "not shown. Start the version that wrote it, or restore the database from a copy."
    )


def _is_section(one: object) -> bool:
    match one:
        case {"name": str(name), "title": str(), "pieces": list(pieces), "left_out": list(left)}:
            return name in SECTIONS and all(map(_is_piece, pieces)) and _are_texts(left)
    return False


def _is_piece(one: object) -> bool:
    match one:
        case {"source": str(source), "text": str()}:
            return source in SOURCES
    return False


def _is_signature(by: dict[str, Any]) -> bool:
    match by:
        case {"name": str(), "time": str(time)}:
            try:
                return datetime.fromisoformat(time).tzinfo is not None
            except ValueError:
                return False
    return False


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(one, str) for one in values)
