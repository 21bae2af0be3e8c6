"""Words of the audit trail."""

from typing import Final

from app.store.trail import CHANGED, GAP, NO_LINE, ROW_CHANGED, ROW_GONE, Break, Line, Verified
from app.texts import DASH, plain
from app.worklist_texts import moment

HEADING: Final = "Audit trail"
LINES: Final = "Last lines"
COLUMNS: Final = ("Line", "Time", "Who", "What", "Scan")
NOTE: Final = (
    "Who saw, changed and exported what on this computer, without a patient's name or a reader's "
    "words. Each line is sealed with the one before it, so a removed or changed line shows. Write "
    "the number and the seal of the last line down now and then: lines cut off at the end show "
    'against them (`make trail ARGS="--line NUMBER:SEAL"`).'
)
OTHER_SECRET: Final = (
    "The secret that pseudonyms are made with is not the one that this store was begun with: it "
    "was lost and made anew, or another file is named. The same patient now gets another "
    "pseudonym, and what was noted before looks changed in the audit trail. Stop the program, put "
    "the file “secret” back from the backup, and start it again."
)
TOO_LONG: Final = "It has too many lines to be verified here: run `make trail`."
NOBODY: Final = "nobody named"
SHOWN: Final = 200
"""Lines shown on the page."""
KINDS: Final[dict[str, str]] = {
    CHANGED: "was changed",
    GAP: "does not follow the line before it: lines are missing",
    ROW_CHANGED: "was changed after it was noted",
    ROW_GONE: "was removed",
    NO_LINE: "has no line in the trail",
}
_COMPARE: Final = "Keep a copy of the database as it is, and compare it with the last backup."
_SEAL_DIGITS: Final = 16


def seal(digest: str) -> str:
    """The first digits of a seal."""
    return digest[:_SEAL_DIGITS]


def verified(found: Verified) -> str:
    """What came of looking at the whole trail."""
    if not found.lines and not found.breaks:
        return "The audit trail is empty."
    size = f"{plain(found.lines)} lines; the last one has the seal {seal(found.head)}."
    if not found.breaks:
        return f"The audit trail is whole: {size}{_clock(found.set_back)}"
    places = "; ".join(broken(one) for one in found.breaks[:5])
    more = f" And {plain(len(found.breaks) - 5)} more." if len(found.breaks) > 5 else ""
    mend = OTHER_SECRET if found.other_secret else _COMPARE
    return f"The audit trail does not hold: {places}.{more} {size} {mend}"


def _clock(set_back: int) -> str:
    """That the computer's clock was set back, "" where it was not."""
    if not set_back:
        return ""
    return (
        f" Lines with an earlier time than the one before: {plain(set_back)}. The computer's clock "
        "was set back; the lines stand in the order in which they were written, but the times "
        "around there may be wrong. Set the clock by the network."
    )


def broken(found: Break) -> str:
    """A place where it does not hold."""
    return f"{found.place} {KINDS[found.kind]}"


def cut(number: int) -> str:
    """That a line that was written down is not there any more, or is another one."""
    return (
        f"Line {plain(number)} is not there with the seal that was written down: the trail was "
        "cut off or made anew after that. Compare the database with the last backup."
    )


def stands(number: int) -> str:
    """That a line that was written down is there."""
    return f"Line {plain(number)} is there with the seal that was written down."


def cells(line: Line, names: dict[str, str]) -> list[str]:
    """A line of the table.

    Args:
        line: the line.
        names: [mark] → reader, as far as they are known from readings.
    """
    who = NOBODY if line.who is None else names.get(line.who, line.who[:8])
    scan = DASH if line.scan is None else line.scan[:12]
    return [plain(line.id), moment(line.at), who, line.what, scan]
