"""Words of the screen that reads a whole series."""

from typing import Final

from app import texts
from app.orientation_texts import hanging
from ml.io.series import Series
from ml.labels import TITLES, USUAL_READING
from ml.results import Scan
from ml.study import ADJACENT, BAND, StudyAnswer, StudyReading
from ml.volume import Volume

DECODING: Final = "Decoding the series"
READING: Final = "The networks are reading the series: {done} of {total} slices"
HEADING: Final = "The series as a whole"
NO_ANSWER: Final = "No answer: every slice was refused."
NOT_MEASURED: Final = (
    "No accuracy has been measured for whole series: the data sets hold single slices. With many "
    "slices, one that looks like a tumour is found by chance more often than in a single one."
)
NO_VOLUME: Final = (
    "No volume: the series states no pixel spacing or no even distance between slices."
)
STRIP: Final = "Probability of a tumour, slice by slice"
STRIP_Y: Final = "Tumour"
SHOWN: Final = "on screen"
REFUSED: Final = "refused"
SLICE: Final = "Slice"
SLICE_HELP: Final = "The keys up and down do the same."
UP: Final = "Slice up"
DOWN: Final = "Slice down"
HIGHEST: Final = "Highest slice"
HOW: Final = "How this came about; accuracy on whole series was never measured"


def series_name(series: Series, file: str) -> str:
    """A series in the list of what is open; `file` where it came out of one."""
    plane = f"{series.plane} " if series.plane else ""
    number = "1 slice" if series.slices == 1 else f"{series.slices} {plane}slices"
    kind = f"{series.format} {series.modality}".strip()
    rows, columns = series.shape
    name = f"{number}, {columns} × {rows} px, {kind}"
    return f"{file}: {name}" if file else name


def progress(done: int, total: int) -> str:
    """What the bar says while slices are read."""
    return READING.format(done=done, total=total)


def position(number: int, total: int) -> str:
    """Place in the series, n/N."""
    return f"{number}/{total}"


def slice_line(volume: Volume, number: int, scan: Scan) -> str:
    """Format, size, spacing, distance and orientation of a slice in one line."""
    rows, columns = scan.shape
    distance = volume.slice_distance_mm
    apart = "slice distance unknown" if distance is None else f"slices {distance:.2f} mm apart"
    return (
        f"{scan.format}, slice {position(number, len(volume.slices))}, {columns} × {rows} px, "
        f"{texts.spacing(scan)}, {apart}, {hanging(volume.letters)}"
    )


def headline(found: StudyReading) -> str:
    """What the series says, as a suggestion."""
    if found.answer is None:
        return NO_ANSWER
    if found.answer.label == "no_tumor":
        return "No tumour detected by the model in this series"
    return f"AI suggests {TITLES[found.answer.label].lower()}"


def rule(found: StudyReading) -> str:
    """How the answer comes out of the slices."""
    kind = "calibrated probabilities" if found.calibrated else "probabilities (not calibrated here)"
    return (
        f"Rule: the mean of the {kind} over the {ADJACENT} neighbouring slices whose mean "
        "probability of a tumour is highest."
    )


def answer_line(answer: StudyAnswer) -> str:
    """Probability of the suggested class, of any tumour, and the slices that it rests on."""
    first, last = answer.numbers[0], answer.numbers[-1]
    where = f"slice {first}" if first == last else f"slices {first} to {last}"
    return (
        f"{TITLES[answer.label]} {texts.percent(answer.confidence)}, any tumour "
        f"{texts.percent(answer.tumour)}: mean of {where}."
    )


def usual_reading(answer: StudyAnswer) -> str:
    """The usual reading of the class, said as such; "" for the tumour-free class."""
    return texts.usual_reading(answer.label) if USUAL_READING[answer.label] else ""


def size_lines(found: StudyReading) -> list[str]:
    """Volume with its band, and the longest diameter with its slice."""
    size = found.size
    if size.number is None:
        return ["Nothing is outlined in any slice."]
    lines = [_volume(found)]
    diameter = texts.length(size.diameter_mm, size.diameter_px)
    if diameter != texts.DASH:
        lines.append(f"Longest diameter within a slice: {diameter}, slice {size.number}.")
    return lines


def _volume(found: StudyReading) -> str:
    size = found.size
    if size.volume_ml is None or size.band_ml is None:
        return NO_VOLUME
    low, high = size.band_ml
    first, last = BAND
    outlined = sum(one.area_px > 0 for one in found.slices)
    return (
        f"Outlined volume: {size.volume_ml:.1f} mL in {texts.count(outlined, 'slices')} "
        f"({low:.1f}–{high:.1f} mL for mask thresholds {last}–{first})."
    )


def counts(found: StudyReading) -> list[str]:
    """Refused slices, and slices that the networks were trained on."""
    lines = []
    if found.refused:
        lines.append(
            f"{found.refused} of {len(found.slices)} slices are no picture that the networks know "
            "and were refused; nothing of them is in the answer or the volume."
        )
    known = sum(one.in_training_set for one in found.slices)
    if known:
        lines.append(
            f"{known} of {len(found.slices)} slices are copies of training pictures: the answer "
            "proves nothing."
        )
    return lines


def left_out(reasons: tuple[str, ...]) -> list[str]:
    """Why files of the upload are in no series, each reason once with its count."""
    return [f"{reasons.count(one)} × left out: {one}" for one in dict.fromkeys(reasons)]
