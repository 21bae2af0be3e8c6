"""The colours of the two themes, each role with its value in both.

Neutral greys, because a coloured surround changes how grey levels are seen. Colours of classes and
networks are from the Okabe–Ito set or darker ones of the same hues, which stay apart under every
common kind of colour blindness; nothing is said by colour alone. Reference: Okabe and Ito 2008,
"Color Universal Design".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Palette:
    """One theme; every colour as "#rrggbb".

    Attributes:
        name: "dark" or "light", as Streamlit calls its themes.
        background: of the page.
        panel: of the notice and of fields.
        chosen: behind the class that a network puts first.
        trough: behind the bar of a probability.
        hair: finest lines, inside tables.
        line: borders and grids.
        rule: between networks and their mean.
        text: what is read.
        muted: labels and remarks.
        accent: links, bars, focus.
        mark: the one curve that a chart is about.
        classes: [class identifier] → colour in charts.
        networks: [registry name] → colour in charts.
        copies: of exact copies, near copies and slices of one patient.
    """

    name: str
    background: str
    panel: str
    chosen: str
    trough: str
    hair: str
    line: str
    rule: str
    text: str
    muted: str
    accent: str
    mark: str
    classes: Mapping[str, str]
    networks: Mapping[str, str]
    copies: tuple[str, str, str]

    @property
    def roles(self) -> dict[str, str]:
        """The single colours by role, for the style sheet."""
        return {
            role: value
            for role, value in vars(self).items()
            if isinstance(value, str) and role != "name"
        }


DARK: Final = Palette(
    name="dark",
    background="#0c0d0f",
    panel="#17191c",
    chosen="#22262b",
    trough="#24282d",
    hair="#202327",
    line="#2c3035",
    rule="#3a4046",
    text="#d8dadd",
    muted="#9da3aa",
    accent="#8fb4d0",
    mark="#e67c37",
    classes={
        "glioma": "#d55e00",
        "meningioma": "#56b4e9",
        "no_tumor": "#b0b5bb",
        "pituitary": "#f0e442",
    },
    networks={
        "mobilenet": "#e69f00",
        "xception": "#56b4e9",
        "resnet50": "#009e73",
        "mean": "#d8dadd",
    },
    copies=("#e69f00", "#56b4e9", "#009e73"),
)
LIGHT: Final = Palette(
    name="light",
    background="#f5f6f7",
    panel="#e8eaed",
    chosen="#d9dde1",
    trough="#cfd4d9",
    hair="#dfe2e6",
    line="#c3c8ce",
    rule="#a9b0b7",
    text="#1b1e22",
    muted="#484f57",
    accent="#1d5b85",
    mark="#a84e0c",
    classes={
        "glioma": "#b34f00",
        "meningioma": "#0072b2",
        "no_tumor": "#5c636b",
        "pituitary": "#8a7400",
    },
    networks={
        "mobilenet": "#9c6a00",
        "xception": "#0072b2",
        "resnet50": "#00734f",
        "mean": "#1b1e22",
    },
    copies=("#9c6a00", "#0072b2", "#00734f"),
)
