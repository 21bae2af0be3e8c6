"""What the viewer in the browser tells: a slice, a window, or that it has no WebGL.

The keys are those of `app.state`. What comes from the browser is bounded before it is kept.
"""

import math
from typing import Any, Final

from app import services, state
from ml.results import Scan

KEY: Final = "viewer"
"""Widget key of the viewer."""
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
    key, center, width = _told("window", ("", math.nan, math.nan))
    if key != windowed.content_hash or not math.isfinite(center) or not math.isfinite(width):
        return
    reach = services.levels(windowed)
    state.set_window(
        key,
        min(max(center, reach.low), reach.high),
        min(max(width, reach.narrowest), reach.widest),
    )


def take_slice(series: str, total: int) -> None:
    """Show the slice that the reader went to.

    Args:
        series: digest of the series on screen; what is told of another one came too late.
        total: slices that there are.
    """
    key, number = _told("slice", ("", 0))
    if key == series:
        state.move_slice(series, min(max(int(number), 1), total))


def _told(name: str, otherwise: tuple[Any, ...]) -> tuple[Any, ...]:
    """What came with an event of the viewer, or `otherwise` where it is not of that form."""
    told: dict[str, Any] = state.recall(KEY, {})
    found = told.get(name)
    return tuple(found) if found and len(found) == len(otherwise) else otherwise
