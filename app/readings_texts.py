"""Words of the table of all opened scans and series."""

from typing import Final

from app.gate_texts import STATUS
from app.records import Row
from app.texts import DASH, percent, plain
from ml.labels import TITLES

NOT_READ: Final = "A series is read when it comes on screen: choose it above."
WAITING: Final = "not read yet"
SAVE: Final = "Save this table (CSV)"
FILE: Final = "sulcus-opened"
SCAN: Final = "Scan"
CSV_COLUMNS: Final = (
    "scan",
    "slices",
    "status",
    "prediction",
    "probability",
    "agreement",
    "diameter",
    "volume_ml",
    "reason",
)
"""Columns of the saved table: a scan is named by its digest, never by its file."""


def cells(row: Row) -> dict[str, str]:
    """One line of the table but the name."""
    read = row.label is not None and row.confidence is not None
    series = row.slices is not None
    agreed = read and not series
    return {
        "Slices": plain(row.slices or 1),
        "Status": status(row),
        "AI suggests": TITLES.get(row.label or "", ""),
        "Mean of all": "" if row.confidence is None else percent(row.confidence),
        "Agreement": f"{row.agreement} of {row.networks}" if agreed else "",
        "Outlined": row.size or (DASH if read else ""),
        "Volume": volume(row) if read and series else "",
        "Reason": row.reason,
    }


def status(row: Row) -> str:
    """What became of a scan in one word."""
    if row.label is not None:
        return "read"
    return WAITING if row.waiting else STATUS if row.refused else "failed"


def volume(row: Row) -> str:
    """The volume of a series: in mL only where spacing and slice distance are stated."""
    return DASH if row.volume_ml is None else f"{row.volume_ml:.1f} mL"


def saved(content_hash: str, row: Row) -> list[str]:
    """One line under `CSV_COLUMNS`."""
    networks = row.slices is None and row.label is not None
    return [
        content_hash,
        str(row.slices or 1),
        status(row),
        row.label or "",
        "" if row.confidence is None else f"{row.confidence:.6f}",
        str(row.agreement) if networks else "",
        row.size,
        "" if row.volume_ml is None else f"{row.volume_ml:.3f}",
        row.reason,
    ]
