"""What the page *Data audit* asks of `ml`: published figures, and the audit of an upload."""

from collections.abc import Sequence
from pathlib import Path

from ml.datasets.archive import unpacked_files, unpacked_zip
from ml.datasets.audit_rows import report
from ml.datasets.own_set import OwnSet, Progress, audit_upload
from ml.errors import MembershipError
from ml.evaluation import published_audit
from ml.inference.membership import Membership, training_set

AUDIT_FILE: Path = Path(__file__).resolve().parents[1] / "assets" / "metrics" / "audit.json"


def published() -> published_audit.AuditFigures:
    """The figures of the sets in use.

    Raises:
        MetricsError: they have not been computed, or their file is damaged.
    """
    return published_audit.load(AUDIT_FILE)


def of_zip(data: bytes, progress: Progress) -> OwnSet:
    """The audit of a zip archive.

    Raises:
        DatasetError: it is not unpacked, or no picture lies in a class folder.
    """
    return audit_upload(unpacked_zip(data), training=_training(), progress=progress)


def of_folder(files: Sequence[tuple[str, bytes]], progress: Progress) -> OwnSet:
    """The audit of a folder, given as (path inside it, bytes).

    Raises:
        DatasetError: it is not unpacked, or no picture lies in a class folder.
    """
    return audit_upload(unpacked_files(files), training=_training(), progress=progress)


def figures(found: OwnSet) -> published_audit.AuditFigures:
    """The same figures as the published ones, of one's own set."""
    return published_audit.figures_in(report(found.rows))


def _training() -> Membership | None:
    """The training pictures, or None where they cannot be looked up: the page says so."""
    try:
        return training_set()
    except MembershipError:
        return None
