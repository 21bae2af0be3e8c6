"""How the app bears many readers: `python -m app.soak [--minutes M] [--sessions N] …`.

It starts the app with a folder of its own, lets one browser visit it alone, then N readers over
the websocket and B browsers at once, one after the other on each seat, and watches it meanwhile.
The figures go to `assets/metrics/robustness`, and docs/robustness.md is written anew. Ends with 1
where there was an error or something grew.
"""

import argparse
import itertools
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from app import robustness
from app.load.server import APP, Running, page_of, running
from app.load.visit import Reader, Visitor, WireReader, visit
from app.load.watch import complaints, sample
from ml.bench import machine, soak
from ml.bench.pictures import png, variants
from ml.errors import SulcusError
from ml.hostile.document import DOCUMENT

__all__ = ["Options", "main", "soaked"]

ALONE: Final = 3
"""Visits of the browser that is alone."""
EVERY_S: Final = 2.0
"""Time between two looks at the app."""


@dataclass(frozen=True)
class Options:
    """How it is run.

    Attributes:
        minutes: of the load.
        sessions: readers over the websocket at once.
        browsers: readers in browsers at once.
        rest_s: mean time that a reader rests between two steps.
    """

    minutes: float
    sessions: int
    browsers: int
    rest_s: float


@dataclass
class Kind:
    """What readers of one kind met so far.

    Attributes:
        done: visits that came to their end.
        errors: a line each.
        seconds: [step] → of every time.
    """

    done: int = 0
    errors: list[str] = field(default_factory=list)
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, step: str, seconds: float) -> None:
        """Add a step."""
        self.seconds[step].append(seconds)

    @property
    def told(self) -> soak.Told:
        """As it is counted."""
        return soak.Told(self.done, self.errors, self.seconds)


class Load:
    """Readers on an app, each with a picture of their own.

    Args:
        app: that they visit.
        options: how many, and for how long.
    """

    def __init__(self, app: Running, options: Options) -> None:
        self._app, self._options = app, options
        self._end = float("inf")
        self._lock = threading.Lock()
        self._visitors = map(Visitor, itertools.count(), map(png, variants(sys.maxsize)))
        self.kinds: defaultdict[str, Kind] = defaultdict(Kind)

    def alone(self) -> None:
        """One browser, before the others come.

        Raises:
            MetricsError: there is none.
        """
        self._browse(self.kinds["alone"], range(ALONE))

    def together(self) -> list[soak.Sample]:
        """All readers at once; what the app held meanwhile.

        Raises:
            MetricsError: the app ended.
        """
        self._end = time.monotonic() + 60.0 * self._options.minutes
        threads = [
            *(self._seat(self._connect, "websocket") for _ in range(self._options.sessions)),
            *(self._seat(self._browse, "browser") for _ in range(self._options.browsers)),
        ]
        found = []
        try:
            while time.monotonic() < self._end:
                found.append(sample(self._app))
                time.sleep(EVERY_S)
        finally:
            self._end = 0.0
            for thread in threads:
                thread.join()
        return found

    def _seat(self, sit: Callable[[Kind], None], name: str) -> threading.Thread:
        """A seat that is taken until the time is over."""
        thread = threading.Thread(target=sit, args=(self.kinds[name],), name=name)
        thread.start()
        return thread

    def _connect(self, kind: Kind) -> None:
        self._sit(kind, lambda who: WireReader(self._app.address, who), itertools.count())

    def _browse(self, kind: Kind, visits: Iterable[int] | None = None) -> None:
        from app.load.chromium import ChromiumReader, launched

        with launched() as browser:
            self._sit(
                kind,
                lambda who: ChromiumReader(browser, self._app.address, who),
                itertools.count() if visits is None else visits,
            )

    def _sit(self, kind: Kind, arrive: Callable[[Visitor], Reader], visits: Iterable[int]) -> None:
        """Visits one after the other, until they are done or the time is over."""
        chance = Random(threading.get_ident())

        def rest() -> bool:
            time.sleep(chance.uniform(0.0, 2.0 * self._options.rest_s))
            return time.monotonic() < self._end

        for _ in visits:
            with self._lock:
                who = next(self._visitors)
            try:
                done = visit(arrive(who), who, kind.note, rest=rest)
            except Exception as error:  # whatever a reader meets is counted
                done = False
                kind.errors.append(" ".join(f"{type(error).__name__}: {error}".split())[:500])
            with self._lock:
                kind.done += done
            if not rest():
                return


def soaked(app: Running, options: Options) -> dict[str, Any]:
    """What came of the load, see `ml.bench.soak.figures`.

    Raises:
        MetricsError: the app ended, or there is no browser.
    """
    page_of(app.address)
    load = Load(app, options)
    if options.browsers:
        load.alone()
    samples = load.together()
    told = {name: kind.told for name, kind in load.kinds.items()}
    return soak.figures(samples, told, complaints(app))


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    options = Options(chosen.minutes, chosen.sessions, chosen.browsers, chosen.rest)
    try:
        where = machine.record()
        with running(chosen.script) as app:
            found = soaked(app, options)
        soak.keep(chosen.root, {"machine": where, **asdict(options)}, found)
        (chosen.root / DOCUMENT).write_text(robustness.text(chosen.root), encoding="utf-8")
    except SulcusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    done = {kind: one["done"] for kind, one in found["readers"].items()}
    lines = [f"Visits: {done}; written to {DOCUMENT}.", *found["failed"]]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if found["failed"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--minutes", type=float, default=10.0, help="of the load (default: 10)")
    add("--sessions", type=int, default=20, help="readers over the websocket (default: 20)")
    add("--browsers", type=int, default=2, help="readers in Chromium (default: 2)")
    add("--rest", type=float, default=1.0, help="mean seconds between two steps (default: 1)")
    add("--script", default=APP, help=argparse.SUPPRESS)
    add("--root", type=Path, default=robustness.REPOSITORY, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
