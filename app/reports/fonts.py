"""Letters of a PDF: Bitstream Vera, which ships with reportlab, and Symbol for what it lacks.

Vera has the letters of Western Europe and some of Central Europe, and is embedded. The Greek ones
come from Symbol, which every reader of PDF has.

Limits: a letter that is there only without its accent (ή, ź) is printed without it, and what
neither font has (Cyrillic, Hebrew, Chinese …) as a question mark; a report with such letters says
so (`printable`).
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

__all__ = ["BOLD", "REGULAR", "markup", "printable", "register"]

REGULAR: Final = "Vera"
BOLD: Final = "VeraBd"
_ITALIC: Final = "VeraIt"
_BOLD_ITALIC: Final = "VeraBI"
_FOLDER: Final = Path(reportlab.__file__).parent / "fonts"
_GREEK: Final = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψω"
_MISSING: Final = "?"
_NO_BREAK: Final = "\u00a0"


@cache
def register() -> None:
    """Make the four faces known to reportlab, once a process."""
    for name in (REGULAR, BOLD, _ITALIC, _BOLD_ITALIC):
        pdfmetrics.registerFont(TTFont(name, str(_FOLDER / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(
        REGULAR, normal=REGULAR, bold=BOLD, italic=_ITALIC, boldItalic=_BOLD_ITALIC
    )


def markup(text: str) -> str:
    """A text as the XML of a reportlab paragraph, each letter in a font that has it."""
    parts: list[str] = []
    # a number and its per cent stay on one line
    for letter in unicodedata.normalize("NFC", text).replace(" %", f"{_NO_BREAK}%"):
        shown = _shown(letter)
        greek = shown in _GREEK and not _has(shown)
        parts.append(f'<font name="Symbol">{shown}</font>' if greek else escape(shown))
    return "".join(parts).replace('</font><font name="Symbol">', "")


def printable(text: str) -> bool:
    """Whether every letter of a text is printed as it is, accents included."""
    letters = unicodedata.normalize("NFC", text)
    return all(_shown(letter) in (letter, " ") for letter in letters)


def _shown(letter: str) -> str:
    """The letter itself, a space, the letter without its accent, or a question mark."""
    if letter.isspace():
        return letter if letter == _NO_BREAK else " "
    base = unicodedata.normalize("NFD", letter)[0]
    known = (one for one in (letter, base) if _has(one) or one in _GREEK)
    return next(known, _MISSING)


@cache
def _has(letter: str) -> bool:
    """Whether Vera has a letter."""
    register()
    face: Any = pdfmetrics.getFont(REGULAR).face
    return ord(letter) in face.charToGlyph
