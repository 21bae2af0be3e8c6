"""An addendum to a signed report as JSON, in the form that `addendum.schema.json` publishes.

It names what it amends by the SHA-256 of the signed text; the report itself stays as it is.
"""

import json
from datetime import datetime
from typing import Final

from app import texts
from app.reports.draft import Addendum, Signature, signature_of
from app.reports.stored import addendum_in
from app.store.signed import NewReport, SignedReport
from app.version import software
from ml.errors import ReportError

__all__ = ["VERSION", "addition", "parsed"]

VERSION: Final = "1.0"
"""Of the form; a field may be added under the same first number, none is renamed or removed."""


def addition(text: str, name: str, *, time: datetime, amends: SignedReport) -> NewReport:
    """What is signed when a reader adds to a report.

    Args:
        text: what is added, one line or several.
        name: of the reader.
        time: with its zone.
        amends: the report.

    Raises:
        ReportError: nothing is said.
        ValueError: the name is blank, or the time has no zone.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ReportError("The addendum has no text. Write what is to be added, then sign it.")
    signature = signature_of(name, time)
    found = {
        "form": "sulcus-addendum",
        "version": VERSION,
        "status": "signed",
        "signature": {"name": signature.name, "time": signature.time.isoformat()},
        "scan": {"sha256": amends.content_hash},
        "amends": {
            "sha256": amends.digest,
            "signed_by": amends.report.reader,
            "time": amends.at.replace(microsecond=0).isoformat(),
        },
        "lines": lines,
        "made_by": {"software": software()},
        "notice": texts.NOTICE,
    }
    document = f"{json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False)}\n"
    return NewReport(signature.name, VERSION, amends.report.weights, document)


def parsed(document: str) -> Addendum:
    """The addendum that a signed text is.

    Raises:
        StoreError: it is none.
    """
    found = addendum_in(document)
    by = found["signature"]
    signature = Signature(by["name"], datetime.fromisoformat(by["time"]))
    return Addendum(tuple(found["lines"]), signature)
