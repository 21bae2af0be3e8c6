"""What a session knows of the reader: who reads, what was said blind, and since when.

The keys are those of `app.state`; nothing here is written anywhere.
"""

import time
from collections.abc import Sequence

from app import access_session, state


def reader() -> str:
    """The name of whoever signed in, else as typed, or ""."""
    return access_session.name() or state.recall(state.READER, "").strip()


def blind_first() -> bool:
    """Whether the reader wants to name a class before the AI's is drawn."""
    return state.recall(state.BLIND, False)


def reason_key(content_hash: str) -> str:
    """Widget key of the reason about one scan."""
    return f"{state.WORD}reason.{content_hash}"


def reason(content_hash: str) -> str:
    """What was typed as a reason, or ""."""
    return state.recall(reason_key(content_hash), "").strip()


def blind_class(content_hash: str) -> str | None:
    """The class that this reader named before the AI's was drawn, or None."""
    named: str = state.recall(_of_reader("blind", content_hash), "")
    return named or None


def name_blind_class(content_hash: str, label: str) -> None:
    """Keep the first class that this reader names; a later one changes nothing."""
    if blind_class(content_hash) is None:
        state.keep(_of_reader("blind", content_hash), label)


def drawn(content_hash: str) -> bool:
    """Whether anything that the AI says of a scan was on screen in this session."""
    return state.recall(_key("drawn", content_hash), False)


def mark_drawn(*content_hashes: str) -> None:
    """Note that what the AI says of these scans is on screen."""
    for content_hash in content_hashes:
        state.keep(_key("drawn", content_hash), True)


def any_unseen(files: Sequence[state.OpenedFile]) -> bool:
    """Whether one of these is still to be read blind, so that no table may tell."""
    return blind_first() and not all(drawn(one.content_hash) for one in files)


def on_screen(content_hash: str) -> None:
    """Start the clock, unless the same scan was on screen before this run."""
    if state.recall(state.CLOCK, ("", 0.0))[0] != content_hash:
        start_clock(content_hash)


def start_clock(content_hash: str) -> None:
    """Count the seconds of a scan from now on."""
    state.keep(state.CLOCK, (content_hash, time.monotonic()))


def seconds(content_hash: str) -> float | None:
    """Seconds since the scan came on screen; None where another one runs."""
    shown, start = state.recall(state.CLOCK, ("", 0.0))
    return round(time.monotonic() - start, 1) if shown == content_hash else None


def _of_reader(part: str, content_hash: str) -> str:
    return f"{_key(part, content_hash)}.{reader()}"


def _key(part: str, content_hash: str) -> str:
    return f"{state.WORD}{part}.{content_hash}"
