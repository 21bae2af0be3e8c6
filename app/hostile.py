"""What a browser sends besides files, damaged: the address, and the viewer's messages."""

import json
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Final
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from app import state, viewer_session
from app.hostile_drawn import DRAWN
from app.hostile_stored import BACKUP, REPORT
from ml.hostile import seeds
from ml.hostile.damage import damaged
from ml.hostile.entries import FILES, Entry
from ml.hostile.jsons import VALUES
from ml.io import read_scan
from ml.results import Scan

__all__ = ["ENTRIES"]

_SERIES: Final = "series"
_SLICES: Final = 9


@cache
def _scan() -> Scan:
    return read_scan(seeds.pngs()[0])


def _messages() -> tuple[bytes, ...]:
    """What the viewer tells: a window, a slice."""
    told = (
        {"window": [_scan().content_hash, 100.0, 50.0]},
        {"slice": [_SERIES, 3]},
        {"window": [_scan().content_hash, 80, 10], "slice": [_SERIES, 1], "failed": "no WebGL"},
    )
    return tuple(json.dumps(one).encode() for one in told)


def _changed_message(data: bytes, chance: Random) -> bytes:
    """A message with other values, still JSON."""
    told = json.loads(data)
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(("window", "slice", "failed", "x"))
        held = told.get(name)
        if isinstance(held, list) and held and chance.random() < 0.7:
            held[chance.randrange(len(held))] = chance.choice(VALUES)
        else:
            told[name] = chance.choice((*VALUES, held, [held, held], {"a": held}))
    return json.dumps(told).encode()


def _take(data: bytes) -> None:
    """As the viewer's callbacks do; what is no JSON never gets to them."""
    try:
        told = json.loads(data)
    except ValueError:
        return
    scan = _scan()
    state.keep(viewer_session.KEY, told)
    state.set_window(scan.content_hash, 1.0, 1.0)
    viewer_session.take_window(scan)
    viewer_session.take_slice(_SERIES, _SLICES)
    center, width = state.window(scan.content_hash) or (0.0, 0.0)
    if not (0 <= center <= 255 and 0 < width <= 1000 and 1 <= state.start_slice(_SERIES, 1) <= 9):
        raise AssertionError("kept beyond its bounds")


def _page() -> None:
    """What every address opens, without its reading."""
    from app import demo
    from app import state as session

    session.begin()
    session.close_all()  # what the address before this one opened
    session.keep(session.DEMO, {})
    demo.begin()
    demo.shown()


@cache
def _app() -> AppTest:
    """The page; it is written to a file when it is made, so one serves all addresses."""
    return AppTest.from_function(_page, default_timeout=60)


def _ask(data: bytes) -> None:
    """Open the page at an address; what the script raises is raised here."""
    at = _app()
    at.query_params.clear()
    for name, values in parse_qs(data.decode("utf-8", "replace"), True).items():
        at.query_params[name] = values
    at.run()
    for found in at.exception:
        raise RuntimeError(found.message)


def _addresses() -> tuple[bytes, ...]:
    _app()
    return b"demo", b"demo=", b"demo=1&demo=2", b"reading=3", b"embed=true&theme=%22"


ENTRIES: Final[Mapping[str, Entry]] = {
    **FILES,
    "viewer": Entry("Messages of the viewer", _messages, _changed_message, _take),
    "drawn": DRAWN,
    "backup": BACKUP,
    "report": REPORT,
    "address": Entry("Address of the page", _addresses, damaged, _ask),
}
"""Everything that comes in from outside."""
