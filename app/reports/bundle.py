"""The reports on several scans in one zip: PDF and JSON of each, what was signed, a table.

Files are named by their number and the digest of the scan: a name that was uploaded may be a
patient's. The table is that of `ml.readings`, so that a zip and a batch run read alike;
series have a table of their own (`ml.series_readings`).
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.reports import as_json, pdf
from app.reports.draft import Draft
from app.reports.series_result import Reported, SeriesResult
from ml import series_readings
from ml.readings import COLUMNS, Row, failed_row, ok_row, refused_row
from ml.results import Analysis, Refused
from ml.series_readings import series_row

__all__ = ["Entry", "zipped"]


@dataclass(frozen=True)
class Entry:
    """One scan of a bundle.

    Attributes:
        content_hash: SHA-256 of its file, or the digest of a series.
        report: the draft or signed report with what it is of, or None for a file that was not
            read.
        reason: why it was not read, or "".
        signed: the texts of its signed reports and addenda, the oldest first.
    """

    content_hash: str
    report: tuple[Draft, Reported] | None
    reason: str = ""
    signed: tuple[str, ...] = ()


def zipped(entries: Iterable[Entry]) -> bytes:
    """The zip; entries are taken one at a time, in order.

    Raises:
        MetricsError: when heat maps count as elsewhere was not measured.
    """
    stream = io.BytesIO()
    slices: list[Row] = []
    series: list[Row] = []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, entry in enumerate(entries, start=1):
            name = f"{number:03d}-{entry.content_hash[:12]}"
            if entry.report is None:
                slices.append(failed_row(name, entry.reason))
                continue
            answer = entry.report[1]
            if isinstance(answer, SeriesResult):
                series.append(series_row(name, answer.found))
            else:
                slices.append(_row(name, answer))
            _add(archive, f"{name}.pdf", pdf.render(*entry.report))
            _add(archive, f"{name}.json", as_json.render(*entry.report))
            for place, document in enumerate(entry.signed, start=1):
                _add(archive, f"{name}.signed-{place}.json", document.encode())
        if slices or not series:
            _add(archive, "readings.csv", _table(COLUMNS, slices))
        if series:
            _add(archive, "series.csv", _table(series_readings.COLUMNS, series))
    return stream.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """One file without a time of its own, so that the same reports give the same bytes."""
    archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _row(name: str, answer: Analysis | Refused) -> Row:
    return refused_row(name, answer) if isinstance(answer, Refused) else ok_row(name, answer, "")


def _table(columns: Sequence[str], rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
