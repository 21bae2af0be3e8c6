"""What the screens note in the audit trail: who saw and exported what, who signed in and out.

What is added to the store has its line by itself, see `app.store.chain`.
"""

from collections.abc import Callable, Iterable
from typing import Final

from app import reader_session, state
from app.archive import archive

SEEN: Final = "seen"
LISTED: Final = "worklist seen"
REPORT_SEEN: Final = "report seen"
KEPT: Final = "picture kept"
REMOVED: Final = "picture removed"
OTHER_SECRET: Final = "another secret"
SENDING: Final = "sending"
EXPORTED: Final = "exported "
SIGNED_IN: Final = "signed in"
SIGNED_OUT: Final = "signed out"
SESSION_OVER: Final = "session over"
NOT_ADMITTED: Final = "not admitted"
_ONCE: Final = "trail."


def note(what: str, scan: str | None = None) -> None:
    """Note that this reader did something.

    Raises:
        StoreError: it cannot be written.
    """
    archive().trail.note(what, reader_session.reader(), scan)


def note_once(what: str, scan: str | None = None) -> None:
    """Note it once a session and reader.

    Raises:
        StoreError: it cannot be written.
    """
    key = f"{_ONCE}{what}.{scan}.{reader_session.reader()}"
    if not state.recall(key, False):
        note(what, scan)
        state.keep(key, True)


def exporting(form: str, scan: str | None, make: Callable[[], bytes]) -> Callable[[], bytes]:
    """What makes a file that is saved, with its line: without the line there is no file.

    Args:
        form: "pdf", "json", "sr", "seg", "csv" …
        scan: content hash of what it is about.
        make: makes the file; called outside of the session, at the click.

    Limits: of what fails then, a full disk too, the browser is told in Streamlit's own words that
    there is no file.
    """
    reader = reader_session.reader()

    def made() -> bytes:
        done = make()
        archive().trail.note(f"{EXPORTED}{form}", reader, scan)
        return done

    return made


def exported(form: str, scans: Iterable[str]) -> None:
    """Note files that are about to be offered.

    Raises:
        StoreError: it cannot be written.
    """
    for scan in scans:
        note(f"{EXPORTED}{form}", scan)
