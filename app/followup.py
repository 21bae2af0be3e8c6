"""Which examinations can be laid side by side, and what is known of each.

An examination is a single slice or a series: open in this session, or kept on the worklist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app import held_out, services, state, study_services
from app import worklist_texts as words
from app.archive import archive
from app.store.records import Entry
from ml.errors import MetricsError
from ml.evaluation import variability_published
from ml.evaluation.variability_published import Variability
from ml.followup import Sizes
from ml.io.kept_series import reopened
from ml.io.series import Series
from ml.results import Analysis, BoolArray, Refused, Scan
from ml.study import Progress
from ml.volume import Volume

CURRENT = f"{state.WORD}followup.current"
PRIOR = f"{state.WORD}followup.prior"
WINDOW = f"{state.WORD}followup.window"
SHIFT = f"{state.WORD}followup.shift"


@dataclass(frozen=True)
class Option:
    """One examination to choose.

    Attributes:
        content_hash: of the file or series.
        title: for the boxes that choose it.
        opened: open in this session, not only kept.
        pseudonym: of the patient as the worklist has it, or None where it is not on it.
        study_date: from the header, or None.
        series: kept as a series, not as a slice.
    """

    content_hash: str
    title: str
    opened: bool
    pseudonym: str | None
    study_date: date | None
    series: bool


@dataclass(frozen=True)
class Examination:
    """One examination, decoded.

    Attributes:
        content_hash: of the file or series.
        slices: one, or those of a series in order.
        volume: the series, or None for a single slice.
    """

    content_hash: str
    slices: tuple[Scan, ...]
    volume: Volume | None


@dataclass(frozen=True)
class Outlined:
    """One outline of an examination, the AI's or the reader's.

    Attributes:
        masks: what is outlined in each slice, or None.
        number: slice that was measured, from 1: of a series the one of the longest diameter.
        sizes: of the outline there, and the volume of a series.
    """

    masks: tuple[BoolArray | None, ...]
    number: int
    sizes: Sizes


@dataclass(frozen=True)
class Read:
    """What is outlined in an examination.

    Attributes:
        ai: by the AI.
        refused: the gate stopped it, of a series every slice.
        own: by this reader, who kept it; None where there is nothing.
    """

    ai: Outlined
    refused: bool
    own: Outlined | None = None


def options(entries: Sequence[Entry]) -> tuple[Option, ...]:
    """Everything that can be looked at: what is open, then what was kept.

    Args:
        entries: the worklist, empty where it cannot be read.

    Raises:
        StoreError: the folder of kept pictures cannot be opened.
    """
    known = {entry.scan.content_hash: entry for entry in entries}
    files = [file for file in state.opened() if file.problem is None]
    found = [_option(file.content_hash, file.name, known, opened=True) for file in files]
    mine = {file.content_hash for file in files}
    for content_hash, entry in known.items():
        if content_hash in mine or archive().pictures.kept_until(content_hash) is None:
            continue
        found.append(_option(content_hash, words.line(entry), known, opened=False))
    return tuple(found)


def priors(found: Sequence[Option], current: Option) -> tuple[Option, ...]:
    """What can stand beside an examination: others that are open, and kept ones of its patient."""
    return tuple(
        one
        for one in found
        if one.content_hash != current.content_hash and (one.opened or same_patient(one, current))
    )


def same_patient(one: Option, other: Option) -> bool:
    """Whether both files state the same identifier of a patient."""
    return one.pseudonym is not None and one.pseudonym == other.pseudonym


def examination(option: Option) -> Examination:
    """The decoded examination.

    Raises:
        ScanError: it cannot be decoded.
        StoreError: the picture is not kept any more.
    """
    for file in state.opened():
        if file.content_hash != option.content_hash:
            continue
        if file.series is not None:
            return _whole(file.series)
        scan = services.scan(file.content_hash, file.data)
        return Examination(file.content_hash, (scan,), None)
    data = archive().pictures.data(option.content_hash)
    if option.series:
        return _whole(reopened(data, option.content_hash))
    scan = services.scan(option.content_hash, data)
    return Examination(option.content_hash, (scan,), None)


def read_slice(found: Examination) -> Read:
    """What the networks say of a single slice.

    Raises:
        SulcusError: they cannot run.
    """
    answer = services.analysis(found.slices[0])
    return _read((_mask(answer),), 1, answer, None)


def read_series(found: Examination, volume: Volume, progress: Progress) -> Read:
    """What the networks say of a series; each slice is read once.

    Args:
        found: the examination.
        volume: its series.
        progress: told how many slices are done, of how many.

    Raises:
        SulcusError: they cannot run.
    """
    study = study_services.reading(volume, progress)
    masks = tuple(one.mask for one in study.slices)
    if study.size.number is None:
        refused = study.refused == len(study.slices)
        return Read(Outlined(masks, study.highest + 1, Sizes()), refused)
    answer = services.analysis(found.slices[study.size.number - 1])
    return _read(masks, study.size.number, answer, study.size.volume_ml)


def variability() -> Variability | None:
    """How far a measurement varies on held-out patients, None where it was not measured."""
    try:
        return services.kept(variability_published.load, held_out.PLACES.variability)
    except MetricsError:
        return None


def slice_key(content_hash: str) -> str:
    """Widget key of the slice that is shown of the current examination, from 1."""
    return f"{state.WORD}followup.slice.{content_hash}"


def _whole(series: Series) -> Examination:
    volume = study_services.volume(series)
    return Examination(series.content_hash, volume.slices, volume)


def _option(content_hash: str, title: str, known: dict[str, Entry], *, opened: bool) -> Option:
    entry = known.get(content_hash)
    return Option(
        content_hash=content_hash,
        title=title,
        opened=opened,
        pseudonym=None if entry is None else entry.scan.pseudonym,
        study_date=None if entry is None else entry.scan.study_date,
        series=entry is not None and entry.scan.slices is not None,
    )


def _mask(answer: Analysis | Refused) -> BoolArray | None:
    if isinstance(answer, Refused) or not answer.segmentation.measurement.area_px:
        return None
    return answer.segmentation.mask


def _read(
    masks: tuple[BoolArray | None, ...],
    number: int,
    answer: Analysis | Refused,
    volume_ml: float | None,
) -> Read:
    if isinstance(answer, Refused):
        return Read(Outlined(masks, number, Sizes()), refused=True)
    sizes = Sizes.of(answer.segmentation.measurement, volume_ml)
    return Read(Outlined(masks, number, sizes), refused=False)
