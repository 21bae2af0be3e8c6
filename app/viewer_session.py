"""What the viewer in the browser tells: a slice, a window, or that it has no WebGL.

The keys are those of `app.state`. What comes from the browser is bounded before it is kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app import services, state
from ml.results import Scan

KEY: Final = "viewer"
"""Widget key of the viewer."""
_LARGEST: Final = 1e12
_PICTURES: Final = "viewer.pictures"


def draws_pictures() -> bool:
    """Whether NiiVue failed in this session, so that pictures are drawn instead."""
    return state.recall(_PICTURES, False)


def draw_pictures() -> None:
    """Draw pictures from now on; call in a callback."""
    state.keep(_PICTURES, True)


def take_window(windowed: Scan) -> None:
    """Keep the window that the reader dragged, within the reach of its sliders.

    Args:
        windowed: the slice whose sliders set the window.
    """
    key, center, width = _told("window", 3)
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
    key, number = _told("slice", 2)
    if key == series and _usable(number):
        state.move_slice(series, int(min(max(number, 1), total)))


def _told(name: str, length: int) -> Sequence[Any]:
    """What came with an event of the viewer; nothings where it is not of that form."""
    told: Any = state.recall(KEY, None)
    found = told.get(name) if isinstance(told, Mapping) else None
    if isinstance(found, list | tuple) and len(found) == length:
        return found
    return (None,) * length


def _usable(value: object) -> bool:
    """Whether it is a number that can be reckoned with."""
    # not math.isfinite: JSON has whole numbers that fit no float
    return isinstance(value, int | float) and -_LARGEST < value < _LARGEST
