"""Palette and the little CSS there is: neutral dark greys around the picture, no decoration.

Colours of marks are from the Okabe–Ito set, which stays apart under every common kind of
colour blindness; nothing is said by colour alone. Reference: Okabe and Ito 2008, "Color
Universal Design".
"""

from typing import Any, Final

BACKGROUND: Final = "#0c0d0f"
PANEL: Final = "#17191c"
LINE: Final = "#2c3035"
TEXT: Final = "#d8dadd"
MUTED: Final = "#9da3aa"

MASK_RGB: Final = (230, 124, 55)
MASK: Final = "rgb(230,124,55)"
DIAMETER: Final = "#ffffff"
BOX: Final = "#cc79a7"

CLASS_COLOURS: Final[dict[str, str]] = {
    "glioma": "#d55e00",
    "meningioma": "#56b4e9",
    "no_tumor": "#b0b5bb",
    "pituitary": "#f0e442",
}
CLASS_DASHES: Final[dict[str, str]] = {
    "glioma": "solid",
    "meningioma": "dash",
    "no_tumor": "dot",
    "pituitary": "dashdot",
}
NETWORK_LINES: Final[dict[str, dict[str, str]]] = {
    "mobilenet": {"color": "#e69f00", "dash": "dash"},
    "xception": {"color": "#56b4e9", "dash": "dot"},
    "resnet50": {"color": "#009e73", "dash": "dashdot"},
    "mean": {"color": TEXT, "dash": "solid"},
}
CLASS_PATTERNS: Final[dict[str, str]] = {
    "glioma": "",
    "meningioma": "/",
    "no_tumor": ".",
    "pituitary": "x",
}
COPY_BARS: Final[tuple[dict[str, Any], ...]] = (
    {"color": "#e69f00", "pattern": {"shape": ""}},
    {"color": "#56b4e9", "pattern": {"shape": "/"}},
    {"color": "#009e73", "pattern": {"shape": "x"}},
)
SEQUENTIAL: Final = "Cividis"

CSS: Final = """
<style>
.block-container { padding: 3.1rem 1rem 1rem 1rem; max-width: none; }
header[data-testid="stHeader"] { background: #0c0d0f; height: 2.75rem; min-height: 2.75rem; }
[data-testid="stVerticalBlock"] { gap: 0.5rem; }
[data-testid="stWidgetLabel"] p { font-size: 0.8rem; color: #9da3aa; }
.sulcus-notice { border: 1px solid #2c3035; border-left: 3px solid #b0b5bb; padding: 3px 10px;
  font-size: 12.5px; line-height: 1.45; color: #d8dadd; background: #17191c; }
.sulcus-notice b { font-weight: 600; }
.sulcus-muted { color: #9da3aa; font-size: 12.5px; line-height: 1.4; }
.sulcus-empty { border: 1px dashed #2c3035; padding: 20px 24px; color: #d8dadd; }
.sulcus-empty h3 { margin: 0 0 6px 0; font-size: 1.05rem; font-weight: 600; }
.sulcus-tag { display: inline-block; border: 1px solid #9da3aa; padding: 0 6px; font-size: 11px;
  letter-spacing: .06em; margin-right: 8px; }
.sulcus-verdict { border-bottom: 1px solid #2c3035; padding-bottom: 8px; }
.sulcus-verdict .headline { font-size: 20px; line-height: 1.25; font-weight: 600; }
.sulcus-verdict .support { font-size: 13.5px; margin-top: 3px; }
table.sulcus-networks { width: 100%; border-collapse: collapse; table-layout: fixed;
  font-size: 12.5px; font-variant-numeric: tabular-nums; }
table.sulcus-networks th { text-align: left; font-weight: 500; color: #9da3aa; padding: 3px;
  border: 0; vertical-align: bottom; font-size: 12px; line-height: 1.3; }
table.sulcus-networks thead th:first-child { width: 78px; }
table.sulcus-networks thead th b { display: block; color: #d8dadd; font-weight: 600; }
table.sulcus-networks td { padding: 3px 5px; border: 0; border-top: 1px solid #202327; }
table.sulcus-networks tbody th { border-top: 1px solid #202327; color: #d8dadd;
  vertical-align: middle; }
table.sulcus-networks td.first { background: #22262b; font-weight: 700; }
table.sulcus-networks .mean { border-left: 1px solid #3a4046; }
.sulcus-bar { height: 4px; background: #24282d; margin-top: 2px; }
.sulcus-bar span { display: block; height: 4px; background: #8fb4d0; }
table.sulcus-facts { width: 100%; border-collapse: collapse; font-size: 13px;
  font-variant-numeric: tabular-nums; }
table.sulcus-facts th { text-align: left; font-weight: 400; color: #9da3aa; border: 0;
  padding: 2px 8px 2px 0; }
table.sulcus-facts td { text-align: right; border: 0; padding: 2px 0; }
table.sulcus-figures { border-collapse: collapse; width: 100%; font-size: 13px;
  font-variant-numeric: tabular-nums; }
table.sulcus-figures th, table.sulcus-figures td { border: 0; border-bottom: 1px solid #202327;
  padding: 4px 12px 4px 0; text-align: left; white-space: nowrap; }
table.sulcus-figures th { font-weight: 500; color: #9da3aa; }
table.sulcus-figures tbody th { color: #d8dadd; font-weight: 400; }
table.sulcus-report { width: 100%; border-collapse: collapse; font-size: 13px; }
table.sulcus-report th { text-align: left; font-weight: 600; color: #9da3aa; border: 0; width: 64px;
  padding: 2px 8px 2px 0; vertical-align: top; }
table.sulcus-report td { border: 0; padding: 2px 0; }
.sulcus-scroll { overflow-x: auto; }
.st-key-reading { display: grid !important; gap: 0.5rem 1rem !important;
  grid-template: "pictures panel" auto "controls panel" 1fr / minmax(0, 1fr) 392px; }
.st-key-reading > :has(> .st-key-pictures) { grid-area: pictures; }
.st-key-reading > :has(> .st-key-panel) { grid-area: panel; }
.st-key-reading > :has(> .st-key-controls) { grid-area: controls; }
@media (max-width: 1180px) {
  .st-key-reading { grid-template: "pictures" auto "panel" auto "controls" auto / minmax(0, 1fr); }
}
</style>
"""


def axis(title: str, **changes: Any) -> dict[str, Any]:
    """A Plotly axis with thin grid lines and a title of the page's own size."""
    return {
        "title": {"text": title, "font": {"size": 13}, "standoff": 10},
        "gridcolor": LINE,
        "zerolinecolor": LINE,
        "linecolor": LINE,
        **changes,
    }


def chart_layout(**changes: Any) -> dict[str, Any]:
    """Plotly layout shared by every chart: dark, flat, in the page's own font."""
    return {
        "template": "none",
        "paper_bgcolor": BACKGROUND,
        "plot_bgcolor": BACKGROUND,
        "font": {"family": "Source Sans, sans-serif", "size": 13, "color": TEXT},
        "margin": {"l": 56, "r": 12, "t": 36, "b": 48},
        "legend": {"bgcolor": "rgba(0,0,0,0)"},
        **changes,
    }


def chart_config(name: str) -> dict[str, Any]:
    """Plotly tool bar without the maker's logo, whose camera saves a PNG of that name."""
    return {
        "displaylogo": False,
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }
