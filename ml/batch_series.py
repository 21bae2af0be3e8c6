"""Read whole series from the command line: `python -m ml.batch --series PATH… --out DIR`.

What belongs together is one upload: all DICOM files that lie in the same folder, a zip, or a NIfTI
file. Each series in it gives one row of `DIR/series.csv` (see `ml.series_readings`), written after
one row a slice of `DIR/readings.csv` with their masks. A series whose files and networks are
unchanged is kept, every other one is read again as a whole; one series is in memory at a time.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final, overload

from tqdm import tqdm

from ml.batch import Summary, networks_mark
from ml.batch_masks import row_with_mask
from ml.errors import ScanError, SetRefused
from ml.inference.conflicts import gather
from ml.inference.engine import Engine
from ml.io.files import find, may_be_a_scan, read_file
from ml.io.limits import MAX_ARCHIVE_BYTES, MAX_VOLUME_BYTES
from ml.io.series import Series, find_series
from ml.readings import ReadingsTable, as_text, write_atomically
from ml.results import Analysis, Refused
from ml.series_readings import COLUMNS, failed_series, series_row
from ml.study import read_study

__all__ = ["EPILOG", "run_series"]

_PACKED: Final = (".zip", ".nii", ".nii.gz")
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})
_DIGITS: Final = 12

EPILOG: Final = """\
with --series
  The DICOM files of one folder together, a zip, or a NIfTI file (nii, nii.gz) are series.
  DIR/series.csv    one row a series, named PATH#DIGEST: file, status, slices, refused_slices,
                    prediction, confidence, calibrated, four probabilities of the mean,
                    averaged_slices (that the answer is the mean of), key_slice, volume_ml with
                    volume_low_ml and volume_high_ml (mask thresholds 0.7 and 0.3; only if the
                    series states its geometry), diameter_mm or diameter_px with diameter_slice,
                    slices_in_training_set, accuracy_measured (no: never for whole series),
                    reason (why it failed, or which files beside it are in no series)
  DIR/readings.csv  one row a slice, named PATH#DIGEST/NUMBER, columns as above; with its mask
  A series is the unit that a run goes on with: one that was interrupted is read again.
"""


@dataclass(frozen=True)
class _Upload:
    """Files that are looked into together, under the name of a folder or a file."""

    name: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class _Tables:
    """Where rows go, and which slices an earlier run left of each series, by its name."""

    out: Path
    series: ReadingsTable
    slices: ReadingsTable
    earlier: Mapping[str, tuple[str, ...]]


class _Bytes(Sequence[bytes]):
    """The content of files, each read when it is asked for; `digest` is of all that was read."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = files
        self.digest = hashlib.sha256()

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, place: int) -> bytes: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...

    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(place, slice):
            return [self[number] for number in range(len(self))[place]]
        file = self._files[place]
        whole = MAX_ARCHIVE_BYTES if file.lower().endswith(".zip") else MAX_VOLUME_BYTES
        data = read_file(file, whole)
        self.digest.update(hashlib.sha256(data).digest())
        return data


def run_series(
    paths: Sequence[str], out: Path, engine: Engine, *, progress: bool = True
) -> Summary:
    """Read all series below `paths` into the tables and masks of `out`.

    Args:
        paths: files and folders.
        out: output folder, made if needed; may hold the rows of an earlier run.
        engine: what runs the networks.
        progress: draw a progress bar on stderr.

    Returns:
        Counts of series.

    Raises:
        SulcusError: for the reasons of `ml.batch.run`.
        OSError: `out` cannot be written.
    """
    uploads = _uploads(paths, out)
    if not uploads:
        return Summary()
    networks = networks_mark(engine)
    (out / "masks").mkdir(parents=True, exist_ok=True)
    tables = _opened(out, networks)
    done: Counter[str] = Counter()
    for upload in tqdm(uploads, unit="upload", disable=not progress):
        done.update(_statuses(upload, tables, engine))
    return Summary(
        read=done["ok"],
        refused=done["refused"],
        failed=done["failed"],
        kept=done["kept"],
        found=sum(os.path.lexists(file) for one in uploads for file in one.files),
    )


def _opened(out: Path, networks: str) -> _Tables:
    """Both tables, repaired."""
    series = ReadingsTable(out, networks, columns=COLUMNS, name="series")
    slices = ReadingsTable(out, networks)
    earlier: dict[str, tuple[str, ...]] = {}
    for file in slices.files():
        name = file.rpartition("/")[0]
        earlier[name] = (*earlier.get(name, ()), file)
    return _Tables(out, series, slices, earlier)


def _uploads(paths: Sequence[str], out: Path) -> list[_Upload]:
    """What to look into, in the order of the paths."""
    folders: dict[str, tuple[str, ...]] = {}
    for file in find(paths, out, _wanted):
        name = file if _packed(file) or Path(file).is_dir() else str(PurePath(file).parent)
        folders[name] = (*folders.get(name, ()), file)
    return [_Upload(as_text(name), files) for name, files in folders.items()]


def _wanted(name: str) -> bool:
    picture = PurePath(name).suffix.lower() in _PICTURES
    return _packed(name) or (may_be_a_scan(name) and not picture)


def _packed(name: str) -> bool:
    return name.lower().endswith(_PACKED)


def _statuses(upload: _Upload, tables: _Tables, engine: Engine) -> Iterator[str]:
    """What became of each series of an upload: "ok", "refused", "failed" or "kept"."""
    content = _Bytes(upload.files)
    try:
        found = find_series(content)
    except (OSError, ScanError, SetRefused) as error:
        yield _failed(upload, error, content, tables)
        return
    names = {_name(upload, series): series for series in found.series}
    _drop_others(upload, tables, frozenset(names))
    reason = " ".join(f"Left out: {one}" for one in dict.fromkeys(found.left_out))
    for name, series in names.items():
        if _holds(name, series, tables):
            yield "kept"
        else:
            yield _read(name, series, tables, engine, reason)


def _failed(upload: _Upload, error: Exception, content: _Bytes, tables: _Tables) -> str:
    """The row of an upload without a series; what the disk refused is tried again next time."""
    sha256 = content.digest.hexdigest()
    if tables.series.holds(upload.name, sha256):
        return "kept"
    reason = str(error)
    if isinstance(error, OSError):
        why = error.strerror or type(error).__name__
        reason, sha256 = f"A file could not be read from the disk: {why}.", ""
    _drop_others(upload, tables, frozenset())
    _drop(upload.name, tables)
    with tables.series:
        tables.series.add(failed_series(upload.name, reason), sha256)
    return "failed"


def _name(upload: _Upload, series: Series) -> str:
    return f"{upload.name}#{series.content_hash[:_DIGITS]}"


def _holds(name: str, series: Series, tables: _Tables) -> bool:
    """Whether the rows of a series and of its slices are there, by these networks, masks too."""
    mine = tables.earlier.get(name, ())
    digest = series.content_hash
    whole = tables.series.holds(name, _note(digest, len(mine)))
    return whole and all(tables.slices.holds(one, digest) for one in mine)


def _note(digest: str, slices: int) -> str:
    """What the notes know a series by: its content, and how many rows of slices it left."""
    return f"{digest}:{slices}"


def _read(name: str, series: Series, tables: _Tables, engine: Engine, reason: str) -> str:
    """Read one series anew: a row a slice, and then its own."""
    _drop(name, tables)
    digest, written = series.content_hash, 0

    def told(first: int, answers: Sequence[Analysis | Refused]) -> None:
        nonlocal written
        gather(answers)
        for number, answer in enumerate(answers, start=first):
            file = f"{name}/{number:04d}"
            mask_file = f"masks/{hashlib.sha256(file.encode()).hexdigest()[:16]}.png"
            row, mask = row_with_mask(file, answer, mask_file)
            if mask:
                write_atomically(tables.out / mask_file, mask)
            tables.slices.add(row, digest)
            written += 1

    with tables.series, tables.slices:
        try:
            row = series_row(name, read_study(series.read(), engine, each=told), reason)
        except ScanError as error:
            row = failed_series(name, str(error))
        tables.series.add(row, _note(digest, written))
    return row["status"]


def _drop(name: str, tables: _Tables) -> None:
    """Take the row of a series or an upload out, and those of its slices."""
    tables.series.drop([name])
    tables.slices.drop(tables.earlier.get(name, ()))


def _drop_others(upload: _Upload, tables: _Tables, names: frozenset[str]) -> None:
    """Take out what an upload held before and holds no more."""
    of_upload = re.compile(rf"{re.escape(upload.name)}#[0-9a-f]{{{_DIGITS}}}")
    known = {*tables.series.files(), *tables.earlier}
    for name in known - names:
        if of_upload.fullmatch(name):
            _drop(name, tables)
    if names:
        tables.series.drop([upload.name])
