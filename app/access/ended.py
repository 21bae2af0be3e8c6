"""Sign-ins that are over before their time: signed out, or left alone for too long.

The cookie of a sign-in says nothing of this, so that other windows with the same cookie, or a copy
of it, would go on. Kept in this process; a restart forgets, and then the hours of the sign-in hold.
"""

import threading
from datetime import UTC, datetime
from typing import Final

from app.access.person import Person

__all__ = ["ENDED", "Ended"]


class Ended:
    """Digests of sign-ins that are over, each until it would have ended by itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}

    def end(self, person: Person) -> None:
        """Let a sign-in be over."""
        with self._lock:
            now = datetime.now(UTC)
            self._until = {login: until for login, until in self._until.items() if until > now}
            self._until[person.login] = person.until

    def over(self, person: Person, now: datetime) -> bool:
        """Whether a sign-in is over, by its time or before it."""
        return now >= person.until or person.login in self._until


ENDED: Final = Ended()
"""The one of this process."""
