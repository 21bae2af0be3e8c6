"""What a session knows of who signed in; the keys are those of `app.state`."""

import secrets
import time
from typing import Final

from app import state
from app.access.pace import PACE, readings_per_hour
from app.access.person import ADMIN, Person

_PERSON: Final = "access.person"
_ACTIVE: Final = "access.active"
_SESSION: Final = "access.session"


def person() -> Person | None:
    """Who signed in, or None where nobody has to or did."""
    return state.recall(_PERSON, None)


def name() -> str:
    """Their name as it stands in readings, or ""."""
    found = person()
    return "" if found is None else found.name


def may_administer() -> bool:
    """Whether who looks may see what others did: an admin, or the user of this computer."""
    found = person()
    return found is None or found.role == ADMIN


def enter(found: Person, idle_minutes: float) -> bool:
    """Begin or go on with somebody's session.

    Args:
        found: who signed in.
        idle_minutes: minutes without doing anything that end it.

    Returns:
        Whether it goes on; False where nothing was done for too long.
    """
    before = person()
    same = before is not None and before.login == found.login
    if same and idle_for() > idle_minutes * 60:
        return False
    if before is not None and not same:
        state.forget()
    state.keep(_PERSON, found)
    state.keep(_ACTIVE, time.monotonic())
    return True


def leave() -> None:
    """Forget who it was, and all that they had open or wrote and did not store."""
    state.forget()


def idle_for() -> float:
    """Seconds since the last run of a page."""
    return time.monotonic() - state.recall(_ACTIVE, time.monotonic())


def count(what: str, slices: int = 1) -> None:
    """Count a reading that is about to be done for this reader.

    Args:
        what: digest of the picture or series.
        slices: how many pictures it has.

    Raises:
        AccessError: they had too many read within the last hour.
    """
    PACE.count(name() or _session(), what, slices=slices, most=readings_per_hour())


def _session() -> str:
    """A name that only this session has."""
    state.keep(_SESSION, state.recall(_SESSION, "") or secrets.token_hex())
    return state.recall(_SESSION, "")
