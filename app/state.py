"""Every `st.session_state` key of the app, typed, here and nowhere else.

Opened files live in the memory of the browser session and are gone with it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import streamlit as st

from app import uploaded
from ml.errors import SulcusError
from ml.io.series import Series

OPENED: Final = "opened"
ACTIVE: Final = "active"
UPLOAD_ROUND: Final = "upload.round"

MARKS: Final = "layer.marks"
MASK: Final = "layer.mask"
MASK_STYLE: Final = "layer.mask_style"
MASK_OPACITY: Final = "layer.mask_opacity"
DIAMETERS: Final = "layer.diameters"
BOXES: Final = "layer.boxes"
HEAT: Final = "layer.heat"
HEAT_OPACITY: Final = "layer.heat_opacity"
HEAT_MODEL: Final = "layer.heat_model"
HEAT_CLASS: Final = "layer.heat_class"

ACCURACY_MODEL: Final = "accuracy.model"
FIELD_PROTOCOL: Final = "accuracy.protocol"
TRUST_MODEL: Final = "trust.model"
REFERRED: Final = "trust.referred"
CORRUPTION: Final = "accuracy.corruption"
ERROR_KIND: Final = "errors.kind"
ERROR_MODEL: Final = "errors.model"
ERROR_LABEL: Final = "errors.label"
ERROR_READ: Final = "errors.read"
ERROR_LEAST: Final = "errors.least"
ERROR_PICTURE: Final = "errors.picture"
CARD: Final = "cards.network"
REPORT_OPEN: Final = "reader.report"
DEMO: Final = "demo"

READER: Final = "reader.name"
BLIND: Final = "reader.blind"
CLOCK: Final = "clock"
WORD: Final = "word."
WORKLIST_SORT: Final = "worklist.sort"
WORKLIST_STATUS: Final = "worklist.status"
WORKLIST_SCAN: Final = "worklist.scan"

AUDITED: Final = "audit.result"
AUDIT_ROUND: Final = "audit.round"
AUDIT_UPLOAD: Final = "audit.upload."

SUGGESTED_CLASS: Final = "suggested"
"""Value of `HEAT_CLASS` that stands for the class that the mean of the networks suggests."""

_ON_SCREEN: Final = "on_screen"
_WINDOW: Final = "window."
_STRESS: Final = "stress."
_SLICE: Final = "slice."
REPORT: Final = "report."
_PAGES: Final = ("accuracy.", "trust.", "errors.", "cards.", "reader.", "worklist.", WORD, REPORT)
_KEPT: Final = (ACTIVE, "layer.", *_PAGES, _WINDOW, _STRESS, _SLICE)
_DEFAULTS: Final[dict[str, object]] = {
    OPENED: (),
    ACTIVE: "",
    UPLOAD_ROUND: 0,
    MARKS: True,
    MASK: True,
    MASK_STYLE: "outline",
    MASK_OPACITY: 90,
    DIAMETERS: False,
    BOXES: False,
    HEAT: True,
    HEAT_OPACITY: 45,
    HEAT_CLASS: SUGGESTED_CLASS,
    READER: "",
    BLIND: False,
}

T = TypeVar("T")


@dataclass(frozen=True)
class OpenedFile:
    """One file, or one series of files, opened in this session.

    Attributes:
        name: file name as the reader knows it; for the screen only.
        data: the bytes; of a series none, it holds its own.
        content_hash: SHA-256 hex digest of `data` or of the file that a kept picture is of, or
            that of the series.
        series: what is opened where it is no single slice.
        problem: why an archive holds nothing to read.
        left_out: why files of the same upload are in no series, a sentence each.
    """

    name: str
    data: bytes
    content_hash: str
    series: Series | None = None
    problem: SulcusError | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layers:
    """How the AI marks are drawn.

    Attributes:
        mask_style: "outline" or "fill".
        heat: draw the heat map.
        heat_model: registry name, or None before the selector was shown.
        heat_class: class identifier or `SUGGESTED_CLASS`.
    """

    mask_style: str
    heat: bool
    heat_model: str | None
    heat_class: str


def begin() -> None:
    """Set what is not set yet, and keep widget values alive while their page is not shown."""
    for name, value in _DEFAULTS.items():
        st.session_state.setdefault(name, value)
    for key in [str(key) for key in st.session_state]:
        # Streamlit drops the value of a widget that a run did not draw, unless it is set.
        if key.startswith(_KEPT):
            st.session_state[key] = st.session_state[key]


def opened() -> tuple[OpenedFile, ...]:
    """The files opened in this session, in order."""
    files: tuple[OpenedFile, ...] = st.session_state.get(OPENED, ())
    return files


def add(items: Sequence[OpenedFile]) -> None:
    """Add what was opened and show the first of it; what was opened before is not added twice."""
    known = {file.content_hash: file for file in opened()}
    for item in items:
        known.setdefault(item.content_hash, item)
    st.session_state[OPENED] = tuple(known.values())
    if items:
        st.session_state[ACTIVE] = items[0].content_hash
    st.session_state[UPLOAD_ROUND] = st.session_state.get(UPLOAD_ROUND, 0) + 1


def opened_hash(data: bytes) -> str:
    """The digest that names a file: SHA-256 of its bytes, as `Scan.content_hash`."""
    return hashlib.sha256(data).hexdigest()


def close_all() -> None:
    """Forget every opened file, and what was written about it."""
    st.session_state[OPENED] = ()
    st.session_state[ACTIVE] = ""
    for key in [str(key) for key in st.session_state]:
        if key.startswith(REPORT):
            del st.session_state[key]


def forget() -> None:
    """Forget everything, as if the session were new."""
    st.session_state.clear()


def active() -> OpenedFile | None:
    """The file on screen, or None when none is open; the last one where its widget lost it."""
    files = {file.content_hash: file for file in opened()}
    for key in (ACTIVE, _ON_SCREEN):
        found = files.get(str(st.session_state.get(key)))
        if found is not None:
            st.session_state[_ON_SCREEN] = found.content_hash
            return found
    return next(iter(files.values()), None)


def position() -> int:
    """Place of the file on screen among the opened ones, from 0."""
    shown = active()
    return opened().index(shown) if shown else 0


def move(step: int) -> None:
    """Show the file `step` places further; stops at both ends."""
    files = opened()
    place = min(max(position() + step, 0), len(files) - 1)
    st.session_state[ACTIVE] = files[place].content_hash


def upload_key() -> str:
    """Widget key of the uploader; a new one after each opening empties it."""
    return f"upload.{st.session_state.get(UPLOAD_ROUND, 0)}"


def take_upload() -> list[tuple[str, bytes]]:
    """The uploaded files as (name, bytes); add what is in them, which empties the widget."""
    files = st.session_state.get(upload_key()) or []
    return uploaded.taken(files)


def slice_key(content_hash: str) -> str:
    """Widget key of the slice that is shown of a series; its value counts from 1."""
    return f"{_SLICE}{content_hash}"


def start_slice(content_hash: str, number: int) -> int:
    """The slice that is shown of a series, from 1: `number` where none was chosen yet."""
    return int(st.session_state.setdefault(slice_key(content_hash), number))


def move_slice(content_hash: str, number: int) -> None:
    """Show a slice of a series; call in a callback."""
    st.session_state[slice_key(content_hash)] = number


def layers() -> Layers:
    """The layers as their controls stand; all are off when AI marks are hidden."""
    get: Callable[[str], object] = st.session_state.get
    model = get(HEAT_MODEL)
    return Layers(
        mask_style=str(get(MASK_STYLE) or "outline"),
        heat=switched(HEAT),
        heat_model=str(model) if model else None,
        heat_class=str(get(HEAT_CLASS) or SUGGESTED_CLASS),
    )


def switched(layer: str) -> bool:
    """Whether the layer of a key is on; none is when AI marks are hidden."""
    return marks_shown() and bool(st.session_state.get(layer))


def start_heat_model(model: str) -> None:
    """Choose the heat map's network if none is chosen yet; call before it is drawn."""
    st.session_state.setdefault(HEAT_MODEL, model)


def start_choice(key: str, names: Sequence[str]) -> None:
    """Choose under a key if none of `names` is chosen yet; the mean before others."""
    if st.session_state.get(key) not in names:
        st.session_state[key] = "mean" if "mean" in names else names[0]


def stress_key(content_hash: str, part: str) -> str:
    """Widget key of the stress of one scan; `part`: "kind", "strength"."""
    return f"{_STRESS}{part}.{content_hash}"


def window_key(content_hash: str, part: str) -> str:
    """Widget key of the display window of one scan; `part`: "preset", "center", "width"."""
    return f"{_WINDOW}{part}.{content_hash}"


def window(content_hash: str) -> tuple[float, float] | None:
    """(centre, width) chosen for a scan, or None before its sliders were shown."""
    center = st.session_state.get(window_key(content_hash, "center"))
    width = st.session_state.get(window_key(content_hash, "width"))
    return None if center is None or width is None else (float(center), float(width))


def window_preset(content_hash: str) -> int:
    """Number of the preset chosen for a scan, 0 (the default) before a choice."""
    return int(st.session_state.get(window_key(content_hash, "preset"), 0))


def set_window(content_hash: str, center: float, width: float) -> None:
    """Choose a scan's display window; call before its sliders are drawn or in a callback."""
    st.session_state[window_key(content_hash, "center")] = center
    st.session_state[window_key(content_hash, "width")] = width


def marks_shown() -> bool:
    """Whether AI marks may be drawn at all."""
    return bool(st.session_state.get(MARKS))


def recall(key: str, otherwise: T) -> T:
    """What is under a key of this module, or `otherwise`, of the same type."""
    found: T = st.session_state.get(key, otherwise)
    return found


def keep(key: str, value: object) -> None:
    """Put a value under a key of this module; call before its widget is drawn or in a callback."""
    st.session_state[key] = value
