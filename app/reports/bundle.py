"""The reports on several scans in one zip: PDF and JSON of each, and the table of a batch run.

Files are named by their number and the digest of the scan: a name that was uploaded may be a
patient's. The table is that of `ml.readings`, so that a zip and a batch run read alike.
"""

import csv
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

from app.reports import as_json, pdf
from app.reports.draft import Draft
from ml.readings import COLUMNS, Row, failed_row, ok_row, refused_row
from ml.results import Analysis, Refused

__all__ = ["Entry", "zipped"]


@dataclass(frozen=True)
class Entry:
    """One scan of a bundle.

    Attributes:
        content_hash: SHA-256 of its file.
        report: the draft or signed report with what it is of, or None for a file that was not
            read.
        reason: why it was not read, or "".
    """

    content_hash: str
    report: tuple[Draft, Analysis | Refused] | None
    reason: str = ""


def zipped(entries: Iterable[Entry]) -> bytes:
    """The zip; entries are taken one at a time, in order.

    Raises:
        MetricsError: when heat maps count as elsewhere was not measured.
    """
    stream, rows = io.BytesIO(), []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, entry in enumerate(entries, start=1):
            name = f"{number:03d}-{entry.content_hash[:12]}"
            rows.append(_row(name, entry))
            if entry.report is not None:
                _add(archive, f"{name}.pdf", pdf.render(*entry.report))
                _add(archive, f"{name}.json", as_json.render(*entry.report))
        _add(archive, "readings.csv", _table(rows))
    return stream.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """One file without a time of its own, so that the same reports give the same bytes."""
    archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _row(name: str, entry: Entry) -> Row:
    if entry.report is None:
        return failed_row(name, entry.reason)
    _, answer = entry.report
    return refused_row(name, answer) if isinstance(answer, Refused) else ok_row(name, answer, "")


def _table(rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
