"""Every key and gesture of the app, once: buttons and the help take them from here.

A new one is a line in its place's tuple; a button names it (`shortcut=shortcuts.NEXT_SCAN.key`).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Shortcut:
    """One way to do something without its button.

    Attributes:
        keys: as the reader sees them, each of them enough.
        does: what happens, in a few words.
        key: the name that a Streamlit button takes, "" where the page's own script listens.
    """

    keys: tuple[str, ...]
    does: str
    key: str = ""


PREVIOUS_SCAN: Final = Shortcut(("←",), "previous scan", "Left")
NEXT_SCAN: Final = Shortcut(("→",), "next scan", "Right")
SLICE_DOWN: Final = Shortcut(("↓",), "next slice downwards", "Down")
SLICE_UP: Final = Shortcut(("↑",), "next slice upwards", "Up")
PREVIOUS_UNREAD: Final = Shortcut(("←",), "choose the previous unread scan", "Left")
NEXT_UNREAD: Final = Shortcut(("→",), "choose the next unread scan", "Right")
HELP: Final = Shortcut(("?",), "this list")

PLACES: Final[dict[str, tuple[Shortcut, ...]]] = {
    "On every page": (
        HELP,
        Shortcut(("Esc",), "close a list, a box or this one; let go of what Enter took hold of"),
        Shortcut(("Tab", "Shift + Tab"), "go to the next or previous control"),
    ),
    "Read a scan": (PREVIOUS_SCAN, NEXT_SCAN, SLICE_DOWN, SLICE_UP),
    "On a picture that Tab has reached": (
        Shortcut(("Enter",), "take a point to measure or draw with, else what dragging changes"),
        Shortcut(("Arrows",), "move it by a pixel or a small step"),
        Shortcut(("Shift + arrows",), "move it by ten of them"),
        Shortcut(("Enter again", "Space"), "begin or end a length or a stroke; else let go"),
    ),
    "On the picture": (
        Shortcut(("Wheel",), "next slice of a series; zoom of a single picture"),
        Shortcut(("h",), "hide or show all AI marks"),
        Shortcut(("w",), "dragging changes the window: across the width, up and down the centre"),
        Shortcut(("p", "Right drag"), "dragging moves the picture"),
        Shortcut(("m",), "dragging measures a length"),
        Shortcut(("d",), "dragging draws on your own outline"),
        Shortcut(("e",), "dragging erases from it"),
        Shortcut(("[",), "a smaller pen or eraser"),
        Shortcut(("]",), "a larger one"),
        Shortcut(("u", "Ctrl + z"), "undo the last stroke"),
        Shortcut(("y", "Ctrl + y"), "draw it again"),
        Shortcut(("o",), "hide or show your own drawing"),
        Shortcut(("+", "=", "Ctrl + wheel"), "zoom in"),
        Shortcut(("-",), "zoom out"),
        Shortcut(("0", "Double click"), "zoom, window and caliper as at first"),
    ),
    "Worklist": (PREVIOUS_UNREAD, NEXT_UNREAD),
}
"""Where they work → what there is; within a place no key has two meanings."""
