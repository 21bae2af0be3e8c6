"""What the viewer in the browser tells: a slice, a window, or that it has no WebGL.

The keys are those of `app.state`. What comes from the browser is bounded before it is kept.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from streamlit.runtime.scriptrunner import get_script_run_ctx

from app import services, state
from ml.results import Scan

KEY: Final = "viewer"
"""Widget key of the viewer."""
_LARGEST: Final = 1e12
_SWITCHES: Final = {
    "heat": state.HEAT,
    "mask": state.MASK,
    "diameters": state.DIAMETERS,
    "boxes": state.BOXES,
}
_OPACITIES: Final = {"heat_opacity": state.HEAT_OPACITY, "mask_opacity": state.MASK_OPACITY}
_PICTURES: Final = "viewer.pictures"
_DUE: Final = "viewer.due"


def draws_pictures() -> bool:
    """Whether NiiVue failed in this session, so that pictures are drawn instead."""
    return state.recall(_PICTURES, False)


def draw_pictures() -> None:
    """Draw pictures from now on; call in a callback."""
    state.keep(_PICTURES, True)


def page_runs() -> None:
    """Note that the page runs as a whole: what was due is done by it."""
    state.keep(_DUE, False)


def alone() -> bool:
    """Whether the pictures run without the rest of their page."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def page_falls_due() -> None:
    """Let the whole page run, not only its pictures; call in a callback of the viewer."""
    state.keep(_DUE, True)


def page_is_due() -> bool:
    """Whether what the viewer told changes more than the pictures."""
    return state.recall(_DUE, False)


def look(*, marked: bool) -> dict[str, bool | int]:
    """Which layers are on, and their opacities in percent.

    Args:
        marked: there are marks to show.
    """
    on = {name: marked and state.switched(key) for name, key in _SWITCHES.items()}
    return on | {name: int(state.recall(key, 0)) for name, key in _OPACITIES.items()}


def hands(windowed: Scan) -> dict[str, str]:
    """Where the page's own controls of the pictures are, so that the browser follows them at once.

    Args:
        windowed: the slice whose sliders set the window.

    Returns:
        [what it sets] → CSS selector of the control.
    """
    window = {name: state.window_key(windowed.content_hash, name) for name in ("center", "width")}
    return {name: selector(key) for name, key in (_SWITCHES | _OPACITIES | window).items()}


def take_window(windowed: Scan) -> None:
    """Keep the window that the reader dragged, within the reach of its sliders.

    Args:
        windowed: the slice whose sliders set the window.
    """
    said = told("window", 3)
    if said is None:
        return
    key, center, width = said
    if key != windowed.content_hash or not _usable(center) or not _usable(width):
        return
    reach = services.levels(windowed)
    state.set_window(
        key,
        min(max(float(center), reach.low), reach.high),
        min(max(float(width), reach.narrowest), reach.widest),
    )


def take_slice(series: str, total: int) -> None:
    """Show the slice that the reader went to.

    Args:
        series: digest of the series on screen; what is told of another one came too late.
        total: slices that there are.
    """
    said = told("slice", 2)
    if said is not None and said[0] == series and _usable(said[1]):
        state.move_slice(series, int(min(max(said[1], 1), total)))
        page_falls_due()


def told(name: str, length: int, widget: str = KEY) -> Sequence[Any] | None:
    """What came with an event of a widget of the viewer, or None where it is not of that form."""
    found: Any = state.recall(widget, None)
    values = found.get(name) if isinstance(found, Mapping) else None
    return values if isinstance(values, list | tuple) and len(values) == length else None


def selector(key: str) -> str:
    """The class that Streamlit gives to a widget of a key."""
    return ".st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key)


def _usable(value: object) -> bool:
    """Whether it is a number that can be reckoned with."""
    # not math.isfinite: JSON has whole numbers that fit no float
    return isinstance(value, int | float) and -_LARGEST < value < _LARGEST
