"""Words of the worklist, and of the reader's word on the page that reads a scan."""

from datetime import date, datetime
from typing import Final

from app.gate_texts import REASONS
from app.store.lists import BY_ARRIVAL, BY_DATE, BY_FLAG, BY_UNCERTAINTY
from app.store.records import (
    AGREE,
    CLEAR,
    DISAGREE,
    INDETERMINATE,
    NEW,
    READ,
    REFUSED,
    SIGNED,
    STOPPED,
    TUMOUR,
    UNSURE,
    WAITING,
    Entry,
    Reading,
)
from app.texts import DASH, percent, plain
from ml.labels import TITLES

PAGE: Final = "Worklist"
HEADING: Final = "Worklist"
EMPTY: Final = "Nothing on the worklist yet"
EMPTY_HELP: Final = (
    "Open one or several scans on the page Read a scan. Each one joins this list when it is read, "
    "under a pseudonym."
)
PRIVACY: Final = (
    "Stored on this computer: a pseudonym and the file's digest, study date, modality, the AI's "
    "answers, and the readers' names, words, own outlines (threshold or drawing, and sizes) and "
    "the text of their signed reports. Not stored: patients' names, other identifiers, file "
    "names, unless a reader writes them. What the DICOM node receives is kept as its own setting "
    "says: pixels only, or whole files with the patient's identity."
)
SORT: Final = "Order"
ORDERS: Final[dict[str, str]] = {
    BY_FLAG: "AI flag",
    BY_UNCERTAINTY: "Uncertainty",
    BY_DATE: "Study date",
    BY_ARRIVAL: "Newest",
}
STATUS: Final = "Status"
ANY: Final = "Every status"
STATUSES: Final[dict[str, str]] = {
    NEW: "new",
    READ: "read",
    SIGNED: "signed",
    REFUSED: "refused",
}
FLAGS: Final[dict[str, str]] = {
    TUMOUR: "tumour suggested",
    INDETERMINATE: "indeterminate",
    WAITING: "not read yet",
    STOPPED: "refused by the gate",
    CLEAR: "no tumour detected by the model",
}
SCAN: Final = "Scan"
OPEN: Final = "Open"
PREVIOUS: Final = "Previous unread"
NEXT: Final = "Next unread"
NONE_FITS: Final = "No scan has this status."
HIDDEN: Final = "hidden until read"
NOT_KEPT: Final = (
    "The picture of this scan was not kept. Open its file again on the page Read a scan: it joins "
    "this line by its content."
)

READER: Final = "Who reads"
READER_HINT: Final = "Your name or initials"
BLIND: Final = "Blind first"
BLIND_HELP: Final = (
    "Asks for your class before anything that the AI says is drawn, here and on the worklist. "
    "Whether the AI changed it is stored. What was on screen before in this session cannot be "
    "read blind."
)
BLIND_QUESTION: Final = "Your class, before the AI's"
BLIND_WAITS: Final = "What the AI says is hidden until you name a class."
BLIND_TOO_LATE: Final = "What the AI says of this scan was seen before: it is not read blind."
BLIND_TABLE: Final = "The table of all opened scans is hidden until each of them is read blind."
WHO_FIRST: Final = "Type who reads first: a word is stored with its reader."
QUESTION: Final = "Your word on this reading"
REASON: Final = "Reason (may stay empty; name no patient)"
AGREE_BUTTON: Final = "Agree"
UNSURE_BUTTON: Final = "Unsure"
DISAGREE_BUTTON: Final = "Disagree: it is …"
NO_CLASS: Final = "None of these, or not known"
UNDO: Final = "Undo"
UNDO_HELP: Final = "Your word stays stored; a new row takes it back."
REMOVE: Final = "Remove the picture"
VERDICTS: Final[dict[str, str]] = {AGREE: "agrees", DISAGREE: "disagrees", UNSURE: "is unsure"}


def pseudonym(entry: Entry) -> str:
    """The first digits of the pseudonym."""
    return f"P-{entry.scan.pseudonym[:8].upper()}"


def study_date(day: date | None) -> str:
    """A date as digits, or a dash."""
    return DASH if day is None else day.isoformat()


def cells(entry: Entry, *, hidden: bool) -> dict[str, str]:
    """One line of the worklist.

    Args:
        entry: the line.
        hidden: what the AI says is not to be seen yet.
    """
    sure = entry.uncertainty is None
    return {
        "Pseudonym": pseudonym(entry),
        "Study date": study_date(entry.scan.study_date),
        "Modality": entry.scan.modality or DASH,
        "Slices": plain(entry.scan.slices or 1),
        "Status": STATUSES[entry.status],
        "AI flag": HIDDEN if hidden else flag(entry),
        "Uncertainty": HIDDEN if hidden else DASH if sure else percent(entry.uncertainty or 0.0),
        "Format": f"{entry.scan.format}, simulated" if entry.scan.simulated else entry.scan.format,
    }


def flag(entry: Entry) -> str:
    """What the AI says in a few words; of a refusal, why."""
    if entry.flag == STOPPED and entry.refusal in REASONS:
        return f"{FLAGS[STOPPED]}: {REASONS[entry.refusal].split('.')[0].lower()}"
    if entry.flag == TUMOUR and entry.label is not None:
        return f"{FLAGS[TUMOUR]}: {TITLES[entry.label].lower()}"
    return FLAGS[entry.flag]


def line(entry: Entry) -> str:
    """One scan in the box that chooses it."""
    scan = entry.scan
    kind = scan.format if scan.slices is None else f"{scan.format}, {plain(scan.slices)} slices"
    parts = (pseudonym(entry), study_date(scan.study_date), kind, STATUSES[entry.status])
    return " · ".join((*parts, scan.content_hash[:6]))


def a_status(status: str | None) -> str:
    """A status in the filter, or every one."""
    return ANY if status is None else STATUSES[status]


def progress(read: int, total: int) -> str:
    """How far the worklist is done: "7 of 12 read"."""
    return f"{plain(read)} of {plain(total)} read"


def said(reading: Reading) -> str:
    """A reader's word as a sentence."""
    word = reading.word
    parts = [f"{word.reader} {VERDICTS[word.verdict]}"]
    if word.corrected_label is not None:
        parts.append(f": {TITLES[word.corrected_label].lower()}")
    if word.reason:
        parts.append(f" ({word.reason})")
    if word.blind_label is not None:
        parts.append(f", {TITLES[word.blind_label].lower()} before the AI was seen")
    return f"{''.join(parts)}. {moment(reading.at)}"


def moment(at: datetime) -> str:
    """A time in UTC to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def keep_button(days: int) -> str:
    """The button that keeps a picture."""
    return f"Keep this picture for {days} days"


def keep_help(days: int) -> str:
    """What is kept of a picture, and for how long."""
    return (
        "So that the worklist can open it again. Kept on this computer are the pixels with their "
        "spacing and orientation, without the rest of the file's header, and they are removed "
        f"after {days} days. Text that is burned into the picture stays in it. DICOM SR and SEG "
        "need the header: save them before you close it."
    )


def kept_until(at: datetime) -> str:
    """That a picture is kept, and until when."""
    return f"Picture kept until {at:%Y-%m-%d}."
