"""Themes: contrast of every pair of colours, one look in two files, charts that follow."""

import itertools
import json
import re
import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import palette, theme
from app.palette import DARK, LIGHT, Palette
from tests.app.conftest import viewers

ROOT = Path(__file__).resolve().parents[2]
BOTH = pytest.mark.parametrize("look", [DARK, LIGHT], ids=lambda look: look.name)
TEXTS = ("text", "muted", "accent")
SURFACES = ("background", "panel", "chosen")
READABLE, VISIBLE = 4.5, 3.0
"""WCAG 2.2, 1.4.3 (text, level AA) and 1.4.11 (parts of graphics)."""


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0..1 (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def rules() -> list[tuple[str, dict[str, str]]]:
    """(selector, [property] → value) of every rule of the page and of the bar."""
    found = []
    for name in ("page.css", "look.css"):
        text = (ROOT / "app" / "frontend" / name).read_text(encoding="utf-8")
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", text)):
            parts = (one.split(":", 1) for one in body.split(";") if ":" in one)
            found.append((selector.strip(), {k.strip(): v.strip() for k, v in parts}))
    return found


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@BOTH
@pytest.mark.parametrize(("words", "surface"), list(itertools.product(TEXTS, SURFACES)))
def test_every_text_is_read_on_every_surface(look: Palette, words: str, surface: str) -> None:
    assert contrast(look.roles[words], look.roles[surface]) >= READABLE


@BOTH
def test_every_mark_of_a_chart_is_seen(look: Palette) -> None:
    marks = [look.accent, look.mark, look.muted, *look.copies]
    marks += [*look.classes.values(), *look.networks.values()]
    assert min(contrast(colour, look.background) for colour in marks) >= VISIBLE
    assert contrast(look.accent, look.trough) >= VISIBLE


def test_style_sheets_use_the_roles_that_were_checked() -> None:
    """A text or a surface of another role would escape the two tests above."""
    used: dict[str, set[str]] = {"color": set(), "background": set()}
    for selector, body in rules():
        for name, value in body.items():
            assert not re.search(r"#[0-9a-f]{3,8}\b", value), f"{selector}: a colour, no role"
            if name in used:
                used[name] |= set(re.findall(r"var\(--sulcus-(\w+)\)", value))
    assert used["color"] == {"text", "muted"}
    # the bar of a probability has no text: it lies in its trough
    assert used["background"] == {*SURFACES, "trough", "accent"}


@BOTH
def test_streamlit_draws_with_the_same_colours(look: Palette) -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["theme"][look.name] == {
        "primaryColor": look.accent,
        "backgroundColor": look.background,
        "secondaryBackgroundColor": look.panel,
        "textColor": look.text,
        "borderColor": look.line,
        "linkColor": look.accent,
        "codeTextColor": look.text,
    }


def test_both_themes_have_the_same_roles_in_the_style_sheet() -> None:
    assert DARK.roles.keys() == LIGHT.roles.keys()
    sheet = theme.style_sheet()
    for role in DARK.roles:
        assert f"--sulcus-{role}: light-dark({LIGHT.roles[role]}, {DARK.roles[role]});" in sheet
    asked = set(re.findall(r"var\(--sulcus-(\w+)\)", sheet))
    assert asked <= DARK.roles.keys()
    assert DARK.classes.keys() == LIGHT.classes.keys() == theme.CLASS_DASHES.keys()
    assert DARK.networks.keys() == LIGHT.networks.keys() == theme.NETWORK_DASHES.keys()


def test_colours_stand_in_the_palette_alone() -> None:
    """A view that has a colour of its own does not follow the theme."""
    allowed = {"palette.py", "theme.py", "pdf.py", "key_picture.py"}  # marks on pictures, paper
    found = [
        file.name
        for file in (ROOT / "app").rglob("*.py")
        if file.name not in allowed and re.search(r"['\"]#[0-9a-fA-F]{6}['\"]", file.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(("told", "look"), [(None, DARK), ("dark", DARK), ("light", LIGHT)])
def test_charts_and_the_bar_follow_the_theme(
    app: AppTest, metrics: dict[str, object], told: str | None, look: Palette
) -> None:
    if told:
        app.context["theme"] = told
    at = app.run().switch_page("views/accuracy.py").run()
    assert not at.exception
    layout = json.loads(at.get("plotly_chart")[0].proto.spec)["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == look.background
    assert layout["font"]["color"] == look.text
    (bar,) = [one for one in at.get("bidi_component") if one.proto.component_name == "sulcus_look"]
    assert json.loads(bar.proto.json)["drawn"] == look.name
    assert not viewers(at)


def test_a_page_starts_dark() -> None:
    script = (ROOT / "app" / "frontend" / "look.js").read_text(encoding="utf-8")
    assert 'localStorage.getItem(STORE) === "light" ? "light" : "dark"' in script
    assert palette.DARK.name == "dark"
