"""Uploaded files → what is opened: single slices, and series of them.

Each archive and each volume is looked into on its own; the DICOM files of one upload belong
together. A series of several slices is one item to read; a slice that is alone stays one file.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from app import state
from app import study_texts as words
from app.state import OpenedFile, opened_hash
from ml.errors import SulcusError
from ml.io.dicom_signature import looks_like_dicom
from ml.io.series import Found, Series, find_series, may_hold_series

Files = Sequence[tuple[str, bytes]]
Digests = Mapping[int, str]
"""`id` of the bytes of an uploaded file → their digest."""


def take() -> None:
    """Move the uploaded files from the widget into the session's own list."""
    state.add(arranged(state.take_upload()))


def arranged(files: Files) -> list[OpenedFile]:
    """What to open: series, the one with most slices first, then single slices in their order.

    A file that is in no series is named within the series of the same upload, and where there is
    none it is an item of its own, so that its reason is shown.
    """
    digests = {id(data): opened_hash(data) for _, data in files}  # once, whoever asks below
    slices = [data for _, data in files if looks_like_dicom(data)]
    found = _found(slices, digests) if slices else None
    together = [] if found is None else [one for one in found.series if not one.plain]
    items = [_item(one, "", found) for one in together]
    taken = {digest for one in together for digest in one.files}
    for name, data in files:
        digest = digests[id(data)]
        if looks_like_dicom(data):
            single = found is None or digest in _plain(found)
            if digest not in taken and (single or not together):
                items.append(OpenedFile(name, data, digest))
        elif may_hold_series(data):
            items += _inside(name, data, digests)
        else:
            items.append(OpenedFile(name, data, digest))
    return sorted(items, key=lambda item: -(item.series.slices if item.series else 0))


def _found(files: Sequence[bytes], digests: Digests) -> Found | None:
    """The series in DICOM files, or None where there is none: then each says why by itself."""
    try:
        return find_series(files, partial(_known, digests))
    except SulcusError:
        return None


def _known(digests: Digests, data: bytes) -> str:
    """The digest of an uploaded file, or of one that was in an archive."""
    return digests.get(id(data)) or opened_hash(data)


def _plain(found: Found) -> frozenset[str]:
    return frozenset(digest for one in found.series if one.plain for digest in one.files)


def _inside(name: str, data: bytes, digests: Digests) -> list[OpenedFile]:
    """The series in one archive or volume, or why there is none."""
    try:
        found = find_series([data], partial(_known, digests))
    except SulcusError as error:
        return [OpenedFile(name, b"", digests[id(data)], problem=error)]
    return [_item(one, name, found) for one in found.series]


def _item(series: Series, name: str, found: Found | None) -> OpenedFile:
    left_out = () if found is None else found.left_out
    title = words.series_name(series, name)
    return OpenedFile(title, b"", series.content_hash, series=series, left_out=left_out)
