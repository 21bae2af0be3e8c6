"""What a reader does with the app, step by step, and the same over the wire."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from app import samples, state
from app.load.wire import Broken, Session

__all__ = ["STEPS", "Reader", "Visitor", "WireReader", "visit"]

STEPS: Final[Mapping[str, str]] = {
    "open": "Page opened",
    "demo": "First scan of the demo opened",
    "upload": "Scan uploaded and read",
    "opacity": "Opacity changed",
    "window": "Window changed",
    "layer": "Layer switched off",
    "series": "Series opened",
    "slice": "Slice changed",
    "elsewhere": "Another page",
    "back": "Back to the scan",
    "close": "All scans closed",
}
"""Steps of a visit in their order, and what they are."""
UNANSWERED: Final = frozenset({"open", "elsewhere", "close"})
"""After these steps no answer of the networks is on the page."""
PLACES: Final = ("worklist", "accuracy", "monitoring")
"""Paths of the pages that visits go to by turns."""


@dataclass(frozen=True)
class Visitor:
    """Who comes.

    Attributes:
        number: counts the visits.
        picture: a PNG file that nobody else brings.
    """

    number: int
    picture: bytes

    @property
    def place(self) -> str:
        """Path of the other page that is gone to."""
        return PLACES[self.number % len(PLACES)]

    @property
    def steps(self) -> tuple[str, ...]:
        """What is done: every second one leaves without closing what is open."""
        return tuple(STEPS)[: None if self.number % 2 else -1]


class Reader(Protocol):
    """One who does the steps of a visit."""

    def do(self, step: str) -> float:
        """Do a step; seconds until the page shows what comes of it.

        Raises:
            Broken: it shows an error, or not what belongs there.
        """

    def leave(self) -> None:
        """Be gone, whatever was done before."""


def visit(
    reader: Reader,
    visitor: Visitor,
    note: Callable[[str, float], None],
    *,
    rest: Callable[[], bool],
) -> bool:
    """Do every step.

    Args:
        reader: does them.
        visitor: who they are done for.
        note: is told the seconds of each step.
        rest: waits before the next step, and says whether there is time for it.

    Returns:
        Whether the visit came to its end.
    """
    try:
        for step in visitor.steps:
            if step != "open" and not rest():
                return False
            note(step, reader.do(step))
    finally:
        reader.leave()
    return True


class WireReader:
    """A reader without a browser."""

    def __init__(self, address: str, visitor: Visitor) -> None:
        self._address, self._visitor = address, visitor
        self._session: Session | None = None

    def do(self, step: str) -> float:
        """See `Reader.do`."""
        start = time.perf_counter()
        if self._session is None:
            self._session = Session(self._address)
        else:
            self._change(self._session, step)
        if self._session.answered == (step in UNANSWERED):
            raise Broken(f"{STEPS[step]}: the networks' answers are there, or not, as they must.")
        return time.perf_counter() - start

    def leave(self) -> None:
        """See `Reader.leave`."""
        if self._session is not None:
            self._session.close()

    def _change(self, session: Session, step: str) -> None:
        match step:
            case "demo":
                session.press("tour_start")
            case "upload":
                session.upload("scan.png", self._visitor.picture)
            case "opacity":
                session.slide(state.HEAT_OPACITY, 0.7)
            case "window":
                session.slide(state.window_key("", "width"), 0.4)
            case "layer":
                session.switch(state.HEAT)
            case "series":
                session.press(f"sample.{len(samples.shipped())}")
            case "slice":
                session.slide(state.slice_key(""), (self._visitor.number % 7) / 6)
            case "elsewhere":
                session.go(self._visitor.place)
            case "back":
                session.go("")
            case "close":
                session.press("close")
