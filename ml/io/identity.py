"""Whose scan it is, as far as a worklist may know: a pseudonym, the study date, the modality.

The identifier itself is read here and goes no further: what leaves is its keyed digest, which
only the holder of the secret can compute again from a known identifier.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ml.io.dicom_signature import looks_like_dicom

__all__ = ["Origin", "keyed", "origin"]

_READ: Final = ("PatientID", "StudyDate", "Modality")


@dataclass(frozen=True)
class Origin:
    """What a file says of where it comes from, without naming anybody.

    Attributes:
        pseudonym: HMAC-SHA-256 of the patient's identifier, 64 hex digits; None where the file
            has none (every PNG, JPEG and TIFF).
        study_date: None where the file has none, or no valid one.
        modality: such as "MR"; None where the file has none, or one that is not known.

    Limits: files whose identifier was replaced by one word ("ANONYMOUS") share a pseudonym, and
    a patient with two identifiers has two.
    """

    pseudonym: str | None
    study_date: date | None
    modality: str | None


def origin(data: bytes, secret: bytes) -> Origin:
    """What the bytes of a scan say of its origin.

    Args:
        data: the whole file, of any format that `ml.io.read_scan` reads.
        secret: key of the pseudonyms.

    Raises:
        DamagedFile: a DICOM header that is truncated or corrupt.
        SizeOutOfBounds: a deflated DICOM data set that is too large.

    Reference: NIST FIPS 198-1 (HMAC); DICOM PS3.15 Annex E, (0010,0020) Patient ID.
    """
    if not looks_like_dicom(data):
        return Origin(None, None, None)
    from pydicom.datadict import tag_for_keyword

    from ml.io.dicom import parse
    from ml.io.dicom_header import MODALITIES, text

    tags = tuple(tag for tag in map(tag_for_keyword, _READ) if tag is not None)
    header = parse(data, tags)
    patient, modality = text(header, "PatientID"), text(header, "Modality")
    return Origin(
        pseudonym=keyed(secret, "patient", patient) if patient else None,
        study_date=_date(text(header, "StudyDate")),
        modality=modality if modality in ("MR", *MODALITIES) else None,
    )


def keyed(secret: bytes, kind: str, value: str) -> str:
    """HMAC-SHA-256 of a value, 64 hex digits; values of two kinds never give the same.

    Args:
        secret: the key.
        kind: what the value is, for example "patient".
        value: the text.
    """
    return hmac.new(secret, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()


def _date(stated: str) -> date | None:
    """A date as PS3.5 6.2 writes it (VR DA): eight digits."""
    if len(stated) != 8 or not stated.isdigit():
        return None
    try:
        return datetime.strptime(stated, "%Y%m%d").date()
    except ValueError:
        return None
