"""A report as PDF, A4: pictures, the five sections, who wrote each line, a foot on every page.

What the AI wrote is marked by a word, by italics and by a grey ground, so that it stays apart in
print without colours. An unsigned report says DRAFT across every page.
"""

import io
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from reportlab.lib.colors import Color, black
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from app import report_texts as words
from app import series_texts, signed_texts
from app.reports import fonts, key_picture, series_sizes
from app.reports.draft import AI, READER, Addendum, Draft, Footer, Piece
from app.reports.own_drawing import mask_of
from app.reports.own_outline import outline_of
from app.reports.series_result import Reported, SeriesResult, named

__all__ = ["render"]

_WIDTH, _HEIGHT = A4
_MARGIN: Final = 18 * mm
_FOOT: Final = 36 * mm
_HEAD: Final = 16 * mm
_PICTURES: Final = 86 * mm
_LINE: Final = _WIDTH - 2 * _MARGIN
_MARK: Final = 15 * mm
_GREY: Final = Color(0.93, 0.93, 0.93)

_TEXT: Final = {"fontName": fonts.REGULAR, "fontSize": 9, "leading": 12, "textColor": black}
_BODY: Final = ParagraphStyle("body", **_TEXT)
_MARKED: Final = ParagraphStyle("mark", parent=_BODY, fontName=fonts.BOLD, fontSize=7.5)
_HEADING: Final = ParagraphStyle(
    "heading", parent=_BODY, fontName=fonts.BOLD, fontSize=10.5, spaceBefore=8, spaceAfter=3
)
_SMALL: Final = ParagraphStyle("small", parent=_BODY, fontSize=7, leading=8.6)
_STATUS: Final = ParagraphStyle("status", parent=_BODY, fontName=fonts.BOLD, spaceBefore=10)
_PAGE: Final = ParagraphStyle("page", parent=_SMALL, alignment=TA_RIGHT)


def render(draft: Draft, answer: Reported) -> bytes:
    """The PDF; the same report gives the same bytes.

    Args:
        draft: what it says.
        answer: what came of reading the scan or the series, for its pictures.

    Raises:
        ValueError: the report is of another scan.
    """
    draft.check_of(named(answer))
    fonts.register()
    stream = io.BytesIO()
    document = BaseDocTemplate(
        stream,
        pagesize=A4,
        title=f"{words.TITLE}: {draft.status}",
        author=draft.footer.software,
        lang="en-GB",
        invariant=1,
    )
    tall = _HEIGHT - _FOOT - _HEAD
    first = Frame(_MARGIN, _FOOT, _LINE, tall - _PICTURES, 0, 0, 0, 0)
    later = Frame(_MARGIN, _FOOT, _LINE, tall, 0, 0, 0, 0)
    mark = partial(_mark, signed=draft.signature is not None)
    document.addPageTemplates(
        [
            PageTemplate("first", [first], partial(_page, draft=draft, answer=answer), mark),
            PageTemplate("later", [later], partial(_page, draft=draft, answer=None), mark),
        ]
    )
    document.build([NextPageTemplate("later"), *_story(draft, answer)])
    return stream.getvalue()


def _story(draft: Draft, answer: Reported) -> list[Any]:
    """Everything between head and foot, in order."""
    story: list[Any] = [Paragraph(words.SOURCES_NOTE, _SMALL)]
    for section in draft.sections:
        story += _section(section.title, section.pieces)
    if isinstance(answer, SeriesResult):
        story += _both_outlines(series_sizes.rows(draft, answer))
    story.append(Paragraph(fonts.markup(draft.status_line), _STATUS))
    for addendum in draft.addenda:
        story += _section(signed_texts.ADDENDUM, [Piece(READER, one) for one in addendum.lines])
        story.append(Paragraph(fonts.markup(_signed(addendum)), _STATUS))
    story += [Spacer(1, 6), Paragraph(words.FIGURES, _HEADING)]
    story += [Paragraph(fonts.markup(line), _SMALL) for line in _made(draft.footer)]
    if not all(fonts.printable(text) for text in _all_text(draft)):
        story.append(Paragraph(words.UNPRINTABLE, _SMALL))
    return story


def _section(title: str, pieces: Sequence[Piece]) -> list[Any]:
    """Heading and lines; the heading never stands alone at the end of a page."""
    heading = Paragraph(title, _HEADING)
    if not pieces:
        return [KeepTogether([heading, Paragraph(words.NOTHING_STATED, _BODY)])]
    lines = [_line(piece) for piece in pieces]
    return [KeepTogether([heading, lines[0]]), *lines[1:]]


def _both_outlines(rows: Sequence[Sequence[str]]) -> list[Any]:
    """A table of sizes with the AI's marked apart; it goes on in the next page."""
    if not rows:
        return []
    lines = [series_texts.COLUMNS, *rows]
    cells = [
        [Paragraph(what, _BODY), Paragraph(f"<i>{ai}</i>", _BODY), Paragraph(own, _BODY)]
        for what, ai, own in (map(fonts.markup, line) for line in lines)
    ]
    look = [("BACKGROUND", (1, 0), (1, -1), _GREY), ("LINEBELOW", (0, 0), (-1, 0), 0.5, black)]
    both = Table(cells, colWidths=[_LINE / 3] * 3, style=TableStyle(look), repeatRows=1)
    return [Paragraph(series_texts.BOTH, _HEADING), both]


def _signed(addendum: Addendum) -> str:
    return words.signed(addendum.signature.name, addendum.signature.time)


def _line(piece: Piece) -> Table:
    """Who wrote it, and what."""
    ai = piece.source == AI
    said = fonts.markup(piece.text)
    cells = [
        Paragraph(words.SOURCES[piece.source], _MARKED),
        Paragraph(f"<i>{said}</i>" if ai else said, _BODY),
    ]
    look: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ]
    if ai:
        look += [("BACKGROUND", (0, 0), (-1, -1), _GREY), ("LINEBEFORE", (0, 0), (0, -1), 2, black)]
    # a line longer than a page goes on in the next one
    widths = [_MARK, _LINE - _MARK]
    return Table([cells], colWidths=widths, style=TableStyle(look), splitInRow=1)


def _made(footer: Footer) -> list[str]:
    """Versions, digests, thresholds, and how the held-out figure came about."""
    lines = (words.made_by(footer.software, footer.weights), footer.thresholds, footer.protocol)
    return [line for line in lines if line]


def _all_text(draft: Draft) -> list[str]:
    said = [piece.text for section in draft.sections for piece in section.pieces]
    added = [line for one in draft.addenda for line in (*one.lines, _signed(one))]
    return [*said, draft.status_line, *added]


def _page(canvas: Any, document: Any, *, draft: Draft, answer: Reported | None) -> None:
    """Head, foot and, on the first page, the pictures."""
    canvas.saveState()
    canvas.setFillColor(black)
    canvas.setFont(fonts.BOLD, 13)
    canvas.drawString(_MARGIN, _HEIGHT - 12 * mm, words.TITLE)
    canvas.setFont(fonts.REGULAR, 7)
    name = f"{draft.status.upper()}  ·  SHA-256 {draft.content_hash[:16]}"
    canvas.drawRightString(_WIDTH - _MARGIN, _HEIGHT - 12 * mm, name)
    if answer is not None:
        place = (_MARGIN, _HEIGHT - _HEAD - _PICTURES + 4 * mm, _LINE, _PICTURES - 4 * mm)
        _pictures(canvas, draft, answer, place)
    _foot(canvas, draft, document.page)
    canvas.restoreState()


def _pictures(
    canvas: Any, draft: Draft, answer: Reported, place: tuple[float, float, float, float]
) -> None:
    """Of a series its key picture, with its number; the reader's outline where there is one."""
    if isinstance(answer, SeriesResult):
        hung = series_texts.caption(answer.volume, answer.key_number)
        drawn = mask_of(draft, answer.key_number)
        key_picture.draw(canvas, answer.key, place, own=drawn, hung=hung)
        return
    moved = outline_of(draft, answer)
    own = mask_of(draft, 1) if moved is None else moved.mask
    key_picture.draw(canvas, answer, place, own=own)


def _foot(canvas: Any, draft: Draft, number: int) -> None:
    """The notice, the held-out figure, what made the report, and whether it is signed."""
    footer = draft.footer
    made = words.page_networks(footer.software, footer.weights)
    said = f"<b>{fonts.markup(footer.notice)}</b> {fonts.markup(footer.held_out)}"
    status = fonts.markup(f"{draft.status_line} {made}")
    lines = [Paragraph(said, _SMALL), Paragraph(status, _SMALL)]
    canvas.setStrokeColor(black)
    canvas.setLineWidth(0.5)
    y = _FOOT - 4 * mm
    canvas.line(_MARGIN, y, _WIDTH - _MARGIN, y)
    for line in lines:
        _, tall = line.wrapOn(canvas, _LINE - 20 * mm, _FOOT)
        y -= tall + 2
        line.drawOn(canvas, _MARGIN, y)
    last = Paragraph(words.page(number), _PAGE)
    last.wrapOn(canvas, 18 * mm, _FOOT)
    last.drawOn(canvas, _WIDTH - _MARGIN - 18 * mm, _FOOT - 4 * mm - 12)


def _mark(canvas: Any, document: Any, *, signed: bool) -> None:  # noqa: ARG001  reportlab's two
    """DRAFT across the text of an unsigned report, on top of it and below the pictures."""
    if signed:
        return
    canvas.saveState()
    canvas.translate(_WIDTH / 2, _HEIGHT / 2 - 45 * mm)
    canvas.rotate(50)
    canvas.setFillColor(black)
    canvas.setFillAlpha(0.12)
    canvas.setFont(fonts.BOLD, 112)
    canvas.drawCentredString(0, -40, words.DRAFT)
    canvas.restoreState()
